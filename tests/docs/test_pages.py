"""The pages of docs/ are what the code makes of them, and what they say is so."""

from __future__ import annotations

import copy
import http.client
import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from aimux.admin.shapes import API
from aimux.catalogue.load import load_catalogue
from aimux.cli.app import tree
from aimux.config.shape import settings
from aimux.daemon.changes import restart_keys
from aimux.model.request import WireFormat
from tests.docs import addresses, openapi
from tests.docs.addresses import admin_words, registered
from tests.docs.commands import walk
from tests.docs.configuration import configuration
from tests.docs.errors import all_errors, mending
from tests.docs.exits import exit_codes
from tests.docs.mending import MENDING
from tests.docs.pages import FOLDER, PAGES
from tests.docs.said import Said, lines_of, read
from tests.support.command import Command
from tests.support.daemon import Home, home
from tests.support.jsonschema_check import Validator
from tests.support.patience import PATIENCE_S

__all__ = ["home"]

ROOT: Final = FOLDER.parent
WRITTEN: Final = [ROOT / "README.md", *sorted(FOLDER.glob("*.md"))]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_makes_of_it(name: str) -> None:
    """Whoever changes a command, a setting, an error or an address makes the pages anew."""
    there = (FOLDER / name).read_text(encoding="utf-8")

    assert there == PAGES[name](), f"docs/{name} is old: python -m tests.docs"


def test_no_other_page_is_lost() -> None:
    """README leads to every page."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [each.name for each in FOLDER.iterdir() if f"(docs/{each.name})" not in readme] == []


def test_the_readme_names_every_preset_under_its_formats() -> None:
    """What it says of a vendor is what the catalogue knows."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(
        re.findall(r"^\| (Anthropic|OpenAI Responses|Gemini) \| (`.+) \|$", readme, re.MULTILINE)
    )
    told = {name: set(re.findall(r"`([\w-]+)`", row)) for name, row in rows.items()}
    speaks = {
        format_: {
            name
            for name, each in load_catalogue().items()
            if format_ in each.endpoints and name != "demo"
        }
        for format_ in WireFormat
    }

    assert told["Anthropic"] == speaks[WireFormat.ANTHROPIC]
    assert told["OpenAI Responses"] == speaks[WireFormat.OPENAI_RESPONSES]
    assert told["Gemini"] == speaks[WireFormat.GEMINI]
    assert [name for name in load_catalogue() if f"`{name}`" not in readme] == []


# ---------------------------------------------------------------- links


def _links() -> Iterator[tuple[Path, str]]:
    for page in WRITTEN:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("https://"):
                yield page, target


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_links_lead_somewhere() -> None:
    """To a file of the repository, and to a heading that it has."""
    lost = []
    for page, target in _links():
        name, _, heading = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        if not found.exists() or (heading and heading not in _anchors(found)):
            lost.append(f"{page.name}: {target}")

    assert sum(1 for _ in _links()) > 30
    assert lost == []


def test_files_that_pages_name_exist() -> None:
    """``aimux/wire/codec.py`` in a text is a file; a walk through the code must not lead astray."""
    named = [
        (page.name, path)
        for page in WRITTEN
        for path in re.findall(r"`((?:aimux|tests)/[\w/]+\.\w+)`", page.read_text(encoding="utf-8"))
    ]

    assert named
    assert [each for each in named if not (ROOT / each[1]).is_file()] == []


def test_the_diagram_has_every_floor() -> None:
    """Those that import-linter checks; ``keyshapes`` is one module with nothing to draw."""
    settings_ = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings_["tool"]["importlinter"]["contracts"][0]["layers"]
    floors = {each.removeprefix("aimux.") for layer in layers for each in layer.split(" : ")}
    page = (FOLDER / "architecture.md").read_text(encoding="utf-8")
    drawn = set(re.findall(r'\b(\w+)\["\1: ', page))

    assert drawn == floors - {"keyshapes"}


# ---------------------------------------------------------------- addresses


def test_an_address_without_words_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where they belong."""
    with pytest.raises(LookupError, match=r"/aimux/v1/nothing .*aimux/admin/shapes.py"):
        admin_words("GET", f"{API}/nothing")

    monkeypatch.setattr(addresses, "registered", lambda: [("PUT", "/nothing")])
    with pytest.raises(LookupError, match=r"PUT /nothing .*CLIENTS"):
        addresses.http_page()


def test_every_header_of_ours_is_told_of() -> None:
    """Those that the code names are on the page of addresses, those of alerts in the README."""
    code = "".join(each.read_text(encoding="utf-8") for each in (ROOT / "aimux").rglob("*.py"))
    named = set(re.findall(r"x-aimux-[a-z-]*[a-z]", code))
    told = addresses.http_page() + (ROOT / "README.md").read_text(encoding="utf-8")

    assert len(named) > 10
    assert [each for each in sorted(named) if f"`{each}" not in told] == []


def test_every_line_of_the_table_is_an_address() -> None:
    """What is told of the admin API is served."""
    assert set(addresses.said(addresses.shapes)) <= set(registered())


def test_the_same_is_what_the_line_before_has() -> None:
    """The path, and what is taken."""
    table = lines_of(
        """
    PUT    /a/{b}   {"c": str} -> {"d": int} as it is
                    now
    DELETE the same -> PingShape
    POST   /e       the same -> PingShape
    a line of words
"""
    )

    assert table == {
        ("PUT", "/a/{b}"): Said((), '{"c": str}', '{"d": int}', "As it is now."),
        ("DELETE", "/a/{b}"): Said((), "", "PingShape", ""),
        ("POST", "/e"): Said((), "", "PingShape", ""),
    }


@pytest.mark.parametrize(
    ("line", "read_as"),
    [
        ("StatusShape", Said((), "", "StatusShape", "")),
        ("who answers: PingShape; needs it", Said((), "", "PingShape", "Who answers; needs it.")),
        ('{"a": int} -> PingShape; done', Said((), '{"a": int}', "PingShape", "Done.")),
        ('{"a": [X]} in order', Said((), "", '{"a": [X]}', "In order.")),
        ("?since=7d&by=a|b -> X", Said((("since", "7d"), ("by", "a|b")), "", "", "X.")),
        ("?q=&n= -> PingShape", Said((("q", ""), ("n", "")), "", "PingShape", "")),
        ("text/event-stream: ``a``, b", Said((), "", "", "text/event-stream: `a`, b")),
        ('{"a": [{"b": int}]} as it is', Said((), "", '{"a": [{"b": int}]}', "As it is.")),
        ('{"a": str} (``x``) -> PingShape', Said((), '{"a": str}', "PingShape", "`x`.")),
        ("the same -> PingShape; 409", Said((), "the same", "PingShape", "409.")),
    ],
)
def test_a_line_of_the_table(line: str, read_as: Said) -> None:
    """What is asked, taken, given, and the words."""
    assert read(line) == read_as


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("PingShape", {"$ref": "#/components/schemas/PingShape"}),
        ("null", {"type": "null"}),
        ("true", {"const": True}),
        ("int | null", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("as it comes", {"description": "as it comes"}),
        ("{}", {"type": "object", "properties": {}, "required": []}),
        (
            '{"a", "b"}',
            {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]},
        ),
        (
            '{"a": [str], "b": float | null}',
            {
                "type": "object",
                "properties": {
                    "a": {"type": "array", "items": {"type": "string"}},
                    "b": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                },
                "required": ["a"],
            },
        ),
    ],
)
def test_a_type_of_the_table(text: str, schema: dict[str, Any]) -> None:
    """As JSON Schema."""
    assert openapi.json_schema(text) == schema


def test_the_daemon_answers_as_the_document_says(home: Home) -> None:
    """Every address that only reads, and some that do not: the keys that are told, and no others."""
    home.write(
        '[server]\nport = 0\n[providers.d]\npreset = "demo"\n[[alerts]]\nwhen = "requests > 9"\n'
    )
    home.start()
    with home.asking(
        {"model": "demo-fast", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]}
    ) as got:
        assert got.status == 200, got.read()
        got.read()
    document = _closed(openapi.document())
    asked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            body = b"" if method == "get" else _BODIES.get(path) if method == "post" else None
            if body is None or "text/event-stream" in json.dumps(operation["responses"]):
                continue
            status, answer = _ask(home, method.upper(), path, body)
            wanted = operation["responses"]["200" if status == 200 else "default"]
            schema = wanted["content"]["application/json"]["schema"]
            assert Validator({**document, **schema})(answer), (path, answer)
            asked += status == 200

    assert asked > 8


_ASKED: Final = {"model": "demo-fast", "messages": [{"role": "user", "content": "a"}]}

_BODIES: Final = {
    f"{API}/reload": b"{}",
    f"{API}/tokens/reload": b"{}",
    f"{API}/alerts/test": b'{"alert": null}',
    f"{API}/providers/{{name}}/reset": b"{}",
    f"{API}/routes/test": json.dumps(
        {"format": "anthropic", "request": '{"model":"demo-fast","messages":[]}'}
    ).encode(),
}
"""What is posted, of those that change nothing for good."""


def _ask(home: Home, method: str, path: str, body: bytes) -> tuple[int, Any]:
    path = path.replace("{id}", "last").replace("{name}", "d")
    token = home.paths.admin_token.read_text().strip()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    with closing(
        http.client.HTTPConnection(home.presence.address, timeout=PATIENCE_S)
    ) as connection:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def _closed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with shapes that have the keys told and no others."""
    document = copy.deepcopy(document)
    for shape in document["components"]["schemas"].values():
        shape["additionalProperties"] = False
    return document


# ---------------------------------------------------------------- commands, settings, errors


@pytest.mark.parametrize(
    ("words", "more", "code"),
    [("reload", (), 3), ("status", (), 3), ("keys remove", ("nobody",), 4), ("config path", (), 0)],
)
def test_exit_codes_are_those_of_real_commands(  # noqa: PLR0917 -- three cases and three fixtures
    words: str,
    more: tuple[str, ...],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a command ends with in an empty home is what its page says; what needs nothing says nothing."""
    command = dict(walk(tree(), "aimux"))[f"aimux {words}"]

    assert Command(tmp_path, monkeypatch, capsys)(*words.split(), *more).code == code
    assert exit_codes(command.callback) == ([code] if code else [])


def test_every_setting_is_on_the_page() -> None:
    """Each with the way in which it is applied."""
    rows = re.findall(r"^\| `(\w+)` \|.*?\| (reload|restart) \|", configuration(), re.MULTILINE)
    named = {name for name, _ in rows}

    assert {path[-1] for path in settings() if len(path) > 1} <= named
    assert {key.rpartition(".")[2] for key in restart_keys()} == {
        n for n, how in rows if how == "restart"
    }


def test_every_error_says_how_to_mend_it() -> None:
    """By its own words or those of its family; no words are left of an error that is gone."""
    assert all(mending(each) for each in all_errors())
    assert set(MENDING) <= {each.code for each in all_errors()}

"""The requests that ``aimux routes test`` makes and reads: what the flags say is what routing sees."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from aimux.cli.route_request import (
    Surroundings,
    Wish,
    format_of,
    minute_of_week,
    names_of,
    script_of,
)
from aimux.errors import UsageError
from aimux.model.request import WireFormat
from aimux.routing.candidates import Routes
from aimux.routing.features import Features
from aimux.routing.plan import Moment
from aimux.routing.rehearsal import rehearse
from aimux.routing.router import Router
from aimux.routing.state import MemoryState
from aimux.wire.estimate import Calibration
from aimux.wire.formats import CODECS
from aimux.wire.jsontext import scan
from tests.support.providers import provider

A, C, R, G = (
    WireFormat.ANTHROPIC,
    WireFormat.OPENAI_CHAT,
    WireFormat.OPENAI_RESPONSES,
    WireFormat.GEMINI,
)
FORMATS = pytest.mark.parametrize("format_", [A, C, R, G])


def seen(wish: Wish, format_: WireFormat, **around: Any) -> Features:
    """What routing reads of a request with these flags."""
    from aimux.config.schema import Config

    script = script_of(wish, Surroundings(format=format_.value, **around), None)
    routes = Routes.of(Config(), {"a": provider("a", *WireFormat)}, {}, {})
    router = Router(MemoryState(), Calibration(), lambda _: 0)
    return rehearse(router, routes, script, Moment(0.0), 2**26).features


@FORMATS
def test_a_bare_request(format_: WireFormat) -> None:
    """Nothing that was not asked for is in it, and its own codec can read it."""
    features = seen(Wish("m"), format_)

    assert (features.asked, features.format, features.stream) == ("m", format_, True)
    assert features.thinking == "off"
    assert not features.images | features.documents | features.has_tools | features.web_search
    assert not features.structured_output | features.subagent
    assert features.project is None
    CODECS[format_].read_request(features.document, "m", stream=True)


@FORMATS
def test_everything_at_once(format_: WireFormat) -> None:
    """Each flag is the fact that a rule asks for."""
    wish = Wish(
        "m",
        max_output=77,
        images=True,
        documents=True,
        tools=("Bash", "Read"),
        web_search=True,
        structured=True,
    )

    features = seen(
        wish, format_, subagent=True, project="/p", headers=("X-Team=a=b",), stream=False
    )

    assert features.images
    assert features.documents
    assert features.images_last
    assert features.tools == {"Bash", "Read"}
    assert features.web_search
    assert features.structured_output
    assert features.max_output_tokens == 77
    assert features.subagent
    assert features.project == "/p"
    assert features.header("x-team") == "a=b"
    assert not features.stream
    CODECS[format_].read_request(features.document, "m", stream=False)


@FORMATS
@pytest.mark.parametrize("level", ["off", "on", "minimal", "low", "medium", "high", "xhigh", "max"])
def test_thinking(format_: WireFormat, level: str) -> None:
    """As it is said; where a format cannot leave it to the model how much, as its vendor would."""
    thinking = seen(Wish("m", thinking=level), format_).thinking

    if (format_, level) == (C, "on"):
        assert thinking == "medium"
    else:
        assert thinking == level


@FORMATS
@pytest.mark.parametrize("tokens", [100, 999, 60_001, 250_000])
def test_tokens(format_: WireFormat, tokens: int) -> None:
    """The prompt is guessed at what was asked for, so that a rule's bound can be tried from both sides."""
    assert seen(Wish("m", tokens=tokens), format_).input_tokens == tokens


def test_fewer_tokens_than_it_takes() -> None:
    """A request is never shorter than what stands in it."""
    assert 0 < seen(Wish("m", tokens=0, images=True), A).input_tokens < 120


@pytest.mark.parametrize(
    ("client", "format_"),
    [(None, A), ("ann", A), ("claude-code", A), ("opencode", A), ("codex", R), ("gemini-cli", G)],
)
def test_the_format_of_who_asks(client: str | None, format_: WireFormat) -> None:
    """Each agent speaks its vendor's, where nobody says otherwise."""
    assert script_of(Wish("m"), Surroundings(client=client), None).format is format_


@pytest.mark.parametrize(
    ("wish", "around", "words"),
    [
        (Wish(), Surroundings(), "which model"),
        (Wish("m", thinking="hard"), Surroundings(), "--thinking must be one of off, on"),
        (Wish("m", tokens=-1), Surroundings(), "--tokens must be a number"),
        (Wish("m", tokens=10**8), Surroundings(), "--tokens must be a number"),
        (Wish("m"), Surroundings(format="openai"), "--format must be one of anthropic"),
        (Wish("m"), Surroundings(headers=("x",)), "--header must be NAME=VALUE"),
        (Wish("m"), Surroundings(headers=("=x",)), "--header must be NAME=VALUE"),
    ],
)
def test_flags_that_are_none(wish: Wish, around: Surroundings, words: str) -> None:
    """The person at the terminal is told which."""
    with pytest.raises(UsageError, match=words):
        script_of(wish, around, None)


@pytest.mark.parametrize(
    ("typed", "names"),
    [(None, ()), ([], ()), (["Bash"], ("Bash",)), (["a,b", "c,"], ("a", "b", "c"))],
)
def test_names_of_tools(typed: list[str] | None, names: tuple[str, ...]) -> None:
    """One by one, or several with commas."""
    assert names_of(typed) == names


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        (None, None),
        ("mon 00:00", 0),
        ("fri 14:30", (4 * 24 + 14) * 60 + 30),
        (" SUN 23:59 ", 7 * 24 * 60 - 1),
        ("9:05", (2 * 24 + 9) * 60 + 5),
    ],
)
def test_times(text: str | None, minute: int | None) -> None:
    """A day and a time, or a time of today, here a Wednesday."""
    assert minute_of_week(text, today=2) == minute


@pytest.mark.parametrize(
    "text", ["", "fri", "24:00", "12:60", "friday 12:00", "12:00:00", "\u0661:00"]
)
def test_times_that_are_none(text: str) -> None:
    """Said with an example."""
    with pytest.raises(UsageError, match='such as "14:30"'):
        minute_of_week(text, today=0)


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("body", "format_"),
    [
        ({"contents": []}, G),
        ({"generateContentRequest": {}}, G),
        ({"model": "m", "input": "hi"}, R),
        ({"model": "m", "instructions": "be brief"}, R),
        ({"model": "m", "messages": [], "max_tokens": 1}, A),
        ({"model": "m", "messages": [], "system": "x"}, A),
        (
            {
                "model": "m",
                "messages": [],
                "tools": [{"name": "a", "input_schema": {}}],
                "max_tokens": 1,
            },
            A,
        ),
        ({"model": "m", "messages": []}, C),
        ({"model": "m", "messages": [{"role": "system", "content": "x"}], "max_tokens": 1}, C),
        ({"model": "m", "messages": [], "max_tokens": 1, "reasoning_effort": "low"}, C),
        (
            {"model": "m", "messages": [], "max_tokens": 1, "tools": [{"function": {"name": "a"}}]},
            C,
        ),
        ({"model": "m", "messages": "odd"}, C),
        ({"model": "m", "messages": ["odd"], "tools": ["odd"]}, C),
    ],
)
def test_the_format_of_a_file(body: dict[str, Any], format_: WireFormat) -> None:
    """By the fields that only one of them has."""
    assert format_of(json.dumps(body).encode()) is format_


@FORMATS
def test_the_format_of_what_is_made_here(format_: WireFormat) -> None:
    """A request that was made for a format is told as one of it."""
    wish = Wish("m", thinking="high", tools=("a",), images=True, structured=True, max_output=9)
    script = script_of(wish, Surroundings(format=format_.value), None)

    assert format_of(script.raw) is format_


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1]", "must be a JSON object"),
        (b'{"model": "m"}', "none of the four formats"),
    ],
)
def test_files_that_are_no_requests(raw: bytes, words: str) -> None:
    """The person is told, and what to type."""
    with pytest.raises(UsageError, match=words):
        format_of(raw)


def test_a_file(tmp_path: Path) -> None:
    """Its bytes as they are; stream as it says; the model may be another one."""
    path = tmp_path / "request.json"
    raw = b'{ "model": "m", "max_tokens": 5, "messages": [], "stream": true }'
    path.write_bytes(raw)

    script = script_of(Wish("other"), Surroundings(stream=False), str(path))

    assert (script.raw, script.format, script.model, script.stream) == (raw, A, "other", False)
    assert script_of(Wish(), Surroundings(), str(path)).stream is None


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` is stdin; Gemini streams unless it is said that it does not."""
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"contents": []}'))

    script = script_of(Wish("g"), Surroundings(), "-")

    assert (script.format, script.model, script.stream) == (G, "g", True)
    assert scan(script.raw).keys() == ["contents"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a folder, not UTF-8, or changed by flags."""
    bad = tmp_path / "bad.json"
    bad.write_bytes(b'{"messages": "\xff"}')

    for file, words in (
        (tmp_path / "none", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (bad, "not UTF-8"),
    ):
        with pytest.raises(UsageError, match=words):
            script_of(Wish(), Surroundings(), str(file))
    with pytest.raises(UsageError, match="not changed by flags"):
        script_of(Wish("m", images=True), Surroundings(), str(bad))

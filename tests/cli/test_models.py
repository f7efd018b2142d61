"""``aimux models``: what there is, what it can do, what it costs, and what nobody knows."""

from __future__ import annotations

import dataclasses
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from aimux.catalogue import resolve
from aimux.catalogue.load import load_catalogue, tier_shape
from aimux.catalogue.provider import PriceFacts, PriceTier
from tests.support.command import COLUMNS, Command
from tests.support.upstream import Answer, FakeUpstream

CONFIG = """\
[providers.anthropic]
preset = "anthropic"
keys = []

[providers.local]
format = "openai-chat"
base_url = "http://127.0.0.1:1/v1"
keys = []

[providers.local.models.small]
context = 800
max_output = 65536
capabilities = []
price = { input = 0, output = 0.5 }

[providers.local.models.dark]

[models.fast]
targets = ["anthropic/claude-haiku-4-5", "local/small"]

[models.vague]
targets = ["anthropic/claude-haiku-4-5", "local/dark"]
"""


@pytest.fixture
def aimux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in a home with two providers and two public models."""
    command = Command(tmp_path, monkeypatch, capsys)
    command.config = CONFIG
    return command


def rows(aimux: Command, *arguments: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(aimux("models", "--json", *arguments).out)}


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        (
            "anthropic/claude-opus-5-5",
            "1000000 128000 4 20 documents,images,structured-output,thinking,tools,web-search",
        ),
        (
            "anthropic/claude-haiku-5-5",
            "1000000 128000 0.1 0.5 documents,images,structured-output,thinking,tools,web-search",
        ),
        ("local/small", "800 65536 0 0.5 "),
        ("local/dark", "? ? ? ? ?"),
        ("fast", "800 64000 ? ? -> anthropic/claude-haiku-4-5,local/small"),
        ("vague", "? ? ? ? -> anthropic/claude-haiku-4-5,local/dark"),
    ],
)  # fmt: skip
def test_in_a_pipe_figures_are_exact_and_the_unknown_is_a_question_mark(
    aimux: Command, name: str, cells: str
) -> None:
    """Never 0 for what is not known; a public model promises what all its targets keep."""
    lines = [line.split("\t") for line in aimux("models").out.splitlines()]

    (found,) = [line[1:] for line in lines if line[0] == name]
    assert found == cells.split(" ", 4)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("anthropic/claude-opus-5-5", ["1M", "128k", "4", "20", "all"]),
        ("anthropic/claude-haiku-4-5", ["200k", "64k", "1", "5", "all"]),
        ("anthropic/claude-haiku-5-5", ["1M", "128k", "0.1-0.5", "0.5-2.5", "all"]),
        ("local/small", ["800", "65k", "0", "0.5", "none"]),
        ("local/dark", ["?", "?", "?", "?", "?"]),
        ("fast", ["800", "64k", "?", "?", "->"]),
    ],
)
def test_on_a_terminal_figures_are_short(aimux: Command, name: str, cells: list[str]) -> None:
    """A person reads 200k, not 200000."""
    lines = [line.split() for line in aimux.on_terminal("models").out.splitlines()]

    (found,) = [line[1 : len(cells) + 1] for line in lines if line[0] == name]
    assert lines[0] == ["MODEL", "WINDOW", "ANSWER", "$", "IN", "$", "OUT", "CAN"]
    assert found == cells


def test_abilities_are_short_words_in_one_order(aimux: Command) -> None:
    """Rows can be compared at a glance."""
    aimux.config = (
        '[providers.c]\npreset = "cerebras"\n[providers.c.models.m]\n'
        'capabilities = ["web-search", "documents", "tools"]\n'
    )

    lines = aimux.on_terminal("models").out.splitlines()

    assert [line.split("  ")[-1].strip() for line in lines[1:]] == [
        "tools thinking schema", "all but docs web", "tools docs web",
    ]  # fmt: skip


def test_windows_over_a_million_keep_two_places(aimux: Command) -> None:
    """1,048,576 is 1.05M, 1,000,000 is 1M."""
    aimux.config = '[providers.zai]\npreset = "zai"\n'

    lines = aimux.on_terminal("models", "--search", "glm-5.").out.splitlines()

    assert {line.split()[0]: line.split()[1] for line in lines[1:]} == {
        "zai/glm-5.3": "1.05M", "zai/glm-5.3-flash": "1.05M",
        "zai/glm-5.2": "1M", "zai/glm-5.1": "200k",
    }  # fmt: skip


@pytest.mark.parametrize("preset", ["anthropic", "gemini", "minimax", "openai", "synthetic", "zai"])
def test_a_table_fits_80_columns(aimux: Command, preset: str) -> None:
    """Abilities lose their end first, then the longest names their middle; figures are whole."""
    aimux.config = f'[providers.{preset}]\npreset = "{preset}"\n'

    lines = aimux.on_terminal("models").out.splitlines()

    assert len(lines) > 1
    assert max(map(len, lines)) <= COLUMNS


def test_json_has_prices_that_hold_for_some_requests(aimux: Command) -> None:
    """Above a size, at some hours, from a day on; what a tier leaves out costs what it usually does."""
    aimux.config = "\n".join(
        f'[providers.{name}]\npreset = "{name}"\nkeys = []'
        for name in ("openai", "gemini", "anthropic")
    )
    found = rows(aimux)

    assert found["openai/gpt-6-luna"]["price_tiers"] == [
        {
            "above_input": 272_000, "hours": None, "days": None, "from": None,
            "price": {"input": 0.2, "output": 0.75, "cache_read": 0.02, "cache_write": 0.25},
        }
    ]  # fmt: skip
    assert found["gemini/gemini-3.8-flash"]["price_tiers"] == [
        {
            "above_input": None, "hours": None, "days": None, "from": "2027-01-01",
            "price": {"input": 1.5, "output": 7.5, "cache_read": 0.15, "cache_write": None},
        }
    ]  # fmt: skip
    assert found["anthropic/claude-opus-5-5"]["price_tiers"] == []
    night = tier_shape(PriceTier(PriceFacts(1, 2), hours=(990, 30), weekdays=True))
    assert (night["hours"], night["days"]) == (["16:30", "00:30"], "mon-fri")


def test_json_has_source_and_date(aimux: Command) -> None:
    """A figure can be traced; unknown is null."""
    found = rows(aimux)

    opus, small, fast = (
        found[name] for name in ("anthropic/claude-opus-5-5", "local/small", "fast")
    )
    assert opus["price"] == {"input": 4, "output": 20, "cache_read": 0.2, "cache_write": 5}
    assert opus["source"]
    assert opus["date"] == "2026-10-24"
    assert (opus["provider"], opus["model"], opus["targets"]) == (
        "anthropic", "claude-opus-5-5", []
    )  # fmt: skip
    assert (small["source"], small["date"], small["capabilities"]) == ("config.toml", None, [])
    assert (fast["provider"], fast["context"], fast["price"]["input"]) == (None, 800, None)
    assert fast["targets"] == ["anthropic/claude-haiku-4-5", "local/small"]
    assert all(row["listed"] is None for row in found.values())


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--provider", "local"], {"local/small", "local/dark"}),
        (["--search", "SMALL"], {"local/small"}),
        (["--search", "fast"], {"fast"}),
        (["--search", "opus 5.5"], {"anthropic/claude-opus-5-5"}),
        (["--search", "haiku", "--provider", "local"], set()),
        (["--search", "nothing has this name"], set()),
    ],
)
def test_models_are_found_by_provider_and_by_name(
    aimux: Command, arguments: list[str], names: set[str]
) -> None:
    """Case does not matter, and the name for people counts too."""
    assert set(rows(aimux, *arguments)) == names


def test_nothing_found_is_said(aimux: Command) -> None:
    """Not an error, and not silence."""
    result = aimux("models", "--search", "zzz")

    assert (result.code, result.out) == (0, "")
    assert "no model matches" in result.err


def test_with_no_provider_one_is_told_what_to_type(aimux: Command) -> None:
    """A new user is led on."""
    (aimux.home / "config.toml").unlink()

    result = aimux("models")

    assert (result.code, result.out) == (0, "")
    assert "aimux providers add NAME" in result.err
    assert json.loads(aimux("models", "--json").out) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [("loacl", "did you mean 'local'?"), ("zai", "aimux providers add zai")],
)
def test_a_provider_nobody_has_is_told(aimux: Command, name: str, hint: str) -> None:
    """Exit code 2 with what was probably meant."""
    result = aimux("models", "--provider", name)

    assert result.code == 2
    assert hint in result.err


# ---------------------------------------------------------------- --refresh


def provider(name: str, upstream: FakeUpstream, more: str = "") -> str:
    return (
        f'[providers.{name}]\nformat = "openai-chat"\nbase_url = "{upstream.url}/{name}"\n'
        f"keys = []\n{more}"
    )


def test_without_refresh_nobody_is_asked(aimux: Command, upstream: FakeUpstream) -> None:
    """The network is touched only when one says so."""
    aimux.config = provider("up", upstream)

    aimux("models")

    assert upstream.connections == 0


def test_refresh_marks_what_the_provider_lists_and_adds_what_it_has_more(
    aimux: Command, upstream: FakeUpstream
) -> None:
    """A model that left is seen, and one that came is found with everything unknown."""
    upstream.always("/up/models", Answer(pieces=(b'{"data": [{"id": "stays"}, {"id": "came"}]}',)))
    aimux.config = (
        provider("up", upstream, "[providers.up.models.stays]\n[providers.up.models.left]\n")
        + provider("off", upstream, "enabled = false\n[providers.off.models.x]\n")
        + '[providers.demo]\npreset = "demo"\n[models.public]\ntargets = ["up/stays"]\n'
    )

    listed = {name: row["listed"] for name, row in rows(aimux, "--refresh").items()}
    lines = aimux("models", "--refresh").out.splitlines()

    assert listed == {
        "public": None, "up/stays": True, "up/left": False, "up/came": True, "off/x": None,
        "demo/demo-thinker": None, "demo/demo-fast": None,
    }  # fmt: skip
    assert [line.split("\t")[-1] for line in lines[:5]] == ["", "yes", "no", "yes", "?"]
    assert {each.path for each in upstream.requests} == {"/up/models"}


def test_refresh_uses_the_first_key_that_can_be_had(aimux: Command, upstream: FakeUpstream) -> None:
    """A missing key does not hide the one that is there."""
    upstream.always("*", Answer(pieces=(b'{"data": []}',)))
    aimux.environ["SET"] = "sk-test-0123456789abcdef"
    aimux.config = provider("up", upstream).replace("[]", '["env:UNSET", "env:SET"]')

    aimux("models", "--refresh")

    assert upstream.wait().header("authorization") == "Bearer sk-test-0123456789abcdef"


@pytest.mark.parametrize(("other", "code"), [(200, 0), (500, 5)])
def test_a_provider_that_fails_is_told_and_the_rest_is_shown(
    aimux: Command, upstream: FakeUpstream, other: int, code: int
) -> None:
    """Exit code 5 only when nobody answered."""
    upstream.always("/bad/models", Answer(401))
    upstream.always("/good/models", Answer(other, pieces=(b'{"data": [{"id": "m"}]}',)))
    aimux.config = provider("bad", upstream, "[providers.bad.models.x]\n") + provider(
        "good", upstream
    )

    result = aimux("models", "--refresh")

    assert result.code == code
    assert "bad: a key is wanted (401)" in result.err
    assert result.out.splitlines()[0].split("\t")[-1] == "?"
    assert ("good/m" in result.out) is (other == 200)


def test_refresh_on_a_terminal_has_a_column_more(aimux: Command, upstream: FakeUpstream) -> None:
    """The heading says what it is."""
    upstream.always("*", Answer(pieces=(b'{"data": [{"id": "m"}]}',)))
    aimux.config = provider("up", upstream)

    lines = aimux.on_terminal("models", "--refresh").out.splitlines()

    assert [line.split()[-1] for line in lines] == ["LISTED", "yes"]


OPENROUTER = """[providers.openrouter]
preset = "openrouter"
keys = []
"""


def as_vendor(monkeypatch: pytest.MonkeyPatch, preset: str, upstream: FakeUpstream) -> None:
    """Puts the vendor's list of models at the fake upstream; nothing else of it changes."""
    whole = dict(load_catalogue())
    whole[preset] = dataclasses.replace(
        whole[preset],
        models_url=f"{upstream.url}/{preset}",
        endpoints=dict.fromkeys(whole[preset].endpoints, f"{upstream.url}/v1"),
    )
    monkeypatch.setattr(resolve, "load_catalogue", lambda: whole)


def entry(name: str, prompt: str, context: int = 1000, **more: Any) -> dict[str, Any]:
    pricing = {"prompt": prompt, "completion": "0.000002", **more}
    return {"id": name, "context_length": context, "pricing": pricing}


def listing(*entries: dict[str, Any], **more: Any) -> Answer:
    return Answer(pieces=(json.dumps({"data": list(entries), **more}).encode(),))


def test_refresh_keeps_what_the_vendor_lists(
    aimux: Command, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dated, with its address; new, changed and gone are told; without it nobody is asked again."""
    as_vendor(monkeypatch, "openrouter", upstream)
    aimux.config = OPENROUTER
    upstream.script("*", listing(entry("a/one", "0.000001"), entry("a/two", "0.000001")))
    upstream.script("*", listing(entry("a/one", "0.000003", 2000), entry("a/three", "0")))

    first = aimux("models", "--refresh")
    found = rows(aimux)
    second = aimux("models", "--refresh")
    again = rows(aimux)

    assert "new: openrouter/a/one" in first.err
    one = found["openrouter/a/one"]
    assert (one["context"], one["price"]["input"], one["price"]["output"]) == (1000, 1, 2)
    assert one["source"] == f"{upstream.url}/openrouter"
    assert len(one["date"]) == len("2026-11-30")
    assert "new: openrouter/a/three" in second.err
    assert "gone: openrouter/a/two" in second.err
    assert "changed: openrouter/a/one: window 1000 -> 2000, $ in 1 -> 3" in second.err
    assert again["openrouter/a/one"]["price"]["input"] == 3
    assert "openrouter/a/two" not in again
    assert len(upstream.requests) == 2
    assert stat.S_IMODE((aimux.home / "models.json").stat().st_mode) == 0o600


def test_what_the_configuration_says_stays(
    aimux: Command, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a vendor lists; what it leaves out comes from the list."""
    as_vendor(monkeypatch, "openrouter", upstream)
    aimux.config = OPENROUTER + '[providers.openrouter.models."a/one"]\nprice = { input = 7 }\n'
    upstream.always("*", listing(entry("a/one", "0.000001")))

    told = aimux("models", "--refresh").err
    one = rows(aimux)["openrouter/a/one"]

    assert "changed" not in told
    assert (one["price"]["input"], one["price"]["output"], one["context"]) == (7, 2, 1000)
    assert one["source"] == "config.toml"


def test_a_list_of_which_there_is_more_takes_nothing_away(
    aimux: Command, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not on its first page may be on the second."""
    as_vendor(monkeypatch, "openrouter", upstream)
    aimux.config = OPENROUTER
    upstream.script("*", listing(entry("a/one", "0")))
    upstream.script("*", listing(entry("a/two", "0"), links={"next": "/more"}))
    aimux("models", "--refresh")

    assert "gone" not in aimux("models", "--refresh").err


def test_another_address_has_another_list(
    aimux: Command, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows hold for where they were read."""
    as_vendor(monkeypatch, "openrouter", upstream)
    aimux.config = OPENROUTER
    upstream.always("*", listing(entry("a/one", "0")))
    aimux("models", "--refresh")
    assert "openrouter/a/one" in rows(aimux)

    aimux.config = OPENROUTER + f'base_url = "{upstream.url}/eu"\n'
    assert "openrouter/a/one" not in rows(aimux)


def test_many_changes_are_told_in_short(
    aimux: Command, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table has them all."""
    as_vendor(monkeypatch, "openrouter", upstream)
    aimux.config = OPENROUTER
    upstream.always("*", listing(*(entry(f"a/{n}", "0") for n in range(30))))

    told = aimux("models", "--refresh").err.splitlines()

    assert sum(line.startswith("new: openrouter/") for line in told) == 20
    assert "new: 10 more" in told


def test_a_folder_that_cannot_be_written(
    aimux: Command, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said, with the reason."""
    as_vendor(monkeypatch, "openrouter", upstream)
    aimux.config = OPENROUTER
    upstream.always("*", listing(entry("a/one", "0")))
    (aimux.home / "models.json").mkdir()

    got = aimux("models", "--refresh")

    assert got.code == 2
    assert "the lists cannot be kept" in got.err

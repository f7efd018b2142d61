"""``aimux routes list``: the rules as sentences, at 80 columns, in a pipe and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import COLUMNS, Command

PROVIDERS = """\
[providers.a]
format = "anthropic"
base_url = "http://127.0.0.1:1"
keys = []

[providers.b]
format = "openai-chat"
base_url = "http://127.0.0.1:2/v1"
keys = []
"""

RULES = """\
[models.fast]
targets = ["b/small", "a/*"]
strategy = "round-robin"

[[routes]]
name = "helpers"
match = {model = "claude-*haiku*", client = "claude-code"}
targets = ["b/small", "a/*"]
strategy = "fastest"
failover_on = ["context-overflow", "refusal"]
hedge = {after = "8s"}

[[routes]]
name = "long"
match = {min_input_tokens = 200000}
targets = ["fast"]

[routing]
default = ["a/*", "b/small"]
failover_on = ["refusal"]
"""


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys)


def test_sentences(command: Command) -> None:
    """Rules in their order, then models, then what holds for all others; in a pipe a line is whole."""
    command.config = PROVIDERS + RULES

    done = command("routes", "list")

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "1. helpers: model claude-*haiku*, client claude-code",
        "   goes to b/small or a/*, the fastest first",
        "   the next one is also asked when the prompt is too long for one (then one with a larger "
        "window) or one refuses the request for its content",
        "   the next one is asked beside the first after 8s of silence, for at most 5 % of the requests",
        "2. long: at least 200,000 tokens",
        "   goes to fast (b/small or a/*, in turn)",
        "",
        "model fast: goes to b/small or a/*, in turn",
        "",
        "every other request: goes to a/*, then b/small",
        "   the next one is also asked when one refuses the request for its content",
    ]


def test_eighty_columns(command: Command) -> None:
    """A terminal gets the same words in lines that fit it."""
    command.config = PROVIDERS + RULES

    shown = command.on_terminal("routes", "list").out
    whole = command("routes", "list").out

    assert max(map(len, shown.splitlines())) <= COLUMNS
    assert shown.split() == whole.split()


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        (
            "",
            [
                "every request: goes to a/*, then b/*",
                "   those that speak the client's format before the others (routing.default is empty)",
            ],
        ),
        (
            '[routing]\nstrategy = "weighted"\n',
            [
                "every request: goes to a/* or b/*, drawn by lot, by weight",
                "   those that speak the client's format before the others (routing.default is empty)",
            ],
        ),
        (
            '[[routes]]\nname = "all"\ntargets = ["a/x"]\n[routing]\ndefault = ["b/*"]\n',
            [
                "1. all: every request",
                "   goes to a/x",
                "",
                "every other request: goes to b/*",
            ],
        ),
    ],
)
def test_what_holds_without_a_rule(command: Command, more: str, lines: list[str]) -> None:
    """Nothing matched: the default, or every provider."""
    command.config = PROVIDERS + more

    assert command("routes", "list").out.splitlines() == lines


def test_nothing_configured(command: Command) -> None:
    """An empty home says what to type."""
    done = command("routes", "list")

    assert done.code == 0
    assert done.out == "every request: nobody can be asked\n"
    assert "aimux providers add NAME" in done.err


def test_json(command: Command) -> None:
    """Every setting of each rule, with its conditions as they are written and in words."""
    command.config = PROVIDERS + RULES

    told = json.loads(command("routes", "list", "--json").out)

    assert told["routes"][0] == {
        "name": "helpers",
        "conditions": "model claude-*haiku*, client claude-code",
        "match": {"model": ["claude-*haiku*"], "client": ["claude-code"]},
        "targets": ["b/small", "a/*"],
        "strategy": "fastest",
        "failover_on": ["context-overflow", "refusal"],
        "hedge": {"after_s": 8.0, "share": 0.05},
    }
    assert told["routes"][1]["hedge"] is None
    assert [each["name"] for each in told["models"]] == ["fast"]
    assert told["default"]["targets"] == ["a/*", "b/small"]
    assert told["default"]["own_format_first"] is False


def test_broken_configuration(command: Command) -> None:
    """Exit 2 with every problem and its place."""
    command.config = PROVIDERS + '[[routes]]\nname = "r"\ntargets = ["nobody/x"]\n'

    done = command("routes", "list")

    assert (done.code, done.out) == (2, "")
    assert "config.toml:" in done.err
    assert "routes.0.targets.0: no provider is named 'nobody'" in done.err


def test_warnings(command: Command) -> None:
    """What ``config check`` warns of is told here as well, beside the rules."""
    command.config = PROVIDERS + '[routing]\ndefault = ["a/x"]\nstrategy = "adaptive"\n'

    done = command("routes", "list")

    assert done.code == 0
    assert done.out.startswith("every request: ")
    assert "warning: " in done.err
    assert "'adaptive' decides nothing here" in done.err

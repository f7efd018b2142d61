"""``aimux routes test``: what is shown, in a pipe, on a terminal, as JSON, with and without a daemon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aimux.cli.route_test import screen
from aimux.config.paths import Paths
from tests.cli.test_routes import PROVIDERS, RULES
from tests.support.command import COLUMNS, Command

OFFLINE = "planned without a daemon: nothing is known of health, plan windows and warm caches"


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    made = Command(tmp_path, monkeypatch, capsys)
    made.config = PROVIDERS + RULES
    return made


def test_screen(command: Command) -> None:
    """The request as it was read, each rule, the order, each target, and the gist at the end."""
    done = command(
        "routes", "test", "--model", "claude-x", "--tokens", "250000", "--session", "s", "--tools", "Bash"
    )  # fmt: skip

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "request   claude-x in anthropic, streamed, from default",
        "          about 250,000 tokens in and 900 out (long); no thinking, tools",
        "          session default+default:s",
        "rules     1. helpers does not match, for want of: client claude-code, model claude-*haiku*",
        "          2. long matches: at least 200,000 tokens",
        "order     priority: in this order",
        "targets   1. b/small: translate to openai-chat; price unknown",
        "             weight 1 of 2",
        "          2. a/claude-x: relay to anthropic; price unknown",
        "             weight 1 of 2",
        "",
        OFFLINE,
        "would ask b/small first (translate), then a/claude-x (relay)",
    ]


def test_strategy_hedge_and_failover(command: Command) -> None:
    """What else the route says is said with the order."""
    done = command("routes", "test", "--model", "claude-haiku", "--client", "claude-code")

    assert done.code == 0
    assert "1. helpers matches: model claude-*haiku*, client claude-code\n" in done.out
    assert "order     fastest: the fastest first\n" in done.out
    assert "fails over also on context-overflow and refusal\n" in done.out
    assert "asked beside the first after 8 s of silence\n" in done.out
    assert "not measured yet\n" in done.out


def test_eighty_columns(command: Command) -> None:
    """A terminal gets the same words in lines that fit it, still in their column."""
    arguments = ("routes", "test", "--model", "claude-haiku", "--client", "claude-code", "--images")

    shown = command.on_terminal(*arguments).out
    whole = command(*arguments).out

    assert max(map(len, shown.splitlines())) <= COLUMNS
    assert shown.split() == whole.split()


def test_what_a_daemon_knows() -> None:
    """Warm caches, rests, refusals and losses, each under its target."""
    target: Any = {
        "target": "a/x", "key": "work", "now": True, "mode": "relay", "format": "anthropic",
        "behind": "key home: 429 (for 1 min more)", "score": 0.1, "words": "3 of 4", "cost_usd": 0.1,
        "cached_tokens": 9000, "refusal": None, "dropped": [],
    }  # fmt: skip
    other: Any = {
        **target, "target": "b/y", "key": None, "now": False, "mode": "translate",
        "behind": "its circuit is open: 500", "words": "", "cost_usd": None, "cached_tokens": 0,
        "refusal": "an image has no word there", "dropped": ["seed.dropped", "penalty.dropped"],
    }  # fmt: skip
    told: Any = {
        "live": True, "config_generation": 3, "asked_model": "x", "format": "anthropic",
        "stream": False, "client": "codex", "session": "", "input_tokens": 1200,
        "output_tokens": 600, "task": "chat", "thinking": "on", "has": ["images"], "route": "default",
        "rule": "", "rules": [], "strategy": "weighted", "failover_on": [], "hedge_after_s": None,
        "targets": [target, other], "left_out": [{"target": "c/*", "reason": "it is disabled"}],
        "notes": ["stays with a/x"], "wait_s": 0.0, "summary": "would ask a/x (relay)",
    }  # fmt: skip

    assert list(screen(told)) == [
        "request   x in anthropic, not streamed, from codex",
        "          about 1,200 tokens in and 600 out (chat); thinking, images",
        "rules     there are none: the default holds",
        "order     weighted: drawn by lot, by weight (here the likeliest order)",
        "targets   1. a/x: relay to anthropic, key work; about $0.1000, 9,000 tokens cached",
        "             3 of 4",
        "             key home: 429 (for 1 min more)",
        "          2. b/y: translate to anthropic; price unknown",
        "             only when nobody else is left: its circuit is open: 500",
        "             passed by: an image has no word there",
        "             would not cross: seed.dropped, penalty.dropped",
        "left out  c/*: it is disabled",
        "notes     stays with a/x",
        "",
        "planned with what the daemon knows now, configuration 3; nothing was sent",
        "would ask a/x (relay)",
    ]


def test_the_price_is_said_once(command: Command) -> None:
    """What the cheapest strategy says of a target is its price, which stands there already."""
    command.config = (
        PROVIDERS.replace("keys = []", "keys = []\nmodels.x.price = {input = 2, output = 10}")
        + '[routing]\nstrategy = "cheapest"\n'
    )

    out = command("routes", "test", "--model", "x", "--tokens", "1000").out

    assert out.count("$0.0080") == 2  # once for each target
    assert "1. a/x: relay to anthropic; about $0.0080" in out


@pytest.mark.parametrize(
    ("more", "model", "line"),
    [
        ("", "x", "rules     there are none: the default holds"),
        ("", "a/x", "rules     none is looked at: the request names its target itself"),
        (
            '[models.fast]\ntargets = ["a/x"]\n',
            "fast",
            "rules     there are none: it is the public model fast",
        ),
        (
            '[[routes]]\nname = "r"\nmatch = {stream = false}\ntargets = ["a/x"]\n',
            "x",
            "          none matches: the default holds",
        ),
    ],
)
def test_where_no_rule_matches(command: Command, more: str, model: str, line: str) -> None:
    """It is said what holds then."""
    command.config = PROVIDERS + more

    assert line in command("routes", "test", "--model", model).out.splitlines()


def test_json(command: Command) -> None:
    """The shape of the admin API, whole."""
    told = json.loads(command("routes", "test", "--model", "x", "--json").out)

    assert told["live"] is False
    assert [each["target"] for each in told["targets"]] == ["a/x", "b/small"]
    assert told["rules"][0] == {
        "name": "helpers",
        "conditions": "model claude-*haiku*, client claude-code",
        "matches": False,
        "unmet": ["client claude-code", "model claude-*haiku*"],
    }


@pytest.mark.parametrize(
    ("body", "flags", "format_"),
    [
        ({"model": "x", "messages": [], "max_tokens": 9}, (), "anthropic"),
        ({"model": "x", "messages": []}, (), "openai-chat"),
        ({"model": "x", "messages": []}, ("--format", "anthropic"), "anthropic"),
        ({"model": "x", "input": "hi"}, (), "openai-responses"),
        ({"contents": []}, ("--model", "x"), "gemini"),
    ],
)
def test_files(
    command: Command, body: dict[str, object], flags: tuple[str, ...], format_: str
) -> None:
    """From a file and from stdin, in each format."""
    (command.home / "r.json").write_text(json.dumps(body))

    done = command("routes", "test", "--file", str(command.home / "r.json"), "--json", *flags)
    piped = command("routes", "test", "--file", "-", "--json", *flags, stdin=json.dumps(body))

    assert done.code == 0
    assert (json.loads(done.out)["format"], json.loads(done.out)["asked_model"]) == (format_, "x")
    assert json.loads(piped.out)["targets"] == json.loads(done.out)["targets"]


@pytest.mark.parametrize(
    ("config", "arguments", "code", "words"),
    [
        (PROVIDERS, ("--header", "x-aimux-target=c/x"), 2, "status 404, unknown-model:"),
        ("version = 1\n", (), 5, "status 503, no-candidate:"),
        (PROVIDERS.replace("keys = []", "enabled = false"), (), 5, "a/*: it is disabled"),
        (PROVIDERS.replace("keys = []", 'keys = ["env:NONE"]'), (), 5, "NONE"),
        ("nonsense = 1\n", (), 2, "nonsense"),
    ],
)
def test_what_the_client_would_be_told(
    command: Command, config: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """Whose fault it is is the exit code; nothing is on stdout."""
    command.config = config

    done = command("routes", "test", "--model", "x", *arguments)

    assert (done.code, done.out) == (code, "")
    assert words in done.err


def test_refusal_as_json(command: Command) -> None:
    """The error's shape, and the same exit code."""
    command.config = "version = 1\n"

    done = command("routes", "test", "--model", "x", "--json")

    assert (done.code, done.err) == (5, "")
    assert json.loads(done.out)["error"]["code"] == "no-candidate"


def test_gemini_needs_a_model(command: Command) -> None:
    """It stands in the address, so it is asked for by its flag."""
    done = command("routes", "test", "--file", "-", stdin='{"contents": []}')

    assert done.code == 2
    assert "name it with --model" in done.err


def test_keys_are_looked_for(command: Command) -> None:
    """A target without a key is left out here as it would be in the daemon; a program is not run."""
    command.config = PROVIDERS.replace("keys = []", 'keys = ["env:NONE"]', 1).replace(
        "keys = []", 'keys = ["command:touch ran"]'
    )

    told = json.loads(command("routes", "test", "--model", "x", "--json").out)

    assert [each["target"] for each in told["left_out"]] == ["a/*"]
    assert [each["key"] for each in told["targets"]] == ["command"]
    assert not (Path.cwd() / "ran").exists()


def test_the_demo_provider_counts_as_there(command: Command) -> None:
    """It has no address and no key before a daemon runs, and lacks neither."""
    command.config = '[providers.demo]\npreset = "demo"\n'

    assert "would ask demo/x (relay)" in command("routes", "test", "--model", "x").out


def test_nothing_of_the_home_is_touched(command: Command) -> None:
    """Planning without a daemon leaves no token, no lock and no log behind."""
    command("routes", "test", "--model", "x")

    assert [each.name for each in command.home.iterdir()] == ["config.toml"]
    assert not Paths(command.home / "config.toml", command.home).lock.exists()

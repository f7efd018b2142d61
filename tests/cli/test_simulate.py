"""``aimux routes simulate``: scenarios for everybody, traces, and what is said of bad input."""

from __future__ import annotations

import json
import sys
from io import StringIO
from pathlib import Path

import pytest
import typer

from aimux.cli import simulate
from aimux.cli.group import group
from aimux.cli.guarded import guarded
from tests.support.command import Result

CONFIG = """\
[providers.one]
format = "anthropic"
base_url = "https://one.invalid"
keys = ["env:ONE", "env:TWO"]

[providers.two]
format = "openai-chat"
base_url = "https://two.invalid/v1"
keys = []
"""
TRACE = """\
{"aimux_trace": 1, "name": "mine", "targets": {"one/*": {"noise": 0}, "two/*": {}}}
{"at_s": 0, "session": "a", "model": "m", "input_tokens": 9000, "output_tokens": 60}
"""


class Simulate:
    """The command alone, in a home of its own."""

    def __init__(
        self, home: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
    ) -> None:
        self.home, self._patch, self._capture = home, patch, capture
        patch.setenv("AIMUX_HOME", str(home))
        self._app = group("aimux", "A local AI gateway.")
        routes = group("routes", "Rules.")
        simulate.register(routes)
        routes.command("other")(lambda: None)  # with one command a group would take its place
        self._app.add_typer(routes)

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        self._patch.setattr(sys, "stdin", StringIO(stdin))
        code = guarded(lambda: self._run(arguments))
        return Result(code, *self._capture.readouterr())

    def _run(self, arguments: tuple[str, ...]) -> int:
        try:
            self._app(args=["routes", "simulate", *arguments], prog_name="aimux")
        except (SystemExit, typer.Exit) as end:
            code = getattr(end, "code", 0)
            return code if isinstance(code, int) else 0
        return 0

    def file(self, name: str, text: str) -> str:
        """A file in the home; its path."""
        path = self.home / name
        path.write_text(text, "utf-8")
        return str(path)


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Simulate:
    """On a fresh machine: no configuration, no key."""
    return Simulate(tmp_path, monkeypatch, capsys)


def test_a_scenario_on_a_fresh_machine(command: Simulate) -> None:
    said = command("--scenario", "brown-out", "--strategy", "adaptive", "--strategy", "priority")
    lines = [line.split("\t") for line in said.out.splitlines()]
    assert said.code == 0
    assert [line[0] for line in lines] == ["priority", "  at best", "adaptive", "  at best"]
    assert {line[1] for line in lines} == {"100.00 %"}
    assert said.err.startswith("brown-out: ")


def test_without_a_strategy_the_configuration_decides(command: Simulate) -> None:
    said = json.loads(command("--scenario", "quiet-day", "--json").out)
    (only,) = said["strategies"]
    assert (only["strategy"], only["figures"]["success"]) == ("configured", 1.0)
    assert only["bound"]["cost_usd"] <= only["figures"]["cost_usd"]


def test_affinity_can_be_left_out(command: Simulate) -> None:
    asked = ("--scenario", "quiet-day", "--strategy", "round-robin", "--json")
    on, off = (
        json.loads(command(*asked, *more).out)["strategies"][0]["figures"]
        for more in ((), ("--no-affinity",))
    )
    assert off["lost"] > on["lost"] == 0
    assert off["cost_usd"] > on["cost_usd"]


def test_another_seed_makes_another_day(command: Simulate) -> None:
    asked = ("--scenario", "quiet-day", "--json")
    days = {command(*asked, "--seed", seed).out for seed in ("1", "1", "2")}
    assert len(days) == 2


def test_all_strategies(command: Simulate) -> None:
    trace = command.file("trace.jsonl", TRACE)
    said = command(trace, "--config", command.file("c.toml", CONFIG), "--all-strategies", "--json")
    assert len(json.loads(said.out)["strategies"]) == 7


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_a_trace_with_ones_own_configuration(command: Simulate, way: str) -> None:
    command.file("config.toml", CONFIG)
    where = command.file("trace.jsonl", TRACE) if way == "file" else "-"
    said = command(where, stdin=TRACE)
    assert said.code == 0
    assert said.out.startswith("configured\t100.00 %\t1.45 s")
    assert "unknown" in said.out
    assert "$0.00" not in said.out
    assert "answers without a known price, not in COST: 1" in said.err


def test_a_scenario_with_ones_own_configuration(command: Simulate) -> None:
    config = command.file("c.toml", CONFIG)
    said = command("--scenario", "brown-out", "--config", config, "--model", "m", "--print")
    header, first, *_ = map(json.loads, said.out.splitlines())
    assert [bool(each.get("outages")) for each in header["targets"].values()] == [True, False]
    assert first["model"] == "m"


def test_a_printed_scenario_is_a_trace(command: Simulate) -> None:
    printed = command("--scenario", "quiet-day", "--print").out
    config = CONFIG.replace("one", "north").replace("two", "south")
    said = command("-", "--config", command.file("c.toml", config), "--json", stdin=printed)
    assert json.loads(said.out)["trace"] == "quiet-day"


def test_the_format_is_told(command: Simulate) -> None:
    said = command("--format")
    assert said.code == 0
    assert "per_ktoken_s" in said.out


def test_failures_are_told(command: Simulate) -> None:
    broken = TRACE.replace('"noise": 0', '"outages": [{"from_s": 0, "until_s": 9, "kind": "cut"}]')
    command.file("config.toml", CONFIG)
    said = command("-", stdin=broken)
    assert said.out.startswith("configured\t0.00 %")
    assert "configured: the first failure was: one/m: the answer broke off" in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "a trace or a scenario is needed, and not both"),
        (("-", "--scenario", "quiet-day"), "a trace or a scenario is needed, and not both"),
        (("--scenario", "brownout"), "there is no scenario 'brownout'"),
        (("--scenario", "quiet-day", "--strategy", "adaptiv"), "did you mean 'adaptive'?"),
        (("--scenario", "quiet-day", "--strategy", "x"), "there are priority, weighted"),
        (("-",), "the configuration has no providers"),
        (
            ("--scenario", "quiet-day", "--config", "nowhere.toml"),
            "there is no file 'nowhere.toml'",
        ),
    ],
)
def test_bad_calls(command: Simulate, arguments: tuple[str, ...], words: str) -> None:
    said = command(*arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_a_trace_of_other_targets(command: Simulate) -> None:
    command.file("config.toml", CONFIG)
    other = TRACE.replace("one/*", "x/*").replace("two/*", "y/*")
    said = command("-", stdin=other)
    assert said.code == 2
    assert "may go to one/m, two/m, but the trace knows only x/*, y/*" in said.err


def test_one_provider_is_too_few(command: Simulate) -> None:
    config = command.file("c.toml", CONFIG + '[routing]\ndefault = ["one/*"]\n')
    said = command("--scenario", "brown-out", "--config", config)
    assert said.code == 2
    assert "to one alone" in said.err


def test_what_is_no_text(command: Simulate) -> None:
    command.file("config.toml", CONFIG)
    path = command.home / "trace"
    path.write_bytes(b"\xff\xfe\x00")
    said = command(str(path))
    assert (said.code, "is no text in UTF-8" in said.err) == (2, True)

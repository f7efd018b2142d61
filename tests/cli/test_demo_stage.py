"""Signals during the demo, and its stage when things go wrong: in this process, without a daemon."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimux.cli.demo import stage as stage_module
from aimux.cli.demo.call import Call
from aimux.cli.demo.departure import Departure
from aimux.cli.demo.stage import CONFIGURATION, Stage
from aimux.config.load import load_config
from aimux.errors import DaemonError, UserError


@pytest.fixture
def departure() -> Iterator[Departure]:
    departure = Departure()
    departure.watch()
    yield departure
    departure.unwatch()


def test_an_interrupt_leaves_as_an_interrupt(departure: Departure) -> None:
    """Ctrl-C stays what it is: exit code 130."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)

    assert departure.leaving


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_other_signals_leave_with_their_number(
    departure: Departure, number: signal.Signals
) -> None:
    """As shells say it: 128 and the signal."""
    with pytest.raises(SystemExit) as left:
        signal.raise_signal(number)

    assert left.value.code == 128 + number


def test_whoever_leaves_is_not_called_twice(departure: Departure) -> None:
    """Signals that come while everything is being cleared away change nothing."""
    departure.leaving = True
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.raise_signal(number)


def test_afterwards_signals_are_what_they_were() -> None:
    """The handlers that were there are put back, and what is ignored stays ignored."""
    ours = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        departure = Departure()
        departure.watch()
        during = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        departure.unwatch()

        assert during != before
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    finally:
        signal.signal(signal.SIGHUP, ours)


def test_a_stage_that_never_opened_closes() -> None:
    """There is nothing to clear away."""
    Stage().close()


def test_without_a_folder_for_temporary_files_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason and what to type, not a traceback."""

    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(UserError, match="no folder for temporary files") as problem:
        Stage().open()

    assert problem.value.hint
    assert "TMPDIR" in problem.value.hint


def test_a_folder_that_cannot_be_made_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Such as on a full disk; closing afterwards does no harm."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(blocked))
    stage = Stage()
    with pytest.raises(UserError, match="cannot be written"):
        stage.open()
    stage.close()

    assert blocked.exists()


def test_the_persons_settings_are_hidden_and_come_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing of a real aimux reaches the demo, and the demo leaves the environment as it was."""
    monkeypatch.setenv("AIMUX_SERVER__PORT", "1")
    monkeypatch.setenv("AIMUX_CONFIG", "/nowhere")
    monkeypatch.delenv("AIMUX_HOME", raising=False)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(stage_module, "CONFIGURATION", "not toml [")
    before = dict(os.environ)
    stage = Stage()
    with pytest.raises(UserError):
        stage.open()
    assert {name for name in os.environ if name.startswith("AIMUX_")} == {"AIMUX_HOME"}
    stage.close()

    assert dict(os.environ) == before
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    """An open stage, with a real daemon that is a child of this process."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    stage = Stage()
    try:
        stage.open()
        yield stage
    finally:
        stage.close()
        assert list(tmp_path.iterdir()) == []


@pytest.mark.system
def test_an_exchange_that_is_still_open_is_told_as_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is waited for, but not for ever."""
    monkeypatch.setattr(stage_module, "_RECORDED_S", 0.05)
    call = Call(stage.url, stage.client_token, "hi")
    pieces = call.pieces()
    next(pieces)
    during = stage.exchange(call.request_id)
    rest = list(pieces)
    afterwards = stage.exchange(call.request_id)

    assert rest
    assert (during["outcome"], afterwards["outcome"]) == ("open", "ok")
    assert afterwards["output_tokens"]


@pytest.mark.system
def test_a_daemon_that_died_before_it_told_is_an_error(stage: Stage, tmp_path: Path) -> None:
    """Killed between the answer and the question what became of it."""
    token = next(tmp_path.glob("*/client.token"))
    token.unlink()
    with pytest.raises(DaemonError, match="no client token"):
        _ = stage.client_token
    pid = json.loads(next(tmp_path.glob("*/daemon.json")).read_text())["pid"]
    os.kill(pid, signal.SIGKILL)

    with pytest.raises(DaemonError, match="went away before it told"):
        stage.exchange("last")


def test_the_configuration_of_the_demo_is_sound(tmp_path: Path) -> None:
    """It is one that a person may copy."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIGURATION)
    loaded = load_config(path, environ={})

    assert loaded.config.routing.default == ("demo/demo-thinker",)
    assert loaded.warnings == ()

"""The words of start, stop, restart and reload; with real daemons they are in tests/system."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.cli import daemon, lifecycle
from aimux.daemon.end import Ended
from aimux.errors import UsageError
from tests.cli.test_status import provider, status


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("2m", 120), ("500ms", 0.5), ("15", 15), ("1.5", 1.5)]
)
def test_seconds(text: str, seconds: float) -> None:
    """A duration as in the configuration; a bare number is seconds."""
    assert daemon.seconds(text, "--wait") == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "10 s", "1.2.3", "1h30m", "\u0663"])
def test_no_seconds(text: str) -> None:
    """Everything else is refused with an example."""
    with pytest.raises(UsageError, match="--wait takes a time such as 10s, 2m or 500ms"):
        daemon.seconds(text, "--wait")


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        (Ended(was_running=False), "aimux is not running"),
        (Ended(was_running=True), "stopped"),
        (Ended(was_running=True, drained=1, seconds=4.16), "stopped (drained 1 request in 4.2 s)"),
        (Ended(was_running=True, drained=3, seconds=4.0), "stopped (drained 3 requests in 4.0 s)"),
        (
            Ended(was_running=True, drained=2, cut=1, seconds=120),
            "stopped (drained 2 requests in 120.0 s, cut 1 request)",
        ),
        (
            Ended(was_running=True, cut=2, killed=True),
            "stopped (cut 2 requests, it had to be killed)",
        ),
    ],
)
def test_how_it_ended(ended: Ended, text: str) -> None:
    """What became of the open requests."""
    assert lifecycle.ended_words(ended) == text


def started(**more: Any) -> Any:
    return {**status(), "already_running": False, "not_applied": [], "service": None, **more}


def test_started(capsys: pytest.CaptureFixture[str]) -> None:
    """Running, with what does not work yet and what to do about it; words on stderr only."""
    lacking = provider(key_problem="the keyring has no key 'zai/default'")
    off = provider("off", enabled=False, key_problem="never mind")

    lifecycle.tell_started(
        started(providers=[lacking, off, provider("ok")], notices=["add one"]), as_json=False
    )

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "aimux is running (pid 4711, http://127.0.0.1:24689)",
        "warning: zai: the keyring has no key 'zai/default'",
        "warning: add one",
    ]


def test_already_running(capsys: pytest.CaptureFixture[str]) -> None:
    """Who runs and since when; options that were not taken over are named, with the way to do it."""
    lifecycle.tell_started(started(already_running=True), as_json=False)
    lifecycle.tell_started(started(already_running=True, not_applied=["--port 5"]), as_json=False)

    assert capsys.readouterr().err.splitlines() == [
        "aimux is already running (pid 4711, http://127.0.0.1:24689, up 2 h 5 min)",
        "aimux is already running (pid 4711, http://127.0.0.1:24689, up 2 h 5 min)",
        "warning: not applied to the daemon that runs: --port 5",
        "  hint: aimux restart --port 5",
    ]


def test_reloaded(capsys: pytest.CaptureFixture[str]) -> None:
    """Changes are data; that there are none, or that some wait, are words."""
    daemon._tell_reloaded({"generation": 2, "changes": ["providers: +a"], "restart_needed": []})
    daemon._tell_reloaded({"generation": 3, "changes": [], "restart_needed": ["server.port"]})

    shown = capsys.readouterr()
    assert shown.out == "providers: +a\n"
    assert shown.err.splitlines() == [
        "nothing has changed (generation 3)",
        "warning: waiting for a restart: server.port",
        "  hint: aimux restart",
    ]

"""The status screen, line by line, and the command around it."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aimux import __version__
from aimux.admin.presence import Presence, write_presence
from aimux.admin.shapes import ProviderStatusShape, StatusShape
from aimux.cli.status import duration, screen
from aimux.config.paths import Paths
from tests.support.command import Command
from tests.support.script import Answer
from tests.support.upstream import FakeUpstream


def provider(name: str = "zai", **more: Any) -> ProviderStatusShape:
    shape: Any = {
        "name": name,
        "enabled": True,
        "usable": True,
        "key": "ready",
        "key_problem": None,
        "health": "ok",
        "health_reason": None,
        "cooling_s": None,
        "in_flight": 1,
        "requests": 12,
        "failures": 3,
        "formats": ["anthropic"],
    }
    return {**shape, **more}  # type: ignore[typeddict-item]  # keyed by hand


def status(**more: Any) -> StatusShape:
    shape: Any = {
        "schema": 1,
        "state": "running",
        "version": __version__,
        "pid": 4711,
        "instance": "0011aabb",
        "address": "127.0.0.1:24689",
        "url": "http://127.0.0.1:24689",
        "uptime_s": 7500.0,
        "started_at": "2026-11-23T01:00:00Z",
        "config_path": "/home/ann/.config/aimux/config.toml",
        "config_generation": 3,
        "config_changed_on_disk": False,
        "requests": 120,
        "failures": 2,
        "in_flight": 1,
        "memory_mb": 56.7,
        "open_files": 21,
        "auth": "token",
        "providers": [provider()],
        "notices": [],
    }
    return {**shape, **more}  # type: ignore[typeddict-item]  # keyed by hand


def lines(**more: Any) -> list[str]:
    return list(screen(status(**more)))


def test_screen() -> None:
    """Everything on one screen of 80 columns."""
    shown = lines(providers=[provider(), provider("local", key="none-needed", health="unknown")])

    assert shown == [
        f"aimux {__version__}  running  http://127.0.0.1:24689",
        "  process   pid 4711, up 2 h 5 min, 57 MiB, 21 open files",
        "  config    /home/ann/.config/aimux/config.toml (generation 3)",
        "  requests  120, 2 failed, 1 in flight",
        "",
        "  provider  health   key          requests  failed  open",
        "  zai       ok       ready              12       3     1",
        "  local     unknown  none needed        12       3     1",
    ]
    assert max(map(len, shown)) <= 80


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"config_changed_on_disk": True}, "changed on disk, not reloaded: aimux reload"),
        ({"notices": ["do this"]}, "! do this"),
        (
            {"version": "0.0.1"},
            f"! the daemon is version 0.0.1, this command {__version__}: aimux restart",
        ),
        ({"providers": [provider(enabled=False)]}, "zai       disabled  ready"),
        (
            {
                "providers": [
                    provider(health="cooling", health_reason="429 slow down", cooling_s=61.0)
                ]
            },
            "    429 slow down, again in 1 min",
        ),
        ({"providers": [provider(health="cooling")]}, "    cooling"),
        (
            {"providers": [provider(key="missing", key_problem="the keyring has no key")]},
            "    the keyring has no key",
        ),
    ],
)
def test_what_is_wrong(more: dict[str, Any], line: str) -> None:
    """Each trouble has its line."""
    assert line in "\n".join(lines(**more))


def test_disabled_provider_has_no_trouble() -> None:
    """What is switched off may lack its key."""
    shown = lines(providers=[provider(enabled=False, key_problem="the keyring has no key")])

    assert "the keyring has no key" not in "\n".join(shown)


def test_no_failures() -> None:
    """No failure is nothing to be red about."""
    assert "120, 0 failed, 1 in flight" in "\n".join(lines(failures=0))


def test_no_providers() -> None:
    """Without providers there is no table."""
    assert len(lines(providers=[])) == 4


def test_control_characters_do_not_reach_the_terminal() -> None:
    """What a provider or a path says cannot drive the terminal."""
    shown = "".join(
        lines(
            config_path="/x\x1b[2J",
            notices=["a\x1b]0;b"],
            providers=[provider("a\x1b[1m", health="cooling", health_reason="\x1b[31m")],
        )
    )

    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 0 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    """A span of time as a person says it."""
    assert duration(seconds) == text


# ---------------------------------------------------------------- the command


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys)


@pytest.fixture
def running(command: Command, upstream: FakeUpstream) -> Iterator[FakeUpstream]:
    """Something that answers as the daemon of that home."""
    paths = Paths(config=command.home / "config.toml", state=command.home)
    paths.admin_token.write_text("aimux-admin-test\n")
    card = Presence(os.getpid(), "1", "i", "", upstream.url, "", __version__)
    write_presence(paths, card)
    upstream.always("/aimux/v1/ping", answering({"instance": "i", "pid": 1, "aimux": "1"}))
    upstream.always("/aimux/v1/status", answering(dict(status())))
    descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield upstream
    os.close(descriptor)


def answering(body: object) -> Answer:
    return Answer(pieces=(json.dumps(body).encode(),))


def test_command(command: Command, running: FakeUpstream) -> None:
    """The screen on stdout, nothing on stderr."""
    done = command("status")

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == lines()


def test_json(command: Command, running: FakeUpstream) -> None:
    """``--json`` is what the daemon said, whole."""
    done = command("status", "--json")

    assert done.code == 0
    assert json.loads(done.out) == status()


def test_colours(command: Command, running: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that wants colours gets them, and the same text."""
    monkeypatch.setitem(command.environ, "NO_COLOR", "")

    shown = command.on_terminal("status").out

    assert "\x1b[32mrunning\x1b[0m" in shown
    assert re.sub(r"\x1b\[\d+m", "", shown).splitlines() == lines()


def test_not_running(command: Command) -> None:
    """Exit code 3, what to type; JSON for who asks for it."""
    words = command("status")
    told = command("status", "--json")

    assert (words.code, words.out) == (3, "")
    assert words.err == "error: aimux is not running\n  hint: start it with: aimux start\n"
    assert (told.code, told.err) == (3, "")
    assert json.loads(told.out)["error"] == {
        "code": "not-running",
        "message": "aimux is not running",
        "hint": "start it with: aimux start",
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_watch(
    command: Command, running: FakeUpstream, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    """Picture after picture until Ctrl-C, which ends it in peace; JSON is one object a line."""
    stop_after(3, monkeypatch)

    done = command("status", "--watch", *(["--json"] if as_json else []))

    assert (done.code, done.err) == (0, "")
    if as_json:
        assert [json.loads(line)["pid"] for line in done.out.splitlines()] == [4711] * 3
    else:
        assert done.out.splitlines() == lines() * 3


@pytest.mark.parametrize("as_json", [False, True])
def test_watch_of_nothing(command: Command, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    """A daemon that is away may come back: it is watched for."""
    stop_after(2, monkeypatch)

    done = command("status", "--watch", *(["--json"] if as_json else []))

    assert done.code == 0
    assert done.out.count("aimux is not running") == 2


def test_watch_clears_a_terminal(
    command: Command, running: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal each picture takes the place of the one before."""
    stop_after(2, monkeypatch)

    shown = command.on_terminal("status", "--watch").out

    assert shown.count("\x1b[H\x1b[2J") == 2


def stop_after(pictures: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after so many pictures."""
    left = [pictures]

    def sleep(_: float) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)

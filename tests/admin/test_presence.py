"""What can be seen of a daemon from outside."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from aimux.admin.presence import Presence, is_alive, is_held, read_presence, write_presence
from aimux.config.paths import Paths
from aimux.telemetry.resources import process_start

CARD = Presence(7, "99", "abcd", "127.0.0.1:1", "http://127.0.0.1:1", "2026-01-01T00:00:00Z", "1")


def paths(tmp_path: Path) -> Paths:
    return Paths(config=tmp_path / "config.toml", state=tmp_path)


def test_written_and_read(tmp_path: Path) -> None:
    """What is published is what is read."""
    write_presence(paths(tmp_path), CARD)

    assert read_presence(paths(tmp_path)) == CARD


@pytest.mark.parametrize("text", [None, "", "{", "[]", "3", "{}", '{"pid": "x"}', '{"pid": null}'])
def test_unreadable(tmp_path: Path, text: str | None) -> None:
    """A file that is missing, cut, or not ours says nothing."""
    if text is not None:
        paths(tmp_path).daemon.write_text(text)

    assert read_presence(paths(tmp_path)) is None


def test_held_by_a_daemon_only(tmp_path: Path) -> None:
    """Held means: somebody has the exclusive lock; asking does not take it, nor hinders others."""
    lock = paths(tmp_path).lock
    missing = is_held(lock)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT)
    try:
        free = is_held(lock)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = is_held(lock)
        again = is_held(lock)
    finally:
        os.close(descriptor)

    assert (missing, free, held, again) == (False, False, True, True)
    assert not is_held(lock)


def test_pid_alone_is_no_identity(tmp_path: Path) -> None:
    """A process with the same pid and another start is another one."""
    own = process_start(os.getpid())
    mine = Presence(os.getpid(), own or "", "x", "", "", "", "")
    other = Presence(os.getpid(), "1", "x", "", "", "", "")

    assert is_alive(mine)
    assert not is_alive(other)

"""The lock: one daemon for a home, and nothing else is its identity."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from aimux import __version__
from aimux.admin.presence import is_alive, is_held, read_presence
from aimux.config.paths import Paths
from aimux.daemon.instance import AlreadyRunning, Instance
from aimux.errors import DaemonError


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(config=tmp_path / "config.toml", state=tmp_path / "state")


def test_one_at_a_time(paths: Paths) -> None:
    """While one has the lock nobody else gets it; afterwards the next one does."""
    first = Instance.take(paths)
    first.publish("127.0.0.1:1", "http://127.0.0.1:1")

    with pytest.raises(AlreadyRunning) as refused:
        Instance.take(paths, patience_s=0)
    first.release()
    second = Instance.take(paths, patience_s=0)
    second.release()

    assert refused.value.message == (
        f"aimux is already running (pid {os.getpid()}, http://127.0.0.1:1)"
    )
    assert first.id != second.id


def test_starting_one_has_no_name_yet(paths: Paths) -> None:
    """Before it has published, a daemon is only known to be there."""
    first = Instance.take(paths)

    with pytest.raises(AlreadyRunning, match=r"aimux is already running$"):
        Instance.take(paths, patience_s=0)
    first.release()


def test_patience_outlasts_a_look(paths: Paths) -> None:
    """A command that looks at the lock for an instant keeps no daemon from starting."""
    held = Instance.take(paths)
    threading.Timer(0.1, held.release).start()

    second = Instance.take(paths, patience_s=10)

    second.release()


def test_publish(paths: Paths) -> None:
    """daemon.json says who and where; it goes away with the daemon."""
    instance = Instance.take(paths)

    instance.publish("127.0.0.1:1", "http://127.0.0.1:1")
    found = read_presence(paths)
    mode = stat.S_IMODE(paths.daemon.stat().st_mode)
    uptime_s = instance.uptime_s
    instance.release()

    assert found is not None
    assert found.pid == os.getpid()
    assert found.instance == instance.id
    assert found.version == __version__
    assert found.started_at.endswith("Z")
    assert is_alive(found)
    assert mode == 0o600
    assert uptime_s >= 0
    assert not paths.daemon.exists()
    assert not is_held(paths.lock)


def test_left_over_is_cleared(paths: Paths) -> None:
    """What a killed daemon left is gone as soon as the lock is taken."""
    paths.state.mkdir()
    paths.daemon.write_text("{}")

    instance = Instance.take(paths)
    left = paths.daemon.exists()
    instance.release()

    assert not left


def test_release_without_publish(paths: Paths) -> None:
    """A daemon that failed before it published leaves in peace."""
    Instance.take(paths).release()

    assert not is_held(paths.lock)


def test_folder_that_cannot_be(paths: Paths) -> None:
    """A state folder that cannot be made is said with its path."""
    paths.state.write_text("a file in the way")

    with pytest.raises(DaemonError, match=r"aimux.lock' cannot be opened: Not a directory"):
        Instance.take(paths)


def test_leave(paths: Paths) -> None:
    """Who has left takes nothing away of what belongs to the successor, however often it is told."""
    first = Instance.take(paths)
    first.publish("127.0.0.1:1", "http://127.0.0.1:1")
    second = Instance(paths, os.dup(first.lock))

    first.leave()
    assert is_held(paths.lock)
    second.publish("127.0.0.1:1", "http://127.0.0.1:1")
    first.release()
    found = read_presence(paths)
    second.release()

    assert found
    assert found.instance == second.id
    assert not is_held(paths.lock)
    assert not paths.daemon.exists()


def test_one_that_never_published_takes_nothing_away(paths: Paths) -> None:
    """A successor that fails leaves the card of the daemon that runs."""
    first = Instance.take(paths)
    first.publish("127.0.0.1:1", "http://127.0.0.1:1")

    Instance(paths, os.dup(first.lock)).release()

    assert paths.daemon.exists()
    assert is_held(paths.lock)
    first.release()

"""Whether a daemon lives, and where: what can be seen from outside, without asking it.

A daemon is whoever holds the lock on ``aimux.lock``; the kernel lets go of it at death, however that
came.  ``daemon.json`` says where it listens.  It is believed only while the lock is held, and a pid
only together with the start time of its process, since pids come again.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from aimux.config.paths import Paths, write_private


@dataclass(frozen=True, slots=True)
class Presence:
    """What a daemon publishes of itself when it listens.

    ``address`` is host:port as it is bound, ``url`` what clients use; ``started_at`` is RFC 3339;
    ``process_start`` tells this process from a later one with the same pid.
    """

    pid: int
    process_start: str
    instance: str
    address: str
    url: str
    started_at: str
    version: str


_TEXTS = tuple(each.name for each in fields(Presence) if each.name != "pid")


def write_presence(paths: Paths, presence: Presence) -> None:
    """Publishes ``daemon.json``."""
    write_private(paths.daemon, (json.dumps(asdict(presence), indent=2) + "\n").encode())


def read_presence(paths: Paths) -> Presence | None:
    """What ``daemon.json`` says, or None: it is not there (yet), or it is not ours.

    It may be left over from a daemon that was killed; ask ``is_held`` first.
    """
    try:
        found = json.loads(paths.daemon.read_bytes())
        return Presence(int(found["pid"]), *(str(found[name]) for name in _TEXTS))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_held(lock: Path) -> bool:
    """Whether a living daemon holds the lock.

    Asks for a shared lock and lets go at once; a daemon that begins in that moment tries again.
    """
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_alive(presence: Presence) -> bool:
    """Whether the process that published this is still there and not another one with its pid."""
    from aimux.telemetry.resources import process_start

    return process_start(presence.pid) == presence.process_start

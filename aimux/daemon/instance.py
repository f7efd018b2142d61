"""One daemon for each home: the lock that it holds for life.

The lock is taken before anything else is touched, above all before any address is bound.  It is the
identity of the daemon; ``daemon.json`` is only its visiting card.  When the lock is free, whatever
lies there is left over from a daemon that was killed, and is replaced without a word.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from datetime import UTC, datetime
from typing import Final, Self

from aimux import __version__
from aimux.admin.presence import Presence, read_presence, write_presence
from aimux.config.paths import Paths, make_private_folder
from aimux.errors import AlreadyRunning, DaemonError
from aimux.telemetry.resources import process_start

PATIENCE_S: Final = 0.5
"""``aimux status`` holds the lock for an instant to see whether it is free; this outlasts it."""


class Instance:
    """The lock of one home, held.  Leave it with ``release``, or by dying."""

    def __init__(self, paths: Paths, descriptor: int) -> None:
        self.paths = paths
        self.id = secrets.token_hex(8)
        """Tells this daemon from any other that may answer at its address later."""
        self.started_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self.started_monotonic_s = time.monotonic()
        self.lock = descriptor
        """The open lock; a successor gets a copy of it."""
        self._is_ours = True
        self._published = False

    @classmethod
    def take(cls, paths: Paths, *, patience_s: float = PATIENCE_S) -> Self:
        """Takes the lock and clears what a killed daemon left behind.

        Raises:
            AlreadyRunning: another daemon has it; the message says which, where that is known.
            DaemonError: the folder cannot be written.
        """
        descriptor = _opened(paths)
        deadline = time.monotonic() + patience_s
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise AlreadyRunning(f"aimux is already running{holder(paths)}")
            time.sleep(0.02)
        with contextlib.suppress(FileNotFoundError):
            paths.daemon.unlink()
        return cls(paths, descriptor)

    @property
    def uptime_s(self) -> float:
        """Seconds since the lock was taken."""
        return time.monotonic() - self.started_monotonic_s

    def publish(self, address: str, url: str) -> Presence:
        """Writes ``daemon.json``: from here on commands find this daemon."""
        presence = Presence(
            pid=os.getpid(),
            process_start=process_start(os.getpid()) or "",
            instance=self.id,
            address=address,
            url=url,
            started_at=self.started_at,
            version=__version__,
        )
        write_presence(self.paths, presence)
        self._published = True
        return presence

    def leave(self) -> None:
        """Lets go of the lock, which a successor holds as well; ``daemon.json`` is for it to write."""
        if self._is_ours:
            self._is_ours = False
            os.close(self.lock)

    def release(self) -> None:
        """Takes our ``daemon.json`` away and lets go of the lock, in this order."""
        if self._is_ours and self._published:
            self.paths.daemon.unlink(missing_ok=True)
        self.leave()


def holder(paths: Paths) -> str:
    """`` (pid 4711, http://127.0.0.1:24689)`` of the daemon that runs, or nothing if it is starting."""
    presence = read_presence(paths)
    return f" (pid {presence.pid}, {presence.url})" if presence else ""


def _opened(paths: Paths) -> int:
    try:
        make_private_folder(paths.state)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(paths.lock, flags, 0o600)
    except OSError as problem:
        raise DaemonError(
            f"{str(paths.lock)!r} cannot be opened: {problem.strerror}",
            hint="the folder must exist or be creatable, and be yours; AIMUX_HOME names another",
        ) from problem


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

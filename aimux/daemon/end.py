"""Ending the daemon from a command: ask it, wait, and count what was finished.

The admin API is asked first.  If it is silent, the process gets a signal; but only if its pid and
start time are those that it published, and only while the lock is held: pids come again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from typing import Final

from aimux.admin.client import AdminClient, found_daemon
from aimux.admin.presence import Presence, is_alive, is_held
from aimux.config.paths import Paths
from aimux.errors import AimuxError, DaemonError, NotRunning, TimedOut

GRACE_S: Final = 5.0
"""Beyond the drain limit: for closing what is open."""

STARTING_S: Final = 20.0
"""For a daemon that is starting: it reads keys, which may take so long."""

UNKNOWN_LIMIT_S: Final = 120.0
"""How long to wait for a daemon that cannot be asked for its own limit."""

_POLL_S: Final = 0.05
_COUNT_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended; ``was_running`` is False when there was nothing to end."""

    was_running: bool
    drained: int = 0
    cut: int = 0
    seconds: float = 0.0
    killed: bool = False


@dataclass(slots=True)
class Ending:
    """A daemon that has been asked to end."""

    paths: Paths
    presence: Presence
    client: AdminClient | None
    in_flight: int
    limit_s: float

    def wait(self, *, kill: bool) -> Ended:
        """Returns when the daemon has let go of its lock.

        Raises:
            TimedOut: it did not, and was not to be killed.
        """
        began = time.monotonic()
        left = self._wait_released(self.limit_s + GRACE_S)
        killed = False
        if is_held(self.paths.lock):
            if not (kill and _signalled(self.presence, signal.SIGKILL)):
                raise TimedOut(
                    f"aimux (pid {self.presence.pid}) has not ended "
                    f"after {time.monotonic() - began:.0f} s",
                    hint="end it at once with: aimux stop --now",
                )
            killed = True
            self._wait_released(GRACE_S)
        took_s = time.monotonic() - began
        cut = left if killed or took_s >= self.limit_s else 0
        return Ended(
            was_running=True, drained=self.in_flight - cut, cut=cut, seconds=took_s, killed=killed
        )

    def _wait_released(self, limit_s: float) -> int:
        """Waits for the lock; returns how many exchanges were open when last seen.

        They are counted until shortly before the daemon's own limit: what is no longer open after
        it has been cut, not finished.
        """
        left = self.in_flight
        began = time.monotonic()
        next_count_s, last_count_s = _COUNT_S, self.limit_s - _COUNT_S / 2
        while is_held(self.paths.lock) and (passed_s := time.monotonic() - began) < limit_s:
            if left and next_count_s <= passed_s < last_count_s:
                left = self._counted(left)
                next_count_s = passed_s + _COUNT_S
            time.sleep(_POLL_S)
        return left

    def _counted(self, before: int) -> int:
        with contextlib.suppress(AimuxError):
            if self.client:
                return min(before, self.client.status()["in_flight"])
        return before


def begin_end(paths: Paths, drain_s: float | None) -> Ending | None:
    """Asks the daemon to end; None if there is none.

    ``drain_s`` is how long it may wait for open exchanges: ``None`` as configured, 0 not at all.

    Raises:
        TimedOut: it can neither be asked nor, since it has not said who it is, be signalled.
    """
    try:
        presence = _published(paths)
    except NotRunning:
        return None
    try:
        client = AdminClient.connect(paths)
        answer = client.shutdown(drain_s)
    except NotRunning:
        return None
    except DaemonError:
        return _signalled_end(paths, presence, drain_s)
    return Ending(paths, presence, client, answer["in_flight"], answer["drain_s"])


def _published(paths: Paths) -> Presence:
    """The daemon, which may be starting just now: then it is waited for."""
    deadline = time.monotonic() + STARTING_S
    while True:
        try:
            return found_daemon(paths)
        except TimedOut:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_S)


def _signalled_end(paths: Paths, presence: Presence, drain_s: float | None) -> Ending:
    """The way without the API: one signal to drain, a second one not to."""
    if not _signalled(presence, signal.SIGTERM):
        raise TimedOut(
            "aimux runs, but its process is not the one it published",
            hint=f"see who holds {str(paths.lock)!r}: lsof {paths.lock}",
        )
    if drain_s == 0:
        time.sleep(_POLL_S)  # two signals at the same instant are one
        _signalled(presence, signal.SIGTERM)
    return Ending(paths, presence, None, 0, UNKNOWN_LIMIT_S if drain_s is None else drain_s)


def _signalled(presence: Presence, number: signal.Signals) -> bool:
    """Sends a signal to the process that published this, and to no other."""
    if not is_alive(presence):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(presence.pid, number)
    return True

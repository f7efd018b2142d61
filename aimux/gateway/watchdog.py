"""One timer for everything in an exchange that can take too long.

An exchange waits for several things in turn (a head, a first event, the next piece), each with its
limit, and owes its client a sign of life meanwhile.  Setting a timer for each wait would cost more
than relaying the piece that is waited for.  So there is one timer, it looks at two clocks that the
exchange only has to set, and it sets itself anew for the next moment something could be due.  It looks
once a second in any case, so that a limit that comes to hold later rarely needs a timer of its own; an
exchange that is over within a second has set one timer in its life.

When a limit passes, the watchdog cancels the exchange's task; :meth:`Watchdog.claim` tells that
cancellation from any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

_NEVER: Final = float("inf")
_LOOK_S: Final = 1.0

ENDING: Final = "ending"
"""The phase in which an exchange is cut because the daemon ends."""


class Watchdog:
    """Watches one exchange.  All times are the loop's clock, in seconds."""

    __slots__ = (
        "_deadline", "_heartbeat_s", "_idle_s", "_task", "_timer",
        "_total", "expired", "heard", "loop", "on_silence", "phase", "told", "writing",
    )  # fmt: skip

    def __init__(self, loop: asyncio.AbstractEventLoop, heartbeat_s: float) -> None:
        """Watches the task that makes it; a heartbeat is due after ``heartbeat_s`` of silence."""
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 -- an exchange runs in a task
        now = loop.time()
        self.loop = loop
        self._task = task
        self._heartbeat_s = heartbeat_s
        self.on_silence: Callable[[], None] | None = None
        """Called when the client has heard nothing for too long; None where it is owed nothing."""
        self._deadline = _NEVER
        self._idle_s = _NEVER
        self._total = _NEVER
        self._timer: asyncio.TimerHandle | None = None
        self.phase = ""
        self.expired = ""
        """The phase whose limit has passed; empty when none has."""
        self.heard = now
        """When the upstream was last heard; set by the exchange."""
        self.told = now
        """When the client was last told something; set by the exchange."""
        self.writing = False
        """The exchange waits for the client to read: the upstream's silence does not count."""

    def attempt(self, first_event_s: float, total_s: float) -> None:
        """An attempt begins: its first event and its end have limits from now."""
        now = self.loop.time()
        self.heard = now
        self._total = now + total_s
        self._idle_s = _NEVER
        self._deadline = now + first_event_s
        self.phase = "first_event"
        self._set(now)

    def begun(self, idle_s: float, *, stream: bool) -> None:
        """The answer has begun: from now on its pauses have a limit.

        One that is no stream of events has no place for a heartbeat.
        """
        if not stream:
            self.on_silence = None
        self.phase = "idle"
        self._deadline = _NEVER
        self._idle_s = idle_s
        self._set(self.loop.time())

    def rest(self) -> None:
        """Nothing is awaited and nothing is owed any more."""
        self._deadline = self._total = self._idle_s = _NEVER
        self.on_silence = None
        self.stop()

    def pause(self) -> None:
        """Nothing is awaited from an upstream; the client's silence still counts."""
        self._deadline = self._total = self._idle_s = _NEVER

    def stop(self) -> None:
        """Ends the watch."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def cut(self) -> None:
        """Ends the exchange now: the daemon does not wait any longer."""
        if not self.expired:
            self._expire(ENDING)

    def claim(self) -> str:
        """The phase that expired, if the cancellation just caught was the watchdog's; else empty.

        A cancellation by somebody else (the client left, the daemon ends) at the same time wins.
        """
        if not self.expired or self._task.uncancel() > 0:
            return ""
        phase, self.expired = self.expired, ""
        return phase

    def _next(self, now: float) -> float:
        return min(
            self._deadline,
            self._total,
            (now if self.writing else self.heard) + self._idle_s,
            (now if self.writing else self.told) + self._heartbeat_s if self.on_silence else _NEVER,
        )

    def _set(self, now: float) -> None:
        """Sets the timer, unless one is set that comes early enough to look again."""
        due = self._next(now)
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        if due < _NEVER:
            self._timer = self.loop.call_at(max(now, min(due, now + _LOOK_S)), self._look)
        else:
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        now = self.loop.time()
        if now >= self._total:
            self._expire("total")
        elif now >= self._deadline or (not self.writing and now >= self.heard + self._idle_s):
            self._expire(self.phase)
        else:
            if self.on_silence and not self.writing and now >= self.told + self._heartbeat_s:
                self.told = now
                self.on_silence()
            self._set(now)

    def _expire(self, phase: str) -> None:
        self.expired = phase
        self._deadline = self._total = self._idle_s = _NEVER
        self._task.cancel()

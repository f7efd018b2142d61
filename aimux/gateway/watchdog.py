"""One timer for everything in all exchanges that can take too long.

An exchange waits for several things in turn (a head, a first event, the next piece), each with its
limit, and owes its client a sign of life meanwhile.  Setting a timer for each wait would cost more
than relaying the piece that is waited for, and even one for each exchange is felt.  So there is one
timer for all of them.  It goes off when the first limit could have passed, and once a second in any
case while there is an exchange at all, so that a limit that comes to hold later rarely has to set it
anew.  Each exchange has a watchdog, with two clocks that it only has to set; whenever the timer goes
off, every watchdog looks at its own.

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


class Watch:
    """The timer that all watchdogs of a loop share."""

    __slots__ = ("_dogs", "_timer", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._dogs: set[Watchdog] = set()
        self._timer: asyncio.TimerHandle | None = None

    def expect(self, dog: Watchdog, when: float) -> None:
        """A watchdog wants to look at its clocks by then."""
        self._dogs.add(dog)
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self.loop.call_at(when, self._look)

    def forget(self, dog: Watchdog) -> None:
        """A watchdog has nothing to look at any more."""
        self._dogs.discard(dog)

    def _look(self) -> None:
        self._timer = None
        now = self.loop.time()
        for dog in tuple(self._dogs):
            dog.look(now)


class Watchdog:
    """Watches one exchange.  All times are the loop's clock, in seconds."""

    __slots__ = (
        "_deadline", "_heartbeat_s", "_idle_s", "_task", "_total", "_watch", "expired", "heard",
        "loop", "on_silence", "phase", "told", "writing",
    )  # fmt: skip

    def __init__(self, watch: Watch, heartbeat_s: float) -> None:
        """Watches the task that makes it; a heartbeat is due after ``heartbeat_s`` of silence."""
        self._watch = watch
        loop = watch.loop
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

    def again(self, first_event_s: float) -> None:
        """An attempt asks once more before anything has begun: another first event is awaited from now
        on, and the limit of the whole stays.
        """
        now = self.loop.time()
        self.heard = now
        self._deadline = now + first_event_s
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

    def wait(self) -> None:
        """The same for a longer while: a signal of life will be due."""
        self.pause()
        self._set(self.loop.time())

    def stop(self) -> None:
        """Ends the watch."""
        self._watch.forget(self)

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
        due = self._next(now)
        if due < _NEVER:
            self._watch.expect(self, max(now, min(due, now + _LOOK_S)))
        else:
            self._watch.forget(self)

    def look(self, now: float) -> None:
        """Looks at the clocks; called by the timer."""
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

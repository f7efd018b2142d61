"""Signals while there is something to clean up.

The first one ends the demo by an exception, so that every ``finally`` runs.  Those that follow, and
those that come while the cleaning is under way, change nothing: it is short, and half of it would
leave a process or a folder behind.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, Final

_WATCHED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Departure:
    """Turns the first signal into an exception; ``leaving`` says that there is no need any more."""

    def __init__(self) -> None:
        self.leaving = False
        self._before: dict[signal.Signals, Any] = {}

    def watch(self) -> None:
        """Listens to the signals that are not ignored already (``nohup`` ignores SIGHUP)."""
        for each in _WATCHED:
            if signal.getsignal(each) != signal.SIG_IGN:
                self._before[each] = signal.signal(each, self._leave)

    def unwatch(self) -> None:
        """Puts back what was there before."""
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _leave(self, number: int, _: FrameType | None) -> None:
        if self.leaving:
            return
        self.leaving = True
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

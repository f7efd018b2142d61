"""The pace of a thread that writes beside the event loop.

The interpreter runs one thread at a time, and each change from one to the other costs both of them far
more than a line of a log or a row of a ledger does.  Such a thread is therefore a good neighbour when it
works seldom, on much at once, and never for long without a pause: while it sleeps, the loop has the
interpreter for itself, without asking.

What comes after a quiet time is written ``gather_s`` later.  Where more keeps coming, writing begins every
``apart_s`` at most, so that this is the time that a kill -9 can cost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

PIECE: Final = 24
"""So many things are worked on between two pauses: about half a millisecond."""

PAUSE_S: Final = 0.001

Item = TypeVar("Item")


class Pace:
    """The pace of one thread; none any more once ``ending`` is set."""

    __slots__ = ("_apart_s", "_began", "_ending", "_gather_s")

    def __init__(self, ending: threading.Event, *, gather_s: float, apart_s: float) -> None:
        self._ending = ending
        self._gather_s = gather_s
        self._apart_s = apart_s
        self._began = -apart_s

    def gather(self) -> None:
        """Waits, after the first of what is to be written has come, until it is time to write."""
        again_s = self._began + self._apart_s - time.monotonic()
        self._ending.wait(max(self._gather_s, again_s))
        self._began = time.monotonic()

    def unhurried(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, with a pause after every few."""
        for count, item in enumerate(items, 1):
            yield item
            if count % PIECE == 0 and not self._ending.is_set():
                time.sleep(PAUSE_S)

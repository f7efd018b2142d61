"""How late the event loop is: a timer that asks, twice a second, how much later than asked it comes.

A loop that does something long makes everybody wait, and nothing else shows it: no request is slow by
itself.  One turn costs a microsecond or two.
"""

from __future__ import annotations

import asyncio
from typing import Final

EVERY_S: Final = 0.5
SHARE: Final = 0.1
"""How much a new value counts; half of what was is forgotten after three seconds."""
SPAN_S: Final = 60.0
"""The worst of the last minute is known, and of the one before until it has passed."""


class Lag:
    """Measured; ``late`` takes the values, whatever clock they come from."""

    __slots__ = ("_before_s", "_since_s", "_worst_s", "smoothed_s")

    def __init__(self) -> None:
        self.smoothed_s = 0.0
        self._worst_s = 0.0
        self._before_s = 0.0
        self._since_s = 0.0

    @property
    def worst_s(self) -> float:
        """The worst of the last one to two minutes."""
        return max(self._worst_s, self._before_s)

    def late(self, by_s: float, now_s: float) -> None:
        """A timer came so late."""
        by_s = max(0.0, by_s)
        self.smoothed_s += SHARE * (by_s - self.smoothed_s)
        if now_s - self._since_s >= SPAN_S:
            gap = now_s - self._since_s >= 2 * SPAN_S
            self._before_s = 0.0 if gap else self._worst_s
            self._worst_s = 0.0
            self._since_s = now_s
        self._worst_s = max(self._worst_s, by_s)

    async def watch(self) -> None:
        """Measures the running loop until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + EVERY_S
            await asyncio.sleep(EVERY_S)
            now_s = loop.time()
            self.late(now_s - due_s, now_s)

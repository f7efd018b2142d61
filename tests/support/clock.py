"""An event loop whose clock only moves when nothing else is left to do.

    async def minutes() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(60, ring)
        await asyncio.sleep(300)            # takes no time; the clock shows 300 seconds more

    run(minutes)

Time jumps to the next timer as soon as every task waits for one, so that limits of minutes are tested
to the microsecond in none.  Waiting for what can never come raises instead of hanging.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _NothingElse(selectors.SelectSelector):
    """Where a loop would sleep until its next timer, the clock moves there."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits, and no timer is set"
            self.now += timeout
        return ready


class ClockLoop(asyncio.SelectorEventLoop):
    """The loop; its clock begins at 1000 seconds."""

    def __init__(self) -> None:
        self._clock = _NothingElse()
        super().__init__(self._clock)

    def time(self) -> float:
        """The clock, in seconds."""
        return self._clock.now


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs a coroutine function in such a loop."""
    with asyncio.Runner(loop_factory=ClockLoop) as runner:
        return runner.run(main())

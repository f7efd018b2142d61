"""Two attempts at once: a hedge against a provider that is slow to begin.

The first attempt gets a head start.  If it has not begun to answer by then, another target is asked
beside it, and whichever begins first has the answer; the other one is cancelled before it can say a
word, and its connection is closed so that its provider stops.  What that has cost is paid all the same,
and recorded as an attempt that was outrun.

Each attempt runs in a task of its own with a watchdog of its own, so that a limit ends that attempt and
nothing else, and with a scratch record; the winner goes on with the exchange's own record.  Between the
winner's claim and the loser's end no other code of an attempt runs: a task that is cancelled resumes only
to end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, NamedTuple

from aimux.gateway.attempt import Conversation, Failed
from aimux.gateway.record import Record
from aimux.gateway.watchdog import Watch, Watchdog
from aimux.routing.plan import Step

Run = Callable[[Conversation], Coroutine[Any, Any, Failed | None]]


class Ended(NamedTuple):
    """An attempt that has ended, with its failure if it has failed.  ``won`` is whether the client has
    got something of its answer.
    """

    step: Step
    failure: Failed | None
    won: bool


class Race:
    """The attempts of one exchange that are under way at the same time."""

    __slots__ = ("_heartbeat_s", "_news", "_runners", "_shared", "_watch", "_winner")

    def __init__(self, shared: Conversation, watch: Watch, heartbeat_s: float) -> None:
        self._shared = shared
        self._watch = watch
        self._heartbeat_s = heartbeat_s
        self._runners: dict[asyncio.Task[Failed | None], Step] = {}
        self._winner: asyncio.Task[Failed | None] | None = None
        self._news: asyncio.Future[None] = watch.loop.create_future()

    def start(self, step: Step, run: Run) -> None:
        """Begins an attempt beside those that are under way."""
        task = self._watch.loop.create_task(self._run(run))
        self._runners[task] = step
        task.add_done_callback(self._look)

    async def _run(self, run: Run) -> Failed | None:
        shared = self._shared
        scratch = Record(shared.record.id, shared.record.began, shared.record.started_at)
        dog = Watchdog(self._watch, self._heartbeat_s)
        try:
            return await run(replace(shared, record=scratch, watchdog=dog, race=self))
        finally:
            dog.rest()

    def _look(self, _: object = None) -> None:
        decided = self._winner is not None or all(task.done() for task in self._runners)
        if decided and not self._news.done():
            self._news.set_result(None)

    def claim(self, runner: Conversation) -> Conversation:
        """An attempt begins to answer: it has won, and the others end.

        Returns what it goes on with: the exchange's own record, and its own watchdog, which from now on
        owes the client its signs of life.
        """
        winner = asyncio.current_task()
        for task in self._runners:
            if task is winner:
                self._winner = task
            else:
                task.cancel()
        self._look()
        self._shared.answer.adopt(runner.watchdog)
        return replace(self._shared, watchdog=runner.watchdog, race=None)

    def outrun(self) -> bool:
        """Whether the task that asks has been beaten by another."""
        return self._winner is not None and self._winner is not asyncio.current_task()

    async def decided(self, within_s: float) -> bool:
        """Waits until an attempt has won or all have failed, at most so long; whether that is so."""
        await asyncio.wait((self._news,), timeout=within_s)
        return self._news.done()

    async def ended(self) -> list[Ended]:
        """Waits until all is over: those that have failed, then the one that has won.

        Raises:
            ClientGone: the client has left.
        """
        await asyncio.wait(self._runners)
        ended = [
            Ended(step, task.result(), task is self._winner)
            for task, step in self._runners.items()
            if not task.cancelled()
        ]
        return sorted(ended, key=lambda each: each.won)

    async def stop(self) -> None:
        """Ends what is still under way."""
        for task in self._runners:
            task.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)

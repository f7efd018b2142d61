"""What outlives an exchange: connections, what routing remembers, and how busy each provider is."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from aimux.gateway.watchdog import Watch
from aimux.routing.budget import Notice
from aimux.routing.calendar import Calendar, calendar_at
from aimux.routing.plan import Candidate, Moment
from aimux.routing.router import Router
from aimux.routing.state import MemoryState
from aimux.upstream.client import UpstreamClient
from aimux.wire.estimate import Calibration, estimated_tokens
from aimux.wire.inquiry import Inquiry
from aimux.wire.memory import Memory

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Load:
    """How busy a provider is, and what it has done since the daemon began."""

    in_flight: int = 0
    requests: int = 0
    failures: int = 0
    _places: asyncio.Semaphore | None = None
    _limit: int | None = None

    async def enter(self, limit: int | None) -> None:
        """Takes a place; waits for one where the provider's ``max_concurrent`` are taken.

        A changed limit holds for those who come after the change.
        """
        if limit != self._limit:
            self._limit = limit
            self._places = None if limit is None else asyncio.Semaphore(limit)
        if self._places is not None:
            await self._places.acquire()
        self.in_flight += 1
        self.requests += 1

    def leave(self) -> None:
        """Gives the place back."""
        self.in_flight -= 1
        if self._places is not None:
            self._places.release()


class Fleet:
    """All providers together, as far as they change."""

    def __init__(self, state: MemoryState | None = None) -> None:
        """Made in the loop it will live in; ``state`` is what a daemon before it has left."""
        self.loop = asyncio.get_running_loop()
        """Asked for once: finding it costs a system call."""
        self.watch = Watch(self.loop)
        self.client = UpstreamClient()
        self.calibration = Calibration()
        self.memory = Memory()
        self.state = state or MemoryState()
        self.router = Router(self.state, self.calibration, self.busy)
        self.budget_news: list[Callable[[Notice], None]] = []
        """Whom to tell that a budget has come near to its limit, besides the log."""
        self._loads: dict[str, Load] = {}
        self._epoch_s = time.time() - time.monotonic()
        self._minute = 0
        self._minute_of_week = 0
        self._calendar: Calendar | None = None

    def now_s(self) -> float:
        """Unix seconds that never jump: the wall's clock at the start, and what has passed since."""
        return self._epoch_s + time.monotonic()

    def moment(self) -> Moment:
        """Now, for routing; the local time is looked up once a minute."""
        now_s = self.now_s()
        minute = int(now_s // 60)
        if minute != self._minute:
            local = time.localtime(now_s)
            self._minute = minute
            self._minute_of_week = (local.tm_wday * 24 + local.tm_hour) * 60 + local.tm_min
            self._calendar = calendar_at(now_s, None)
        return Moment(now_s, self._minute_of_week, self._calendar)

    def load_of(self, provider: str) -> Load:
        """The load of a provider; made when it is first asked for."""
        load = self._loads.get(provider)
        if load is None:
            load = self._loads[provider] = Load()
        return load

    def busy(self, provider: str) -> int:
        """Requests that are under way at a provider."""
        load = self._loads.get(provider)
        return load.in_flight if load else 0

    def billed(self, candidate: Candidate, inquiry: Inquiry, tokens: int) -> None:
        """A candidate has said what a request's prompt took; guesses for it become better.

        The first answer of a model counts and then one in sixteen: more would not teach more.
        """
        if self.load_of(candidate.provider.name).requests % 16 and self.calibration.knows(
            candidate.place
        ):
            return
        guess = estimated_tokens(inquiry.document, inquiry.format)
        self.calibration.note(candidate.place, guess, tokens)

    def guessed(self, candidate: Candidate, inquiry: Inquiry) -> int:
        """What a request's prompt will take at a candidate, as far as one can know beforehand."""
        guess = estimated_tokens(inquiry.document, inquiry.format)
        return max(1, round(guess * self.calibration.factor(candidate.place)))

    def tell(self, notice: Notice) -> None:
        """A budget has come near to its limit, for the first time in its window."""
        logger.warning("%s", notice)
        for tell in self.budget_news:
            tell(notice)

    async def close(self) -> None:
        """Closes all connections."""
        await self.client.close()

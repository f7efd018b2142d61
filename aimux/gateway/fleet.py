"""What outlives an exchange: connections, who rests, and how busy each provider is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aimux.errors import AimuxError, UpstreamError
from aimux.gateway.watchdog import Watch
from aimux.routing.health import Health, Rest
from aimux.routing.plan import Candidate
from aimux.routing.steps import Step
from aimux.routing.verdict import TABLE, Blame, Signal
from aimux.upstream.client import UpstreamClient
from aimux.wire.estimate import Calibration, estimated_tokens
from aimux.wire.inquiry import Inquiry
from aimux.wire.memory import Memory

MAX_REST_S: Final = 24 * 3600.0
"""No provider is believed that it will be away for longer; it is asked again after a day."""


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

    def __init__(self) -> None:
        """Made in the loop it will live in."""
        self.loop = asyncio.get_running_loop()
        """Asked for once: finding it costs a system call."""
        self.watch = Watch(self.loop)
        self.client = UpstreamClient()
        self.health = Health()
        self.calibration = Calibration()
        self.memory = Memory()
        self._loads: dict[str, Load] = {}

    def load_of(self, provider: str) -> Load:
        """The load of a provider; made when it is first asked for."""
        load = self._loads.get(provider)
        if load is None:
            load = self._loads[provider] = Load()
        return load

    def answered(self, step: Step) -> None:
        """A step has answered whole."""
        self.health.succeeded(step.candidate, step.label)

    def billed(self, candidate: Candidate, inquiry: Inquiry, tokens: int) -> None:
        """A candidate has said what a request's prompt took; guesses for it become better.

        The first answer of a model counts and then one in sixteen: more would not teach more.
        """
        name = candidate.provider.name
        if self.load_of(name).requests % 16 and self.calibration.knows((name, candidate.model)):
            return
        guess = estimated_tokens(inquiry.document, inquiry.format)
        self.calibration.note((name, candidate.model), guess, tokens)

    def guessed(self, candidate: Candidate, inquiry: Inquiry) -> int:
        """What a request's prompt will take at a candidate, as far as one can know beforehand."""
        guess = estimated_tokens(inquiry.document, inquiry.format)
        factor = self.calibration.factor((candidate.provider.name, candidate.model))
        return max(1, round(guess * factor))

    def failed(self, step: Step, signal: Signal, error: AimuxError, now_s: float) -> None:
        """A step has failed; the one at fault rests as long as it says or the table does."""
        row = TABLE[signal]
        if row.blame not in {Blame.CALLER, Blame.NOBODY}:
            self.load_of(step.candidate.provider.name).failures += 1
        said_s = error.retry_after_s if isinstance(error, UpstreamError) else None
        wait_s = row.rest_s if said_s is None else said_s
        if row.blame is not Blame.NOBODY and wait_s > 0:
            rest = Rest(now_s + min(wait_s, MAX_REST_S), error.message)
            self.health.blame(row.blame, step.candidate, step.label, rest)

    async def close(self) -> None:
        """Closes all connections."""
        await self.client.close()

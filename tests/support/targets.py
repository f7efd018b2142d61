"""Candidates with prices and weights, and a view of a moment, for the tests of strategies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from aimux.catalogue.provider import ModelFacts, PriceFacts
from aimux.routing.performance import Performance
from aimux.routing.plan import Candidate, Chance, Demand, Ranked, Task
from aimux.routing.state import MemoryState
from aimux.routing.view import View
from tests.support.providers import candidate

NOW = 1_700_000_000.0
DEMAND = Demand(10_000, 500, Task.CHAT)


def target(
    name: str,
    price: PriceFacts | None = None,
    *,
    weight: int = 1,
    max_concurrent: int | None = None,
) -> Candidate:
    """``provider/model`` as a candidate; without a price nobody has described its model."""
    plain = candidate(name)
    models = {} if price is None else {plain.model: ModelFacts(plain.model, price=price)}
    provider = replace(plain.provider, weight=weight, max_concurrent=max_concurrent, models=models)
    return Candidate(provider, plain.model, plain.format, plain.mode)


@dataclass
class World:
    """All that a view shows, to be changed between two orders."""

    demand: Demand = DEMAND
    state: MemoryState = field(default_factory=MemoryState)
    now_s: float = NOW
    flights: Mapping[str, int] = field(default_factory=dict)
    warm: Mapping[str, int] = field(default_factory=dict)
    chance: Chance = field(default_factory=lambda: Random(1).random)
    route: str = "r"
    explore: float = 0.0
    minute_usd: float = 0.5

    @property
    def performance(self) -> Performance:
        return Performance(self.state)

    def view(self) -> View:
        return View(
            demand=self.demand,
            performance=self.performance,
            in_flight=lambda name: self.flights.get(name, 0),
            cached={_place(name): tokens for name, tokens in self.warm.items()},
            state=self.state,
            now_s=self.now_s,
            chance=self.chance,
            route=self.route,
            explore=self.explore,
            minute_usd=self.minute_usd,
        )

    def answered(
        self, each: Candidate, seconds: float, count: int = 1, task: Task = Task.CHAT
    ) -> None:
        """Answers that took so long: half of it to the first event, the other half for 500 tokens."""
        for _ in range(count):
            self.performance.answered(
                each.place,
                task,
                first_event_s=seconds / 2,
                duration_s=seconds,
                uncached_tokens=10_000,
                output_tokens=500,
                now_s=self.now_s,
            )

    def failed(self, each: Candidate, count: int = 1) -> None:
        for _ in range(count):
            self.performance.failed(each.place, Task.CHAT, self.now_s)


def names(ranks: tuple[Ranked, ...]) -> str:
    """The providers in order, as one text."""
    return " ".join(rank.candidate.provider.name for rank in ranks)


def _place(name: str) -> tuple[str, str]:
    provider, _, model = name.partition("/")
    return provider, model

"""What routing remembers, all of it together, and what it learns from what became of a request.

``routing.planning`` reads it before a request, ``routing.pursuit`` while one is tried.  Nothing here waits,
reads a clock or opens anything: time and chance are arguments, and what is remembered lies in a ``State``.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing import loops
from aimux.routing.affinity import Affinity
from aimux.routing.budget import Budgets
from aimux.routing.circuits import Circuits
from aimux.routing.features import Features
from aimux.routing.fit import Calibration
from aimux.routing.hedging import Hedges
from aimux.routing.network import Network
from aimux.routing.performance import Performance
from aimux.routing.plan import (
    Chance,
    Plan,
    Step,
)
from aimux.routing.quota import Quotas
from aimux.routing.rates import NO_LIMITS, Rates
from aimux.routing.rests import Rest, Rests
from aimux.routing.retries import Retries
from aimux.routing.state import State
from aimux.routing.verdict import Blame, Certainty, Fault, Signal

_UNASKED: Final = frozenset({Signal.UNSUPPORTED, Signal.BUDGET, Signal.ENDING})
_DEAD: Final = frozenset({Signal.AUTH, Signal.BILLING})

HOUR_S: Final = 3600.0
"""Lifetime of a cache that the client asks to be kept for an hour (Anthropic: ttl "1h")."""


class Busy(Protocol):
    """How many requests are under way at a provider."""

    def __call__(self, provider: str) -> int:
        """The number, now."""


class Spent(NamedTuple):
    """What an answer took, for what is learned from it; None is unknown."""

    usage: Usage
    first_event_s: float | None
    duration_s: float


class Router:
    """All that routing remembers, and what it makes of it."""

    __slots__ = (
        "affinity",
        "budgets",
        "busy",
        "calibration",
        "circuits",
        "hedges",
        "network",
        "performance",
        "probes",
        "quotas",
        "rates",
        "rests",
        "retries",
        "state",
    )

    def __init__(self, state: State, calibration: Calibration, busy: Busy) -> None:
        self.state = state
        self.calibration = calibration
        self.busy = busy
        self.affinity = Affinity(state)
        self.budgets = Budgets(state)
        self.circuits = Circuits(state)
        self.hedges = Hedges()
        self.network = Network()
        self.performance = Performance(state)
        self.probes: dict[tuple[str, str], Step] = {}
        """Who of this process was let through at a half-open circuit: the step itself, not one like it."""
        self.quotas = Quotas(state)
        self.rates = Rates(state)
        self.rests = Rests(state)
        self.retries = Retries()

    # ------------------------------------------------------------ meanwhile

    def admits(self, step: Step, now_s: float) -> bool:
        """Whether a step's circuit lets it through now; at a half-open one it becomes the probe."""
        place = step.candidate.place
        entered = self.circuits.enter(place, now_s)
        if entered and self.circuits.standing(place, now_s) is not None:
            self.probes[place] = step
        return entered

    def asks_again(self, step: Step, now_s: float) -> bool:
        """Takes a retry out of the budgets; False where one of them is spent."""
        return self.retries.take(step.candidate.provider.name, now_s)

    def asks(self, step: Step, features: Features, now_s: float, *, first: bool) -> None:
        """A step is about to be asked; ``first`` is whether its provider has not been asked before for
        this request.
        """
        provider = step.candidate.provider
        if first:
            self.retries.asked(provider.name, now_s)
        if provider.limits != NO_LIMITS:
            self.rates.take(provider.name, provider.limits, features.input_tokens, now_s)

    # ------------------------------------------------------------ afterwards

    def failed(self, plan: Plan, step: Step, fault: Fault, now_s: float, chance: Chance) -> None:
        """A step of a plan has failed, before or after its first byte went to the client; whoever is at fault
        bears it.
        """
        place, row = step.candidate.place, fault.row
        probes = self._probe_ends(step)
        if self._was_the_network(step, fault, now_s):
            if probes:
                self.circuits.withdraw(place, now_s)
            return
        self._let_rest(step, fault, now_s, chance)
        if row.strikes:
            self.circuits.failed(place, row.strikes, fault.reason, now_s, chance, probes=probes)
            if plan.task is not None:
                self.performance.failed(place, plan.task, now_s)
        elif probes:
            self.circuits.withdraw(place, now_s)

    def _probe_ends(self, step: Step) -> bool:
        """Whether this very step was the probe of its circuit; it is it no more."""
        place = step.candidate.place
        if self.probes.get(place) is not step:
            return False
        del self.probes[place]
        return True

    def _was_the_network(self, step: Step, fault: Fault, now_s: float) -> bool:
        """Whether a failure says nothing of the provider, because nobody can be reached."""
        if step.candidate.provider.local or fault.signal in _UNASKED:
            return False
        if fault.certainty is not Certainty.NOT_SENT:
            self.network.reached()
            return False
        wrong = self.network.missed(*step.candidate.place, fault.row.strikes, now_s)
        for name, model, strikes in wrong or ():
            self.circuits.forgive((name, model), strikes, now_s)
        return wrong is not None

    def _let_rest(self, step: Step, fault: Fault, now_s: float, chance: Chance) -> None:
        """Lets the key or the model rest as long as it has said, or as the table does."""
        name, model = step.candidate.place
        row, said_s = fault.row, fault.retry_after_s
        dead = fault.signal in _DEAD
        wait_s = row.rest_s if said_s is None or dead else said_s
        if wait_s <= 0:
            return
        if row.blame in {Blame.KEY, Blame.ACCOUNT}:
            wait_s += min(wait_s * 0.1, 5.0) * chance()
            rest = Rest(now_s + wait_s, fault.reason, "dead" if dead else "cooling")
            self.rests.rest_key(name, step.label, rest, now_s)
        elif row.blame in {Blame.MODEL, Blame.PROVIDER}:
            self.rests.rest_model(name, model, Rest(now_s + wait_s, fault.reason), now_s)

    def abandoned(self, step: Step, now_s: float) -> None:
        """The client has left: that says nothing of the one who was asked."""
        if self._probe_ends(step):
            self.circuits.withdraw(step.candidate.place, now_s)

    def well(self, step: Step, now_s: float) -> None:
        """A step has answered whatever it was asked: its circuit closes, its key and model need no rest."""
        name, model = place = step.candidate.place
        self._probe_ends(step)
        self.circuits.succeeded(place, now_s)
        self.rests.succeeded(name, model, step.label)
        if not step.candidate.provider.local:
            self.network.reached()

    def answered(
        self, step: Step, plan: Plan, features: Features, spent: Spent, now_s: float
    ) -> None:
        """A step has answered a conversation whole: besides being well, it has a warm cache and a speed."""
        self.well(step, now_s)
        candidate = step.candidate
        provider = candidate.provider
        if plan.mark is not None:
            loops.answered(self.state, plan.mark, now_s)
        usage = spent.usage
        tokens = usage.input_tokens or 0
        if provider.limits != NO_LIMITS and tokens:
            more = tokens + (usage.output_tokens or 0) - features.input_tokens
            self.rates.settle(provider.name, provider.limits, more, now_s)
        if plan.session:
            lifetime_s = provider.cache_lifetime_s
            if candidate.format is WireFormat.ANTHROPIC and features.cache_hour:
                lifetime_s = max(lifetime_s, HOUR_S)
            self.affinity.answered(plan.session, step, tokens, lifetime_s, now_s)
        if plan.task is not None:
            cached = usage.cache_read_tokens or 0
            self.performance.answered(
                candidate.place,
                plan.task,
                first_event_s=spent.first_event_s,
                duration_s=spent.duration_s,
                uncached_tokens=max(0, tokens - cached) if tokens else None,
                output_tokens=usage.output_tokens,
                now_s=now_s,
            )

    # ------------------------------------------------------------ by hand

    def reset(self, provider: str, now_s: float) -> int:
        """Forgets that anything is wrong with a provider; how many things that were."""
        self.quotas.forget(provider, now_s)
        return self.circuits.reset(provider, now_s) + self.rests.reset(provider, now_s)

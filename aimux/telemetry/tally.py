"""What is counted of exchanges, as plain numbers: the event loop adds, whoever is asked for metrics reads.

Adding costs microseconds, because nothing here has a lock, a label object or a sample; those are made in
``telemetry.metrics`` when somebody asks.  All labels are bounded: what the configuration does not name is
``other``.  Every series that can be foreseen is there from the start, at zero: an alert on an increase
sees the first failure only if there was a zero before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod
from typing import Final, TypeVar

from aimux.telemetry.errortypes import OF_ATTEMPT
from aimux.telemetry.facts import AttemptFacts, ExchangeFacts, cache_loss_usd, cost_usd
from aimux.wire.codec import Operation
from aimux.wire.formats import CODECS

OTHER: Final = "other"
NO_ROUTE: Final = "none"
"""The route of a request that ended before one was found."""

OUTCOMES: Final = ("ok", "client_error", "upstream_error", "aborted", "rejected")
_OUTCOME: Final = {"cut": "upstream_error", "client_gone": "aborted", "open": "aborted"}

CAUSES: Final = ("upstream_cut", "idle", "client_gone", "drain")
PHASES: Final = ("parse", "route", "translate", "total")
KINDS: Final = ("input", "output", "cache_read", "cache_write", "reasoning")

ERROR_TYPES: Final[Mapping[str, str]] = {
    outcome: type_.value for outcome, type_ in OF_ATTEMPT.items() if type_ is not None
}
"""What an attempt can end with, in the closed vocabulary; ``_OTHER`` is what is not in it."""

_ENDS: Final = (
    ("ok", ""),
    ("outrun", ""),
    *(("failed", each) for each in dict.fromkeys((*ERROR_TYPES.values(), "_OTHER"))),
)
"""Outcome and error type of an attempt."""

_END_OF: Final = {
    "ok": _ENDS[0],
    "outrun": _ENDS[1],
    **{name: ("failed", each) for name, each in ERROR_TYPES.items()},
}
_UNKNOWN_END: Final = ("failed", "_OTHER")

_ABORT_OF: Final = {"idle": "idle", "ending": "drain", "client_gone": "client_gone"}

SECONDS: Final = tuple(0.01 * 2**power for power in range(14))
"""GenAI's buckets for durations: 0.01, 0.02 ... 81.92."""
TOKENS: Final = tuple(float(4**power) for power in range(14))
"""GenAI's buckets for tokens: 1, 4, 16 ... 67108864."""
OVERHEAD_S: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1)
PER_TOKEN_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

MOST_SERIES: Final = 2000
"""Of ``aimux_requests_total`` at the start: more zeros than that would be a burden."""

Place = tuple[str, str]
"""Provider and model."""

Key = TypeVar("Key", bound=tuple[str, ...])


class Histogram:
    """Counts by bucket; a value belongs to the first bound that is not below it."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Target:
    """What is counted of one provider's model."""

    __slots__ = (
        "cost_usd", "failed_s", "first_s", "ok_s", "per_token_s", "server_first_s", "server_s",
        "tokens", "tokens_in", "tokens_out",
    )  # fmt: skip

    def __init__(self) -> None:
        self.tokens = [0] * len(KINDS)
        self.cost_usd = 0.0
        self.ok_s = Histogram(SECONDS)
        self.failed_s = Histogram(SECONDS)
        self.first_s = Histogram(SECONDS)
        self.server_s = Histogram(SECONDS)
        self.server_first_s = Histogram(SECONDS)
        self.per_token_s = Histogram(PER_TOKEN_S)
        self.tokens_in = Histogram(TOKENS)
        self.tokens_out = Histogram(TOKENS)


@dataclass(frozen=True, slots=True)
class Known:
    """The names that labels may have.

    ``providers`` has the models of each provider that may be named, ``foreseen`` those that the
    configuration sends requests to.  ``asked`` are names of models that clients may ask for,
    ``foreseen_asked`` those that are likely to be asked for, the likeliest first.
    """

    providers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    foreseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    foreseen_asked: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()

    def places(self) -> Iterator[Place]:
        """Every provider and model that requests are foreseen for."""
        for provider in self.providers:
            for model in (*self.foreseen.get(provider, ()), OTHER):
                yield provider, model

    def place(self, place: Place) -> Place:
        """A place by names that labels may have."""
        models = self.providers.get(place[0])
        if models is None:
            return OTHER, OTHER
        return place if place[1] in models else (place[0], OTHER)

    def requests(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Labels of the requests that are foreseen, as many as are bearable."""
        formats = tuple(format_.value for format_ in CODECS)
        routes = (*self.routes, NO_ROUTE)
        few = tuple(dict.fromkeys((*self.tokens, OTHER)))
        all_clients = tuple(dict.fromkeys((*self.clients, *few)))
        for clients in (all_clients, few):
            room = MOST_SERIES // prod(map(len, (clients, formats, routes, OUTCOMES))) - 1
            if room >= len(self.foreseen_asked):
                break
        models = (OTHER, *self.foreseen_asked[: max(0, room)])
        found = product(models, clients, formats, routes, OUTCOMES)
        for model, client, dialect, route, outcome in islice(found, MOST_SERIES):
            yield client, dialect, model, route, outcome


class Tally:
    """All that is counted, since the daemon began."""

    __slots__ = (
        "_clients", "_known", "_routes", "aborts", "attempts", "cache_loss_usd", "fallbacks",
        "overhead", "requests", "targets",
    )  # fmt: skip

    def __init__(self, known: Known) -> None:
        self.requests: dict[tuple[str, str, str, str, str], int] = {}
        """By client, dialect, model, route, outcome."""
        self.attempts: dict[tuple[str, str, str, str], int] = {}
        """By provider, model, outcome, error type."""
        self.fallbacks: dict[tuple[str, str, str], int] = {}
        """By provider left, provider asked next, error type."""
        self.aborts: dict[tuple[str, str], int] = {}
        """By provider and cause."""
        self.targets: dict[Place, Target] = {}
        self.overhead = {phase: Histogram(OVERHEAD_S) for phase in PHASES}
        self.cache_loss_usd = 0.0
        self._known = known
        self.learn(known)

    @property
    def known(self) -> Known:
        """The names that labels may have."""
        return self._known

    def learn(self, known: Known) -> None:
        """Another configuration holds: its series are there from now on, and those of what has gone
        are gone.
        """
        self._known = known
        self._clients = frozenset((*known.clients, *known.tokens, OTHER))
        self._routes = frozenset((*known.routes, NO_ROUTE, OTHER))
        models = known.asked | {OTHER}
        places = list(known.places())
        names = (*known.providers, OTHER)
        kept = {
            key: count
            for key, count in self.requests.items()
            if key[0] in self._clients and key[2] in models and key[3] in self._routes
        }
        self.requests = dict.fromkeys(known.requests(), 0) | kept
        self.attempts = _kept(
            self.attempts, ((*place, *end) for place in places for end in _ENDS), self._is_known
        )
        causes = tuple(dict.fromkeys(end[1] for end in _ENDS[2:]))
        pairs = ((one, other) for one in known.providers for other in known.providers)
        self.fallbacks = _kept(
            self.fallbacks,
            ((*pair, cause) for pair in pairs if pair[0] != pair[1] for cause in causes),
            lambda key: key[0] in names and key[1] in names,
        )
        self.aborts = _kept(
            self.aborts, product(known.providers, CAUSES), lambda key: key[0] in names
        )
        targets = {place: self.targets.get(place) or Target() for place in places}
        self.targets = targets | {k: v for k, v in self.targets.items() if self._is_known(k)}

    def _is_known(self, key: tuple[str, ...]) -> bool:
        models = self._known.providers.get(key[0])
        return models is not None and (key[1] in models or key[1] == OTHER)

    # ------------------------------------------------------------ adding

    def add(self, exchange: ExchangeFacts) -> None:
        """An exchange has ended."""
        decision, asked = exchange.decision, exchange.asked_model
        known = self._known
        if asked not in known.asked:
            asked = asked.replace(",", "/", 1).partition("/")[2]
            if asked not in known.asked:
                asked = OTHER
        client = exchange.client if exchange.client in self._clients else OTHER
        route = NO_ROUTE if decision is None else decision.route
        outcome = exchange.outcome
        dialect = OTHER if exchange.format is None else exchange.format.value
        key = (
            client,
            dialect,
            asked,
            route if route in self._routes else OTHER,
            _OUTCOME.get(outcome, outcome),
        )
        self.requests[key] = self.requests.get(key, 0) + 1
        translate_s = 0.0
        generates = exchange.operation is Operation.GENERATE
        before: AttemptFacts | None = None
        for attempt in exchange.attempts:
            translate_s += attempt.translate_s
            self._attempt(attempt, generates=generates)
            if before is not None and before.provider != attempt.provider:
                self._fallback(before, attempt)
            before = attempt
        overhead = self.overhead
        overhead["parse"].add(exchange.parse_s)
        overhead["route"].add(exchange.route_s)
        overhead["translate"].add(translate_s)
        overhead["total"].add(exchange.parse_s + exchange.route_s + translate_s)
        if before is not None and outcome != "ok" and exchange.first_event is not None:
            self._abort(before.provider, before.outcome)
        if generates and exchange.provider is not None and exchange.model is not None:
            self._served(exchange, (exchange.provider, exchange.model))

    def _target(self, place: Place) -> Target:
        """What is counted of a place; ``place`` need not be a known one."""
        target = self.targets.get(place)
        if target is None:
            place = self._known.place(place)
            target = self.targets.get(place)
            if target is None:
                target = self.targets[place] = Target()
        return target

    def _attempt(self, attempt: AttemptFacts, *, generates: bool) -> None:
        place: Place = (attempt.provider, attempt.model)
        if place not in self.targets:
            place = self._known.place(place)
        key = (*place, *_END_OF.get(attempt.outcome, _UNKNOWN_END))
        self.attempts[key] = self.attempts.get(key, 0) + 1
        if not generates or attempt.ended is None or attempt.outcome == "outrun":
            return
        target = self._target(place)
        took_s = attempt.ended - attempt.began
        (target.ok_s if attempt.outcome == "ok" else target.failed_s).add(took_s)
        if attempt.first_event is not None:
            target.first_s.add(attempt.first_event - attempt.began)

    def _fallback(self, before: AttemptFacts, after: AttemptFacts) -> None:
        one, other = (
            self._known.place((before.provider, "")),
            self._known.place((after.provider, "")),
        )
        cause = _END_OF.get(before.outcome, _UNKNOWN_END)[1]
        if cause and one != other:
            key = (one[0], other[0], cause)
            self.fallbacks[key] = self.fallbacks.get(key, 0) + 1

    def _abort(self, provider: str, outcome: str) -> None:
        key = (self._known.place((provider, ""))[0], _ABORT_OF.get(outcome, "upstream_cut"))
        self.aborts[key] = self.aborts.get(key, 0) + 1

    def _served(self, exchange: ExchangeFacts, place: Place) -> None:
        target = self._target(place)
        ended, first, usage = exchange.ended, exchange.first_event, exchange.usage
        if ended is not None:
            target.server_s.add(ended - exchange.began)
            if first is not None:
                target.server_first_s.add(first - exchange.began)
                output = usage.output_tokens
                if output is not None and output > 1:
                    target.per_token_s.add((ended - first) / (output - 1))
        tokens = target.tokens
        if usage.input_tokens is not None:
            tokens[0] += usage.input_tokens
            target.tokens_in.add(usage.input_tokens)
        if usage.output_tokens is not None:
            tokens[1] += usage.output_tokens
            target.tokens_out.add(usage.output_tokens)
        if usage.cache_read_tokens:
            tokens[2] += usage.cache_read_tokens
        if usage.cache_write_tokens:
            tokens[3] += usage.cache_write_tokens
        if usage.reasoning_tokens:
            tokens[4] += usage.reasoning_tokens
        target.cost_usd += cost_usd(exchange) or 0.0
        self.cache_loss_usd += cache_loss_usd(exchange) or 0.0


def _kept(
    counts: Mapping[Key, int], foreseen: Iterable[Key], known: Callable[[Key], bool]
) -> dict[Key, int]:
    """Counts of what is known, and zeros for what is foreseen."""
    return dict.fromkeys(foreseen, 0) | {key: n for key, n in counts.items() if known(key)}

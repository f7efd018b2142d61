"""A world of providers that fail by lot, in virtual time, and clients that ask them through routing.

    world = World(random.Random(7))
    world.run()                # raises AssertionError where routing breaks a promise

Every exchange is a generator that says how long it waits for what; a heap of times runs them all
together.  ``_exchange`` does what ``gateway/exchange.py`` does, in the same order.  What must hold is
judged by the table and by what the world itself has seen, not by what routing remembers of it.
"""

from __future__ import annotations

import copy
import heapq
import json
import random
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final, NamedTuple

from aimux.catalogue.provider import ModelFacts, OwnLimits, PriceFacts, Provider
from aimux.config.schema import Config
from aimux.errors import NoNetwork
from aimux.model.response import Usage
from aimux.routing.candidates import Routes
from aimux.routing.circuits import PROBE_S, Circuits
from aimux.routing.features import Features
from aimux.routing.plan import Candidate, Moment, Plan, Ranked, Step
from aimux.routing.planning import plan
from aimux.routing.pursuit import MAX_PAUSE_S, Pursuit
from aimux.routing.quota import Window
from aimux.routing.router import Router, Spent
from aimux.routing.state import MemoryState
from aimux.routing.verdict import TABLE, Blame, Certainty, Fault, Other, Signal
from aimux.wire.estimate import Calibration
from tests.support.providers import provider
from tests.support.routing import NOW_S, features, long_body

MAX_ATTEMPTS: Final = 8
MAX_ACCEPTED: Final = 4
"""As the page on reliability has them, whatever the code says."""

STRATEGIES: Final = (
    "priority", "weighted", "round-robin", "fastest", "cheapest", "least-busy", "adaptive",
)  # fmt: skip
WINDOWS: Final = (None, 4_000, 200_000)
_NETWORK: Final = (Signal.CONNECT, Signal.CONNECT_TIMEOUT)
_BROKEN: Final = tuple(
    each for each in Signal
    if TABLE[each].blame is not Blame.CALLER and each not in {Signal.ENDING, Signal.UNSUPPORTED}
)  # fmt: skip
_MINE: Final = (
    Signal.BAD_REQUEST, Signal.CONTEXT_OVERFLOW, Signal.TOO_LARGE, Signal.REFUSAL, Signal.UNSUPPORTED,
)  # fmt: skip
_TOOK_S: Final = {
    Signal.CONNECT_TIMEOUT: 5.0,
    Signal.FIRST_EVENT_TIMEOUT: 60.0,
    Signal.TOTAL_TIMEOUT: 1800.0,
    Signal.IDLE: 120.0,
}
_WAITS_S: Final = (None, None, None, 0.0, 0.4, 1.5, 8.0, 40.0, 4000.0)


class Spell(NamedTuple):
    """From when until when somebody fails, and how."""

    begin_s: float
    end_s: float
    signal: Signal


class Failure(NamedTuple):
    """What became of an attempt that failed."""

    step: Step
    fault: Fault
    committed: bool = False


class Running(NamedTuple):
    """An attempt under way, and what will become of it: no signal is an answer."""

    step: Step
    signal: Signal | None
    wait_s: float | None
    committed: bool
    took_s: float
    ends_s: float

    @property
    def wins(self) -> bool:
        """Whether the client hears something of it."""
        return self.signal is None or self.committed


@dataclass
class Client:
    """One request: what it is, what is wrong with it, and how it has gone so far."""

    asked: Features
    mine: Signal | None
    planned: Plan
    leaves: bool
    gone: bool = False
    failures: list[Failure] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Of the providers that were asked."""


class Seen(Router):
    """A router that is watched: who was let through at a half-open circuit, and until when it counts."""

    __slots__ = ("let_through", "passed_by")

    def __init__(self, state: MemoryState, world: World) -> None:
        super().__init__(state, Calibration(), lambda name: world.busy.get(name, 0))
        self.let_through: dict[tuple[str, str], tuple[Step, float]] = {}
        self.passed_by: list[Step] = []
        """Steps that found a closed door; they come back to it last, even if it is open by then."""

    def admits(self, step: Step, now_s: float) -> bool:
        """As always; nobody else may be the probe already."""
        place = step.candidate.place
        standing = self.circuits.standing(place, now_s)
        let = super().admits(step, now_s)
        assert let == (standing is None or standing.state == "half-open")
        if not let:
            self.passed_by.append(step)
        if let and standing is not None:
            other = self.let_through.get(place)
            assert other is None or other[1] <= now_s, f"two probes at {place}"
            self.let_through[place] = step, now_s + PROBE_S
        return let

    def over(self, step: Step, *, well: bool = False) -> None:
        """An attempt has ended; with an answer the circuit is closed, and nobody is its probe."""
        place = step.candidate.place
        other = self.let_through.get(place)
        if other is not None and (well or other[0] is step):
            del self.let_through[place]


class World:
    """One world, made by chance and run once."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.hedged = 0
        self.now_s = NOW_S
        self.busy: dict[str, int] = {}
        self.told: list[str] = []
        """What each client was told in the end."""
        self.span_s = chance.choice((20, 100, 100, 300))
        """Within which all of them come."""
        self._heap: list[tuple[float, int, Iterator[float]]] = []
        self._numbers = count()
        names = [f"p{number}" for number in range(chance.randint(1, 5))]
        self.providers = {name: self._provider(name) for name in names}
        self.labels = {
            name: [f"k{number}" for number in range(chance.randint(1, 3))]
            for name, each in self.providers.items()
            if not each.local
        }
        self.spells: dict[object, list[Spell]] = {}
        self.offline = [self._spell(_NETWORK) for _ in range(chance.choice((0, 0, 1, 2)))]
        for name in names:
            for key in (name, *((name, label) for label in self.labels.get(name, ()))):
                signals = (
                    _BROKEN if key == name else (Signal.AUTH, Signal.BILLING, Signal.RATE_LONG)
                )
                if chance.random() < (0.6 if key == name else 0.2):
                    self.spells[key] = [self._spell(signals) for _ in range(chance.randint(1, 3))]
        self.luck = {name: chance.choice((0.0, 0.0, 0.1, 0.4, 0.8)) for name in names}
        self.state = MemoryState()
        self.router = Seen(self.state, self)
        self.routes = self._routes(names)
        for name, labels in self.labels.items():
            if chance.random() < 0.15:
                window = Window(
                    "5h", chance.choice((0.5, 0.99, 1.0)), None, None, NOW_S + 900, "", NOW_S
                )
                self.router.quotas.note(name, labels[0], "m", [window], NOW_S)

    # ------------------------------------------------------------ how it is made

    def _spell(self, signals: tuple[Signal, ...]) -> Spell:
        begin_s = NOW_S + self.chance.uniform(-30, self.span_s)
        return Spell(
            begin_s, begin_s + self.chance.choice((3, 20, 90)), self.chance.choice(signals)
        )

    def _provider(self, name: str) -> Provider:
        chance = self.chance
        price = PriceFacts(3.0, 15.0, 0.3, 3.75) if chance.random() < 0.7 else PriceFacts()
        models = {
            each: ModelFacts(each, context=chance.choice(WINDOWS), price=price)
            for each in ("m", "n")
        }
        return replace(
            provider(name),
            models=models,
            local=chance.random() < 0.15,
            weight=chance.randint(0, 3),
            limits=OwnLimits(requests_per_minute=4) if chance.random() < 0.1 else OwnLimits(),
        )

    def _routes(self, names: list[str]) -> Routes:
        chance = self.chance
        also = [each for each in ("context-overflow", "refusal") if chance.random() < 0.4]
        targets = [f"{name}/{model}" for name in names for model in ("*", "n")]
        chosen = chance.sample(targets, chance.randint(1, len(targets)))
        settings = {"strategy": chance.choice(STRATEGIES), "failover_on": also}
        config = {
            "routing": {
                "default": chosen,
                "sticky": chance.choice(("session", "session", "none")),
                **settings,
            },
            "routes": [
                {
                    "name": "small",
                    "match": {"max_output_tokens": 9},
                    "targets": targets,
                    "hedge": {"after": "2s", "share": 0.5},
                    **settings,
                }
            ],
        }
        return Routes.of(Config.model_validate(config), self.providers, {}, self.labels)

    # ------------------------------------------------------------ time

    def run(self, requests: int = 12) -> None:
        """Lets all clients ask, each at its time, until all are answered."""
        chance = self.chance
        for _ in range(requests):
            at_s = NOW_S + chance.uniform(0, self.span_s)
            self._later(at_s, self._client(leaves=chance.random() < 0.12))
        while self._heap:
            self.now_s, _, exchange = heapq.heappop(self._heap)
            wait_s = next(exchange, None)
            if wait_s is not None:
                self._later(self.now_s + wait_s, exchange)
        assert len(self.told) == requests
        assert self.router.let_through == {}

    def _later(self, at_s: float, exchange: Iterator[float]) -> None:
        heapq.heappush(self._heap, (at_s, next(self._numbers), exchange))

    # ------------------------------------------------------------ a client, as gateway/exchange.py

    def _client(self, *, leaves: bool) -> Iterator[float]:
        chance = self.chance
        body: dict[str, Any] = long_body(chance.choice((20, 3_000, 9_000)))
        if chance.random() < 0.3:
            body["max_tokens"] = 5
        asked = features("m", body, session=chance.choice(("one", "two", "")))
        mine = chance.choice(_MINE) if chance.random() < 0.1 else None
        self._survives(asked)
        try:
            planned = plan(self.router, self.routes, asked, Moment(self.now_s, 0), chance.random)
        except NoNetwork:
            self._was_offline(asked)
            self.told.append("no network")
            return
        self._is_whole(planned, asked)
        yield from self._exchange(Client(asked, mine, planned, leaves=leaves))

    def _exchange(self, client: Client) -> Iterator[float]:
        planned, failures = client.planned, client.failures
        pursuit = Pursuit(planned, self.router, self.chance.random)
        while (attempt := pursuit.next(self.now_s)) is not None:
            self._is_the_next(planned, failures, attempt.step)
            assert 0 <= attempt.pause_s <= MAX_PAUSE_S
            if attempt.pause_s:
                yield attempt.pause_s
            ended = yield from self._race(client, pursuit, attempt.step)
            if client.gone:
                self.told.append("left")
                return
            assert sum(each.wins for each in ended) <= 1, "two answers"
            for each in ended:
                if each.signal is None:
                    self.told.append("ok")
                    return
                fault = Fault(each.signal, each.wait_s, str(each.signal))
                failures.append(Failure(each.step, fault, each.committed))
                if each.committed:
                    self._bears(planned, each.step, fault)
                    self.told.append("cut")
                    return
                self.router.over(each.step)
                with self._nothing_counts() if each.signal in _MINE else nullcontext():
                    pursuit.failed(fault, self.now_s, each.step)
        self._had_to_fail(planned, failures, pursuit)
        self.told.append(str(failures[pursuit.told].fault.signal))

    def _race(
        self, client: Client, pursuit: Pursuit, first: Step
    ) -> Generator[float, None, list[Running]]:
        """An attempt, and perhaps another one beside it: those that failed, then the one that won."""
        planned, chance = client.planned, self.chance
        running = [self._begin(client, first)]
        hedge, took_s = planned.hedge, running[0].took_s
        if client.leaves and chance.random() < 0.5:
            yield took_s / 2
            client.gone = True
        elif hedge and not client.failures and not planned.cached.get(first.candidate.place):
            self.router.hedges.earn(planned.decision.route, hedge.share)
            if took_s > hedge.after and self.router.hedges.take(planned.decision.route):
                yield hedge.after
                second = pursuit.beside(self.now_s)
                if second is not None:
                    assert second.candidate.place != first.candidate.place
                    assert second in planned.steps
                    self.hedged += 1
                    running.append(self._begin(client, second))
        ended: list[Running] = []
        while running and not client.gone:
            each = min(running, key=lambda one: one.ends_s)
            running.remove(each)
            yield each.ends_s - self.now_s
            self._leave(each.step)
            ended.append(each)
            if each.signal is None:
                usage = Usage(input_tokens=client.asked.input_tokens, output_tokens=50)
                spent = Spent(usage, 0.4, each.took_s)
                self.router.answered(each.step, planned, client.asked, spent, self.now_s)
                self.router.over(each.step, well=True)
            if each.wins:
                break
        for each in running:  # the client has left, or somebody else has won
            self._leave(each.step)
            with self._nothing_counts():
                self.router.abandoned(each.step, self.now_s)
            self.router.over(each.step)
        return ended

    def _begin(self, client: Client, step: Step) -> Running:
        name = step.candidate.provider.name
        if name not in client.names:
            self.router.retries.asked(name, self.now_s)
        client.names.add(name)
        self.busy[name] = self.busy.get(name, 0) + 1
        signal, wait_s, committed = self._fate(step, client.mine, client.asked)
        took_s = _TOOK_S.get(signal, 0.3) if signal else self.chance.uniform(0.5, 30)
        return Running(step, signal, wait_s, committed, took_s, self.now_s + took_s)

    def _leave(self, step: Step) -> None:
        self.busy[step.candidate.provider.name] -= 1

    def _bears(self, planned: Plan, step: Step, fault: Fault) -> None:
        before = self._counted(step)
        self.router.failed(planned, step, fault, self.now_s, self.chance.random)
        self.router.over(step)
        assert self._counted(step) != before, "a failure after the first byte counts"

    def _counted(self, step: Step) -> Any:
        return self.state.get(("circuit", *step.candidate.place), self.now_s)

    def _fate(
        self, step: Step, mine: Signal | None, asked: Features
    ) -> tuple[Signal | None, float | None, bool]:
        """What becomes of an attempt: the failure, if it is one, what wait is told with it, and whether
        something of an answer has gone out by then.
        """
        chance, now_s = self.chance, self.now_s
        name, local = step.candidate.provider.name, step.candidate.provider.local
        if mine is Signal.CONTEXT_OVERFLOW:
            window = step.candidate.facts.context
            if window is None or window < 100_000:
                return mine, None, False
        elif mine is not None:
            return mine, None, False
        if not local and any(each.begin_s <= now_s < each.end_s for each in self.offline):
            return chance.choice(_NETWORK), None, False
        for key in ((name, step.label), name):
            for spell in self.spells.get(key, ()):
                if spell.begin_s <= now_s < spell.end_s:
                    wait_s = spell.end_s - now_s
                    return spell.signal, chance.choice((*_WAITS_S, wait_s)), False
        if chance.random() < self.luck[name]:
            signal = chance.choice(_BROKEN)
            late = signal in {Signal.CUT, Signal.IDLE, Signal.TOTAL_TIMEOUT}
            return signal, chance.choice(_WAITS_S), late and chance.random() < 0.5
        return None, None, False

    # ------------------------------------------------------------ what must hold

    def _is_whole(self, planned: Plan, asked: Features) -> None:
        """A plan is never empty, holds each of those it may ask with each of its keys once, and gives a
        reason for everybody who is not well.
        """
        steps = [*planned.steps, *planned.resort]
        assert steps
        assert len(set(steps)) == len(steps)
        assert all(each.reason and each.target for each in planned.decision.refusals)
        ladder = self.routes.ladder(asked, Moment(self.now_s))
        planned_for = {each.candidate for each in steps}
        outside_left_out = not planned.steps and self.router.network.offline(self.now_s)
        for candidate in ladder.candidates:
            if candidate in planned_for:
                labels = self.labels.get(candidate.provider.name, [""])
                if not outside_left_out or candidate.provider.local:
                    assert {(candidate, label) for label in labels} <= set(steps)
            elif not outside_left_out or candidate.provider.local:
                assert self._is_too_small(candidate, asked)
        refused = {each.target for each in planned.decision.refusals}
        asleep = {each.candidate.name for each in planned.resort}
        assert asleep <= refused

    def _is_too_small(self, candidate: Candidate, asked: Features) -> bool:
        window = candidate.facts.context
        return window is not None and asked.input_tokens > window

    def _is_the_next(self, planned: Plan, failures: list[Failure], step: Step) -> None:
        """Nothing is asked after an answer has begun, nobody twice in vain, nobody who may not be, and
        nobody whose circuit is open before those who are well.
        """
        accepted = [each for each in failures if each.fault.certainty is not Certainty.NOT_SENT]
        assert not any(each.committed for each in failures)
        assert len(failures) < MAX_ATTEMPTS
        assert len(accepted) < MAX_ACCEPTED
        steps = [*(each.step for each in failures), step]
        risked = [
            before
            for before, after in zip(failures, steps[1:], strict=True)
            if before.step is after and before.fault.certainty is Certainty.POSSIBLY_ACCEPTED
        ]
        assert len(risked) <= 1, "a request that may be worked on is repeated once at most"
        same = [each for each in failures if each.step == step]
        if same:
            latest = failures[-1]
            assert latest.step == step, "the same one again comes at once or not at all"
            assert latest.fault.row.again.value != "never"
            maybe = [each for each in same if each.fault.certainty is Certainty.POSSIBLY_ACCEPTED]
            assert len(maybe) <= 1
        else:
            assert all(_permits(planned, each, step) for each in failures)
        standing = self.router.circuits.standing(step.candidate.place, self.now_s)
        if standing is not None and standing.state == "open":
            asked = {each.step for each in failures}
            for other in planned.steps:
                if other in asked or other == step:
                    continue
                if any(each is other for each in self.router.passed_by):
                    continue
                well = self.router.circuits.standing(other.candidate.place, self.now_s) is None
                assert not well or not all(_permits(planned, each, other) for each in failures), (
                    f"{step.candidate} was asked, whose circuit is open, before {other.candidate}"
                )

    def _had_to_fail(self, planned: Plan, failures: list[Failure], pursuit: Pursuit) -> None:
        """A client sees a failure only when everybody who may be asked has been, or enough have."""
        told = failures[pursuit.told].fault
        mine = [each for each in failures if each.fault.row.blame is Blame.CALLER]
        assert not mine or told.row.blame is Blame.CALLER
        accepted = [each for each in failures if each.fault.certainty is not Certainty.NOT_SENT]
        if len(failures) >= MAX_ATTEMPTS or len(accepted) >= MAX_ACCEPTED:
            return
        asked = {each.step for each in failures}
        for step in (*planned.steps, *planned.resort):
            assert step in asked or not all(_permits(planned, each, step) for each in failures), (
                f"{step} was not asked after {[(str(f.step.candidate), f.fault.signal) for f in failures]}"
            )

    @contextmanager
    def _nothing_counts(self) -> Iterator[None]:
        """What is the caller's own changes nothing that is remembered of anybody's health."""
        before = self._health()
        yield
        assert self._health() == before

    def _health(self) -> list[Any]:
        """All circuits and rests, without who is the probe."""
        rooms = [self.state.room(room, self.now_s) for room in ("key", "model")]
        circuits = {
            key: value[:8] + value[9:]
            for key, value in self.state.room("circuit", self.now_s).items()
        }
        return [*rooms, circuits]

    def _was_offline(self, asked: Features) -> None:
        """Nobody is told that there is no network while one on this machine could be asked."""
        assert self.router.network.offline(self.now_s)
        ladder = self.routes.ladder(asked, Moment(self.now_s))
        here = [each for each in ladder.candidates if each.provider.local]
        assert all(self._is_too_small(each, asked) for each in here)
        assert sum(not each.local for each in self.providers.values()) > 1

    def _survives(self, asked: Features) -> None:
        """What is remembered can be written down at any moment, and the next plan is the same."""
        if self.chance.random() < 0.75:
            return
        rows = self.state.dump(self.now_s)
        seed = self.chance.random()
        assert asked.input_tokens  # a decision tells the guess where somebody has made it
        plans = [
            self._planned_by(each, asked, seed) for each in (rows, json.loads(json.dumps(rows)))
        ]
        assert plans[0] == plans[1]
        woken = self._planned_by(rows, asked, seed, restarts=True)
        assert isinstance(woken, str) or not any(
            "its circuit is" in each.reason for each in woken.decision.refusals
        ), "after a restart every circuit may be tried"

    def _planned_by(
        self, rows: list[Any], asked: Features, seed: float, *, restarts: bool = False
    ) -> Plan | str:
        state = MemoryState()
        state.load(rows, self.now_s)
        if restarts:
            Circuits(state).rearm(self.now_s)
        router = Router(state, self.router.calibration, self.router.busy)
        router.network = copy.copy(self.router.network)
        chance = random.Random(seed)
        try:
            made = plan(router, self.routes, asked, Moment(self.now_s), chance.random)
        except NoNetwork as error:
            return error.message
        told = tuple(Ranked(each.candidate, each.score, each.words) for each in made.decision.ranks)
        return made._replace(decision=made.decision._replace(ranks=told))


def _permits(planned: Plan, failure: Failure, step: Step) -> bool:
    """Whether a failure allows that a step is asked after it, by the words of the table."""
    row, failed = failure.fault.row, failure.step.candidate
    if step.candidate.place == failed.place:
        return row.other_key
    also = planned.failover_on
    if row.other is Other.OPTED:
        return "refusal" in also
    if row.other is Other.LARGER:
        if failure.fault.signal is Signal.TOO_LARGE:
            larger = step.candidate.provider.name != failed.provider.name
        else:
            had, has = failed.facts.context, step.candidate.facts.context
            larger = has is not None and (had is None or has > had)
        return "context-overflow" in also and larger
    return row.other is Other.YES

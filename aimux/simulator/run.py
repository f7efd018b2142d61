"""A trace replayed in virtual time, through the code that the gateway runs.

Each conversation is a process that makes its requests one after the other; a heap of moments says whose
turn it is.  A request is planned by ``routing.planning``, tried by ``Pursuit`` and told to the
``Router``; what is written here is only what the gateway does around them: it waits, sends, reads
headers and errors, and says what came of it.  Hedging is left out, and so are limits on silence within
an answer and on its whole length.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, Literal

from aimux.config.schema import Config, Strategy
from aimux.errors import AimuxError, UsageError
from aimux.model.response import Usage
from aimux.routing.affinity import LITTLE, LITTLE_TOKENS
from aimux.routing.candidates import Routes
from aimux.routing.cost import usage_cost
from aimux.routing.features import Features
from aimux.routing.plan import Candidate, Moment, Plan, Step
from aimux.routing.planning import plan
from aimux.routing.pursuit import Pursuit
from aimux.routing.quota import Window
from aimux.routing.quota_errors import windows_of_error
from aimux.routing.quota_headers import windows_of
from aimux.routing.router import Router, Spent
from aimux.routing.state import MemoryState
from aimux.routing.verdict import Fault, Signal, retry_after_s, signal_of
from aimux.simulator.dice import Dice
from aimux.simulator.features import features_of
from aimux.simulator.trace import Errand, Trace, errands
from aimux.simulator.world import Answered, Broken, Turned, World
from aimux.wire import ratelimits
from aimux.wire.estimate import Calibration
from aimux.wire.formats import CODECS

FIRST_EVENT_S: Final = 60.0
FIRST_EVENT_THINKING_S: Final = 180.0
"""As the gateway waits where nothing is set."""

_MINUTES_A_WEEK: Final = 7 * 24 * 60
_MONDAY: Final = 3 * 24 * 60
"""1970-01-01 was a Thursday."""

End = Literal["ok", "failed", "cut", "gone"]
"""``failed``: the client was told an error; ``cut``: its answer broke off; ``gone``: it left."""

_Process = Generator["float | None", None, None]
"""Gives the seconds to wait, or None to be woken."""


@dataclass(slots=True)
class Served:
    """What became of one request.  Times are Unix seconds, ``first_event_s`` counts from its beginning.

    ``lost_tokens`` were cached at a target that would have answered and was not asked, while whoever
    answered had to read them anew.  ``spent_plans`` counts attempts at plans that were used up.
    ``candidates`` are all that the configuration permits; ``cost_usd`` is None where it is unknown.
    """

    errand: Errand
    began_s: float
    candidates: tuple[Candidate, ...] = ()
    end: End = "failed"
    error: str = ""
    attempts: int = 0
    answers: int = 0
    place: tuple[str, str] | None = None
    first_event_s: float | None = None
    ended_s: float = 0.0
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    lost_tokens: int = 0
    spent_plans: int = 0

    @property
    def cached_tokens(self) -> int:
        """Tokens of the prompt that were read from a cache."""
        return self.usage.cache_read_tokens or 0


@dataclass(frozen=True, slots=True)
class Run:
    """What became of all requests, in the order of the trace."""

    served: tuple[Served, ...]
    world: World
    moments: int
    """How many times the virtual clock was read off the heap."""


def with_strategy(config: Config, strategy: Strategy) -> Config:
    """A configuration in which every route is ordered by a strategy."""
    change = {"strategy": strategy}
    return config.model_copy(
        update={
            "routing": config.routing.model_copy(update=change),
            "routes": tuple(each.model_copy(update=change) for each in config.routes),
            "models": {
                name: each.model_copy(update=change) for name, each in config.models.items()
            },
        }
    )


def simulate(trace: Trace, routes: Routes, seed: int) -> Run:
    """Replays a trace under a configuration.

    Raises:
        UsageError: the trace says nothing of any target that a request may go to.
    """
    return _Simulation(trace, routes, seed).run()


class _Simulation:
    """One run."""

    def __init__(self, trace: Trace, routes: Routes, seed: int) -> None:
        self._trace = trace
        self._routes = routes
        self._world = World(trace, seed)
        self._chance = Dice(seed)
        self._now_s = trace.begins_s
        self._heap: list[tuple[float, int, _Process]] = []
        self._turns = 0
        self._moments = 0
        self._busy: dict[str, int] = {}
        self._waiting: dict[str, deque[_Process]] = {}
        self._process: _Process | None = None
        self._calibration = Calibration()
        self._router = Router(
            MemoryState(), self._calibration, lambda name: self._busy.get(name, 0)
        )
        self._served: list[Served] = []

    def run(self) -> Run:
        """Lets all conversations run to their ends."""
        lanes: dict[tuple[str, str, bool], list[Errand]] = {}
        for errand in errands(self._trace.rows):
            lanes.setdefault(errand.row.lane, []).append(errand)
        for lane in lanes.values():
            self._at(self._now_s, self._conversation(lane))
        while self._heap:
            now_s, _, process = heappop(self._heap)
            assert now_s >= self._now_s, "virtual time runs backwards"  # noqa: S101 -- no wait is below 0
            self._now_s, self._process = now_s, process
            self._moments += 1
            wait_s = next(process, -1.0)
            if wait_s is not None and wait_s >= 0:
                self._at(now_s + wait_s, process)
        self._served.sort(key=lambda served: served.errand.number)
        return Run(tuple(self._served), self._world, self._moments)

    def _at(self, when_s: float, process: _Process) -> None:
        self._turns += 1
        heappush(self._heap, (when_s, self._turns, process))

    # ------------------------------------------------------------ a conversation

    def _conversation(self, lane: Sequence[Errand]) -> _Process:
        for number, errand in enumerate(lane):
            at_s = self._trace.begins_s + (errand.row.at_s or 0.0)
            think_s = errand.row.think_s if number else 0.0
            yield max(at_s - self._now_s, think_s, 0.0)
            served = Served(errand, self._now_s)
            self._served.append(served)
            yield from self._request(served)
            served.ended_s = self._now_s

    def _request(self, served: Served) -> _Process:
        """One request as an exchange of the gateway does it."""
        features = features_of(served.errand.row)
        moment = Moment(self._now_s, _minute_of_week(self._now_s))
        try:
            served.candidates = self._routes.ladder(features, moment).candidates
            self._check(served)
            planned = plan(self._router, self._routes, features, moment, self._chance)
        except UsageError:
            raise
        except AimuxError as problem:
            served.error = problem.message
            return
        warm = self._world.warm(served.errand, self._now_s)
        pursuit = Pursuit(planned, self._router, self._chance)
        asked: list[Step] = []
        while (attempt := pursuit.next(self._now_s)) is not None:
            if not (yield from self._patient(served, attempt.pause_s)):
                served.end, served.error = "gone", "the client left while it was waited"
                return
            began_s = self._now_s
            fault = yield from self._attempt(served, attempt.step, planned, features, asked)
            if served.end != "failed":
                if served.end == "ok":
                    self._note_loss(served, attempt.step, asked, warm, began_s)
                return
            assert fault is not None  # noqa: S101 -- whoever failed says how
            served.error = f"{attempt.step.candidate}: {fault.reason}"
            pursuit.failed(fault, self._now_s)

    def _check(self, served: Served) -> None:
        if any(self._world.of(each.place) is not None for each in served.candidates):
            return
        row, known = served.errand.row, ", ".join(self._trace.targets)
        names = ", ".join(each.name for each in served.candidates)
        raise UsageError(
            f"request {served.errand.number + 1} for {row.model!r} may go to {names}, "
            f"but the trace knows only {known}",
            hint="name the configuration's own targets in the trace, or give --config",
        )

    def _patient(self, served: Served, wait_s: float) -> Generator[float | None, None, bool]:
        """Waits; False when the client has left before that was over."""
        left_s = served.began_s + self._trace.patience_s - self._now_s
        if wait_s > left_s:
            yield max(0.0, left_s)
            return False
        if wait_s > 0:
            yield wait_s
        return True

    # ------------------------------------------------------------ an attempt

    def _attempt(
        self, served: Served, step: Step, planned: Plan, features: Features, asked: list[Step]
    ) -> Generator[float | None, None, Fault | None]:
        """One attempt; a fault where nothing of an answer has reached the client."""
        router, provider = self._router, step.candidate.provider
        first = all(each.candidate.provider.name != provider.name for each in asked)
        router.asks(step, features, self._now_s, first=first)
        asked.append(step)
        served.attempts += 1
        yield from self._enter(provider.name, provider.max_concurrent)
        self._world.entered(step, 1)
        try:
            return (yield from self._asked(served, step, planned, features))
        finally:
            self._world.entered(step, -1)
            self._leave(provider.name)

    def _asked(
        self, served: Served, step: Step, planned: Plan, features: Features
    ) -> Generator[float | None, None, Fault | None]:
        began_s, limit_s = self._now_s, first_event_limit_s(step.candidate)
        outcome = self._world.ask(served.errand, step, began_s)
        until_s = outcome.first_event_s if isinstance(outcome, Answered) else outcome.after_s
        if not (yield from self._patient(served, min(until_s, limit_s))):
            self._router.abandoned(step, self._now_s)
            served.end, served.error = "gone", "the client left before the first event"
            return None
        if until_s > limit_s:
            words = "it did not begin to answer within the time limit"
            return Fault(Signal.FIRST_EVENT_TIMEOUT, reason=words)
        match outcome:
            case Broken(_, signal):
                return Fault(signal, reason="the connection failed")
            case Turned():
                served.spent_plans += outcome.spent
                return self._turned(step, outcome)
            case _:
                yield from self._answered(served, step, planned, features, outcome)
                return None

    def _turned(self, step: Step, outcome: Turned) -> Fault:
        """An error, read as the gateway reads it."""
        now_s = self._now_s
        said = CODECS[step.candidate.format].read_error(outcome.status, outcome.body)
        windows = windows_of(outcome.headers, now_s)
        self._hear(step, (*windows, *windows_of_error(said, outcome.body, now_s)))
        wait_s = retry_after_s(outcome.headers, now_s)
        if wait_s is None:
            wait_s = said.wait_s
        if wait_s is None:
            wait_s = ratelimits.wait_s(outcome.headers, now_s)
        return Fault(signal_of(outcome.status, said.kind, wait_s), wait_s, said.message)

    def _hear(self, step: Step, windows: Sequence[Window]) -> None:
        if windows:
            name, model = step.candidate.place
            self._router.quotas.note(name, step.label, model, windows, self._now_s)

    def _answered(
        self, served: Served, step: Step, planned: Plan, features: Features, outcome: Answered
    ) -> _Process:
        """The first event is here: from now on nobody else is asked."""
        served.answers += 1
        served.first_event_s = self._now_s - served.began_s
        served.place, served.usage = step.candidate.place, outcome.usage
        served.cost_usd = usage_cost(self._world.price(step.candidate), outcome.usage)
        self._hear(step, windows_of(outcome.headers, self._now_s))
        yield outcome.ends_s - outcome.first_event_s
        if outcome.cut:
            served.end, served.error = "cut", f"{step.candidate}: the answer broke off"
            fault = Fault(Signal.CUT, reason="the answer broke off")
            self._router.failed(planned, step, fault, self._now_s, self._chance)
            return
        served.end, served.error = "ok", ""
        spent = Spent(outcome.usage, outcome.first_event_s, outcome.ends_s)
        self._router.answered(step, planned, features, spent, self._now_s)
        guess, tokens = features.input_tokens, served.errand.row.input_tokens
        self._calibration.note(step.candidate.place, guess, tokens)

    # ------------------------------------------------------------ places at a provider

    def _enter(self, provider: str, most: int | None) -> _Process:
        """Takes a place, or waits for one as the gateway does."""
        if most is not None and self._busy.get(provider, 0) >= most:
            assert self._process is not None  # noqa: S101 -- it is the one that runs
            self._waiting.setdefault(provider, deque()).append(self._process)
            yield None  # whoever leaves hands its place on
            return
        self._busy[provider] = self._busy.get(provider, 0) + 1

    def _leave(self, provider: str) -> None:
        if waiting := self._waiting.get(provider):
            self._at(self._now_s, waiting.popleft())
        else:
            self._busy[provider] -= 1

    # ------------------------------------------------------------ what was lost

    def _note_loss(
        self,
        served: Served,
        step: Step,
        asked: Sequence[Step],
        warm: dict[Step, int],
        began_s: float,
    ) -> None:
        """A cache that was left although nobody was forced to."""
        here = served.cached_tokens
        permitted = {each.place for each in served.candidates}
        for other, tokens in warm.items():
            little = max(LITTLE_TOKENS, round(tokens * LITTLE))
            if (
                tokens - here > max(served.lost_tokens, little)
                and other != step
                and other not in asked
                and other.candidate.place in permitted
                and self._world.would_answer(served.errand, other, began_s)
            ):
                served.lost_tokens = tokens - here


def first_event_limit_s(candidate: Candidate) -> float:
    """How long the gateway waits for a target's first event."""
    said_s = candidate.provider.timeouts.first_event_s
    if said_s is not None:
        return said_s
    can = candidate.facts.capabilities
    return FIRST_EVENT_THINKING_S if can is None or "thinking" in can else FIRST_EVENT_S


def _minute_of_week(now_s: float) -> int:
    return (int(now_s // 60) + _MONDAY) % _MINUTES_A_WEEK

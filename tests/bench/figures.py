"""What is measured, and which of it has a target.

Throughput is compared in pairs: the two servers are measured one right after the other, in alternating
order, and the ratio is the median over the rounds; a neighbour's noise that lasts longer than a pair
falls out.  Latency is that of one connection, against the same requests sent straight to the upstream.
Processor time per request is the figure that noise does not touch; it has no target and explains the
others.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from aimux.cli.bench.answers import MODEL
from aimux.cli.bench.figures import percentile
from aimux.cli.bench.load import Sample, measure, send
from aimux.cli.bench.shots import Shot
from tests.bench.subjects import Home, Subject, running_daemon
from tests.bench.workload import HUGE_MODEL, Workload

CONNECTIONS: Final = 16
WARM_UP_REQUESTS: Final = 64
"""Before each measurement, not counted."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float
    commands: int
    starts: int
    requests_before_memory: int
    huge_writes: int = 2000
    """Of the stream over which memory must stay flat: about 100 MB."""


FULL: Final = Effort(rounds=7, seconds=3.0, commands=15, starts=5, requests_before_memory=10_000)
QUICK: Final = Effort(rounds=3, seconds=1.0, commands=5, starts=2, requests_before_memory=10_000)
TINY: Final = Effort(
    rounds=1, seconds=0.1, commands=1, starts=1, requests_before_memory=50, huge_writes=20
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound, and whether a figure keeps to it."""

    bound: float
    at_least: bool = False

    def met(self, figure: float) -> bool:
        """Whether the figure is within the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound


ADDED_MS: Final = Goal(1.0)
READY_S: Final = Goal(1.0)
MEMORY_MB: Final = Goal(90.0)
VERSION_MS: Final = Goal(60.0)
GROWTH_MB: Final = Goal(10.0)
TRANSLATE_MS: Final = Goal(2.0)
PLANNING_US: Final = Goal(150.0)
STATUS_MS: Final = Goal(200.0)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one connection: to the first byte for streams, else to the last."""

    p50: float
    p95: float
    p99: float


@dataclass(slots=True)
class Comparison:
    """One workload on the floor and on aimux."""

    workload: str
    least_ratio: float = 0.6
    floor_per_s: float = 0.0
    aimux_per_s: float = 0.0
    ratio: float = 0.0
    """Median of the rounds' ratios, not the ratio of the medians."""
    ratios: list[float] = field(default_factory=list)
    floor_cpu_ms: float = 0.0
    aimux_cpu_ms: float = 0.0
    """Processor time per request of the one process."""
    latency: dict[str, Latency] = field(default_factory=dict)
    """By ``direct``, ``floor`` and ``aimux``."""

    @property
    def goal(self) -> Goal:
        """The least part of the floor's throughput."""
        return Goal(self.least_ratio, at_least=True)

    @property
    def added_ms(self) -> float:
        """What aimux adds to the median of the direct way."""
        return self.latency["aimux"].p50 - self.latency["direct"].p50


@dataclass(slots=True)
class Figures:
    """Everything that one run found."""

    comparisons: list[Comparison] = field(default_factory=list)
    ready_s: float = 0.0
    version_ms: float = 0.0
    status_ms: float = 0.0
    memory_at_start_mb: float = 0.0
    memory_mb: float = 0.0
    growth_mb: float = 0.0
    """How much memory grew over one translated stream of 100 MB."""
    translate_ms: dict[str, float] = field(default_factory=dict)
    """An 80 KB request from Anthropic's format into each other, in milliseconds; a turn of many."""
    first_translate_ms: dict[str, float] = field(default_factory=dict)
    """The same with tools that nobody has seen before."""
    planning_us: dict[str, float] = field(default_factory=dict)
    """A plan for an 80 KB request with ten rules and thirty candidates, by strategy, in microseconds."""
    plain_planning_us: float = 0.0
    """The same without rules and with one candidate."""
    requests: int = 0
    """Requests that aimux had answered when its memory was read."""

    def as_json(self) -> dict[str, Any]:
        """All figures, with the goals and whether they are met."""
        return {**asdict(self), "goals": {name: met for name, _, _, met in self.goals()}}

    def goals(self) -> list[tuple[str, float, Goal, bool]]:
        """Name, figure, goal, and whether it is met."""
        rows = []
        for each in self.comparisons:
            rows.append((f"{each.workload}: ratio", each.ratio, each.goal))
            rows.append((f"{each.workload}: added ms", each.added_ms, ADDED_MS))
        rows += [
            ("ready s", self.ready_s, READY_S),
            ("memory MB", self.memory_mb, MEMORY_MB),
            ("growth MB", self.growth_mb, GROWTH_MB),
            ("translate ms", max(self.translate_ms.values(), default=0.0), TRANSLATE_MS),
            ("planning us", max(self.planning_us.values(), default=0.0), PLANNING_US),
            ("--version ms", self.version_ms, VERSION_MS),
            ("status ms", self.status_ms, STATUS_MS),
        ]
        return [(name, figure, goal, goal.met(figure)) for name, figure, goal in rows]


def compare(
    workload: Workload, upstream: Subject, floor: Subject, aimux: Subject, effort: Effort
) -> Comparison:
    """Measures one workload on both servers."""
    result = Comparison(workload.name, workload.ratio)
    pairs = [_pair(workload, floor, aimux, effort, turn) for turn in range(effort.rounds)]
    result.ratios = [pair["aimux"][0] / pair["floor"][0] for pair in pairs]
    result.ratio = statistics.median(result.ratios)
    result.floor_per_s, result.floor_cpu_ms = _medians(pairs, "floor")
    result.aimux_per_s, result.aimux_cpu_ms = _medians(pairs, "aimux")
    for name, subject in {"direct": upstream, "floor": floor, "aimux": aimux}.items():
        shot = workload.latency
        if subject is not aimux:
            shot = workload.floor_latency or shot
        result.latency[name] = _latency(workload, subject, shot, effort)
    return result


def _pair(
    workload: Workload, floor: Subject, aimux: Subject, effort: Effort, turn: int
) -> dict[str, tuple[float, float]]:
    """Requests a second and processor milliseconds a request, by server."""
    order = (floor, aimux) if turn % 2 == 0 else (aimux, floor)
    shots = {aimux.name: workload.shot, floor.name: workload.floor or workload.shot}
    return {each.name: _throughput(each, shots[each.name], effort) for each in order}


def _throughput(subject: Subject, shot: Shot, effort: Effort) -> tuple[float, float]:
    send(subject.target, shot, count=WARM_UP_REQUESTS, connections=CONNECTIONS)
    before = subject.cpu_s()
    sample = measure(subject.target, shot, connections=CONNECTIONS, seconds=effort.seconds)
    used_ms = (subject.cpu_s() - before) * 1000
    return sample.requests_per_s, used_ms / sample.requests


def _medians(pairs: list[dict[str, tuple[float, float]]], name: str) -> tuple[float, float]:
    rows = [pair[name] for pair in pairs]
    return statistics.median(row[0] for row in rows), statistics.median(row[1] for row in rows)


def _latency(workload: Workload, subject: Subject, shot: Shot, effort: Effort) -> Latency:
    send(subject.target, shot, count=WARM_UP_REQUESTS // CONNECTIONS, connections=1)
    sample = measure(subject.target, shot, connections=1, seconds=effort.seconds)
    times = _times(workload, sample)
    return Latency(*(round(percentile(times, percent), 3) for percent in (50, 95, 99)))


def _times(workload: Workload, sample: Sample) -> list[float]:
    return sample.first_byte_ms if workload.streams else sample.total_ms


def command_times(place: Home, figures: Figures, effort: Effort) -> Subject:
    """Times the commands, starts included, and leaves a daemon running."""
    starts: list[float] = []
    for turn in range(effort.starts):
        if turn:
            place.aimux("stop")
        starts.append(place.seconds("start"))
    figures.ready_s = statistics.median(starts)
    repeats = range(effort.commands)
    figures.version_ms = statistics.median(place.seconds("--version") for _ in repeats) * 1000
    figures.status_ms = statistics.median(place.seconds("status") for _ in repeats) * 1000
    daemon = running_daemon(place)
    figures.memory_at_start_mb = daemon.memory_mb()
    return daemon


def memory(
    place: Home, daemon: Subject, workload: Workload, figures: Figures, effort: Effort
) -> None:
    """Reads the memory after at least the wanted number of requests."""
    answered = _requests(place)
    missing = effort.requests_before_memory - answered
    if missing > 0:
        send(daemon.target, workload.shot, count=missing, connections=CONNECTIONS)
    figures.requests = _requests(place)
    figures.memory_mb = daemon.memory_mb()


def growth(daemon: Subject, shot: Shot, figures: Figures, effort: Effort) -> None:
    """Reads the memory before and after one huge translated stream; a short one goes before it."""
    send(daemon.target, shot, count=1, connections=1)
    before = daemon.memory_mb()
    model = f"{HUGE_MODEL}{effort.huge_writes}"
    huge = Shot(shot.body.replace(MODEL.encode(), model.encode()), shot.path, shot.end)
    send(daemon.target, huge, count=1, connections=1)
    figures.growth_mb = max(0.0, daemon.memory_mb() - before)


def _requests(place: Home) -> int:
    return int(json.loads(place.aimux("status", "--json"))["requests"])

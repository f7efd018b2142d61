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

from tests.bench.load import Sample, measure, percentile, send
from tests.bench.subjects import Home, Subject, running_daemon
from tests.bench.workload import Workload

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


FULL: Final = Effort(rounds=7, seconds=3.0, commands=15, starts=5, requests_before_memory=10_000)
QUICK: Final = Effort(rounds=3, seconds=1.0, commands=5, starts=2, requests_before_memory=10_000)
TINY: Final = Effort(rounds=1, seconds=0.1, commands=1, starts=1, requests_before_memory=50)


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound, and whether a figure keeps to it."""

    bound: float
    at_least: bool = False

    def met(self, figure: float) -> bool:
        """Whether the figure is within the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound


RATIO: Final = Goal(0.6, at_least=True)
ADDED_MS: Final = Goal(1.0)
READY_S: Final = Goal(1.0)
MEMORY_MB: Final = Goal(90.0)
VERSION_MS: Final = Goal(60.0)
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
    requests: int = 0
    """Requests that aimux had answered when its memory was read."""

    def as_json(self) -> dict[str, Any]:
        """All figures, with the goals and whether they are met."""
        return {**asdict(self), "goals": {name: met for name, _, _, met in self.goals()}}

    def goals(self) -> list[tuple[str, float, Goal, bool]]:
        """Name, figure, goal, and whether it is met."""
        rows = []
        for each in self.comparisons:
            rows.append((f"{each.workload}: ratio", each.ratio, RATIO))
            rows.append((f"{each.workload}: added ms", each.added_ms, ADDED_MS))
        rows += [
            ("ready s", self.ready_s, READY_S),
            ("memory MB", self.memory_mb, MEMORY_MB),
            ("--version ms", self.version_ms, VERSION_MS),
            ("status ms", self.status_ms, STATUS_MS),
        ]
        return [(name, figure, goal, goal.met(figure)) for name, figure, goal in rows]


def compare(
    workload: Workload, upstream: Subject, floor: Subject, aimux: Subject, effort: Effort
) -> Comparison:
    """Measures one workload on both servers."""
    result = Comparison(workload.name)
    pairs = [_pair(workload, floor, aimux, effort, turn) for turn in range(effort.rounds)]
    result.ratios = [pair["aimux"][0] / pair["floor"][0] for pair in pairs]
    result.ratio = statistics.median(result.ratios)
    result.floor_per_s, result.floor_cpu_ms = _medians(pairs, "floor")
    result.aimux_per_s, result.aimux_cpu_ms = _medians(pairs, "aimux")
    for name, subject in {"direct": upstream, "floor": floor, "aimux": aimux}.items():
        result.latency[name] = _latency(workload, subject, effort)
    return result


def _pair(
    workload: Workload, floor: Subject, aimux: Subject, effort: Effort, turn: int
) -> dict[str, tuple[float, float]]:
    """Requests a second and processor milliseconds a request, by server."""
    order = (floor, aimux) if turn % 2 == 0 else (aimux, floor)
    return {subject.name: _throughput(workload, subject, effort) for subject in order}


def _throughput(workload: Workload, subject: Subject, effort: Effort) -> tuple[float, float]:
    send(subject.target, workload.body, count=WARM_UP_REQUESTS, connections=CONNECTIONS)
    before = subject.cpu_s()
    sample = measure(subject.target, workload.body, connections=CONNECTIONS, seconds=effort.seconds)
    used_ms = (subject.cpu_s() - before) * 1000
    return sample.requests_per_s, used_ms / sample.requests


def _medians(pairs: list[dict[str, tuple[float, float]]], name: str) -> tuple[float, float]:
    rows = [pair[name] for pair in pairs]
    return statistics.median(row[0] for row in rows), statistics.median(row[1] for row in rows)


def _latency(workload: Workload, subject: Subject, effort: Effort) -> Latency:
    body = workload.latency_body
    send(subject.target, body, count=WARM_UP_REQUESTS // CONNECTIONS, connections=1)
    sample = measure(subject.target, body, connections=1, seconds=effort.seconds)
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
        send(daemon.target, workload.body, count=missing, connections=CONNECTIONS)
    figures.requests = _requests(place)
    figures.memory_mb = daemon.memory_mb()


def _requests(place: Home) -> int:
    return int(json.loads(place.aimux("status", "--json"))["requests"])

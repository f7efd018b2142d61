"""What a run of ``aimux bench`` found, as numbers, and the arithmetic from samples to them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from aimux.cli.bench.load import Sample
from aimux.cli.bench.shots import Kind


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of milliseconds."""

    p50_ms: float
    p90_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of request on one way: directly, or through aimux."""

    timed: int
    """Requests that were sent one at a time; the spreads are theirs."""
    first_byte: Spread
    """From the sending of a request to the first byte of its answer."""
    whole: Spread
    """To the last byte."""
    requests_per_s: float
    """The median of the rounds, with several requests at a time."""
    rounds_per_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind of request on both ways."""

    name: str
    what: str
    direct: Way
    aimux: Way

    @property
    def added_ms(self) -> float:
        """What aimux adds: the difference of the medians, to the last byte."""
        return round(self.aimux.whole.p50_ms - self.direct.whole.p50_ms, 3)


@dataclass(slots=True)
class Samples:
    """What was seen of one way, round by round."""

    alone: list[Sample] = field(default_factory=list)
    """One request at a time."""
    crowded: list[Sample] = field(default_factory=list)
    """Several at a time."""

    def way(self) -> Way:
        """The figures; no sample is empty."""
        return Way(
            timed=sum(each.requests for each in self.alone),
            first_byte=spread([value for each in self.alone for value in each.first_byte_ms]),
            whole=spread([value for each in self.alone for value in each.total_ms]),
            requests_per_s=round(
                statistics.median(each.requests_per_s for each in self.crowded), 1
            ),
            rounds_per_s=tuple(round(each.requests_per_s, 1) for each in self.crowded),
        )


def comparison(kind: Kind, direct: Samples, aimux: Samples) -> Comparison:
    """The figures of one kind."""
    return Comparison(kind.name, kind.what, direct.way(), aimux.way())


def spread(values: Sequence[float]) -> Spread:
    """The percentiles of at least one value, to a microsecond."""
    return Spread(*(round(percentile(values, percent), 3) for percent in (50, 90, 99)))


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of at least one value: the least that ``percent`` are not above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]

"""What is measured when: rounds of short turns, direct and through aimux one right after the other.

A machine that is busy with something else is so for longer than a pair of turns, and hurts both ways
alike; every round has all kinds, so that it hurts them alike as well.  Every second round begins with
the other way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aimux.cli.bench.figures import Comparison, Samples, comparison
from aimux.cli.bench.load import Sample, Target, measure, send
from aimux.cli.bench.shots import Shot, kinds

WARM_UP_REQUESTS: Final = 32
"""Of each kind on each way, not counted: code is read at its first use, connections are opened."""

FEWEST_ROUNDS: Final = 3
"""So that a median of the rounds leaves the worst one out."""
MOST_ROUNDS: Final = 10
"""Longer runs have longer turns."""

_ROUND_S: Final = 2.0
_TURNS: Final = 4
"""Of a kind in a round: two ways, each with one connection and with many."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: seconds in all, warming up aside, and requests at a time."""

    duration_s: float
    concurrency: int

    @property
    def rounds(self) -> int:
        """Rounds of all kinds."""
        return min(MOST_ROUNDS, max(FEWEST_ROUNDS, math.ceil(self.duration_s / _ROUND_S)))

    @property
    def turn_s(self) -> float:
        """Seconds of one turn."""
        return self.duration_s / (len(kinds()) * _TURNS * self.rounds)


def measured(
    direct: Target, aimux: Target, effort: Effort, say: Callable[[str], None]
) -> list[Comparison]:
    """Measures every kind of request on both ways; ``say`` is told of each round.

    Raises:
        UpstreamError: an answer was not whole, or none came.
    """
    pairs = [(kind, (_Lane(direct, kind.direct), _Lane(aimux, kind.aimux))) for kind in kinds()]
    for _, pair in pairs:
        for lane in pair:
            send(lane.target, lane.shot, count=WARM_UP_REQUESTS, connections=effort.concurrency)
    for number in range(effort.rounds):
        say(f"measuring: round {number + 1} of {effort.rounds}")
        for _, pair in pairs:
            order = pair if number % 2 == 0 else pair[::-1]
            for lane in order:
                lane.seen.alone.append(lane.turn(1, effort.turn_s))
            for lane in order:
                lane.seen.crowded.append(lane.turn(effort.concurrency, effort.turn_s))
    return [comparison(kind, straight.seen, through.seen) for kind, (straight, through) in pairs]


@dataclass(frozen=True, slots=True)
class _Lane:
    """One kind of request on one way, and what was seen of it."""

    target: Target
    shot: Shot
    seen: Samples = field(default_factory=Samples)

    def turn(self, connections: int, seconds: float) -> Sample:
        return measure(self.target, self.shot, connections=connections, seconds=seconds)

"""What happened lately: counts and percentiles over the last minutes, in bounded memory.

A ring of slots of ten seconds for an hour.  A slot has counts by provider and a coarse histogram of times to
the first event, whose edges are a sixth apart: good enough for a percentile that a person reads or an
alert compares.  The slot of now is not over yet, so a window of five minutes covers from 4:50 to 5:00.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

SLOT_S: Final = 10.0
SLOTS: Final = 360
MAX_SPAN_S: Final = SLOT_S * SLOTS

_LEAST_S: Final = 0.001
_STEP: Final = math.log(7 / 6)
_EDGES: Final = 90
"""From a millisecond to more than a quarter of an hour."""

ALL: Final = ""
"""The provider's name under which all are counted together."""


class Seen(NamedTuple):
    """What there was in a window; ``first_s`` counts by edge."""

    requests: int
    failures: int
    spend_usd: float
    first_s: dict[int, int]

    @property
    def error_rate(self) -> float | None:
        """Share of requests that have failed; None without requests."""
        return self.failures / self.requests if self.requests else None

    def first_event_s(self, share: float) -> float | None:
        """The time within which this share of answers has begun; None where none has."""
        total = sum(self.first_s.values())
        if not total:
            return None
        wanted, below = share * total, 0
        for edge in sorted(self.first_s):
            below += self.first_s[edge]
            if below >= wanted:
                break
        return _LEAST_S * math.exp(_STEP * (edge + 0.5))


class _Counts:
    __slots__ = ("failures", "first_s", "requests", "spend_usd")

    def __init__(self) -> None:
        self.requests = 0
        self.failures = 0
        self.spend_usd = 0.0
        self.first_s: dict[int, int] = {}


class Windows:
    """The last hour, by provider and all together.  ``now_s`` is any clock that never goes back."""

    __slots__ = ("_slots",)

    def __init__(self) -> None:
        self._slots: list[tuple[int, dict[str, _Counts]]] = [(-1, {})] * SLOTS

    def add(
        self,
        now_s: float,
        name: str,
        failed: bool,  # noqa: FBT001 -- by keyword it would cost every exchange
        first_s: float | None = None,
        spend_usd: float | None = None,
    ) -> None:
        """A request has ended: one of a client (``ALL``) or one to a provider."""
        number = int(now_s / SLOT_S)
        at, slot = self._slots[number % SLOTS]
        if at != number:
            slot = {}
            self._slots[number % SLOTS] = (number, slot)
        counts = slot.get(name)
        if counts is None:
            counts = slot[name] = _Counts()
        counts.requests += 1
        if failed:
            counts.failures += 1
        if spend_usd:
            counts.spend_usd += spend_usd
        if first_s is not None:
            edge = edge_of(first_s)
            counts.first_s[edge] = counts.first_s.get(edge, 0) + 1

    def seen(self, now_s: float, span_s: float, provider: str = ALL) -> Seen:
        """What there was in the last ``span_s`` seconds, at most an hour."""
        number = int(now_s / SLOT_S)
        oldest = number - max(1, min(SLOTS, round(span_s / SLOT_S))) + 1
        requests = failures = 0
        spend_usd = 0.0
        first_s: dict[int, int] = {}
        for each in range(oldest, number + 1):
            at, by_provider = self._slots[each % SLOTS]
            counts = by_provider.get(provider) if at == each else None
            if counts is None:
                continue
            requests += counts.requests
            failures += counts.failures
            spend_usd += counts.spend_usd
            for edge, count in counts.first_s.items():
                first_s[edge] = first_s.get(edge, 0) + count
        return Seen(requests, failures, spend_usd, first_s)


def edge_of(seconds: float) -> int:
    """The number of the bucket that a time falls into."""
    if seconds <= _LEAST_S:
        return 0
    return min(_EDGES, int(math.log(seconds / _LEAST_S) / _STEP))

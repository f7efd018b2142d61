"""Whose turn it is: round robin that spreads turns as evenly as weights allow.

Each turn gives everybody as much credit as it weighs; who has most is asked, and pays what all
received together.  With weights 5, 1 and 1 that gives a a b a c a a, not a a a a a b c.

The credits of a route are one value in the state: the total weight and the number of those who took
part in the last turn, the name of the one asked, all names and all credits.  Whoever is missing for a
turn (another request may go to others) keeps its credit and its place among the names behind those
present, the latest 32 of them.  When others take part than the last time, or weights have changed,
credits are brought together to less than one turn's worth without changing their order: nobody comes
back with a claim to be asked many times in a row.

Gateways that write at the same moment give one turn twice; that is no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aimux.routing.state import State, Value

ROOM: Final = "turn"
KEPT_S: Final = 3600.0
MOST_ABSENT: Final = 32
_CLOSEST: Final = 0.49
"""Of a turn's worth, to either side of 0: two of equal weight are then less than one turn apart."""
_SAME: Final = 1e-6
"""Of a turn's worth: credits that differ by less are equal."""


def take_turn(
    names: Sequence[str], weights: Sequence[int], route: str, state: State, now_s: float
) -> list[int]:
    """Takes one turn among names: their indexes, the one asked first, then as turns come.

    Who weighs nothing never has a turn and comes last.
    """
    if 0 in weights:
        sharing = [index for index, weight in enumerate(weights) if weight]
        resting = [index for index, weight in enumerate(weights) if not weight]
        if not sharing:
            return resting
        turn = take_turn(
            [names[index] for index in sharing],
            [weights[index] for index in sharing],
            route,
            state,
            now_s,
        )
        return [sharing[place] for place in turn] + resting

    key = (ROOM, route)
    count, total = len(names), sum(weights)
    last, everybody, saved = _credits(state.get(key, now_s), list(names), total)
    present = [credit + weight for credit, weight in zip(saved, weights, strict=False)]
    first = _richest(present, names, last, _SAME * total)
    present[first] -= total
    value = (total, count, names[first], *everybody, *present, *saved[count:])
    state.put(key, value, now_s + KEPT_S)

    # The next turn would give everybody its weight once more.
    claims = [-credit - weight for credit, weight in zip(present, weights, strict=True)]
    claims[first] = min(claims) - 1
    return sorted(range(count), key=claims.__getitem__)


def _richest(present: list[float], names: Sequence[str], last: str, same: float) -> int:
    """Index of who has the most credit; of several with as much, not the one that was asked last."""
    rich = max(present)
    first = present.index(rich)
    if names[first] == last:
        for index, credit in enumerate(present):
            if credit >= rich - same and index != first:
                return index
    return first


def _credits(
    value: Value | None, names: list[str], total: int
) -> tuple[str, list[str], list[float]]:
    """Who was asked last, the names of all, those present first, and their credits."""
    if value is None:
        return "", names, [0.0] * len(names)
    try:
        old_total, old_count, last, *rest = value
        everybody, saved = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        sum(saved)  # that all are numbers
        if old_total == total and old_count == len(names) and everybody[:old_count] == names:
            return last, everybody, saved
        known = dict(zip(everybody, saved, strict=True))
        present = [known.pop(name, 0.0) for name in names]
        farthest = max(map(abs, present))
    except (TypeError, ValueError):  # of another version, or edited by hand
        return "", names, [0.0] * len(names)
    if farthest > _CLOSEST * total:
        closer = _CLOSEST * total / farthest
        present = [credit * closer for credit in present]
    absent = list(known)[:MOST_ABSENT]
    return last, names + absent, present + [known[name] for name in absent]

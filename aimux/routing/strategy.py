"""The order of candidates by the strategy of their route, with the reason for each place.

    priority      as given
    weighted      by lot, in proportion to the providers' weights
    round-robin   in turn, as evenly spread as the weights allow
    fastest       least seconds to the end of this request, as far as it was learned
    cheapest      least US dollars for this request, what is warm in a cache counted as such
    least-busy    least requests in flight, measured by what a provider takes at a time
    adaptive      least US dollars for a success, time included (see ``adaptive``)

Scores are comparable within one order only; where two are equal, the given order holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, log
from typing import Final, assert_never

from aimux.config.schema import Strategy
from aimux.routing.adaptive import adaptive
from aimux.routing.candidates import Group
from aimux.routing.cost import Usd, request_cost
from aimux.routing.performance import FAINT
from aimux.routing.plan import Candidate, Ranked
from aimux.routing.prices import price_for
from aimux.routing.turns import take_turn
from aimux.routing.view import View

__all__ = ["View", "order"]

TRIALS: Final = "trial"
TRIAL_S: Final = 60.0
"""How long the fastest strategy waits for what it learns of a target before it sends the next request
there to learn: a burst must not all go to somebody unknown."""
_OPEN: Final = 8
"""A provider without a limit is taken to be half busy with so many requests, and never quite full."""
_FASTEST: Final = "%.1f s: first event after %.1f s, %d tokens a second, %d %% succeed"
_make: Final = tuple.__new__


def order(strategy: Strategy, candidates: Sequence[Candidate], view: View) -> tuple[Ranked, ...]:
    """All candidates, best first, each with the score and the words of its place."""
    if strategy == "priority" or len(candidates) < 2:
        return tuple([_make(Ranked, (each, None, "", ())) for each in candidates])
    match strategy:
        case "weighted":
            return _weighted(candidates, view)
        case "round-robin":
            return _round_robin(candidates, view)
        case "fastest":
            return _fastest(candidates, view)
        case "cheapest":
            return _cheapest(candidates, view)
        case "least-busy":
            return _least_busy(candidates, view)
        case "adaptive":
            return adaptive(candidates, view)
        case _:
            assert_never(strategy)


def order_groups(
    groups: Sequence[Group], candidates: Sequence[Candidate], view: View
) -> tuple[Ranked, ...]:
    """In order of priority, each group at the place of its first member, in its own strategy's order."""
    ranks: dict[Candidate, Ranked] = {}
    for candidate in candidates:
        group = next((each for each in groups if candidate in each.members), None)
        if group is None:
            ranks.setdefault(candidate, Ranked(candidate))
        elif candidate not in ranks:
            members = [each for each in candidates if each in group.members and each not in ranks]
            for rank in order(group.strategy, members, view._replace(route=group.name)):
                ranks[rank.candidate] = rank
    return tuple(ranks.values())


_Row = tuple[Candidate, float, str, tuple[object, ...]]
"""What becomes a rank."""


def _by_score(rows: Iterable[_Row]) -> tuple[Ranked, ...]:
    return tuple([_make(Ranked, row) for row in sorted(rows, key=_score)])


def _score(row: _Row) -> float:
    return row[1]


def _shares(weights: list[int], total: int) -> dict[int, str]:
    return {weight: f"weight {weight} of {total}" for weight in set(weights)}


def _weighted(candidates: Sequence[Candidate], view: View) -> tuple[Ranked, ...]:
    """By lot without putting back: each rings after a time that is the shorter the more it weighs.

    Exponential times make each first in proportion to its weight, and after it each of the others
    in proportion to theirs.  A weight of 0 never rings: those come last, as given.
    """
    chance = view.chance
    weights = [each.provider.weight for each in candidates]
    words = _shares(weights, sum(weights))
    return _by_score(
        (each, -log(1.0 - chance()) / weight if weight else inf, words[weight], ())
        for each, weight in zip(candidates, weights, strict=True)
    )


def _round_robin(candidates: Sequence[Candidate], view: View) -> tuple[Ranked, ...]:
    weights = [each.provider.weight for each in candidates]
    words = _shares(weights, sum(weights))
    names = [f"{each.provider.name}/{each.model}" for each in candidates]
    turns = take_turn(names, weights, view.route, view.state, view.now_s)
    return tuple(
        [
            _make(Ranked, (candidates[index], float(place), words[weights[index]], ()))
            for place, index in enumerate(turns)
        ]
    )


def _fastest(candidates: Sequence[Candidate], view: View) -> tuple[Ranked, ...]:
    """One of those that nobody has measured goes first, each once a minute, until it is measured."""
    input_tokens, output_tokens, task = view.demand
    cached, now_s, state = view.cached, view.now_s, view.state
    places = [each.place for each in candidates]
    rows: list[_Row] = []
    trying = False
    speeds = view.performance.speeds(places, task, now_s)
    for each, speed in zip(candidates, speeds, strict=True):
        faint = speed.weight < FAINT
        if faint and not trying:
            trial = (TRIALS, *each.place)
            if state.get(trial, now_s) is None:
                trying = True
                state.put(trial, (now_s,), now_s + TRIAL_S)
                rows.append((each, 0.0, _unmeasured(speed.seen_s), ()))
                continue
        warm = cached.get(each.place, 0)
        first_s = speed.first_event_s(max(input_tokens - warm, 0))
        score = (first_s + output_tokens / speed.tokens_per_s) / speed.success
        if faint:
            rows.append((each, score, f"%.1f s assumed, {_unmeasured(speed.seen_s)}", (score,)))
        else:
            told = (score, first_s, speed.tokens_per_s + 0.5, speed.success * 100 + 0.5)
            rows.append((each, score, _FASTEST, told))
    return _by_score(rows)


def _unmeasured(seen_s: float | None) -> str:
    return "not measured yet" if seen_s is None else "not measured lately"


def _cheapest(candidates: Sequence[Candidate], view: View) -> tuple[Ranked, ...]:
    demand, cached = view.demand, view.cached
    rows: list[_Row] = []
    for each in candidates:
        warm = cached.get(each.place, 0)
        cost = request_cost(price_for(each.facts, demand[0], view.now_s), demand, warm)
        if cost is None:
            rows.append((each, inf, "price unknown", ()))
        elif warm:
            rows.append((each, cost, f"%s, {warm:,} tokens of it cached", (Usd(cost),)))
        else:
            rows.append((each, cost, "%s", (Usd(cost),)))
    return _by_score(rows)


def _least_busy(candidates: Sequence[Candidate], view: View) -> tuple[Ranked, ...]:
    """Busy shares; a full provider has 1 or more and comes after all that are open."""
    in_flight = view.in_flight
    rows: list[_Row] = []
    for each in candidates:
        provider = each.provider
        count = in_flight(provider.name)
        most = provider.max_concurrent
        if most is None:
            rows.append((each, count / (count + _OPEN), f"{count} in flight", ()))
        else:
            rows.append((each, count / most, f"{count} of {most} in flight", ()))
    return _by_score(rows)

"""The adaptive strategy: least US dollars for a success, with time counted as money.

    cost = (price of the request + expected seconds x what a minute is worth / 60) / chance of success

All of it is learned per target and task (see ``performance``).  Three things keep the order calm:

* Whoever has little evidence is believed in proportion to it.  For the rest it is taken to cost no less
  than ``DOUBT`` times what those given before it would cost if they were as is assumed of anybody.  So
  nothing moves on guesses, and a target that nobody has measured is asked instead of one that fails.
* Among those within 5 % of the best one the given order holds, for each place anew.
* Only a rationed share of requests goes to somebody else in order to learn.  The ration of a route grows
  by ``explore`` with each request, up to one, and a trial takes one: of any N requests in a row at
  most N x ``explore`` + 1 are trials.  Chance decides when and whom, among those with little or old
  evidence whose price alone is below the best one's cost, and never away from a warm cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Final, NamedTuple

from aimux.catalogue.provider import PriceFacts
from aimux.routing.cost import Usd, request_cost
from aimux.routing.performance import FAINT, UNMEASURED, Speed
from aimux.routing.plan import Candidate, Ranked
from aimux.routing.prices import price_for
from aimux.routing.view import View

STAND_IN: Final = PriceFacts(input=1.0, output=5.0, cache_read=0.1)
"""Taken where the price is unknown, as it is for plans paid by the month: a small model's, too dear
to draw everything there and cheap enough to be chosen for being quick."""
LITTLE: Final = 2.0
"""Evidence, in answers, from which a target is believed; below it may be tried in order to learn."""
OLD_S: Final = 1800.0
"""Age of the last answer from which it may be tried again, however many there were."""
DOUBT: Final = 1.5
NEAR: Final = 1.05
ROOM: Final = "explore"
KEPT_S: Final = 86_400.0
_TRIES: Final = 0.5
"""Chance that a ration is used by a request: else it would always be the same one of a rhythm."""
_make: Final = tuple.__new__


class Estimate(NamedTuple):
    """What a success of a candidate is expected to cost, in US dollars.

    ``price_usd`` is that of the request, or that of the stand-in where ``known`` is false.
    """

    cost_usd: float
    price_usd: float
    known: bool
    seconds: float
    cached_tokens: int
    speed: Speed


def adaptive(candidates: Sequence[Candidate], view: View) -> tuple[Ranked, ...]:
    """All candidates, the least expected cost of a success first."""
    estimates = _estimates(candidates, view)
    scores = _believed(estimates, view)
    places = _calm(scores)
    tried = _trial(places[0], estimates, view)
    known = f"$%.4f = $%.4f + %.1f s at ${view.minute_usd:.2f} a minute, %d %% succeed"
    assumed = known.replace(" +", " assumed +")
    ranks: list[Ranked] = []
    for index in places:
        score, estimate = scores[index], estimates[index]
        cost, price, is_known, seconds, _, (_, _, _, success, weight, _) = estimate
        form = known if is_known else assumed
        told: tuple[object, ...] = (cost, price, seconds, success * 100 + 0.5)
        if weight < LITTLE:
            form += _evidence(estimate.speed)
            if score > cost:
                form, told = form + ", counted as %s", (*told, Usd(score))
        ranks.append(_make(Ranked, (candidates[index], score, form, told)))
    if tried is not None:
        rank = ranks.pop(places.index(tried))
        why = f"tried to learn: {_age(estimates[tried].speed.seen_s, view.now_s)}"
        ranks.insert(0, rank._replace(form=f"{why}; {rank.form}"))
    return tuple(ranks)


def _estimates(candidates: Sequence[Candidate], view: View) -> list[Estimate]:
    demand, cached, now_s = view.demand, view.cached, view.now_s
    input_tokens, output_tokens, task = demand
    second_usd = view.minute_usd / 60
    places = [each.place for each in candidates]
    found: list[Estimate] = []
    speeds = view.performance.speeds(places, task, now_s)
    for each, place, speed in zip(candidates, places, speeds, strict=True):
        warm = cached.get(place, 0)
        facts = each.facts
        price_facts = price_for(facts, input_tokens, now_s) if facts.tiers else facts.price
        price = request_cost(price_facts, demand, warm)
        known = price is not None
        if price is None:
            price = request_cost(STAND_IN, demand, warm) or 0.0
        fixed, slope, rate, success, _, _ = speed
        uncached = input_tokens - warm if warm < input_tokens else 0
        seconds = fixed + slope * uncached / 1000 + output_tokens / rate
        cost = (price + seconds * second_usd) / success
        found.append(_make(Estimate, (cost, price, known, seconds, warm, speed)))
    return found


def _believed(estimates: Sequence[Estimate], view: View) -> list[float]:
    """Costs, with those of little evidence drawn behind the candidates given before them."""
    scores = [estimate.cost_usd for estimate in estimates]
    if min(estimate.speed.weight for estimate in estimates) >= LITTLE:
        return scores
    floor = 0.0
    second_usd = view.minute_usd / 60
    input_tokens, output_tokens, _ = view.demand
    answer_s = output_tokens / UNMEASURED.tokens_per_s + UNMEASURED.fixed_s
    token_s = UNMEASURED.per_ktoken_s / 1000
    for index, (score, price, _, _, warm, speed) in enumerate(estimates):
        weight = speed.weight
        if score < floor and weight < LITTLE:
            scores[index] = floor - (floor - score) * weight / LITTLE
        assumed_s = answer_s + token_s * (input_tokens - warm if warm < input_tokens else 0)
        paper = DOUBT * (price + assumed_s * second_usd) / UNMEASURED.success
        floor = max(floor, paper)
    return scores


def _calm(scores: Sequence[float]) -> list[int]:
    """Indexes by score; for each place the first given of those within 5 % of the best one left."""
    by_score = sorted(range(len(scores)), key=scores.__getitem__)
    order: list[int] = []
    taken: set[int] = set()
    near: list[int] = []
    coming = 0
    for best in by_score:
        limit = scores[best] * NEAR
        while coming < len(by_score) and scores[by_score[coming]] <= limit:
            heappush(near, by_score[coming])
            coming += 1
        if coming == len(by_score):  # nobody left is further away: all as given
            return order + sorted(near)
        while best not in taken:
            first = heappop(near)
            taken.add(first)
            order.append(first)
    return order


def _trial(best: int, estimates: Sequence[Estimate], view: View) -> int | None:
    """Index of a candidate that is asked first in order to learn, if a ration is there and used."""
    if view.explore <= 0:
        return None
    key = (ROOM, view.route)
    match view.state.get(key, view.now_s):
        case [int() | float() as saved]:
            ration = min(1.0, saved + view.explore)
        case _:  # none yet, or one that somebody edited
            ration = view.explore
    tried = None
    if ration >= 1 and view.chance() < _TRIES:
        open_to_it = _worth_a_trial(best, estimates, view.now_s)
        if open_to_it:
            tried = open_to_it[int(view.chance() * len(open_to_it))]
            ration -= 1
    view.state.put(key, (ration,), view.now_s + KEPT_S)
    return tried


def _worth_a_trial(best: int, estimates: Sequence[Estimate], now_s: float) -> list[int]:
    warm = {index for index, estimate in enumerate(estimates) if estimate.cached_tokens > 0}
    most_usd = estimates[best].cost_usd
    return [
        index
        for index, (_, price, known, _, _, speed) in enumerate(estimates)
        if index != best
        and (speed.weight < LITTLE or now_s - (speed.seen_s or 0.0) >= OLD_S)
        and (price < most_usd or not known)
        and warm <= {index}
    ]


def _evidence(speed: Speed) -> str:
    """How little is known of a target."""
    if speed.weight >= FAINT:
        return "; little measured"
    return "; not measured yet" if speed.seen_s is None else "; not measured lately"


def _age(seen_s: float | None, now_s: float) -> str:
    if seen_s is None:
        return "not measured yet"
    age_s = max(now_s - seen_s, 0.0)
    if age_s < 120:
        return f"last measured {age_s:.0f} s ago"
    return f"last measured {age_s / 60:.0f} min ago"

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

from bisect import bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Final, NamedTuple

from aimux.catalogue.provider import PriceFacts
from aimux.routing.cost import request_cost, usd
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
_PAPER: Final = DOUBT / UNMEASURED.success
_ROUNDED: Final = 1 + 1e-9
"""Two ways to the same cost differ by less."""
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


class Account:
    """What the candidates of one request are expected to cost, and as what they count in the order.

    Only the scores are reckoned for all of them.  How one comes about is reckoned again for whoever asks:
    of thirty candidates mostly one is, and mostly nobody reads why.
    """

    __slots__ = ("_candidates", "_speeds", "_view", "scores")

    def __init__(self, candidates: Sequence[Candidate], view: View) -> None:
        self._candidates = candidates
        self._view = view
        places = [each.place for each in candidates]
        self._speeds = view.performance.speeds(places, view.demand.task, view.now_s)
        rates = [each.rates for each in candidates]
        for place in view.cached:
            if place in places:
                rates[places.index(place)] = None
        self.scores = self._scored(rates)
        """US dollars: expected, or as much more as is said of those with little evidence."""

    def _scored(self, rates: Sequence[tuple[float, float] | None]) -> list[float]:
        """By rates of input and output, None for those who have no such or less to read."""
        view = self._view
        # floats all along: CPython has a short way for two of them, and none for a mixed pair
        input_tokens, output_tokens = float(view.demand[0]), float(view.demand[1])
        second_usd = view.minute_usd / 60
        ktokens_usd, output_usd = input_tokens / 1000 * second_usd, output_tokens * second_usd
        assumed_usd = _assumed_s(input_tokens, output_tokens) * second_usd
        scores: list[float] = []
        floor = 0.0
        for each, speed in zip(rates, self._speeds, strict=True):
            if each is None:
                score, price, _, _, warm = self._estimate(self._candidates[len(scores)], speed)
                paper = _assumed_s(max(input_tokens - warm, 0), output_tokens) * second_usd
            else:  # the usual one, with time turned into money before the loop
                per_input_usd, per_output_usd = each
                price = input_tokens * per_input_usd + output_tokens * per_output_usd
                wait_usd = (
                    speed.fixed_s * second_usd
                    + speed.per_ktoken_s * ktokens_usd
                    + output_usd / speed.tokens_per_s
                )
                score = (price + wait_usd) / speed.success
                paper = assumed_usd
            weight = speed.weight
            if weight < LITTLE and score < floor:
                score = floor - (floor - score) * weight / LITTLE
            scores.append(score)
            paper = (price + paper) * _PAPER
            if paper > floor:  # noqa: PLR1730 -- ``max`` would cost as much as the rest of the line
                floor = paper
        return scores

    def _estimate(self, candidate: Candidate, speed: Speed) -> Estimate:
        view, facts = self._view, candidate.facts
        input_tokens, output_tokens, _ = view.demand
        warm = view.cached.get(candidate.place, 0)
        prices = price_for(facts, input_tokens, view.now_s)
        price = request_cost(prices, view.demand, warm)
        known = price is not None
        if price is None:
            price = request_cost(STAND_IN, view.demand, warm) or 0.0
        seconds = speed.expected_s(max(input_tokens - warm, 0), output_tokens)
        cost = (price + seconds * view.minute_usd / 60) / speed.success
        return Estimate(cost, price, known, seconds, warm)

    def words(self, candidate: Candidate) -> str:
        """How the score of a candidate comes about, for a person."""
        index = self._candidates.index(candidate)
        speed, score = self._speeds[index], self.scores[index]
        cost, price, known, seconds, _ = self._estimate(candidate, speed)
        words = (
            f"${cost:.4f} = ${price:.4f}{'' if known else ' assumed'} + {seconds:.1f} s at "
            f"${self._view.minute_usd:.2f} a minute, {int(speed.success * 100 + 0.5)} % succeed"
        )
        if speed.weight < LITTLE:
            words += _evidence(speed)
            if score > cost * _ROUNDED:
                words += f", counted as {usd(score)}"
        return words

    def worth_a_trial(self, best: int) -> list[int]:
        """Indexes of those of whom something may be learned at little cost and without harm to a cache."""
        estimates = [
            self._estimate(*each) for each in zip(self._candidates, self._speeds, strict=True)
        ]
        warm = {index for index, estimate in enumerate(estimates) if estimate.cached_tokens > 0}
        most_usd, now_s = estimates[best].cost_usd, self._view.now_s
        return [
            index
            for index, (estimate, speed) in enumerate(zip(estimates, self._speeds, strict=True))
            if index != best
            and (speed.weight < LITTLE or now_s - (speed.seen_s or 0.0) >= OLD_S)
            and (estimate.price_usd < most_usd or not estimate.known)
            and warm <= {index}
        ]

    def trial_words(self, index: int) -> str:
        """Why a candidate is tried out of turn."""
        age = _age(self._speeds[index].seen_s, self._view.now_s)
        return f"tried to learn: {age}; {self.words(self._candidates[index])}"


def adaptive(candidates: Sequence[Candidate], view: View) -> tuple[Ranked, ...]:
    """All candidates, the least expected cost of a success first."""
    account = Account(candidates, view)
    scores, words = account.scores, account.words
    places = _calm(scores)
    ranks = [_make(Ranked, (candidates[each], scores[each], words, ())) for each in places]
    tried = _trial(places[0], account, view)
    if tried is not None:
        rank = ranks.pop(places.index(tried))
        ranks.insert(0, rank._replace(form=account.trial_words(tried)))
    return tuple(ranks)


def _assumed_s(uncached_tokens: float, output_tokens: float) -> float:
    """Seconds that are assumed of anybody."""
    return UNMEASURED.expected_s(uncached_tokens, output_tokens)


def _calm(scores: Sequence[float]) -> list[int]:
    """Indexes by score; for each place the first given of those within 5 % of the best one left."""
    score_of = scores.__getitem__
    by_score = sorted(range(len(scores)), key=score_of)
    order: list[int] = []
    taken: set[int] = set()
    near: list[int] = []
    coming = 0
    for best in by_score:
        end = bisect_right(by_score, scores[best] * NEAR, coming, key=score_of)
        if end == len(scores):  # nobody left is further away: all as given
            break
        for index in by_score[coming:end]:
            heappush(near, index)
        coming = end
        while best not in taken:
            first = heappop(near)
            taken.add(first)
            order.append(first)
    return order + sorted(near + by_score[coming:])


def _trial(best: int, account: Account, view: View) -> int | None:
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
        open_to_it = account.worth_a_trial(best)
        if open_to_it:
            tried = open_to_it[int(view.chance() * len(open_to_it))]
            ration -= 1
    view.state.put(key, (ration,), view.now_s + KEPT_S)
    return tried


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

"""The order of candidates under each strategy, and the words of each place."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.catalogue.provider import PriceFacts
from aimux.config.schema import Strategy
from aimux.routing.cost import request_cost
from aimux.routing.performance import HALF_LIFE_S
from aimux.routing.plan import Candidate, Demand, Ranked, Task
from aimux.routing.state import MemoryState
from aimux.routing.strategy import TRIAL_S, order
from tests.support.targets import DEMAND, NOW, World, names, target

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
A, B, C = (target(f"{name}/m") for name in "abc")


def words(ranks: tuple[Ranked, ...]) -> list[str]:
    return [rank.words for rank in ranks]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_of_one_candidate_there_is_one_order(strategy: Strategy) -> None:
    """And nothing to say of it, or to write down; the same of none."""
    world = World(explore=0.5)
    assert order(strategy, [A], world.view()) == (Ranked(A),)
    assert order(strategy, [], world.view()) == ()
    assert world.state.changes == 0


def test_priority_is_the_given_order() -> None:
    world = World()
    assert order("priority", [B, A, C], world.view()) == (Ranked(B), Ranked(A), Ranked(C))
    assert world.state.changes == 0


# ------------------------------------------------------------ weighted


def test_weighted_shares_follow_the_weights() -> None:
    """The first place by weight; the second by the weights of those left."""
    candidates = [target("a/m", weight=6), target("b/m", weight=3), target("c/m", weight=1)]
    world = World()
    orders = Counter(names(order("weighted", candidates, world.view())) for _ in range(20_000))
    for first, share in (("a", 0.6), ("b", 0.3), ("c", 0.1)):
        found = sum(count for each, count in orders.items() if each[0] == first)
        assert found / 20_000 == pytest.approx(share, abs=0.02)
    after_a = {each: count for each, count in orders.items() if each[0] == "a"}
    assert after_a["a b c"] / sum(after_a.values()) == pytest.approx(3 / 4, abs=0.02)


def test_weight_0_comes_last() -> None:
    candidates = [target("a/m", weight=0), target("b/m", weight=1), target("c/m", weight=0)]
    world = World()
    for _ in range(50):
        ranks = order("weighted", candidates, world.view())
        assert names(ranks) == "b a c"
    assert words(ranks) == ["weight 1 of 1", "weight 0 of 1", "weight 0 of 1"]


@settings(max_examples=15, deadline=None, derandomize=True)  # chance itself must not fail a test
@given(weights=st.lists(st.integers(0, 20), min_size=2, max_size=5), seed=st.integers(0, 2**32))
def test_any_weights_are_shares(weights: list[int], seed: int) -> None:
    """Within five standard deviations of the share."""
    candidates = [target(f"p{index}/m", weight=each) for index, each in enumerate(weights)]
    world = World(chance=Random(seed).random)
    drawn = 1500
    firsts = Counter(names(order("weighted", candidates, world.view()))[:2] for _ in range(drawn))
    for each in candidates:
        total = sum(weights)
        share = each.provider.weight / total if total else float(each is candidates[0])
        spread = (share * (1 - share) / drawn) ** 0.5
        assert abs(firsts[each.provider.name] / drawn - share) <= 5 * spread + 1e-9


# ------------------------------------------------------------ round robin


def test_round_robin_takes_turns_by_weight() -> None:
    candidates = [target("a/m", weight=2), target("b/m")]
    world = World()
    ranks = [order("round-robin", candidates, world.view()) for _ in range(6)]
    assert "".join(names(each)[0] for each in ranks) == "abaaba"
    assert [(rank.score, rank.words) for rank in ranks[1]] == [
        (0.0, "weight 1 of 3"),
        (1.0, "weight 2 of 3"),
    ]


# ------------------------------------------------------------ fastest


def test_fastest_is_the_least_time_to_the_end_of_this_request() -> None:
    """A quick start wins a short answer, a high rate a long one."""
    world = World()
    for _ in range(20):
        for each, first, duration in ((A, 0.5, 20.5), (B, 4.0, 6.0)):
            world.performance.answered(
                each.place,
                Task.CHAT,
                first_event_s=first,
                duration_s=duration,
                uncached_tokens=0,
                output_tokens=1000,
                now_s=NOW,
            )
    world.demand = Demand(0, 10, Task.CHAT)
    assert names(order("fastest", [B, A], world.view())) == "a b"
    world.demand = Demand(0, 2000, Task.CHAT)
    ranks = order("fastest", [A, B], world.view())
    assert names(ranks) == "b a"
    assert ranks[0].score == pytest.approx((4 + 2000 / 489) / 0.995, rel=0.02)
    assert ranks[0].words == ("8.1 s: first event after 4.0 s, 489 tokens a second, 100 % succeed")


def test_fastest_counts_what_is_warm_and_who_fails() -> None:
    world = World(demand=Demand(100_000, 10, Task.CHAT))
    for ktokens in (0, 100) * 10:
        for each in (A, B):
            world.performance.answered(
                each.place,
                Task.CHAT,
                first_event_s=1 + ktokens / 10,
                duration_s=None,
                uncached_tokens=ktokens * 1000,
                output_tokens=None,
                now_s=NOW,
            )
    assert names(order("fastest", [A, B], world.view())) == "a b"
    world.warm = {"b/m": 150_000}
    assert names(order("fastest", [A, B], world.view())) == "b a"
    world.warm = {}
    world.failed(A)
    assert names(order("fastest", [A, B], world.view())) == "b a"


def test_fastest_tries_everybody_once() -> None:
    """One after the other, and no second request while the first one is out."""
    world = World()
    first = order("fastest", [A, B, C], world.view())
    assert names(first) == "a b c"
    assert first[0].words == "not measured yet"
    assert first[0].score == 0
    assert first[1].words.endswith(" s assumed, not measured yet")
    assert names(order("fastest", [A, B, C], world.view())) == "b a c"
    world.answered(A, 100)
    world.answered(B, 4, count=5)
    assert names(order("fastest", [A, B, C], world.view())) == "c b a"
    assert names(order("fastest", [A, B, C], world.view())) == "b c a"
    world.answered(C, 2, count=5)
    assert names(order("fastest", [A, B, C], world.view())) == "c b a"


def test_fastest_tries_again_what_came_to_nothing() -> None:
    """After a minute; and what has not been measured for hours."""
    world = World()
    world.answered(B, 1, count=5)
    assert names(order("fastest", [A, B], world.view())) == "a b"
    world.now_s += TRIAL_S - 1
    assert names(order("fastest", [A, B], world.view())) == "b a"
    world.now_s += 1
    assert names(order("fastest", [A, B], world.view())) == "a b"
    world.answered(A, 50, count=5)
    assert names(order("fastest", [A, B], world.view())) == "b a"
    for _ in range(10):
        world.now_s += HALF_LIFE_S
        world.answered(B, 1)
    ranks = order("fastest", [A, B], world.view())
    assert names(ranks) == "a b"
    assert ranks[0].words == "not measured lately"


# ------------------------------------------------------------ cheapest


def test_cheapest_counts_the_cache_and_puts_the_unknown_last() -> None:
    dear = target("dear/m", PriceFacts(10, 50, 0.1, 12.5))
    cheap = target("cheap/m", PriceFacts(1, 5))
    same = target("same/m", PriceFacts(1, 5))
    half = target("half/m", PriceFacts(input=0.1))
    world = World(demand=Demand(100_000, 100, Task.CHAT))
    ranks = order("cheapest", [A, dear, cheap, half, same], world.view())
    assert names(ranks) == "cheap same dear a half"
    assert words(ranks) == ["$0.1005", "$0.1005", "$1.25", "price unknown", "price unknown"]
    world.warm = {"dear/m": 100_000}
    ranks = order("cheapest", [A, dear, cheap, half, same], world.view())
    assert names(ranks) == "dear cheap same a half"
    assert ranks[0].words == "$0.0150, 100,000 tokens of it cached"


PRICES = st.one_of(
    st.none(),
    st.builds(
        PriceFacts,
        st.floats(0, 100) | st.none(),
        st.floats(0, 100) | st.none(),
        st.floats(0, 100) | st.none(),
        st.floats(0, 100) | st.none(),
    ),
)


@settings(max_examples=60, deadline=None)
@given(prices=st.lists(PRICES, min_size=2, max_size=8))
def test_whoever_is_cheaper_stays_ahead(prices: list[PriceFacts | None]) -> None:
    """Also when it becomes cheaper still; whose price is unknown is behind all that are known."""
    candidates = [target(f"p{index}/m", price) for index, price in enumerate(prices)]
    ranks = order("cheapest", candidates, World().view())

    def key(each: Candidate) -> tuple[bool, float, int]:
        cost = request_cost(each.facts.price, DEMAND)
        return cost is None, cost or 0.0, candidates.index(each)

    found = [rank.candidate for rank in ranks]
    assert found == sorted(candidates, key=key)


# ------------------------------------------------------------ least busy


@pytest.mark.parametrize(
    ("limits", "flights", "expected"),
    [
        ((None, None), (3, 2), "b a"),
        ((None, None), (2, 2), "a b"),
        ((10, 4), (3, 2), "a b"),  # 30 % and 50 %
        ((10, 10), (0, 0), "a b"),
        ((2, None), (2, 50), "b a"),  # the full one is behind any that is open
        ((2, 3), (2, 6), "a b"),
        ((100, None), (9, 1), "a b"),  # 9 % and somewhat busy
    ],
)
def test_least_busy(
    limits: tuple[int | None, int | None], flights: tuple[int, int], expected: str
) -> None:
    candidates = [target("a/m", max_concurrent=limits[0]), target("b/m", max_concurrent=limits[1])]
    world = World(flights={"a": flights[0], "b": flights[1]})
    assert names(order("least-busy", candidates, world.view())) == expected


def test_least_busy_says_how_busy() -> None:
    candidates = [target("a/m", max_concurrent=4), target("b/m")]
    world = World(flights={"a": 1, "b": 7})
    assert words(order("least-busy", candidates, world.view())) == [
        "1 of 4 in flight",
        "7 in flight",
    ]


# ------------------------------------------------------------ all


EVENTS = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["quick", "slow", "fail"]), st.floats(0, 5000)),
    max_size=12,
)


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=25, deadline=None)
@given(
    targets=st.lists(
        st.tuples(
            PRICES, st.integers(0, 5), st.sampled_from([0, 0, 5_000, 50_000]), st.integers(0, 9)
        ),
        min_size=1,
        max_size=8,
    ),
    events=EVENTS,
    seed=st.integers(0, 2**32),
)
def test_an_order_holds_every_candidate_once(
    strategy: Strategy,
    targets: list[tuple[PriceFacts | None, int, int, int]],
    events: list[tuple[int, str, float]],
    seed: int,
) -> None:
    """Whatever was learned before; and a state that was on the disk gives the same order."""
    candidates = [
        target(f"p{index}/m", price, weight=weight, max_concurrent=(None, 5)[index % 2])
        for index, (price, weight, _, _) in enumerate(targets)
    ]
    world = World(
        explore=0.5,
        warm={f"p{index}/m": warm for index, (_, _, warm, _) in enumerate(targets)},
        flights={f"p{index}": busy for index, (_, _, _, busy) in enumerate(targets)},
    )
    for who, what, passed in events:
        each = candidates[who % len(candidates)]
        world.now_s += passed
        if what == "fail":
            world.failed(each)
        else:
            world.answered(each, 2 if what == "quick" else 90)
        order(strategy, candidates, world.view())

    back = MemoryState()
    back.load(json.loads(json.dumps(world.state.dump(world.now_s))), world.now_s)
    world.chance = Random(seed).random
    ranks = order(strategy, candidates, world.view())
    world.chance, world.state = Random(seed).random, back
    again = order(strategy, candidates, world.view())

    assert sorted(map(str, candidates)) == sorted(str(rank.candidate) for rank in ranks)
    assert [(*each[:2], each.words) for each in again] == [
        (*each[:2], each.words) for each in ranks
    ]
    if strategy != "priority" and len(candidates) > 1:
        assert all(rank.words and rank.score is not None for rank in ranks)

"""What is warm of a conversation, where, for how long, and what order follows from it."""

from __future__ import annotations

import json

import pytest

from aimux.routing.affinity import (
    LEAST_TOKENS,
    MOST_PLACES,
    REMEMBERED_S,
    Affinity,
    Last,
    pinned,
    settled,
)
from aimux.routing.plan import Ranked, Step
from aimux.routing.state import MemoryState
from tests.support.providers import candidate

A, B, C = (candidate(f"{name}/m") for name in "abc")
RANKS = tuple(Ranked(each, float(place)) for place, each in enumerate((A, B, C)))


def test_what_was_read_is_warm_for_a_while() -> None:
    """At that target, for that session, with that key; the latest answer counts."""
    affinity = Affinity(MemoryState())
    affinity.answered("s", Step(A, "one"), 5_000, 300, 100)
    affinity.answered("s", Step(A, "two"), 6_000, 300, 200)
    assert affinity.warm("s", A, 499) == (6_000, 500, "two")
    assert affinity.warm("s", A, 500) is None
    assert affinity.warm("s", B, 200) is None
    assert affinity.warm("t", A, 200) is None


@pytest.mark.parametrize(("tokens", "warm"), [(LEAST_TOKENS - 1, False), (LEAST_TOKENS, True)])
def test_a_short_prompt_is_cached_nowhere(tokens: int, warm: bool) -> None:
    """But who answered it is known: it may have signed something."""
    affinity = Affinity(MemoryState())
    affinity.answered("s", Step(A, "one"), tokens, 300, 100)
    assert (affinity.warm("s", A, 100) is not None) is warm
    assert affinity.last("s", 100) == Last("a", "m", "one")


def test_a_short_answer_leaves_what_was_warm_before() -> None:
    """A vendor does not say how much it read: the cache is not gone for it."""
    affinity = Affinity(MemoryState())
    affinity.answered("s", Step(A, ""), 5_000, 300, 100)
    affinity.answered("s", Step(A, ""), 0, 300, 200)
    assert affinity.warm("s", A, 200) == (5_000, 400, "")


def test_a_conversation_is_warm_at_several_places_each_for_its_own_time() -> None:
    """And only the asked places are told."""
    affinity = Affinity(MemoryState())
    affinity.answered("s", Step(A, ""), 5_000, 300, 100)
    affinity.answered("s", Step(B, "x"), 6_000, 60, 150)
    everywhere = {A.place, B.place, C.place}
    assert affinity.warm_tokens("s", everywhere, 209) == {A.place: 5_000, B.place: 6_000}
    assert affinity.warm_tokens("s", {B.place}, 209) == {B.place: 6_000}
    assert affinity.warm_tokens("s", everywhere, 210) == {A.place: 5_000}
    affinity.answered("s", Step(B, "x"), 7_000, 60, 300)
    assert affinity.warm_tokens("s", everywhere, 301) == {A.place: 5_000, B.place: 7_000}
    assert affinity.warm_tokens("s", everywhere, 400) == {}


def test_of_many_places_the_last_ones_are_known() -> None:
    """A conversation that has been all over the place does not fill the memory."""
    affinity = Affinity(MemoryState())
    steps = [Step(candidate(f"p{number}/m"), "") for number in range(MOST_PLACES + 2)]
    for step in (*steps, steps[2]):
        affinity.answered("s", step, 5_000, 300, 100)
    places = [step.candidate.place for step in steps]
    assert list(affinity.warm_tokens("s", places, 100)) == [*places[3:], places[2]]


def test_who_answered_last_is_known_for_a_day() -> None:
    """Longer than any cache."""
    affinity = Affinity(MemoryState())
    affinity.answered("s", Step(A, ""), 5_000, 300, 100)
    affinity.answered("s", Step(B, "x"), 5_000, 300, 150)
    assert affinity.last("s", 149 + REMEMBERED_S) == Last("b", "m", "x")
    assert affinity.last("s", 150 + REMEMBERED_S) is None
    assert affinity.last("t", 150) is None


def test_it_comes_back_from_the_disk() -> None:
    """As plain tuples, read as what they were."""
    state, later = MemoryState(), MemoryState()
    Affinity(state).answered("s", Step(A, "one"), 5_000, 300, 100)
    later.load(json.loads(json.dumps(state.dump(100))), 100)
    warm, last = Affinity(later).warm("s", A, 100), Affinity(later).last("s", 100)
    assert warm is not None
    assert last is not None
    assert (warm.tokens, last.provider) == (5_000, "a")


@pytest.mark.parametrize(
    ("cached", "order", "tokens"),
    [
        ({}, "abc", 0),
        ({"b": 50_000}, "bac", 50_000),
        ({"c": 50_000, "b": 50_000}, "bca", 50_000),
        # A tenth may be missing, or 2,000 tokens.
        ({"a": 45_000, "b": 50_000}, "abc", 45_000),
        ({"a": 44_999, "b": 50_000}, "bac", 50_000),
        ({"a": 3_000, "c": 5_000}, "acb", 3_000),
        ({"a": 2_999, "c": 5_000}, "cab", 5_000),
        ({"a": 0, "b": 1_500}, "bac", 1_500),  # nothing is not nearly all, however little the rest
    ],
)
def test_nearly_all_is_as_good_as_all(cached: dict[str, int], order: str, tokens: int) -> None:
    """So a conversation comes home after a failover; the others keep their order."""
    held = {(name, "m"): held for name, held in cached.items()}
    ranks = settled(RANKS, held)
    assert "".join(rank.candidate.provider.name for rank in ranks) == order
    assert held.get(ranks[0].candidate.place, 0) == tokens


@pytest.mark.parametrize(
    ("last", "order"),
    [
        (Last("a", "m", ""), "abc"),
        (Last("c", "m", ""), "cab"),
        (Last("c", "other", ""), "abc"),
        (Last("gone", "m", ""), "abc"),
    ],
)
def test_who_signed_is_first_where_it_is_there(last: Last, order: str) -> None:
    """The same model of the same provider."""
    ranks = pinned(RANKS, last)
    assert "".join(rank.candidate.provider.name for rank in ranks) == order


def test_of_nobody_nothing_is_warm() -> None:
    """An empty order stays empty."""
    assert settled((), {("a", "m"): 1}) == ()

"""Round robin: shares, evenness, and turns while others come and go."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.routing import turns
from aimux.routing.state import MemoryState
from aimux.routing.turns import KEPT_S, MOST_ABSENT, take_turn

NAMES = "abcdef"


def first(state: MemoryState, names: str, weights: dict[str, int] | None = None) -> str:
    shares = [(weights or {}).get(name, 1) for name in names]
    return names[take_turn(list(names), shares, "r", state, 0.0)[0]]


@pytest.mark.parametrize(
    ("weights", "sequence"),
    [
        ({"a": 1, "b": 1, "c": 1}, "abcabc"),
        ({"a": 5, "b": 1, "c": 1}, "aabacaaaabacaa"),
        ({"a": 2, "b": 1}, "abaaba"),
        ({"a": 0, "b": 1, "c": 1}, "bcbc"),
        ({"a": 0, "b": 0}, "aaa"),  # nobody has a share: as given
        ({"a": 0, "b": 7}, "bbb"),
    ],
)
def test_turns_are_spread(weights: dict[str, int], sequence: str) -> None:
    state = MemoryState()
    names = "".join(weights)
    assert "".join(first(state, names, weights) for _ in sequence) == sequence


def test_after_the_one_whose_turn_it_is_come_those_whose_turns_are_next() -> None:
    """Without a share one comes last."""
    state = MemoryState()
    orders = [take_turn(list("abcz"), [1, 1, 1, 0], "r", state, 0.0) for _ in range(3)]
    assert orders == [[0, 1, 2, 3], [1, 2, 0, 3], [2, 0, 1, 3]]


def test_each_route_has_its_own_turns_for_an_hour() -> None:
    state = MemoryState()
    assert take_turn(["a", "b"], [1, 1], "r", state, 0.0) == [0, 1]
    assert take_turn(["a", "b"], [1, 1], "other", state, 0.0) == [0, 1]
    assert take_turn(["a", "b"], [1, 1], "r", state, KEPT_S - 1) == [1, 0]
    assert take_turn(["a", "b"], [1, 1], "r", state, 3 * KEPT_S) == [0, 1]


def test_whoever_was_away_comes_back_without_a_claim() -> None:
    """Not even one that waited long: a burst would fall on who has just recovered."""
    state = MemoryState()
    for _ in range(50):
        first(state, "ab")
    turns_taken = "".join(first(state, "abc") for _ in range(6))
    assert Counter(turns_taken) == {"a": 2, "b": 2, "c": 2}


def test_of_equals_the_one_asked_last_is_not_asked_again() -> None:
    """Even where it is now named first."""
    state = MemoryState()
    assert "".join(first(state, names) for names in ("ab", "ab", "ba", "ba")) == "abab"


def test_requests_that_alternate_between_two_sets_share_both() -> None:
    """Whoever is missing for one turn keeps its place."""
    state = MemoryState()
    count: Counter[str] = Counter()
    for _ in range(300):
        count[first(state, "abc")] += 1
        first(state, "ab")
    assert min(count.values()) > 80


def test_what_is_remembered_of_those_who_are_away_is_bounded() -> None:
    state = MemoryState()
    for number in range(200):
        take_turn([f"a/{number}", f"b/{number}"], [1, 1], "r", state, 0.0)
    value = state.get((turns.ROOM, "r"), 0.0)
    assert value is not None
    assert len(value) == 3 + 2 * (2 + MOST_ABSENT)


def test_turns_survive_the_disk() -> None:
    state = MemoryState()
    first(state, "abc")
    back = MemoryState()
    back.load(json.loads(json.dumps(state.dump(0.0))), 0.0)
    assert [first(back, "abc") for _ in range(3)] == ["b", "c", "a"]


@pytest.mark.parametrize(
    "value", [(), (2, 2), (2, 2, "a", "a", "b", "x", "y"), (5, 2, "a", "b"), (5, 1, "a", "b", None)]
)
def test_what_cannot_be_read_begins_anew(value: tuple[object, ...]) -> None:
    """A file of another version, or one that somebody edited."""
    state = MemoryState()
    state.put((turns.ROOM, "r"), value, 99.0)
    assert "".join(first(state, "ab") for _ in range(4)) == "abab"


WEIGHTS = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 9), min_size=1)


@settings(max_examples=60, deadline=None)
@given(weights=WEIGHTS)
def test_shares_are_exact_over_a_round(weights: dict[str, int]) -> None:
    """Nobody has more or less than its weight in any round of as many turns as all weigh."""
    state = MemoryState()
    names = "".join(weights)
    for _ in range(3):
        assert (
            Counter(first(state, names, weights) for _ in range(sum(weights.values()))) == weights
        )


@settings(max_examples=100, deadline=None)
@given(
    weights=st.fixed_dictionaries({name: st.integers(1, 5) for name in NAMES}),
    rounds=st.lists(
        st.permutations(NAMES).flatmap(
            lambda names: st.integers(1, len(NAMES)).map(lambda size: "".join(names[:size]))
        ),
        min_size=2,
        max_size=40,
    ),
)
def test_nobody_is_asked_twice_while_an_equal_waits(
    weights: dict[str, int], rounds: list[str]
) -> None:
    """Whoever comes and goes meanwhile: of two of equal weight that were there both times, the one that
    was asked is not asked again.
    """
    state = MemoryState()
    asked = [first(state, names, weights) for names in rounds]
    for (before, now), (one, other) in zip(pairwise(rounds), pairwise(asked), strict=True):
        if one == other:
            equals = {name for name in set(before) & set(now) if weights[name] == weights[one]}
            assert equals == {one}

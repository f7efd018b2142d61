"""The adaptive strategy: what it believes, what it leaves as it is, and how much it spends on learning."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.catalogue.provider import PriceFacts
from aimux.routing.adaptive import LITTLE, NEAR, OLD_S, ROOM, _calm
from aimux.routing.plan import Candidate, Demand, Ranked, Task
from aimux.routing.state import MemoryState
from aimux.routing.strategy import order
from tests.support.targets import World, names, target

SMALL = PriceFacts(1, 5, 0.1, 1.25)
A, B, C = (target(f"{name}/m", SMALL) for name in "abc")
MANY = 20
"""Answers after which a target is believed."""


def ranked(world: World, *candidates: Candidate) -> tuple[Ranked, ...]:
    return order("adaptive", candidates, world.view())


def measured(**seconds: float) -> World:
    """A world in which the targets a, b and c have answered many times in so many seconds."""
    world = World()
    for name, each in (("a", A), ("b", B), ("c", C)):
        if name in seconds:
            world.answered(each, seconds[name], MANY)
    return world


def test_the_words_say_how_a_cost_comes_about() -> None:
    """The price of the request, and ten seconds at 50 cents a minute."""
    world = measured(a=10, b=20)
    first, second = ranked(world, A, B)
    assert first.words == "$0.0984 = $0.0150 + 10.0 s at $0.50 a minute, 100 % succeed"
    assert first.score == pytest.approx(0.0984, abs=0.0001)
    assert second.words.startswith("$0.18")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({"a": 10, "b": 10, "c": 10}, "a b c"),
        ({"a": 10, "b": 5, "c": 20}, "b a c"),
        ({"a": 30, "b": 20, "c": 10}, "c b a"),
        ({"a": 10, "b": 9.8, "c": 9.7}, "a b c"),  # within 5 %: as given
        ({"a": 10, "b": 9.8, "c": 5}, "c a b"),
        ({}, "a b c"),
        ({"a": 3}, "a b c"),
        ({"a": 3, "b": 2}, "b a c"),
        ({"a": 200}, "b c a"),  # much slower than is assumed of anybody
        ({"a": 14}, "a b c"),  # somewhat slower is no reason to try the unknown
    ],
)
def test_time_is_money(seconds: dict[str, float], expected: str) -> None:
    assert names(ranked(measured(**seconds), A, B, C)) == expected


def test_price_counts_with_time() -> None:
    """Dear and quick against cheap and slow: what a minute is worth decides."""
    dear, cheap = target("dear/m", PriceFacts(10, 50)), target("cheap/m", PriceFacts(1, 5))
    world = World()
    world.answered(dear, 5, MANY)
    world.answered(cheap, 30, MANY)
    for minute_usd, expected in ((0.0, "cheap dear"), (0.1, "cheap dear"), (1.0, "dear cheap")):
        world.minute_usd = minute_usd
        assert names(ranked(world, cheap, dear)) == expected
        assert names(ranked(world, dear, cheap)) == expected


def test_what_is_warm_is_cheaper_and_sooner() -> None:
    world = measured(a=10, b=10)
    world.demand = Demand(100_000, 100, Task.CHAT)
    world.warm = {"b/m": 120_000}
    assert names(ranked(world, A, B)) == "b a"


def test_what_is_warm_where_nobody_may_be_asked_changes_nothing() -> None:
    """At a target that rests, say: it is no candidate."""
    world = measured(a=10, b=9.8)
    cold = ranked(world, A, B)
    world.warm = {"c/m": 120_000}

    assert [each.score for each in ranked(world, A, B)] == [each.score for each in cold]


def test_what_is_warm_is_sooner_even_where_it_is_no_cheaper() -> None:
    """At a vendor without a price for its cache."""
    one, two = target("a/m", PriceFacts(1, 5)), target("b/m", PriceFacts(1, 5))
    world = World(demand=Demand(100_000, 100, Task.CHAT), warm={"b/m": 90_000})
    for each in (one, two):
        for ktokens in (0, 100) * MANY:
            world.performance.answered(
                each.place,
                Task.CHAT,
                first_event_s=1 + ktokens / 2,
                duration_s=None,
                uncached_tokens=ktokens * 1000,
                output_tokens=None,
                now_s=world.now_s,
            )
    first, second = ranked(world, one, two)
    assert first.candidate is two
    assert first.words.split(" + ")[0].endswith(second.words.split(" + ")[0].split(" = ")[1])


def test_an_unknown_price_is_taken_as_that_of_a_small_model() -> None:
    plan = target("plan/m")
    world = measured(a=10)
    world.answered(plan, 5, MANY)
    first, second = ranked(world, A, plan)
    assert first.candidate is plan
    assert " = $0.0125 assumed + " in first.words
    assert "assumed" not in second.words


def test_nothing_moves_on_guesses() -> None:
    """A lower price alone, without an answer: not ahead of what is known, nor of what is not."""
    cheap = target("cheap/m", PriceFacts(0.01, 0.05))
    assert names(ranked(World(), A, B, cheap)) == "a b cheap"
    ranks = ranked(measured(a=8, b=9), A, B, cheap)
    assert names(ranks) == "a b cheap"
    assert ranks[2].score == pytest.approx(0.182, abs=0.001)
    assert ranks[2].words.endswith("; not measured yet, counted as $0.1816")


def test_at_the_start_the_order_is_the_given_one() -> None:
    """From dear to cheap, and nobody has been measured."""
    dear = [target(f"p{index}/m", PriceFacts(usd, 5 * usd)) for index, usd in enumerate((50, 5, 1))]
    assert names(ranked(World(), *dear)) == "p0 p1 p2"


def test_evidence_moves_it_bit_by_bit() -> None:
    world = measured(a=12)
    scores = []
    for _ in range(4):
        ranks = {rank.candidate.provider.name: rank for rank in ranked(world, A, B)}
        scores.append(ranks["b"].score)
        world.answered(B, 4)
    assert scores == sorted(scores, key=lambda score: -(score or 0))
    assert names(ranked(world, A, B)) == "b a"


@pytest.mark.parametrize(
    ("age_s", "ending"),
    [
        (0, "succeed; little measured, counted as $0.1223"),
        (7200, "succeed; not measured lately, counted as $0.1816"),
    ],
)
def test_thin_evidence_is_told(age_s: float, ending: str) -> None:
    world = World()
    world.answered(B, 5)
    world.now_s += age_s
    assert ranked(world, A, B)[1].words.endswith(ending)


def test_each_task_is_learned_by_itself() -> None:
    world = World()
    world.answered(A, 30, MANY, Task.HELPER)
    world.answered(A, 5, MANY, Task.TOOLS)
    world.answered(B, 15, MANY, Task.HELPER)
    world.answered(B, 15, MANY, Task.TOOLS)
    for task, expected in ((Task.HELPER, "b a"), (Task.TOOLS, "a b")):
        world.demand = Demand(10_000, 500, task)
        assert names(ranked(world, A, B)) == expected


def test_who_fails_moves_back_and_returns_in_time() -> None:
    """After three failures; when they have faded it is the first again, as it was given and is best."""
    world = measured(a=5, b=9)
    assert names(ranked(world, A, B)) == "a b"
    world.failed(A, MANY)
    first, second = ranked(world, A, B)
    assert first.candidate is B
    share = int(second.words.split(", ")[1].split(" %")[0])
    assert 50 <= share <= 55
    for _ in range(60):
        world.now_s += 60
        world.answered(B, 9)
    assert names(ranked(world, A, B)) == "a b"


def test_who_fails_gives_way_to_what_nobody_has_measured() -> None:
    world = World()
    world.answered(A, 5)
    world.failed(A, 8)
    assert names(ranked(world, A, B)) == "b a"


def test_who_has_recovered_returns_at_once_when_it_answers() -> None:
    """Another's failover, or a trial, finds out."""
    world = measured(a=5, b=9)
    world.failed(A, MANY)
    assert names(ranked(world, A, B)) == "b a"
    world.now_s += 600
    world.answered(A, 5, 10)
    world.answered(B, 9, 10)
    assert names(ranked(world, A, B)) == "a b"


# ------------------------------------------------------------ calm


@settings(max_examples=60, deadline=None)
@given(seconds=st.lists(st.floats(0.5, 100), min_size=2, max_size=8))
def test_each_place_is_the_first_given_of_those_near_the_best_left(seconds: list[float]) -> None:
    """Of what is left at each place nobody is better by more than 5 %, and nobody as near was given
    before.
    """
    world = World()
    candidates = [target(f"p{index}/m", SMALL) for index in range(len(seconds))]
    for each, lasting in zip(candidates, seconds, strict=True):
        world.answered(each, lasting, MANY)
    left = list(ranked(world, *candidates))
    while left:
        scores = [rank.score or 0.0 for rank in left]
        near = [rank for rank in left if (rank.score or 0.0) <= min(scores) * NEAR]
        assert left[0].candidate == min((r.candidate for r in near), key=candidates.index)
        del left[0]


def test_small_changes_move_nobody() -> None:
    """Two that answer alike, a little quicker here and there."""
    world = measured(a=10, b=10)
    chance = Random(3)
    for _ in range(300):
        world.now_s += 10
        world.answered(chance.choice([A, B]), chance.uniform(9.7, 10.3))
        assert names(ranked(world, A, B)) == "a b"


# ------------------------------------------------------------ learning


def trials(world: World, count: int, *candidates: Candidate) -> list[bool]:
    """Which of so many orders were trials; each answer teaches nothing."""
    return [ranked(world, *candidates)[0].words.startswith("tried") for _ in range(count)]


def test_a_trial_goes_first_and_says_why() -> None:
    world = measured(a=5)
    world.explore = 0.5
    for _ in range(9):
        ranks = ranked(world, A, B)
        if names(ranks) == "b a":
            break
    assert ranks[0].words.startswith("tried to learn: not measured yet; $0.")
    assert names(ranks) == "b a"


@pytest.mark.parametrize(
    ("age_s", "told"), [(40 * 60, "40 min"), (7200, "120 min"), (61, "61 s"), (-60, "0 s")]
)
def test_a_trial_says_how_old_the_evidence_is(age_s: float, told: str) -> None:
    world = World(explore=0.5)
    world.answered(B, 50, 1)
    world.now_s += age_s
    world.answered(A, 5, MANY)
    found = {ranked(world, A, B)[0].words.split(";")[0] for _ in range(30)}
    assert f"tried to learn: last measured {told} ago" in found


@settings(max_examples=25, deadline=None)
@given(
    explore=st.floats(0, 0.5),
    seed=st.integers(0, 2**32),
    warm=st.lists(st.booleans(), min_size=30, max_size=120),
)
def test_trials_are_rationed_over_any_window(explore: float, seed: int, warm: list[bool]) -> None:
    """At most N x explore + 1 of any N in a row, also after a time in which none was allowed; and none
    while the session is warm elsewhere.
    """
    world = measured(a=5)
    world.explore, world.chance = explore, Random(seed).random
    tried = []
    for is_warm in warm:
        world.warm = {"a/m": 9000} if is_warm else {}
        tried += trials(world, 1, A, B, C)
        assert not (is_warm and tried[-1])
    for start in range(len(tried)):
        spent = 0
        for length, each in enumerate(tried[start:], start=1):
            spent += each
            assert spent <= length * explore + 1 + 1e-9


def test_nearly_the_whole_ration_is_used() -> None:
    world = measured(a=5)
    world.explore = 0.03
    assert 80 <= sum(trials(world, 3000, A, B, C)) <= 91


def test_each_route_has_its_own_ration() -> None:
    world = measured(a=5)
    world.explore, world.chance = 0.5, lambda: 0.0
    assert trials(world, 4, A, B) == [False, True, False, True]
    world.route = "other"
    assert trials(world, 2, A, B) == [False, True]


def test_the_ration_survives_the_disk() -> None:
    world = measured(a=5)
    world.explore, world.chance = 0.4, lambda: 0.0
    assert trials(world, 2, A, B) == [False, False]
    back = MemoryState()
    back.load(json.loads(json.dumps(world.state.dump(world.now_s))), world.now_s)
    world.state = back
    assert trials(world, 2, A, B) == [True, False]


@pytest.mark.parametrize("value", [(), ("x",), (None,), (1.0, 1.0)])
def test_a_ration_that_cannot_be_read_begins_anew(value: tuple[object, ...]) -> None:
    """A file of another version, or one that somebody edited."""
    world = measured(a=5)
    world.explore, world.chance = 0.5, lambda: 0.0
    world.state.put((ROOM, "r"), value, world.now_s + 10)
    assert trials(world, 2, A, B) == [False, True]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("unknown", True),
        ("no share", False),
        ("well known", False),
        ("old", True),
        ("too dear", False),
        ("perhaps too dear", True),
        ("warm elsewhere", False),
        ("warm there", True),
        ("warm at both", False),
        ("unlucky", False),
    ],
)
def test_who_is_tried(case: str, expected: bool) -> None:
    """Only who can teach something, could be better, and takes no cache away."""
    other = B
    world = measured(a=5)
    world.explore = 0.0 if case == "no share" else 0.5
    world.chance = (lambda: 0.9) if case == "unlucky" else (lambda: 0.0)
    if case == "well known":
        world.answered(B, 50, MANY)
        assert MANY > LITTLE
    if case == "old":
        world.answered(B, 50, MANY)
        world.now_s += OLD_S
        world.answered(A, 5, MANY)
    if case == "too dear":
        other = target("b/m", PriceFacts(100, 500))
    if case == "perhaps too dear":
        other, world.demand = target("b/m"), Demand(500_000, 500, Task.CHAT)
    if case == "warm elsewhere":
        world.warm = {"a/m": 1}
    if case == "warm there":
        world.warm = {"b/m": 1}
    if case == "warm at both":
        world.warm = {"a/m": 1, "b/m": 1}
    assert any(trials(world, 10, A, other)) is expected


def test_the_best_one_is_asked_anyway() -> None:
    """Nothing is tried by asking it, however little is known of it."""
    world = World(explore=0.5, chance=lambda: 0.0)
    assert trials(world, 4, A, B) == [False, True, False, True]
    assert names(ranked(world, A, B)) == "a b"
    assert names(ranked(world, A, B)) == "b a"


def test_chance_decides_whom() -> None:
    world = measured(a=5)
    world.explore = 0.5
    tried = {ranked(world, A, B, C)[0].candidate.provider.name for _ in range(60)}
    assert tried == {"a", "b", "c"}


def test_trials_find_what_is_better() -> None:
    """A third target that is twice as quick is found, and then keeps the first place."""
    world = measured(a=10, b=10)
    world.explore = 0.05
    for _ in range(400):
        world.now_s += 5
        first = ranked(world, A, B, C)[0].candidate
        world.answered(first, {"a": 10, "b": 10, "c": 5}[first.provider.name])
    firsts = [names(ranked(world, A, B, C))[0] for _ in range(50)]
    assert firsts.count("c") > 45


@pytest.mark.parametrize(
    ("scores", "places"),
    [
        ([], []),
        ([1.0], [0]),
        ([1.05, 1.0, 1.1, 1.0, 1.15, 1.2], [0, 1, 3, 2, 4, 5]),
        ([5.0, 1.0, 5.1, 1.06, 1.03, 4.9, 9.0], [1, 3, 4, 0, 2, 5, 6]),
    ],
)
def test_near_ones_stay_as_given(scores: list[float], places: list[int]) -> None:
    assert _calm(scores) == places

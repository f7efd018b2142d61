"""What is learned of targets: how it follows what happens, fades, and is kept."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.routing import performance
from aimux.routing.performance import (
    FAINT,
    FRESH_S,
    HALF_LIFE_S,
    HIGHEST_RATE,
    KEPT_S,
    LONGEST_S,
    MOST_FRESH,
    MOST_WEIGHT,
    SUCCESS,
    UNMEASURED,
    Performance,
    Speed,
)
from aimux.routing.plan import Demand, Task
from aimux.routing.state import MemoryState

A = ("a", "m")
B = ("b", "m")
NOW = 1_700_000_000.0


def learn(
    what: Performance,
    count: int = 1,
    *,
    place: tuple[str, str] = A,
    task: Task = Task.CHAT,
    first: float | None = 2.0,
    duration: float | None = 12.0,
    uncached: int | None = 1000,
    output: int | None = 1000,
    now_s: float = NOW,
) -> None:
    for _ in range(count):
        what.answered(
            place,
            task,
            first_event_s=first,
            duration_s=duration,
            uncached_tokens=uncached,
            output_tokens=output,
            now_s=now_s,
        )


def fresh() -> Performance:
    return Performance(MemoryState())


def test_of_a_target_that_nobody_measured_the_usual_is_assumed() -> None:
    assert fresh().speed(A, Task.CHAT, NOW) == UNMEASURED
    assert UNMEASURED.weight == 0
    assert UNMEASURED.seen_s is None
    assert UNMEASURED.first_event_s(20_000) == pytest.approx(2.5)
    assert UNMEASURED.expected_s(20_000, 100) == pytest.approx(4.5)


def test_the_wait_is_learned_as_a_line_over_the_uncached_prompt() -> None:
    """Three seconds, and a tenth more for every 1,000 tokens; the rest at 200 tokens a second."""
    what = fresh()
    for ktokens in (0, 10, 50, 90) * 10:
        wait = 3 + ktokens / 10
        learn(what, first=wait, duration=wait + 5, uncached=ktokens * 1000, output=1000)

    speed = what.speed(A, Task.CHAT, NOW)
    assert speed.fixed_s == pytest.approx(3, rel=0.05)
    assert speed.per_ktoken_s == pytest.approx(0.1, rel=0.05)
    assert speed.tokens_per_s == pytest.approx(200, rel=0.05)
    assert speed.success > 0.98
    assert speed.seen_s == NOW
    demand = Demand(50_000, 1000, Task.CHAT)
    assert what.expected_s(A, demand, 0, NOW) == pytest.approx(13, rel=0.05)
    assert what.expected_s(A, demand, 40_000, NOW) == pytest.approx(9, rel=0.05)
    assert what.expected_s(A, demand, 90_000, NOW) == pytest.approx(8, rel=0.05)


@pytest.mark.parametrize(
    ("points", "shape"),
    [
        (((0, 9.0), (100, 1.0)), "flat"),  # a longer prompt never takes less
        (((10, 0.1), (100, 30.0)), "through 0"),  # nothing is answered before it is asked
    ],
)
def test_neither_part_of_the_wait_is_below_nothing(
    points: tuple[tuple[int, float], ...], shape: str
) -> None:
    what = fresh()
    for ktokens, wait in points * 10:
        learn(what, first=wait, uncached=ktokens * 1000)
    speed = what.speed(A, Task.CHAT, NOW)
    if shape == "flat":
        assert speed.per_ktoken_s == 0
        assert speed.fixed_s == pytest.approx(5, rel=0.1)
    else:
        assert speed.fixed_s == 0
        assert speed.first_event_s(100_000) == pytest.approx(30, rel=0.1)


def test_a_single_answer_moves_the_estimate_without_becoming_it() -> None:
    what = fresh()
    learn(what, first=10, uncached=0)
    assert 4 < what.speed(A, Task.CHAT, NOW).first_event_s(0) < 10


def test_failures_count_and_fade() -> None:
    """Three in a row are remembered for a while, and after hours not at all."""
    what = fresh()
    for _ in range(3):
        what.failed(A, Task.CHAT, NOW)
    shares = [what.speed(A, Task.CHAT, NOW + age).success for age in (0, 600, 3600, 4 * 3600)]
    assert shares[0] == pytest.approx(1.9 / 5)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(SUCCESS, abs=0.001)
    assert what.speed(A, Task.CHAT, NOW).first_event_s(0) == pytest.approx(UNMEASURED.fixed_s)


def test_evidence_halves_with_time() -> None:
    """And when it is faint, what was measured gives way to what is assumed, without a jump."""
    what = fresh()
    learn(what, 8, first=30, uncached=0)
    weights = [what.speed(A, Task.CHAT, NOW + n * HALF_LIFE_S).weight for n in range(4)]
    assert weights == pytest.approx([8, 4, 2, 1])

    waits = [what.speed(A, Task.CHAT, NOW + 60 * n).fixed_s for n in range(24 * 60)]
    assert waits[60] == waits[0]
    assert waits[-1] == pytest.approx(UNMEASURED.fixed_s, abs=0.01)
    assert all(0 <= before - after < 2.5 for before, after in pairwise(waits))
    assert what.speed(A, Task.CHAT, NOW + KEPT_S) == UNMEASURED


def test_a_thousand_old_answers_do_not_outvote_those_of_this_minute() -> None:
    what = fresh()
    learn(what, 1000, first=1)
    assert what.speed(A, Task.CHAT, NOW).weight == pytest.approx(MOST_WEIGHT)
    learn(what, 32, first=21, now_s=NOW + 1)
    assert what.speed(A, Task.CHAT, NOW + 1).first_event_s(1000) > 11


def test_a_task_is_judged_by_its_own_answers_once_there_are_enough() -> None:
    """Before that by those to all tasks of the target; another target's never count."""
    what = fresh()
    learn(what, 10, task=Task.HELPER, first=1, output=None)
    assert what.speed(A, Task.LONG, NOW).weight == pytest.approx(10)
    assert what.speed(A, Task.LONG, NOW).first_event_s(1000) == pytest.approx(1, rel=0.1)
    assert what.speed(B, Task.LONG, NOW) == UNMEASURED

    learn(what, 3, task=Task.LONG, first=20, output=None)
    assert what.speed(A, Task.LONG, NOW).weight == pytest.approx(3)
    assert what.speed(A, Task.LONG, NOW).first_event_s(1000) > 15
    assert what.speed(A, Task.HELPER, NOW).first_event_s(1000) == pytest.approx(1, rel=0.1)

    later = NOW + 2 * HALF_LIFE_S
    assert what.speed(A, Task.LONG, later).weight == pytest.approx(13 / 4)


def test_little_of_its_own_is_better_than_nothing_of_all() -> None:
    """The store may have dropped the one and kept the other."""
    state = MemoryState()
    what = Performance(state)
    learn(what)
    state.drop((performance.ROOM, *A, performance.ALL_TASKS))
    assert what.speed(A, Task.CHAT, NOW + HALF_LIFE_S).weight == pytest.approx(0.5)


def test_several_are_read_at_once() -> None:
    what = fresh()
    learn(what, 3)
    learn(what, 2, place=B, task=Task.TOOLS)
    found = what.speeds([A, B, ("c", "m")], Task.CHAT, NOW)
    assert [each.weight for each in found] == pytest.approx([3, 2, 0])
    assert found == [what.speed(place, Task.CHAT, NOW) for place in (A, B, ("c", "m"))]


@pytest.mark.parametrize(
    ("unknown", "wait_known", "rate_known"),
    [
        ({"first": None}, False, True),
        ({"uncached": None}, False, True),
        ({"duration": None}, True, False),
        ({"output": None}, True, False),
        ({"output": 0}, True, False),
        ({"first": None, "uncached": None}, False, True),
        ({"first": None, "duration": None}, False, False),
    ],
)
def test_what_nobody_knows_teaches_nothing(
    unknown: dict[str, None], wait_known: bool, rate_known: bool
) -> None:
    """The success counts all the same."""
    what = fresh()
    known = {"first": 20.0, "uncached": 1000, "duration": 520.0, "output": 1000} | unknown
    learn(what, 5, **known)  # type: ignore[arg-type]
    speed = what.speed(A, Task.CHAT, NOW)
    assert speed.weight == 5
    assert (speed.first_event_s(1000) > 10) is wait_known
    assert (speed.tokens_per_s < 10) is rate_known


def test_of_a_whole_answer_the_usual_wait_is_taken_off() -> None:
    """1,000 tokens in 12 s where the first event takes 2 s: 100 a second."""
    what = fresh()
    learn(what, 20, first=2, uncached=0, output=None)
    learn(what, 20, first=None, duration=12, uncached=0, output=1000)
    assert what.speed(A, Task.CHAT, NOW).tokens_per_s == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize(
    ("case", "value"),
    [
        ("burst", {"first": 5.0, "duration": 5.0}),
        ("backwards", {"first": 5.0, "duration": 1.0}),
        ("negative", {"first": -5.0, "uncached": -7}),
        ("endless", {"first": 1e9, "duration": 2e9}),
    ],
)
def test_odd_numbers_stay_within_bounds(case: str, value: dict[str, float]) -> None:
    what = fresh()
    learn(what, 40, **value)  # type: ignore[arg-type]
    speed = what.speed(A, Task.CHAT, NOW)
    assert 0 <= speed.first_event_s(1000) <= LONGEST_S
    assert 0 < speed.tokens_per_s <= HIGHEST_RATE


def test_a_clock_that_is_put_back_makes_nothing_older_or_newer() -> None:
    """What was learned in the future counts in full, and is dated anew by the next answer."""
    what = fresh()
    learn(what, 4)
    assert what.speed(A, Task.CHAT, NOW - 5000).weight == pytest.approx(4)
    learn(what, now_s=NOW - 5000)
    speed = what.speed(A, Task.CHAT, NOW - 5000)
    assert speed.weight == pytest.approx(5)
    assert speed.seen_s == NOW - 5000


def test_it_comes_back_from_the_disk_as_it_went() -> None:
    """As plain tuples under plain texts, and goes on from there."""
    state = MemoryState()
    what = Performance(state)
    learn(what, 3)
    what.failed(A, Task.TOOLS, NOW)
    back = MemoryState()
    back.load(json.loads(json.dumps(state.dump(NOW))), NOW)
    again = Performance(back)

    for task in Task:
        assert again.speed(A, task, NOW + 9) == what.speed(A, task, NOW + 9)
    learn(what, now_s=NOW + 9)
    learn(again, now_s=NOW + 9)
    assert again.speed(A, Task.CHAT, NOW + 9) == what.speed(A, Task.CHAT, NOW + 9)


@pytest.mark.parametrize("value", [(), (1,), ("x",) * 13, (None,) * 13, (NOW,) * 12])
def test_what_cannot_be_read_counts_as_never_learned(value: tuple[object, ...]) -> None:
    """A file of another version, or one that somebody edited."""
    state = MemoryState()
    for task in ("chat", "all"):
        state.put((performance.ROOM, *A, task), value, NOW + 100)
    what = Performance(state)
    if len(value) != 12:
        assert what.speed(A, Task.CHAT, NOW) == UNMEASURED
    learn(what)
    assert what.speed(A, Task.CHAT, NOW).weight == 1


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["answer", "fail"]),
            st.floats(0, 1000),
            st.floats(0, 2000),
            st.integers(0, 300_000),
            st.integers(0, 30_000),
            st.floats(-100, 10_000),
        ),
        max_size=30,
    ),
    size=st.integers(0, 300_000),
)
def test_whatever_happens_estimates_are_sane(
    steps: list[tuple[str, float, float, int, int, float]], size: int
) -> None:
    what = fresh()
    now_s = NOW
    for kind, first, duration, uncached, output, passed in steps:
        now_s += passed
        if kind == "fail":
            what.failed(A, Task.CHAT, now_s)
        else:
            learn(
                what,
                first=first,
                duration=duration,
                uncached=uncached,
                output=output,
                now_s=now_s,
            )
        speed = what.speed(A, Task.CHAT, now_s)
        assert isinstance(speed, Speed)
        assert 0 <= speed.first_event_s(size) <= speed.first_event_s(size + 1000) < 1e6
        assert 0 < speed.tokens_per_s <= HIGHEST_RATE
        assert 0 < speed.success < 1
        assert 0 < speed.weight <= MOST_WEIGHT + 1e-9
        assert speed.weight >= FAINT


def test_what_was_read_a_moment_ago_is_not_read_again() -> None:
    """A thousandth of a sum fades in that time; one that another gateway has learned waits as long."""
    state = MemoryState()
    what, elsewhere = Performance(state), Performance(state)
    learn(what)
    first = what.speed(A, Task.CHAT, NOW)
    learn(elsewhere, 5, first=60.0, duration=90.0)

    assert what.speed(A, Task.CHAT, NOW + FRESH_S / 2) is first
    assert what.speed(A, Task.CHAT, NOW + FRESH_S) == elsewhere.speed(A, Task.CHAT, NOW + FRESH_S)


def test_an_answer_is_seen_at_once() -> None:
    """Also by another task, which is judged by all of them."""
    what = fresh()
    assert what.speeds([A, B], Task.CHAT, NOW) == [UNMEASURED, UNMEASURED]
    assert what.speed(A, Task.TOOLS, NOW) == UNMEASURED
    learn(what)
    assert what.speed(A, Task.CHAT, NOW) != UNMEASURED
    assert what.speed(A, Task.TOOLS, NOW) == what.speed(A, Task.CHAT, NOW)
    assert what.speed(B, Task.CHAT, NOW) == UNMEASURED


def test_a_clock_that_was_set_back_makes_nothing_fresh() -> None:
    what = fresh()
    learn(what, now_s=NOW)
    later = what.speed(A, Task.CHAT, NOW + 10 * HALF_LIFE_S)
    assert what.speed(A, Task.CHAT, NOW) != later


def test_it_remembers_only_so_many() -> None:
    """A client may name models that nobody has, one after the other."""
    what = fresh()
    learn(what)
    for number in range(MOST_FRESH + 10):
        what.speed(("a", f"m{number}"), Task.CHAT, NOW)
    assert max(map(len, what._fresh.values())) <= MOST_FRESH + 1
    assert what.speed(A, Task.CHAT, NOW).weight == pytest.approx(1.0)

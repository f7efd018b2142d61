"""The order in which an exchange asks, and who is left after a failure."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.routing.health import Health, Rest
from aimux.routing.steps import Step, left_after, steps
from aimux.routing.verdict import TABLE, Blame, Signal
from tests.support.providers import candidate, plan_of

LABELS = {"a": ("k1", "k2"), "b": ("k1",), "c": ()}
PLAN = plan_of(["a/m", "b/m", "c/m"])
ALL = ["a/m k1", "a/m k2", "b/m k1", "c/m "]


def names(made: tuple[Step, ...]) -> list[str]:
    """Steps as text."""
    return [f"{each.candidate} {each.label}" for each in made]


def step(text: str) -> Step:
    """``provider/model key`` as a step."""
    target, _, label = text.partition(" ")
    return Step(candidate(target), label)


def test_candidates_by_their_plan_each_with_its_keys() -> None:
    """One that needs no key, or is not known to have any, is one step."""
    assert names(steps(PLAN, LABELS, Health(), 0.0)) == ALL
    assert names(steps(PLAN, {}, Health(), 0.0)) == ["a/m ", "b/m ", "c/m "]


@pytest.mark.parametrize(
    ("blamed", "order"),
    [
        ([(Blame.KEY, "a/m k1", 9)], ["a/m k2", "b/m k1", "c/m ", "a/m k1"]),
        ([(Blame.PROVIDER, "a/m k1", 9)], ["b/m k1", "c/m ", "a/m k1", "a/m k2"]),
        ([(Blame.PROVIDER, "c/m ", 9)], ALL),
        ([(Blame.MODEL, "b/m k1", 9)], ["a/m k1", "a/m k2", "c/m ", "b/m k1"]),
        (
            [(Blame.PROVIDER, "a/m k1", 9), (Blame.KEY, "b/m k1", 5)],
            ["c/m ", "b/m k1", "a/m k1", "a/m k2"],
        ),
        (  # all rest: all are still there, the one that wakes first before the others
            [(Blame.PROVIDER, "a/m k1", 9), (Blame.PROVIDER, "b/m k1", 5), (Blame.PROVIDER, "c/m ", 7)],
            ["b/m k1", "c/m ", "a/m k1", "a/m k2"],
        ),
        ([(Blame.KEY, "a/m k1", 9), (Blame.KEY, "a/m k2", 8)], ["b/m k1", "c/m ", "a/m k2", "a/m k1"]),
        ([(Blame.NOBODY, "a/m k1", 9), (Blame.CALLER, "a/m k1", 9)], ALL),
        ([(Blame.PROVIDER, "a/m k1", 1)], ALL),  # it has rested enough
    ],
)  # fmt: skip
def test_who_rests_comes_behind_who_does_not(
    blamed: list[tuple[Blame, str, float]], order: list[str]
) -> None:
    """Nobody is taken away: refusing locally helps nobody."""
    health = Health()
    for who, text, until_s in blamed:
        failed = step(text)
        health.blame(who, failed.candidate, failed.label, Rest(until_s, "x"))

    assert names(steps(PLAN, LABELS, health, 2.0)) == order


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(Blame)), st.sampled_from(ALL), st.floats(0, 20)), max_size=8
    ),
    st.floats(0, 20),
)
def test_no_step_is_lost_or_doubled(blamed: list[tuple[Blame, str, float]], now_s: float) -> None:
    """And whoever is awake is asked before whoever rests."""
    health = Health()
    for who, text, until_s in blamed:
        failed = step(text)
        health.blame(who, failed.candidate, failed.label, Rest(until_s, "x"))

    made = steps(PLAN, LABELS, health, now_s)

    assert sorted(names(made)) == sorted(ALL)
    rests = [
        health.rest_of(each.candidate, (each.label,) if each.label else (), now_s) for each in made
    ]
    ends = [0.0 if rest is None else rest.until_s for rest in rests]
    assert ends == sorted(ends)


WAITING = ["a/m k2", "a/n k1", "b/m k1"]
NOBODY: list[str] = []
OTHERS = ["a/n k1", "b/m k1"]

LEFT = {
    Signal.CONNECT: OTHERS,
    Signal.BAD_REQUEST: NOBODY,
    Signal.CONTEXT_OVERFLOW: NOBODY,
    Signal.TOO_LARGE: NOBODY,
    Signal.BILLING: WAITING,
    Signal.AUTH: WAITING,
    Signal.MODEL_UNKNOWN: OTHERS,
    Signal.TRANSIENT: WAITING,
    Signal.RATE_SHORT: WAITING,
    Signal.RATE_LONG: WAITING,
    Signal.SERVER_ERROR: WAITING,
    Signal.OVERLOADED: OTHERS,
    Signal.FIRST_EVENT_TIMEOUT: OTHERS,
    Signal.TOTAL_TIMEOUT: NOBODY,
    Signal.PROTOCOL: OTHERS,
    Signal.CUT: OTHERS,
    Signal.UNSUPPORTED: OTHERS,
    Signal.ENDING: NOBODY,
}


@pytest.mark.parametrize("signal", list(Signal))
def test_who_is_left_after_a_failure(signal: Signal) -> None:
    """Of another key, another model and another provider, those that the row allows, in order."""
    waiting = [step(each) for each in WAITING]

    assert names(left_after(step("a/m k1"), TABLE[signal], waiting)) == LEFT[signal]
    assert left_after(step("a/m k1"), TABLE[signal], []) == ()

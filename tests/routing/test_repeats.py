"""Who is asked again, and when somebody else must come first."""

from __future__ import annotations

import pytest

from aimux.routing.plan import Plan
from aimux.routing.pursuit import Pursuit
from aimux.routing.verdict import Fault, Signal
from tests.support.providers import provider
from tests.support.routing import Desk, features, long_body, middle


def planned(count: int) -> tuple[Desk, Plan]:
    """A long conversation that is warm at the first of so many providers."""
    desk = Desk([provider(name) for name in "abcdef"[:count]])
    asked = features("m", long_body(100_000), session="s")
    step = desk.plan(asked).steps[0]
    desk.router.affinity.answered(desk.plan(asked).session, step, 100_000, 300.0, desk.now_s)
    return desk, desk.plan(asked)


def pursued(count: int, signal: Signal) -> str:
    """Whom a request asks when everybody fails alike, a letter each."""
    desk, plan = planned(count)
    pursuit = Pursuit(plan, desk.router, middle)
    asked = ""
    while (attempt := pursuit.next(desk.now_s)) is not None:
        asked += attempt.step.candidate.provider.name
        desk.now_s += attempt.pause_s
        pursuit.failed(Fault(signal), desk.now_s)
    return asked


@pytest.mark.parametrize(
    ("count", "signal", "asked"),
    [
        (1, Signal.OVERLOADED, "aaa"),
        (2, Signal.OVERLOADED, "aaab"),  # the cache is worth two waits
        (3, Signal.OVERLOADED, "aabc"),
        (4, Signal.OVERLOADED, "abcd"),
        (5, Signal.OVERLOADED, "abcd"),  # a fifth failure is not waited for
        (3, Signal.SERVER_ERROR, "aabc"),
        (4, Signal.SERVER_ERROR, "abcd"),
        (3, Signal.CUT, "aabc"),
        (4, Signal.CUT, "abcd"),
        (3, Signal.CONNECT, "aabbcc"),
        (6, Signal.CONNECT, "abccddef"),  # eight attempts reach all of them
    ],
)
def test_a_repeat_leaves_an_attempt_for_everybody_else(
    count: int, signal: Signal, asked: str
) -> None:
    assert pursued(count, signal) == asked

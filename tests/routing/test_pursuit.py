"""A pursuit: who is asked after which failure, after what wait, and what the client is told."""

from __future__ import annotations

import pytest

from aimux.routing.plan import Plan, Step
from aimux.routing.pursuit import MAX_PAUSE_S, Pursuit
from aimux.routing.verdict import TABLE, Signal
from tests.support.answers import ANTHROPIC
from tests.support.providers import provider
from tests.support.routing import (
    Desk,
    Failing,
    described,
    fault,
    features,
    long_body,
    middle,
    names,
)

S = Signal
KEYS = {"a": ("one", "two")}
LONG = features("m", long_body(50_000), session="s")


def desk(*others: str, keys: dict[str, tuple[str, ...]] | None = None) -> Desk:
    """Provider ``a`` with two keys, then ``b`` (or others) with none."""
    fleet = [described(name) for name in ("a", *(others or ("b",)))]
    return Desk(fleet, labels=KEYS if keys is None else keys)


# ---------------------------------------------------------------- the table, row by row

# Everybody fails alike: who is asked, the wait behind "+".
EACH_ROW = {
    S.CONNECT: ["a/m#one", "a/m#one", "b/m", "b/m"],
    S.CONNECT_TIMEOUT: ["a/m#one", "b/m"],
    S.BAD_REQUEST: ["a/m#one"],
    S.CONTEXT_OVERFLOW: ["a/m#one"],
    S.TOO_LARGE: ["a/m#one"],
    S.REFUSAL: ["a/m#one"],
    S.UNSUPPORTED: ["a/m#one", "b/m"],
    S.BUDGET: ["a/m#one", "b/m"],
    S.BILLING: ["a/m#one", "a/m#two", "b/m"],
    S.AUTH: ["a/m#one", "a/m#two", "b/m"],
    S.MODEL_UNKNOWN: ["a/m#one", "b/m"],
    S.TRANSIENT: ["a/m#one", "a/m#one+0.375", "a/m#two", "b/m"],
    S.BAD_CALL: ["a/m#one", "a/m#one", "b/m", "b/m"],
    S.RATE_SHORT: ["a/m#one", "a/m#one+0.75", "a/m#two", "b/m"],
    S.RATE_LONG: ["a/m#one", "a/m#two", "b/m"],
    S.SERVER_ERROR: ["a/m#one", "a/m#two", "b/m", "b/m+0.75"],
    S.OVERLOADED: ["a/m#one", "b/m", "b/m+1.5", "b/m+2.5"],
    S.FIRST_EVENT_TIMEOUT: ["a/m#one", "b/m"],
    S.TOTAL_TIMEOUT: ["a/m#one"],
    S.PROTOCOL: ["a/m#one", "b/m"],
    S.CUT: ["a/m#one", "a/m#one", "b/m"],
    S.IDLE: ["a/m#one"],
    S.ENDING: ["a/m#one"],
}


def test_each_row_is_here() -> None:
    """A new signal needs its line."""
    assert set(EACH_ROW) == set(TABLE)


@pytest.mark.parametrize("signal", EACH_ROW)
def test_who_is_asked_next(signal: Signal) -> None:
    """A pool of two keys, and somebody else."""
    one = desk()
    assert one.pursue(one.plan(), signal) == EACH_ROW[signal]
    assert one.pursuit.attempts == len(EACH_ROW[signal])
    unsent = signal in {S.CONNECT, S.CONNECT_TIMEOUT, S.UNSUPPORTED, S.BUDGET}
    assert one.pursuit.accepted == (0 if unsent else len(EACH_ROW[signal]))
    assert one.pursuit.told == (1 if signal is S.REFUSAL and len(EACH_ROW[signal]) > 1 else 0)


# What somebody says of the wait, with and without somebody else to go to.
WAITS: list[tuple[Failing, list[str], list[str]]] = [
    ((S.RATE_SHORT, 2.0), ["a/m", "a/m+2.25", "b/m", "b/m+2.25"], ["a/m", "a/m+2.25"]),
    ((S.TRANSIENT, 2.0), ["a/m", "a/m+2.125", "b/m", "b/m+2.125"], ["a/m", "a/m+2.125"]),
    # Nobody waits for long at one door while another is open; where there is no other, one waits.
    ((S.TRANSIENT, 20.0), ["a/m", "b/m", "b/m+20.125"], ["a/m", "a/m+20.125"]),
    ((S.SERVER_ERROR, 20.0), ["a/m", "b/m", "b/m+20.25"], ["a/m", "a/m+20.25"]),
    ((S.OVERLOADED, 30.0), ["a/m", "b/m", "b/m+30", "b/m+30"], ["a/m", "a/m+30", "a/m+30"]),
    ((S.OVERLOADED, 30.1), ["a/m", "b/m"], ["a/m"]),
    ((S.SERVER_ERROR, 0.0), ["a/m", "b/m", "b/m+0.25"], ["a/m", "a/m+0.25"]),
    ((S.RATE_LONG, 1.0), ["a/m", "b/m"], ["a/m"]),
    ((S.CONNECT, 9.0), ["a/m", "b/m", "b/m+9"], ["a/m", "a/m+9"]),
]


@pytest.mark.parametrize(("failing", "both", "alone"), WAITS, ids=str)
def test_what_is_said_of_the_wait_is_kept(
    failing: Failing, both: list[str], alone: list[str]
) -> None:
    """Never more than half a minute, and never shorter than it was said."""
    for others, expected in ((("b",), both), ((), alone)):
        one = Desk([described(name) for name in ("a", *others)])
        assert one.pursue(one.plan(), failing) == expected
        assert all(float(each.partition("+")[2] or 0) <= MAX_PAUSE_S for each in expected)


# ---------------------------------------------------------------- leaving or staying


@pytest.mark.parametrize(
    ("tokens", "wait_s", "expected"),
    [
        # 50,000 tokens cost $0.17 to read anew; a second is worth $0.0083.
        (50_000, 0.5, ["a/m", "a/m+0.75", "b/m"]),
        (50_000, 20.0, ["a/m", "a/m+20.25", "b/m"]),
        (50_000, 21.0, ["a/m", "b/m"]),
        (2_000, 0.5, ["a/m", "a/m+0.75", "b/m"]),
        (2_000, 1.0, ["a/m", "b/m"]),
        (500, 0.0, ["a/m", "b/m"]),  # nothing is cached of so little
    ],
)
def test_a_warm_cache_is_weighed_against_the_wait(
    tokens: int, wait_s: float, expected: list[str]
) -> None:
    """A server's error: the same key again first only where leaving costs more."""
    one = desk(keys={})
    one.answers(LONG, tokens=tokens)
    planned = one.plan(LONG)
    assert names(planned) == ["a/m", "b/m"]
    assert one.pursue(planned, (S.SERVER_ERROR, wait_s), S.AUTH) == expected


def test_what_is_warm_at_the_next_one_too_is_not_lost() -> None:
    """Both have the whole prefix: leaving costs nothing."""
    one = desk(keys={})
    planned = one.plan(LONG)
    for step in planned.steps:
        one.answers(LONG, step)
    assert one.pursue(one.plan(LONG), S.SERVER_ERROR, S.AUTH) == ["a/m", "b/m"]


# ---------------------------------------------------------------- what may have been accepted


@pytest.mark.parametrize(
    ("local", "tokens", "expected"),
    [
        (False, 50_000, ["a/m", "a/m", "b/m"]),
        (True, 500, ["a/m", "a/m", "b/m"]),
        (True, 50_000, ["a/m", "b/m", "b/m"]),  # a model on this machine would read it twice
    ],
)
def test_a_request_that_may_be_worked_on_is_repeated_once_at_most(
    local: bool, tokens: int, expected: list[str]
) -> None:
    """At one of them, that is: whoever cuts after that is not asked twice."""
    one = Desk([described("a", local=local), described("b")])
    assert one.pursue(one.plan(features("m", long_body(tokens))), S.CUT) == expected


# ---------------------------------------------------------------- budgets and bounds


def test_a_spent_budget_leaves_only_others() -> None:
    """Three retries, and a fifth of what is asked: then the same one is not asked again."""
    one = desk(keys={})
    for _ in range(3):
        assert one.router.asks_again(one.plan().steps[0], one.now_s)
    assert one.pursue(one.plan(), S.BAD_CALL) == ["a/m", "b/m"]
    assert one.pursue(one.plan(), S.SERVER_ERROR) == ["a/m", "b/m"]


@pytest.mark.parametrize(("signal", "attempts"), [(S.AUTH, 4), (S.UNSUPPORTED, 8), (S.CONNECT, 8)])
def test_attempts_are_bounded(signal: Signal, attempts: int) -> None:
    """Four that somebody may have worked on, eight of all."""
    one = Desk([described(f"p{number}") for number in range(12)])
    assert len(one.pursue(one.plan(), signal)) == attempts


def test_both_bounds_hold_together() -> None:
    """Three without a connection, then four that were heard."""
    one = Desk([described(f"p{number}") for number in range(12)])
    failures = [S.CONNECT_TIMEOUT] * 3 + [S.PROTOCOL]
    assert len(one.pursue(one.plan(), *failures)) == 7
    assert (one.pursuit.attempts, one.pursuit.accepted) == (7, 4)


# ---------------------------------------------------------------- where the route allows it

LADDER = [
    described("small", context=100_000),
    described("other", context=100_000),
    described("unknown"),
    described("large", context=1_000_000),
    described("middle", context=400_000),
]


def opted(*also: str) -> Desk:
    """A ladder of windows, where these failures may be asked elsewhere."""
    targets = [f"{each.name}/m" for each in LADDER]
    return Desk(LADDER, {"routing": {"default": targets, "failover_on": list(also)}})


@pytest.mark.parametrize(
    ("also", "signal", "expected", "told"),
    [
        ((), S.CONTEXT_OVERFLOW, ["small/m"], 0),
        (("refusal",), S.CONTEXT_OVERFLOW, ["small/m"], 0),
        (("context-overflow",), S.CONTEXT_OVERFLOW, ["small/m", "large/m"], 1),
        (("context-overflow",), S.REFUSAL, ["small/m"], 0),
        (
            ("context-overflow",),
            S.TOO_LARGE,
            ["small/m", "other/m", "unknown/m", "large/m"],
            3,
        ),
        (("refusal",), S.REFUSAL, ["small/m", "other/m", "unknown/m", "large/m"], 3),
    ],
)
def test_failures_of_the_request_go_where_the_route_says(
    also: tuple[str, ...], signal: Signal, expected: list[str], told: int
) -> None:
    """A longer window is known to be one; who takes more bytes is not, so anybody else may."""
    one = opted(*also)
    assert one.pursue(one.plan(), signal) == expected
    assert one.pursuit.told == told


def test_from_an_unknown_window_any_known_one_may_be_larger() -> None:
    """The vendor of the first does not say how much it reads."""
    fleet = [described("unknown"), described("small", context=8_000), described("also")]
    one = Desk(fleet, {"routing": {"failover_on": ["context-overflow"]}})
    assert one.pursue(one.plan(), S.CONTEXT_OVERFLOW) == ["unknown/m", "small/m"]


# ---------------------------------------------------------------- circuits on the way


def broken(one: Desk, name: str, times: int = 5) -> None:
    """A provider fails until its circuit opens."""
    planned = one.plan()
    step = next(each for each in planned.steps if each.candidate.provider.name == name)
    for _ in range(times):
        one.fails(planned, step, S.SERVER_ERROR)


def test_one_at_a_time_asks_whether_somebody_is_back() -> None:
    """The second request passes by; when the probe has ended, the next one may go."""
    one = desk(keys={})
    broken(one, "a")
    one.now_s += 15
    both = [Pursuit(one.plan(), one.router, middle) for _ in range(2)]
    first, second = (each.next(one.now_s) for each in both)
    assert first is not None
    assert second is not None
    assert [str(each.step.candidate) for each in (first, second)] == ["a/m", "b/m"]
    assert names(one.plan()) == ["b/m", "|", "a/m"]
    one.router.abandoned(first.step, one.now_s)
    assert names(one.plan()) == ["a/m", "b/m"]


def test_who_passes_by_a_probe_comes_back_to_it_last() -> None:
    """Refusing would help nobody, and who rests beforehand comes before."""
    one = desk("b", "c", keys={})
    broken(one, "a")
    one.fails(one.plan(), one.plan().steps[1], S.MODEL_UNKNOWN)
    one.now_s += 15
    planned = one.plan()
    assert names(planned) == ["a/m", "b/m", "|", "c/m"]
    assert one.router.admits(planned.steps[0], one.now_s)
    assert one.pursue(planned, S.AUTH) == ["b/m", "c/m", "a/m"]


def test_a_circuit_that_opens_is_left_for_somebody_else() -> None:
    """The connection breaks for the fifth time: not at once again, while another one is well."""
    one = desk(keys={})
    broken(one, "a", times=4)
    assert one.pursue(one.plan(), S.CUT, S.AUTH) == ["a/m", "b/m"]


def test_a_circuit_that_opens_is_asked_again_when_there_is_nobody_else() -> None:
    """The last candidate is never taken away."""
    one = Desk([described("a")])
    broken(one, "a", times=4)
    assert one.pursue(one.plan(), S.CUT, S.AUTH) == ["a/m", "a/m"]


def test_a_probe_whose_end_says_nothing_is_the_probe_again() -> None:
    """A 409 of the provider: the same request goes there once more, and nobody else meanwhile."""
    one = desk(keys={})
    broken(one, "a")
    one.now_s += 15
    pursuit = Pursuit(one.plan(), one.router, middle)
    assert pursuit.next(one.now_s) is not None
    pursuit.failed(fault(S.TRANSIENT), one.now_s)
    again = pursuit.next(one.now_s)
    assert again is not None
    assert str(again.step.candidate) == "a/m"
    assert names(one.plan()) == ["b/m", "|", "a/m"]


def test_the_last_resort_is_the_probe_where_it_may_be() -> None:
    """Its circuit was open when the request was planned and is half-open when it is asked."""
    one = desk(keys={})
    broken(one, "a")
    planned = one.plan()
    pursuit = Pursuit(planned, one.router, middle)
    assert pursuit.next(one.now_s) is not None
    one.now_s += 60
    pursuit.failed(fault(S.FIRST_EVENT_TIMEOUT), one.now_s)
    last = pursuit.next(one.now_s)
    assert last is not None
    assert str(last.step.candidate) == "a/m"
    assert names(one.plan()) == ["b/m", "|", "a/m"]


# ---------------------------------------------------------------- who rests


def test_those_who_rest_come_last_and_in_the_plan_s_order() -> None:
    """Whoever is back first is asked first; failures that allow nobody else hold for them, too."""
    one = desk("b", "c", keys={})
    planned = one.plan()
    one.fails(planned, planned.steps[0], (S.RATE_LONG, 500.0))
    one.fails(planned, planned.steps[1], (S.RATE_LONG, 50.0))
    again = one.plan()
    assert names(again) == ["c/m", "|", "b/m", "a/m"]
    assert one.pursue(again, S.PROTOCOL) == ["c/m", "b/m", "a/m"]
    assert one.pursue(again, S.BAD_REQUEST) == ["c/m"]


def test_a_plan_may_say_to_wait_first() -> None:
    """Only before the first attempt."""
    one = desk(keys={})
    planned = one.plan()._replace(wait_s=1.5)
    assert one.pursue(planned, S.PROTOCOL) == ["a/m+1.5", "b/m"]


# ---------------------------------------------------------------- two at once


def beside(pursuit: Pursuit, one: Desk) -> str | None:
    """Whom a hedge would ask."""
    step = pursuit.beside(one.now_s)
    return None if step is None else str(step.candidate)


def test_a_hedge_goes_to_another_target_that_is_well() -> None:
    """Not to another key of the same one, not past a probe, and not to those who rest."""
    one = desk("b", "c", "d")
    broken(one, "b")
    one.fails(one.plan(), one.plan().steps[-1], S.MODEL_UNKNOWN)
    one.now_s += 15
    planned = one.plan()
    assert names(planned) == ["a/m#one", "a/m#two", "b/m", "c/m", "|", "d/m"]
    pursuit = Pursuit(planned, one.router, middle)
    assert pursuit.next(one.now_s) is not None
    assert one.router.admits(planned.steps[2], one.now_s)
    assert beside(pursuit, one) == "c/m"
    assert beside(pursuit, one) is None
    assert pursuit.attempts == 2


def test_a_hedge_may_be_the_probe() -> None:
    """It is a real request."""
    one = desk(keys={})
    broken(one, "b")
    one.now_s += 15
    pursuit = Pursuit(one.plan(), one.router, middle)
    assert pursuit.next(one.now_s) is not None
    assert beside(pursuit, one) == "b/m"
    assert names(one.plan()) == ["a/m", "|", "b/m"]


@pytest.mark.parametrize(("signal", "before", "hedged"), [
    (S.PROTOCOL, 2, True), (S.PROTOCOL, 3, False), (S.UNSUPPORTED, 6, True), (S.UNSUPPORTED, 7, False),
])  # fmt: skip
def test_hedges_are_within_the_bounds(signal: Signal, before: int, hedged: bool) -> None:
    """The attempt that is under way counts as one that is accepted."""
    one = Desk([described(f"p{number}") for number in range(12)])
    pursuit = Pursuit(one.plan(), one.router, middle)
    for _ in range(before):
        assert pursuit.next(one.now_s) is not None
        pursuit.failed(fault(signal), one.now_s)
    assert pursuit.next(one.now_s) is not None
    assert (beside(pursuit, one) is not None) is hedged


def test_when_both_fail_the_first_failure_is_told_and_the_rest_goes_on() -> None:
    """Each is told with its step; no place at a circuit is kept by a repeat that does not come."""
    one = desk("b", "c", keys={})
    broken(one, "a")
    one.now_s += 15
    pursuit = Pursuit(one.plan(), one.router, middle)
    first = pursuit.next(one.now_s)
    assert first is not None
    second = pursuit.beside(one.now_s)
    pursuit.failed(fault(S.TRANSIENT), one.now_s, first.step)  # would be repeated
    pursuit.failed(fault(S.PROTOCOL), one.now_s, second)
    third = pursuit.next(one.now_s)
    assert third is not None
    assert str(third.step.candidate) == "c/m"
    assert pursuit.told == 0
    assert names(one.plan()) == ["a/m", "b/m", "c/m"]


# ---------------------------------------------------------------- what the client is told


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        ((S.PROTOCOL, S.AUTH, S.MODEL_UNKNOWN), 0),
        ((S.UNSUPPORTED, S.AUTH, S.PROTOCOL), 1),
        ((S.UNSUPPORTED, S.UNSUPPORTED, S.UNSUPPORTED), 0),
        ((S.AUTH, S.UNSUPPORTED, S.PROTOCOL), 0),
        ((S.AUTH, S.BAD_REQUEST), 1),
        ((S.UNSUPPORTED, S.PROTOCOL, S.BAD_REQUEST), 2),
    ],
)
def test_the_failure_to_tell(failures: tuple[Signal, ...], told: int) -> None:
    """The preferred one's, unless it could not be asked; the caller's own mistake before all."""
    one = desk("b", "c", keys={})
    assert len(one.pursue(one.plan(), *failures)) == len(failures)
    assert one.pursuit.told == told
    assert one.pursuit.unsupported == (set(failures) == {S.UNSUPPORTED})


def test_an_empty_ladder_of_steps_begins_with_who_rests() -> None:
    """And ends when there is none either."""
    one = Desk([provider("a", ANTHROPIC)])
    planned: Plan = one.plan()
    step: Step = planned.steps[0]
    pursuit = Pursuit(planned._replace(steps=(), resort=(step,)), one.router, middle)
    attempt = pursuit.next(one.now_s)
    assert attempt is not None
    assert attempt.step is step
    pursuit.failed(fault(S.AUTH), one.now_s)
    assert pursuit.next(one.now_s) is None

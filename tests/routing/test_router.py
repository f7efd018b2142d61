"""What became of a request and what is remembered of it: circuits, rests, network, caches, speeds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.circuits import STRIKES, Circuit
from aimux.routing.plan import Plan, Step, Task
from aimux.routing.rests import MOST_S
from aimux.routing.router import HOUR_S, Spent
from aimux.routing.verdict import TABLE, Blame, Signal
from tests.support.answers import ANTHROPIC, OPENAI_CHAT
from tests.support.providers import provider
from tests.support.routing import NOW_S, Desk, Failing, described, features, long_body

S = Signal
A = ("a", "m")
TWO_KEYS = {"a": ("one", "two")}


def desk(settings: dict[str, Any] | None = None) -> Desk:
    """Provider ``a`` with two keys, and ``b`` with none."""
    return Desk([described("a"), described("b")], settings, labels=TWO_KEYS)


def strikes(one: Desk, name: str = "a") -> int:
    """Those in a row of a provider's circuit."""
    value = one.state.get(("circuit", name, "m"), one.now_s)
    return 0 if value is None else Circuit._make(value).strikes


# ---------------------------------------------------------------- failures

# Strikes, and for how long the key and the model rest; chance is a half.
REMEMBERED: list[tuple[Failing, int, float, float]] = [
    (S.CONNECT, 1, 0, 0),
    (S.CONNECT_TIMEOUT, 2, 0, 0),
    (S.BAD_REQUEST, 0, 0, 0),
    ((S.BAD_REQUEST, 60.0), 0, 0, 0),
    (S.CONTEXT_OVERFLOW, 0, 0, 0),
    (S.TOO_LARGE, 0, 0, 0),
    (S.REFUSAL, 0, 0, 0),
    (S.UNSUPPORTED, 0, 0, 0),
    (S.BUDGET, 0, 0, 0),
    (S.BILLING, 0, 602.5, 0),
    ((S.BILLING, 5.0), 0, 602.5, 0),
    (S.AUTH, 0, 602.5, 0),
    ((S.AUTH, 0.0), 0, 602.5, 0),
    (S.MODEL_UNKNOWN, 0, 0, 600),
    ((S.MODEL_UNKNOWN, 5.0), 0, 0, 5),
    (S.TRANSIENT, 0, 0, 0),
    ((S.TRANSIENT, 60.0), 0, 0, 0),
    (S.BAD_CALL, 0, 0, 0),
    (S.RATE_SHORT, 0, 1.05, 0),
    ((S.RATE_SHORT, 2.0), 0, 2.1, 0),
    ((S.RATE_SHORT, 0.0), 0, 0, 0),
    (S.RATE_LONG, 0, 62.5, 0),
    ((S.RATE_LONG, 4000.0), 0, 4002.5, 0),
    ((S.RATE_LONG, 10 * MOST_S), 0, MOST_S, 0),
    (S.SERVER_ERROR, 1, 0, 0),
    ((S.SERVER_ERROR, 20.0), 1, 0, 20),
    ((S.SERVER_ERROR, 0.0), 1, 0, 0),
    (S.OVERLOADED, 1, 0, 0),
    ((S.OVERLOADED, 20.0), 1, 0, 20),
    (S.FIRST_EVENT_TIMEOUT, 3, 0, 0),
    (S.TOTAL_TIMEOUT, 1, 0, 0),
    (S.PROTOCOL, 2, 0, 0),
    (S.CUT, 1, 0, 0),
    (S.IDLE, 2, 0, 0),
    (S.ENDING, 0, 0, 0),
]


def test_each_signal_is_here() -> None:
    """A new one needs its line."""
    assert {each[0] if isinstance(each[0], Signal) else each[0][0] for each in REMEMBERED} == set(
        TABLE
    )


@pytest.mark.parametrize(("failing", "expected", "key_s", "model_s"), REMEMBERED, ids=str)
def test_who_bears_a_failure(failing: Failing, expected: int, key_s: float, model_s: float) -> None:
    """The key that was used, the model, the circuit, or nobody; the other key never."""
    one = desk()
    planned = one.plan()
    one.fails(planned, planned.steps[0], failing)

    key = one.router.rests.of_key("a", "one", NOW_S)
    model = one.router.rests.of_model(*A, NOW_S)
    assert strikes(one) == expected
    assert (0 if key is None else key.until_s - NOW_S) == pytest.approx(key_s)
    assert (0 if model is None else model.until_s - NOW_S) == pytest.approx(model_s)
    assert one.router.rests.of_key("a", "two", NOW_S) is None
    signal = failing if isinstance(failing, Signal) else failing[0]
    for rest in filter(None, (key, model)):
        assert rest.reason == signal.value
        assert rest.kind == ("dead" if signal in {S.AUTH, S.BILLING} else "cooling")
    if TABLE[signal].blame in {Blame.CALLER, Blame.NOBODY}:
        assert one.state.dump(NOW_S) == []


def test_speeds_are_learned_of_who_fails_where_a_strategy_asks_for_them() -> None:
    """A refused key says nothing of how reliable a target is."""
    one = desk({"routing": {"strategy": "fastest"}})
    planned = one.plan()
    assert planned.task is Task.CHAT
    one.fails(planned, planned.steps[0], S.AUTH)
    assert one.state.room("speed", NOW_S) == {}
    one.fails(planned, planned.steps[0], S.SERVER_ERROR)
    assert one.state.room("speed", NOW_S)


# ---------------------------------------------------------------- the network


def test_two_that_cannot_be_reached_are_no_network() -> None:
    """What was counted against the first of them is taken back, and nothing more is counted."""
    one = desk()
    planned = one.plan()
    one.fails(planned, planned.steps[0], S.CONNECT_TIMEOUT)
    assert strikes(one) == 2
    one.fails(planned, planned.steps[2], S.CONNECT)
    assert (strikes(one), strikes(one, "b")) == (0, 0)
    assert one.router.network.offline(one.now_s)
    one.fails(planned, planned.steps[0], S.CONNECT)
    assert strikes(one) == 0


@pytest.mark.parametrize("signal", [S.BAD_REQUEST, S.SERVER_ERROR, S.CUT, S.FIRST_EVENT_TIMEOUT])
def test_whatever_was_heard_from_outside_ends_that(signal: Signal) -> None:
    """A connection is a network."""
    one = desk()
    planned = one.plan()
    for step in planned.steps[1:]:
        one.fails(planned, step, S.CONNECT)
    one.fails(planned, planned.steps[0], signal)
    assert not one.router.network.offline(one.now_s)


@pytest.mark.parametrize("signal", [S.UNSUPPORTED, S.BUDGET, S.ENDING])
def test_who_was_not_asked_says_nothing_of_the_network(signal: Signal) -> None:
    """It is still not there."""
    one = desk()
    planned = one.plan()
    for step in planned.steps[1:]:
        one.fails(planned, step, S.CONNECT)
    one.fails(planned, planned.steps[0], signal)
    assert one.router.network.offline(one.now_s)


def test_what_is_on_this_machine_says_nothing_of_the_network() -> None:
    """Ollama is not running, and one provider is out of reach: two troubles."""
    one = Desk([described("a"), described("here", local=True)])
    planned = one.plan()
    for step in planned.steps:
        one.fails(planned, step, S.CONNECT)
    assert (strikes(one), strikes(one, "here")) == (1, 1)
    assert not one.router.network.offline(one.now_s)
    one.router.network.missed("b", "m", 1, one.now_s)
    assert one.router.network.offline(one.now_s)
    one.answers(features(), planned.steps[1])
    assert one.router.network.offline(one.now_s)


# ---------------------------------------------------------------- the probe


def half_open(one: Desk) -> Plan:
    """The circuit of ``a`` has opened and its time is over."""
    planned = one.plan()
    for _ in range(STRIKES):
        one.fails(planned, planned.steps[0], S.SERVER_ERROR)
    one.now_s += 15
    return one.plan()


def state_of(one: Desk) -> str:
    """How the circuit of ``a`` stands."""
    standing = one.router.circuits.standing(A, one.now_s)
    return "closed" if standing is None else standing.state


@pytest.mark.parametrize(
    ("signal", "expected"),
    [(S.SERVER_ERROR, "open"), (S.AUTH, "half-open"), (S.BAD_REQUEST, "half-open"),
     (S.UNSUPPORTED, "half-open")],
)  # fmt: skip
def test_the_end_of_a_probe_decides(signal: Signal, expected: str) -> None:
    """A failure of the provider opens it again; what says nothing of it leaves the place to another."""
    one = desk()
    planned = half_open(one)
    step = planned.steps[0]
    assert one.router.admits(step, one.now_s)
    assert state_of(one) == "probing"
    one.fails(planned, step, signal)
    assert state_of(one) == expected


def test_a_probe_that_finds_no_network_is_none() -> None:
    """Another one may go when it is back."""
    one = desk()
    planned = half_open(one)
    step = planned.steps[0]
    assert one.router.admits(step, one.now_s)
    one.router.network.missed("b", "m", 1, one.now_s)
    one.fails(planned, step, S.CONNECT)
    assert state_of(one) == "half-open"


@pytest.mark.parametrize("signal", [S.SERVER_ERROR, S.BAD_REQUEST, S.CONNECT])
def test_while_a_probe_is_out_the_failures_of_others_decide_nothing(signal: Signal) -> None:
    """Requests that went out before the circuit opened, or as the last resort: a step of the same
    target with the same key, but not the same step.
    """
    one = desk()
    planned = half_open(one)
    early = one.plan()
    assert one.router.admits(planned.steps[0], one.now_s)
    if signal is S.CONNECT:
        one.router.network.missed("b", "m", 1, one.now_s)
    one.fails(early, early.steps[0], signal)
    assert state_of(one) == "probing"
    one.router.abandoned(early.steps[0], one.now_s)
    assert state_of(one) == "probing"
    one.router.abandoned(planned.steps[0], one.now_s)
    assert state_of(one) == "half-open"


def test_any_answer_closes_the_circuit() -> None:
    """Also one that began before; the probe's own end then decides nothing more."""
    one = desk()
    planned = half_open(one)
    assert one.router.admits(planned.steps[0], one.now_s)
    one.answers(features(), one.plan(features(target="a/m")).resort[0])
    assert state_of(one) == "closed"
    one.router.abandoned(planned.steps[0], one.now_s)
    assert state_of(one) == "closed"


# ---------------------------------------------------------------- clients that leave


def test_a_client_that_leaves_says_nothing() -> None:
    """However often."""
    one = desk()
    planned = one.plan()
    for _ in range(STRIKES + 5):
        one.router.abandoned(planned.steps[0], one.now_s)
    assert one.state.dump(NOW_S) == []


# ---------------------------------------------------------------- answers

LONG = features("m", long_body(5_000), session="s")


def test_an_answer_ends_what_was_wrong_with_who_gave_it() -> None:
    """The circuit closes, key and model are well; the other key still rests."""
    one = desk()
    planned = one.plan(LONG)
    first, second, _ = planned.steps
    for signal in (S.AUTH, S.MODEL_UNKNOWN, *[S.SERVER_ERROR] * STRIKES):
        one.fails(planned, first, signal)
    one.fails(planned, second, S.AUTH)
    one.answers(LONG, first)
    assert state_of(one) == "closed"
    assert one.router.rests.of_model(*A, NOW_S) is None
    assert one.router.rests.of_key("a", first.label, NOW_S) is None
    assert one.router.rests.of_key("a", second.label, NOW_S) is not None


def answered(one: Desk, asked: Any, usage: Usage, **changes: Any) -> Step:
    """The first step answers."""
    planned = one.plan(asked)
    step = planned.steps[0]
    one.router.answered(step, planned._replace(**changes), asked, Spent(usage, 0.5, 2.0), one.now_s)
    return step


@pytest.mark.parametrize(
    ("hour", "format_", "lifetime_s", "expected_s"),
    [
        (False, ANTHROPIC, 300.0, 300.0),
        (True, ANTHROPIC, 300.0, HOUR_S),
        (True, ANTHROPIC, 7200.0, 7200.0),
        (False, ANTHROPIC, 7200.0, 7200.0),
        (True, OPENAI_CHAT, 300.0, 300.0),  # the words did not reach it
    ],
)
def test_a_cache_is_warm_for_as_long_as_its_vendor_keeps_it(
    hour: bool, format_: WireFormat, lifetime_s: float, expected_s: float
) -> None:
    """Five minutes, or an hour where the client asks for it and the provider is Anthropic's kind."""
    body = long_body(5_000)
    if hour:
        body["system"] = [
            {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
        ]
    first = replace(provider("a", format_), cache_lifetime_s=lifetime_s)
    one = Desk([first, provider("b", format_)])
    asked = features("m", body, session="s")
    step = answered(one, asked, Usage(input_tokens=5_000))
    session = one.plan(asked).session
    warm = one.router.affinity.warm(session, step.candidate, one.now_s)
    assert warm is not None
    assert (warm.tokens, warm.until_s - one.now_s, warm.label) == (5_000, expected_s, "")


@pytest.mark.parametrize("usage", [Usage(), Usage(input_tokens=1_023)])
def test_without_a_cache_it_is_known_who_answered_all_the_same(usage: Usage) -> None:
    """Nothing was said of the tokens, or too few for a cache."""
    one = desk()
    step = answered(one, LONG, usage)
    session = one.plan(LONG).session
    assert one.router.affinity.warm(session, step.candidate, one.now_s) is None
    last = one.router.affinity.last(session, one.now_s)
    assert last == (*A, step.label)


def test_without_a_session_nothing_is_kept() -> None:
    """A single target, or affinity turned off."""
    one = desk()
    answered(one, LONG, Usage(input_tokens=9_000), session="")
    assert one.state.dump(NOW_S) == []


@pytest.mark.parametrize("usage", [Usage(), Usage(9_000, 50, cache_read_tokens=8_000)], ids=str)
def test_speeds_are_learned_of_who_answers(usage: Usage) -> None:
    """Only where a strategy looks at them; cached tokens cost no time."""
    one = desk()
    answered(one, LONG, usage)
    assert one.state.room("speed", NOW_S) == {}
    answered(one, LONG, usage, task=Task.CHAT)
    learned = one.state.room("speed", NOW_S)
    assert {key[1:3] for key in learned} == {A}
    speed = one.router.performance.speeds([A], Task.CHAT, one.now_s)[0]
    assert speed.weight == pytest.approx(1.0)
    # Half a second is less than is assumed of anybody; without its tokens an answer says nothing of it.
    assert (speed.fixed_s < 1.5) == (usage.input_tokens is not None)


# ---------------------------------------------------------------- by hand


def test_a_reset_forgets_circuits_and_rests_of_one_provider() -> None:
    """And says how many."""
    one = desk()
    planned = one.plan()
    for step in (planned.steps[0], planned.steps[2]):
        one.fails(planned, step, S.SERVER_ERROR)
        one.fails(planned, step, S.AUTH)
        one.fails(planned, step, S.MODEL_UNKNOWN)
    assert one.router.reset("a", one.now_s) == 3
    assert one.router.reset("a", one.now_s) == 0
    assert strikes(one, "b") == 1

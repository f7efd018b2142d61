"""Plans: whom to ask for a request, in which order, after which wait, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from aimux.catalogue.provider import OwnLimits, Provider
from aimux.errors import NoNetwork
from aimux.routing.circuits import STRIKES
from aimux.routing.features import Features
from aimux.routing.network import PROBE_EVERY_S
from aimux.routing.plan import Refusal, Step, Task
from aimux.routing.quota import Window
from aimux.routing.rests import Rest
from aimux.routing.trouble import LOOK_AGAIN_S
from aimux.routing.verdict import Signal
from tests.support.providers import candidate
from tests.support.routing import NOW_S, Desk, described, features, long_body, names

S = Signal
A, B, C = (described(name) for name in "abc")
HERE = described("here", local=True)
ORDER = ["a/m", "b/m", "c/m"]
TALK = features("m", long_body(20_000), session="s")


def desk(*providers: Provider, **settings: Any) -> Desk:
    """These providers (or a, b, c) in their order; ``settings`` are of ``[routing]``."""
    fleet = providers or (A, B, C)
    settings.setdefault("default", [f"{each.name}/m" for each in fleet])
    return Desk(fleet, {"routing": settings})


def pooled(*labels: str, others: tuple[Provider, ...] = (), **settings: Any) -> Desk:
    """Provider a with these keys, and others with none."""
    return Desk([A, *others], {"routing": settings}, labels={"a": labels})


# ---------------------------------------------------------------- from rules to ladders

RULES = {
    "routing": {"default": ["a/m"], "failover_on": ["refusal"]},
    "models": {"smart": {"targets": ["b/m", "a/m"], "failover_on": ["context-overflow"]}},
    "routes": [
        {"name": "small", "match": {"max_output_tokens": 10}, "targets": ["c/m"]},
        {"name": "night", "match": {"time": "00:00-06:00"}, "targets": ["smart", "c/m"],
         "strategy": "weighted", "hedge": {"after": "2s"}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "most", "minute", "route", "expected"),
    [
        ("m", 99, 700, "default", ["a/m"]),
        ("smart", 99, 700, "smart", ["b/m", "a/m"]),
        ("smart", 5, 700, "small", ["c/m"]),
        ("m", 5, 60, "small", ["c/m"]),
        ("m", 99, 60, "night", ["a/m", "b/m", "c/m"]),
        ("b/m", 5, 60, "direct", ["b/m"]),
    ],
)
def test_the_first_rule_that_holds(
    model: str, most: int, minute: int, route: str, expected: list[str]
) -> None:
    """Rules before public names, and a name with its provider before both."""
    made = Desk([A, B, C], RULES).plan(features(model, {"max_tokens": most}), minute=minute)
    said = {"small": "an answer of at most 10 tokens", "night": "00:00-06:00"}
    assert (made.decision.route, made.decision.rule) == (route, said.get(route, ""))
    assert sorted(names(made)) == sorted(expected)


def test_a_route_brings_its_settings() -> None:
    """Strategy, what another one is asked about, hedging; ranks only where there was something to weigh."""
    one = Desk([A, B, C], RULES)
    night, smart, plain = (
        one.plan(minute=60),
        one.plan(model="smart", minute=700),
        one.plan(minute=700),
    )
    assert (night.decision.strategy, night.failover_on) == ("weighted", ())
    assert night.hedge is not None
    assert [rank.words for rank in night.decision.ranks] == ["weight 1 of 3"] * 3
    assert (smart.decision.strategy, smart.failover_on, smart.hedge) == (
        "priority", ("context-overflow",), None,
    )  # fmt: skip
    assert (plain.failover_on, plain.hedge, plain.decision.ranks) == (("refusal",), None, ())
    assert plain.decision.generation == 7


@pytest.mark.parametrize(
    ("strategy", "task"),
    [("priority", None), ("cheapest", None), ("fastest", Task.CHAT), ("adaptive", Task.CHAT)],
)
def test_speeds_are_learned_where_a_strategy_looks_at_them(
    strategy: str, task: Task | None
) -> None:
    """Elsewhere nothing is paid for it."""
    assert desk(strategy=strategy).plan().task is task


# ---------------------------------------------------------------- who fits

BLIND = replace(A, models={"m": replace(A.model("m"), capabilities=frozenset({"tools"}))})
SMALL = described("b", context=8_000)
LARGE = described("c", context=16_000)


def test_who_cannot_take_it_is_left_out_with_the_reason() -> None:
    """The others are asked in their order."""
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "eA=="},
    }
    body = {"messages": [{"role": "user", "content": [image]}]}
    made = desk(BLIND, SMALL).plan(features("m", body))
    assert names(made) == ["b/m"]
    assert made.decision.refusals == (Refusal("a/m", "it sees no images"),)
    assert made.decision.candidates == ("b/m",)


def test_where_nobody_can_all_are_asked_the_largest_first() -> None:
    """Guesses may be wrong: a 400 of the vendor is better than one of ours."""
    made = desk(SMALL, LARGE).plan(TALK)
    assert names(made) == ["c/m", "b/m"]
    assert [each.target for each in made.decision.refusals] == ["b/m", "c/m"]
    assert "8,000 tokens is too small for about" in made.decision.refusals[0].reason
    assert made.decision.notes == (
        "no target can take this request; the likeliest is asked all the same",
    )


# ---------------------------------------------------------------- who is put behind


def test_whoever_is_back_first_stands_first_behind_the_others() -> None:
    """With reasons and spans; none of them is left out."""
    one = desk()
    planned = one.plan()
    one.fails(planned, planned.steps[0], (S.SERVER_ERROR, 3_700.0))
    for _ in range(STRIKES):
        one.fails(planned, planned.steps[1], S.CUT)
    made = one.plan()
    assert names(made) == ["c/m", "|", "b/m", "a/m"]
    assert made.decision.refusals == (
        Refusal("a/m", "server_error (for 1 h 1 min more)"),
        Refusal("b/m", "its circuit is open: cut (for 15 s more)"),
    )
    assert made.decision.candidates == ("c/m", "b/m", "a/m")
    assert made.wait_s == 0


def test_a_half_open_circuit_is_where_it_belongs_until_somebody_is_there() -> None:
    """The first request is the probe, the next ones pass by."""
    one = desk()
    planned = one.plan()
    for _ in range(STRIKES):
        one.fails(planned, planned.steps[0], S.CUT)
    one.now_s += 15
    assert names(one.plan()) == ORDER
    assert one.router.admits(planned.steps[0], one.now_s)
    made = one.plan()
    assert names(made) == ["b/m", "c/m", "|", "a/m"]
    assert made.decision.refusals[0].reason == "its circuit is probing: cut (for 3 min more)"


@pytest.mark.parametrize(("wait_s", "expected_s"), [(2.0, 2.0), (2.1, 0.0), (0.4, 0.4)])
def test_where_nobody_is_well_a_short_rest_is_waited_out(wait_s: float, expected_s: float) -> None:
    """A longer one is not: refusing and sleeping help nobody."""
    one = desk(A)
    one.router.rests.rest_model("a", "m", Rest(NOW_S + wait_s, "503"), NOW_S)
    made = one.plan()
    assert names(made) == ["|", "a/m"]
    assert made.wait_s == pytest.approx(expected_s)
    assert made.decision.notes == ("nobody is well at the moment: whoever is back first is asked",)


# ---------------------------------------------------------------- keys


def test_without_a_session_keys_stand_as_given() -> None:
    """Nothing tells two requests apart."""
    one = pooled("one", "two", "three")
    assert names(one.plan(features("m", {"messages": []}))) == ["a/m#one", "a/m#two", "a/m#three"]


def test_sessions_spread_over_keys_and_each_stays() -> None:
    """Each draws a lot for each key; a key that goes moves only those that were its own."""
    labels = ("one", "two", "three")
    whole, less = pooled(*labels), pooled("one", "three")
    first = {number: names(whole.plan(session=f"s{number}")) for number in range(120)}
    counts = Counter(order[0] for order in first.values())
    assert set(counts) == {f"a/m#{label}" for label in labels}
    assert min(counts.values()) > 20
    for number, order in first.items():
        assert names(whole.plan(session=f"s{number}")) == order
        left = [each for each in order if not each.endswith("two")]
        assert names(less.plan(session=f"s{number}")) == left


def test_the_key_whose_cache_holds_the_session_comes_first() -> None:
    """Whatever the lots say."""
    one = pooled("one", "two", "three")
    order = one.plan(TALK).steps
    one.answers(TALK, order[2])
    assert one.plan(TALK).steps == (order[2], order[0], order[1])


def test_dead_and_cooling_keys_are_put_behind_and_named() -> None:
    """The provider is asked with those that are left."""
    one = pooled("one", "two", "three", others=(B,), sticky="none")
    planned = one.plan()
    one.fails(planned, planned.steps[0], S.AUTH)
    one.fails(planned, planned.steps[1], (S.RATE_LONG, 40.0))
    made = one.plan()
    assert names(made) == ["a/m#three", "b/m", "|", "a/m#two", "a/m#one"]
    assert made.decision.refusals == (
        Refusal("a/m", "key one: auth (for 10 min more)"),
        Refusal("a/m", "key two: rate_long (for 42 s more)"),
    )


def test_a_lone_key_is_not_named() -> None:
    """There is nothing to tell it apart from."""
    one = pooled("one", others=(B,))
    planned = one.plan()
    one.fails(planned, planned.steps[0], S.AUTH)
    assert one.plan().decision.refusals == (Refusal("a/m", "auth (for 10 min more)"),)


def test_what_is_wrong_with_a_target_holds_for_all_its_keys() -> None:
    """And is told once."""
    one = pooled("one", "two", others=(B,))
    planned = one.plan()
    one.fails(planned, planned.steps[0], S.MODEL_UNKNOWN)
    made = one.plan()
    assert names(made) == ["b/m", "|", "a/m#one", "a/m#two"]
    assert made.decision.refusals == (Refusal("a/m", "model_unknown (for 10 min more)"),)


# ---------------------------------------------------------------- quotas

HELPER = features(
    "claude-haiku", {"max_tokens": 1, "messages": []}, clients=("claude-code",), session="s"
)


def spent(one: Desk, used: float, name: str = "a", in_s: float = 7_200.0) -> None:
    """A plan's window of five hours is used so far."""
    window = Window("5h", used, None, None, NOW_S + in_s, "", NOW_S)
    one.router.quotas.note(name, "", "m", [window], NOW_S)


@pytest.mark.parametrize(
    ("used", "helper", "own", "stays"),
    [
        (0.97, False, None, True),
        (0.98, False, None, False),
        (0.89, True, None, True),
        (0.90, True, None, False),  # five times the reserve: helpers leave first
        (0.97, False, 0.0, True),
        (0.999, False, 0.0, True),
        (0.999, True, 0.0, True),
        (1.0, False, 0.0, False),
        (0.5, False, 0.5, False),
        (0.11, True, 0.5, False),
        (0.09, True, 0.5, True),  # never more than nine tenths
    ],
)
def test_a_nearly_spent_plan_is_left_to_the_conversation(
    used: float, helper: bool, own: float | None, stays: bool
) -> None:
    """The reserve of the configuration, or the provider's own."""
    one = desk(replace(A, quota_reserve=own), B)
    spent(one, used)
    assert HELPER.helper
    made = one.plan(HELPER if helper else TALK)
    assert names(made) == (["a/m", "b/m"] if stays else ["b/m", "|", "a/m"])


def test_a_spent_plan_says_so() -> None:
    """With the time at which it is there again."""
    one = desk(A, B)
    spent(one, 1.0)
    assert one.plan().decision.refusals == (
        Refusal("a/m", "its 5-hour window is used up, resets in 2 h 0 min (for 2 h 0 min more)"),
    )


def test_a_reserve_is_used_before_those_who_would_fail() -> None:
    """It is kept while another target can answer, and here none can: it comes first, whenever it resets."""
    one = desk(A, B)
    spent(one, 0.99)
    planned = one.plan()
    for _ in range(STRIKES):
        one.fails(planned, planned.steps[0], S.CUT)
    assert names(one.plan()) == ["|", "a/m", "b/m"]


# ---------------------------------------------------------------- our own limits


def test_a_limit_of_the_configuration_puts_behind() -> None:
    """Two requests a minute: the third goes elsewhere, and here when nobody else is well."""
    limits = OwnLimits(requests_per_minute=2)
    one = desk(replace(A, limits=limits), B)
    for _ in range(2):
        assert names(one.plan()) == ["a/m", "b/m"]
        one.router.rates.take("a", limits, 100, one.now_s)
    made = one.plan()
    assert names(made) == ["b/m", "|", "a/m"]
    assert made.decision.refusals == (
        Refusal("a/m", "its own limit in the configuration is used up (for 30 s more)"),
    )
    planned = one.plan()
    for _ in range(STRIKES):
        one.fails(planned, planned.steps[0], S.CUT)
    assert names(one.plan()) == ["|", "a/m", "b/m"]


def test_what_is_wrong_weighs_more_than_what_is_spared() -> None:
    """A target that fails is not asked first because it is at its limit besides."""
    limits = OwnLimits(requests_per_minute=1)
    one = desk(replace(A, limits=limits), B)
    planned = one.plan()
    one.router.rates.take("a", limits, 100, one.now_s)
    one.router.rests.rest_model("b", "m", Rest(NOW_S + 10, "503"), NOW_S)
    assert names(one.plan()) == ["|", "a/m", "b/m"]
    for _ in range(STRIKES):
        one.fails(planned, planned.steps[0], S.CUT)
    assert names(one.plan()) == ["|", "b/m", "a/m"]


# ---------------------------------------------------------------- offline


def offline(*providers: Provider) -> Desk:
    """Two providers could not be reached together."""
    one = desk(*providers)
    one.router.network.missed("a", "m", 1, one.now_s)
    one.router.network.missed("b", "m", 1, one.now_s)
    return one


def test_without_a_network_those_on_this_machine_take_over() -> None:
    """The others stand behind it."""
    made = offline(A, HERE, B).plan()
    assert names(made) == ["here/m", "|", "a/m", "b/m"]
    assert made.decision.refusals == (
        Refusal("a/m", "there is no network"),
        Refusal("b/m", "there is no network"),
    )
    assert made.wait_s == 0


def test_without_a_network_and_without_a_local_model_it_is_told_at_once() -> None:
    """But for one request every two seconds, which asks one provider whether it is back."""
    one = offline(A, B)
    with pytest.raises(NoNetwork) as caught:
        one.plan()
    assert caught.value.message == "there is no network: none of a, b can be reached"
    assert caught.value.retry_after_s == 2.0
    assert "on this machine" in (caught.value.hint or "")

    one.now_s += PROBE_EVERY_S
    made = one.plan()
    assert names(made) == ["|", "a/m"]
    assert made.decision.notes == ("there is no network: this request looks whether it is back",)
    with pytest.raises(NoNetwork):
        one.plan()


def test_a_local_model_that_rests_is_asked_rather_than_nobody() -> None:
    """The last candidate is never taken away; who looks for the network looks outside."""
    one = offline(HERE, A, B)
    one.router.rests.rest_model("here", "m", Rest(NOW_S + 60, "503"), NOW_S)
    made = one.plan()
    assert names(made) == ["|", "here/m"]
    assert made.decision.notes == ("nobody is well at the moment: whoever is back first is asked",)
    one.now_s += PROBE_EVERY_S
    looks = one.plan()
    assert names(looks) == ["|", "a/m", "here/m"]
    assert looks.decision.notes == ("there is no network: this request looks whether it is back",)


# ---------------------------------------------------------------- conversations


@pytest.mark.parametrize(
    ("settings", "providers", "has"),
    [
        ({}, (A, B), True),
        ({"sticky": "none"}, (A, B), False),
        ({}, (A,), False),  # nothing to stay with or to leave
    ],
)
def test_a_session_stays_where_there_is_a_choice(
    settings: dict[str, Any], providers: tuple[Provider, ...], has: bool
) -> None:
    """Of targets or of keys."""
    made = desk(*providers, **settings).plan(TALK)
    assert made.session == ("s" if has else "")
    assert made.decision.session == "s"  # for the record, in any case
    assert pooled("one", "two").plan(TALK).session == "s"
    assert pooled("one").plan(TALK).session == ""


def test_a_conversation_stays_where_it_is_warm() -> None:
    """For as long as the vendor's cache lives."""
    one = desk()
    one.answers(TALK, one.plan(TALK).steps[1])
    made = one.plan(TALK)
    assert names(made) == ["b/m", "a/m", "c/m"]
    assert made.decision.notes == ("stays with b/m: 50,000 tokens of it are cached there",)
    assert made.cached == {("b", "m"): 50_000}
    assert names(one.plan(features(session="other"))) == ORDER
    one.now_s += 300
    assert names(one.plan(TALK)) == ORDER


def test_it_returns_home_when_little_is_missing_there() -> None:
    """After a failover nearly all of the prefix is still at the first one."""
    one = desk()
    steps = one.plan(TALK).steps
    one.answers(TALK, steps[0], tokens=50_000)
    one.answers(TALK, steps[1], tokens=54_000)
    made = one.plan(TALK)
    assert names(made) == ORDER
    assert made.decision.notes == ()
    one.answers(TALK, steps[1], tokens=60_000)
    made = one.plan(TALK)
    assert names(made) == ["b/m", "a/m", "c/m"]
    assert made.decision.notes == ("stays with b/m: 60,000 tokens of it are cached there",)


def test_without_affinity_the_order_is_the_strategy_s() -> None:
    """``sticky = "none"``: nothing is remembered and nothing stays."""
    one = desk(sticky="none")
    one.answers(TALK, one.plan(TALK).steps[1])
    assert names(one.plan(TALK)) == ORDER


def signed(session: str = "s") -> Features:
    """A history with thinking that its provider has signed."""
    thought = {"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"}
    history = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": [thought, {"type": "text", "text": "hi"}]},
        {"role": "user", "content": "go on"},
    ]
    return features("m", {"messages": history}, session=session)


def test_signed_thinking_returns_to_who_signed_it() -> None:
    """Also when the cache is cold; a history without it goes where the rules say."""
    one = desk()
    one.answers(TALK, one.plan(TALK).steps[2])
    one.now_s += 3_600
    made = one.plan(signed())
    assert names(made) == ["c/m", "a/m", "b/m"]
    assert made.decision.notes == ("returns to c/m, who signed its thinking",)
    assert names(one.plan(TALK)) == ORDER
    assert names(one.plan(signed("another"))) == ORDER


def test_whoever_signed_it_may_be_first_anyway_or_gone() -> None:
    """Then there is nothing to note."""
    one = desk()
    one.answers(TALK)
    one.now_s += 3_600
    assert one.plan(signed()).decision.notes == ()
    one.router.affinity.answered("s", step_of("gone"), 0, 300, one.now_s)
    made = one.plan(signed())
    assert (names(made), made.decision.notes) == (ORDER, ())


def step_of(name: str) -> Step:
    """A step of a provider that the configuration has no more."""
    return Step(candidate(f"{name}/m"), "")


def test_a_warm_one_that_rests_is_not_first() -> None:
    """It is behind the others, and what it holds is known to the pursuit."""
    one = desk()
    planned = one.answers(TALK)
    one.fails(planned, planned.steps[0], (S.SERVER_ERROR, 60.0))
    made = one.plan(TALK)
    assert names(made) == ["b/m", "c/m", "|", "a/m"]
    assert made.cached == {("a", "m"): 50_000}


# ---------------------------------------------------------------- waiting for a warm cache


def resting(one: Desk, wait_s: float, tokens: int = 50_000) -> Desk:
    """The conversation is warm at a, which has said that it rests for so long."""
    planned = one.answers(TALK, tokens=tokens)
    one.router.rests.rest_model("a", "m", Rest(one.now_s + wait_s, "503"), one.now_s)
    assert planned.session == "s"
    return one


@pytest.mark.parametrize(
    ("wait_s", "tokens", "settings", "waits"),
    [
        # 50,000 tokens cost $0.17 to read anew, a second is worth $0.0083: 20 seconds.
        (20.0, 50_000, {}, True),
        (21.0, 50_000, {}, False),
        (2.0, 5_000, {}, True),
        (2.1, 5_000, {}, False),
        (30.0, 500_000, {}, True),
        (30.5, 500_000, {}, False),  # nobody waits for longer, whatever it costs
        (20.0, 50_000, {"minute_usd": 1.0}, False),
        (30.0, 5_000, {"minute_usd": 0.0}, True),
        (1.0, 50_000, {"sticky": "none"}, False),
    ],
)
def test_the_cheaper_of_waiting_and_leaving_is_done(
    wait_s: float, tokens: int, settings: dict[str, Any], waits: bool
) -> None:
    """What the lost prefix costs at the next one, against what the wait is worth."""
    one = desk(**settings)
    one.answers(TALK, tokens=tokens)
    one.router.rests.rest_model("a", "m", Rest(NOW_S + wait_s, "503"), NOW_S)
    made = one.plan(TALK)
    assert names(made) == (ORDER if waits else ["b/m", "c/m", "|", "a/m"])
    assert made.wait_s == (wait_s if waits else 0)
    said = [note for note in made.decision.notes if note.startswith("waits")]
    assert bool(said) is waits


def test_waiting_is_explained() -> None:
    """For how long, for whom, and what leaving would cost."""
    made = resting(desk(), 1.5).plan(TALK)
    assert made.decision.notes == ("waits 1.5 s for a/m: leaving its cache would cost $0.1725",)


def test_nobody_waits_for_what_the_next_one_has_too() -> None:
    """It would lose nothing."""
    one = desk()
    one.answers(TALK, one.plan(TALK).steps[1])
    assert names(resting(one, 1.0).plan(TALK)) == ["b/m", "c/m", "|", "a/m"]


def test_nobody_waits_for_a_circuit() -> None:
    """Whether it will be well then is not known."""
    one = desk()
    planned = one.answers(TALK)
    for _ in range(STRIKES):
        one.fails(planned, planned.steps[0], S.CUT)
    made = one.plan(TALK)
    assert (names(made), made.wait_s) == (["b/m", "c/m", "|", "a/m"], 0)


def test_a_wait_for_one_key_leaves_the_other_rests_behind() -> None:
    """The key with the cache has a second to go; the other one is dead."""
    one = pooled("one", "two", others=(B,))
    steps = one.plan(TALK).steps
    one.answers(TALK, steps[0])
    one.fails(one.plan(TALK), steps[1], S.AUTH)
    one.fails(one.plan(TALK), steps[0], (S.RATE_SHORT, 1.0))
    made = one.plan(TALK)
    first, second = (f"a/m#{step.label}" for step in steps[:2])
    assert names(made) == [first, "b/m", "|", second]
    assert made.wait_s == pytest.approx(1.05)


# ---------------------------------------------------------------- the decision


def test_the_decision_says_what_was_asked_and_what_it_is_worth() -> None:
    """Everything that ``why`` shows."""
    one = desk(strategy="least-busy")
    one.busy["a"] = 3
    made = one.plan(TALK)
    decision = made.decision
    assert names(made) == ["b/m", "c/m", "a/m"]
    assert (decision.asked_model, decision.route, decision.strategy) == (
        "m",
        "default",
        "least-busy",
    )
    assert decision.candidates == ("b/m", "c/m", "a/m")
    assert [(str(rank.candidate), rank.words) for rank in decision.ranks][-1] == (
        "a/m", "3 in flight",
    )  # fmt: skip
    assert (decision.refusals, decision.notes) == ((), ())
    assert made.second_usd == pytest.approx(0.5 / 60)
    assert made.prompt_bytes == TALK.bytes


def test_an_old_word_of_a_spent_plan_is_tried_by_one_request_now_and_then() -> None:
    """It may have been renewed meanwhile; nobody else would ever find out."""
    one = desk(A, B)
    spent = Window("week", 1.0, None, None, NOW_S + 6 * 86_400, "rejected", NOW_S)
    one.router.quotas.note("a", "", "m", [spent], NOW_S)
    assert names(one.plan()) == ["b/m", "|", "a/m"]
    one.now_s += 2 * 3600
    assert names(one.plan()) == ["a/m", "b/m"]
    assert names(one.plan()) == ["b/m", "|", "a/m"]
    one.now_s += LOOK_AGAIN_S
    assert names(one.plan()) == ["a/m", "b/m"]

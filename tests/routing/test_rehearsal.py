"""A request that is planned and not sent: what it says, and that it changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from aimux.catalogue.provider import ModelFacts, Provider
from aimux.errors import InvalidRequest, NoCandidate, NoNetwork, TooLarge, UnknownModel
from aimux.model.request import WireFormat
from aimux.routing.plan import Moment, Plan
from aimux.routing.rehearsal import Rehearsal, Script, rehearse, understudy
from aimux.routing.rests import Rest
from aimux.routing.verdict import Fault, Signal
from aimux.wire.codec import Mode
from tests.support.providers import provider
from tests.support.routing import NOW_S, Desk, middle, names

BODY = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
LIMIT = 2**20


def script(
    body: Mapping[str, Any] | None = None,
    format_: WireFormat = WireFormat.ANTHROPIC,
    **more: Any,
) -> Script:
    return Script(json.dumps(BODY if body is None else body).encode(), format_, **more)


def rehearsed(desk: Desk, asked: Script | None = None, minute: int = 0) -> Rehearsal:
    router = understudy(desk.router, desk.state)
    return rehearse(router, desk.routes, asked or script(), Moment(desk.now_s, minute), LIMIT)


def targets(plan: Plan) -> list[str]:
    return [each.name for each in plan.candidates]


# ---------------------------------------------------------------- it is the gateway's own plan


def test_the_plan_is_the_one_that_a_request_would_get() -> None:
    """Same candidates, same rests, same refusals, same generation."""
    desk = Desk([provider("a"), provider("b"), provider("c")], problems={"c": "it has no key"})
    desk.router.rests.rest_model("a", "m", Rest(NOW_S + 60, "busy"), NOW_S)

    plan = rehearsed(desk).plan

    assert names(plan) == ["b/m", "|", "a/m"]
    real = desk.plan()
    assert names(real) == names(plan)
    assert real.decision.refusals == plan.decision.refusals
    assert plan.decision.generation == 7


def test_a_warm_cache_is_known() -> None:
    """A session that is named finds its target."""
    desk = Desk([provider("a"), provider("b")])
    asked = script(headers={"x-claude-code-session-id": "s1"}, client="claude-code")
    session = rehearsed(desk, asked).plan.session
    step = next(each for each in desk.plan().steps if each.candidate.name == "b/m")
    desk.router.affinity.answered(session, step, 50_000, 300, NOW_S)

    plan = rehearsed(desk, asked).plan

    assert session == "claude-code+default:s1"
    assert targets(plan) == ["b/m", "a/m"]
    assert plan.cached == {("b", "m"): 50_000}


# ---------------------------------------------------------------- it changes nothing


def test_no_turn_is_taken() -> None:
    """However often one asks, the next request is the first one's turn."""
    settings = {"routing": {"default": ["a/*", "b/*"], "strategy": "round-robin", "sticky": "none"}}
    desk = Desk([provider("a"), provider("b")], settings)

    asked = [targets(rehearsed(desk).plan)[0] for _ in range(3)]

    assert asked == ["a/m"] * 3
    assert [targets(desk.plan())[0] for _ in range(2)] == ["a/m", "b/m"]


@pytest.mark.parametrize("strategy", ["fastest", "adaptive", "weighted", "cheapest", "least-busy"])
def test_no_trial_is_counted(strategy: str) -> None:
    """What strategies write when they plan is written into the copy."""
    settings = {"routing": {"default": ["a/*", "b/*"], "strategy": strategy}}
    desk = Desk([provider("a"), provider("b")], settings)
    before = desk.state.dump(NOW_S)

    rehearsed(desk)

    assert desk.state.dump(NOW_S) == before
    assert desk.state.changes == 0


def test_no_circuit_is_probed() -> None:
    """A half-open circuit is as half-open afterwards: the probe is a real request's."""
    desk = Desk([provider("a"), provider("b")])
    for _ in range(5):
        desk.router.circuits.failed(("a", "m"), 1, "500", NOW_S, middle)
    desk.now_s += 60

    rehearsed(desk)

    standing = desk.router.circuits.standing(("a", "m"), desk.now_s)
    assert standing is not None
    assert standing.state == "half-open"


def test_the_look_for_a_network_is_left_to_a_real_request() -> None:
    """One request in two seconds may look; asking what would be is none."""
    desk = Desk([provider("a"), provider("b")])
    for step in desk.plan().steps:
        desk.router.failed(desk.plan(), step, Fault(Signal.CONNECT), NOW_S, middle)
    with pytest.raises(NoNetwork):
        rehearsed(desk)
    desk.now_s += 3

    said = rehearsed(desk).plan.decision.notes

    assert "there is no network: this request looks whether it is back" in said
    assert (
        "there is no network: this request looks whether it is back" in desk.plan().decision.notes
    )


# ---------------------------------------------------------------- rules

RULES = {
    "routes": [
        {"name": "night", "match": {"time": "22:00-23:00"}, "targets": ["a/*"]},
        {
            "name": "helpers",
            "match": {"model": "*haiku*", "client": "claude-code", "images": True},
            "targets": ["a/*"],
        },
        {"name": "thinking", "match": {"thinking": "off"}, "targets": ["b/*"]},
        {"name": "late", "targets": ["a/*"]},
    ]
}


def test_each_rule_says_what_it_lacks() -> None:
    """Those before the one that matches, with the conditions that do not hold and no others."""
    desk = Desk([provider("a"), provider("b")], RULES)

    looked = rehearsed(desk, script(client="claude-code")).rules

    assert [(each.name, each.unmet) for each in looked] == [
        ("night", ("22:00-23:00",)),
        ("helpers", ("model *haiku*", "images")),
        ("thinking", ()),
    ]
    assert looked[2].words == "no thinking"


def test_another_time() -> None:
    """The minute of the week is the question's."""
    desk = Desk([provider("a"), provider("b")], RULES)

    looked = rehearsed(desk, minute=22 * 60 + 5).rules

    assert [(each.name, each.unmet) for each in looked] == [("night", ())]


@pytest.mark.parametrize(
    "asked",
    [
        script({**BODY, "model": "b/x"}),
        script({**BODY, "model": "b,x"}),
        script(headers={"x-aimux-target": "b/x"}),
    ],
    ids=["slash", "comma", "header"],
)
def test_a_named_target_asks_no_rule(asked: Script) -> None:
    """Nothing is said of rules that nobody looked at."""
    desk = Desk([provider("a"), provider("b")], RULES)

    rehearsal = rehearsed(desk, asked)

    assert rehearsal.rules == ()
    assert targets(rehearsal.plan) == ["b/x"]


def test_a_public_name_that_looks_like_a_target_asks_them() -> None:
    """As in the gateway, where a public name is a name first."""
    settings = {"models": {"b/x": {"targets": ["a/m"]}}, **RULES}
    desk = Desk([provider("a"), provider("b")], settings)

    assert len(rehearsed(desk, script({**BODY, "model": "b/x"})).rules) == 3


# ---------------------------------------------------------------- what each would be told


def test_how_a_request_crosses() -> None:
    """Relayed to its own format, translated to another one with what is lost named."""
    desk = Desk([provider("a"), provider("b", WireFormat.OPENAI_CHAT)])

    told = rehearsed(desk, script({**BODY, "top_k": 5})).told

    assert told["a", "m"] == (Mode.RELAY, (), "")
    assert told["b", "m"].mode is Mode.TRANSLATE
    assert "sampling.dropped" in {loss.code for loss in told["b", "m"].losses}


def test_what_cannot_cross() -> None:
    """The reason stands where the way would."""
    facts = ModelFacts("m", capabilities=frozenset({"tools"}))
    blind = provider("b", WireFormat.OPENAI_CHAT)
    blind = Provider("b", None, blind.endpoints, (), models={"m": facts})
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "AA=="},
    }
    body = {**BODY, "messages": [{"role": "user", "content": [image]}]}

    told = rehearsed(Desk([blind]), script(body)).told["b", "m"]

    assert told.refusal
    assert told.losses == ()


# ---------------------------------------------------------------- what is asked


@pytest.mark.parametrize(
    ("asked", "clients"),
    [
        (script(), ("default", "default")),
        (script(client="codex"), ("codex", "default")),
        (script(client="ann"), ("ann", "ann")),
        (script(headers={"user-agent": "claude-cli/2"}), ("claude-code", "default")),
        (script(headers={"user-agent": "claude-cli/2"}, client="ann"), ("claude-code", "ann")),
        (script(headers={"user-agent": "claude-cli/2"}, client="codex"), ("codex", "default")),
    ],
)
def test_who_asks(asked: Script, clients: tuple[str, str]) -> None:
    """The agent's name and the token's, as the gateway has them."""
    assert asked.clients == clients
    assert rehearsed(Desk([provider("a")]), asked).features.clients == clients


@pytest.mark.parametrize(
    ("asked", "model", "stream"),
    [
        (script(), "m", False),
        (script({**BODY, "stream": True}), "m", True),
        (script({**BODY, "stream": True}, stream=False), "m", False),
        (script(model="other"), "other", False),
        (script({"contents": []}, WireFormat.GEMINI, model="g"), "g", False),
        (script({"contents": []}, WireFormat.GEMINI, model="g", stream=True), "g", True),
    ],
)
def test_model_and_stream(asked: Script, model: str, stream: bool) -> None:
    """The body's, unless the question says otherwise; Gemini's stand in the address."""
    features = rehearsed(Desk([provider("a")]), asked).features

    assert (features.asked, features.stream) == (model, stream)


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (Script(b"{", WireFormat.ANTHROPIC), InvalidRequest, "JSON"),
        (script({"messages": []}), InvalidRequest, "names no model"),
        (script({**BODY, "model": 3}), InvalidRequest, "model must be a text"),
        (script({**BODY, "stream": 1}), InvalidRequest, "stream must be true or false"),
        (script({"contents": []}, WireFormat.GEMINI), InvalidRequest, "stands in its address"),
        (script({**BODY, "x": "x" * LIMIT}), TooLarge, "larger than 1 MiB"),
        (script(headers={"x-aimux-target": "nobody/x"}), UnknownModel, "names no provider"),
    ],
)
def test_refusals_are_those_of_the_gateway(
    asked: Script, error: type[Exception], words: str
) -> None:
    """What a client would be told is told."""
    with pytest.raises(error, match=words):
        rehearsed(Desk([provider("a")]), asked)


def test_nobody_can_be_asked() -> None:
    """The reason of each is in it."""
    with pytest.raises(NoCandidate, match=r"a/\*: it is disabled"):
        rehearsed(Desk([provider("a")], problems={"a": "it is disabled"}))

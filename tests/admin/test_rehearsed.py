"""``routes test`` through the admin API: the request there and back, the plan as a shape."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

import pytest

from aimux.admin.rehearsed import finite, rehearsal_shape, script_from, script_shape
from aimux.admin.shapes import RehearsalShape, TargetShape
from aimux.catalogue.provider import ModelFacts, PriceFacts, Provider
from aimux.errors import InvalidRequest
from aimux.model.request import WireFormat
from aimux.routing.plan import Moment
from aimux.routing.rehearsal import Script, rehearse, understudy
from aimux.routing.rests import Rest
from tests.support.providers import provider
from tests.support.routing import NOW_S, Desk

BODY = {"model": "m", "max_tokens": 1000, "messages": [{"role": "user", "content": "hi"}]}
GOOD = {"format": "anthropic", "request": "{}"}


def told(desk: Desk, body: dict[str, Any] | None = None) -> RehearsalShape:
    script = Script(json.dumps(body or BODY).encode(), WireFormat.ANTHROPIC)
    router = understudy(desk.router, desk.state)
    return rehearsal_shape(
        rehearse(router, desk.routes, script, Moment(desk.now_s), 2**20), live=True
    )


def priced(name: str, price: PriceFacts, *formats: WireFormat, **facts: Any) -> Provider:
    made = provider(name, *formats)
    models = {"m": ModelFacts("m", price=price, **facts)}
    return Provider(name, None, made.endpoints, (), models=models)


# ---------------------------------------------------------------- the request


@pytest.mark.parametrize(
    ("script", "minute"),
    [
        (Script(b"{}", WireFormat.ANTHROPIC), None),
        (
            Script(b'{"a": "\xc3\xa9\\ud800"}', WireFormat.GEMINI, "g", False, {"a": "b"}, "codex"),
            0,
        ),
    ],
)
def test_there_and_back(script: Script, minute: int | None) -> None:
    """Nothing of a request is lost on its way through JSON."""
    shape = json.loads(json.dumps(script_shape(script, minute)))

    assert script_from(shape) == (script, minute)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"format": None}, "format must be one of anthropic"),
        ({"format": "openai"}, "format must be one of anthropic"),
        ({"format": 3}, "format must be a text"),
        ({"request": None}, "request must be the body of a request"),
        ({"request": {}}, "request must be a text"),
        ({"model": 3}, "model must be a text"),
        ({"stream": 1}, "stream must be true or false"),
        ({"client": True}, "client must be a text"),
        ({"headers": ["a"]}, "headers must be texts by name"),
        ({"headers": {"a": 1}}, "headers must be texts by name"),
        ({"minute_of_week": "mon"}, "minute_of_week must be a number"),
        ({"minute_of_week": True}, "minute_of_week must be a number"),
        ({"minute_of_week": -1}, "minute_of_week must be a number from 0 to 10079"),
        ({"minute_of_week": 10080}, "minute_of_week must be a number from 0 to 10079"),
    ],
)
def test_what_is_no_request(more: dict[str, Any], words: str) -> None:
    """Refused with the field's name."""
    with pytest.raises(InvalidRequest, match=words):
        script_from({**GOOD, **more})


# ---------------------------------------------------------------- the plan


def test_every_key_of_the_shapes() -> None:
    """Nothing is missing and nothing else is there."""
    shape = told(Desk([provider("a")]))

    assert shape.keys() == get_type_hints(RehearsalShape).keys()
    assert shape["targets"][0].keys() == get_type_hints(TargetShape).keys()
    json.dumps(shape, allow_nan=False)


def test_targets() -> None:
    """In order, each with its way, its price, its strategy's words and why it comes behind."""
    settings = {"routing": {"default": ["a/*", "b/*", "c/*", "d/*"], "strategy": "cheapest"}}
    desk = Desk(
        [
            priced("a", PriceFacts(input=3.0, output=15.0)),
            priced("b", PriceFacts(input=1.0, output=5.0), WireFormat.OPENAI_CHAT),
            priced("c", PriceFacts()),
            provider("d"),
        ],
        settings,
        labels={"a": ("k1", "k2")},
        problems={"d": "it has no key"},
    )
    desk.router.rests.rest_key("a", "k1", Rest(NOW_S + 60, "429 slow down"), NOW_S)
    desk.router.rests.rest_model("c", "m", Rest(NOW_S + 60, "no such model"), NOW_S)

    shape = told(desk)

    rows = [(each["target"], each["mode"], each["now"], each["key"]) for each in shape["targets"]]
    assert rows == [
        ("b/m", "translate", True, None),
        ("a/m", "relay", True, "k2"),
        ("c/m", "relay", False, None),
    ]
    b, a, c = shape["targets"]
    assert b["words"].startswith("$0.00")
    assert a["cost_usd"] == pytest.approx(3 * b["cost_usd"])  # type: ignore[operator]
    assert (c["cost_usd"], c["words"]) == (None, "")
    assert a["behind"] == "key k1: 429 slow down (for 1 min more)"
    assert c["behind"] == "no such model (for 1 min more)"
    assert b["behind"] is None
    assert shape["left_out"] == [{"target": "d/*", "reason": "it has no key"}]
    assert shape["summary"] == "would ask b/m first (translate), then a/m (relay), then c/m (relay)"


def image() -> dict[str, Any]:
    source = {"type": "base64", "media_type": "image/png", "data": "AA=="}
    return {
        **BODY,
        "messages": [{"role": "user", "content": [{"type": "image", "source": source}]}],
    }


BLIND = priced("blind", PriceFacts(), WireFormat.OPENAI_CHAT, capabilities=frozenset({"tools"}))


@pytest.mark.parametrize(
    ("providers", "body", "summary"),
    [
        (["a"], BODY, "would ask a/m (relay)"),
        (["a", "b"], BODY, "would ask a/m first (relay), then b/m (relay)"),
        (
            ["a", "b", "c", "d", "e"],
            BODY,
            "would ask a/m first (relay), then b/m (relay), then c/m (relay), then 2 more",
        ),
        ([], image(), "would ask nobody: blind/m cannot be told what the request says"),
    ],
)
def test_summaries(providers: list[str], body: dict[str, Any], summary: str) -> None:
    """The gist in a line."""
    made = [provider(name) for name in providers] or [BLIND]

    assert told(Desk(made), body)["summary"] == summary


def test_the_wait_is_said() -> None:
    """Nobody is awake, and who wakes in a moment is waited for."""
    desk = Desk([provider("a")])
    desk.router.rests.rest_model("a", "m", Rest(NOW_S + 1.5, "429"), NOW_S)

    shape = told(desk)

    assert (shape["wait_s"], shape["summary"]) == (1.5, "would wait 1.5 s and ask a/m (relay)")


def test_the_public_price_of_the_unknown() -> None:
    """JSON has no infinity: the worst of all scores is null, as one that is not there."""
    assert finite(float("inf")) is None
    assert finite(None) is None
    assert finite(0.5) == 0.5

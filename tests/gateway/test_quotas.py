"""The windows that upstreams tell of are heard wherever they are told, and shown."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

import pytest

from aimux.admin.shapes import QuotaShape
from aimux.daemon.run import _quota_poller
from aimux.gateway.standing import _iso
from aimux.routing.quota import Window
from tests.support import answers
from tests.support.answers import ANTHROPIC, OPENAI_CHAT
from tests.support.gateway import Served, credentials_of, open_gateway, provider
from tests.support.upstream import Answer, FakeUpstream

PLAN = (
    ("anthropic-ratelimit-unified-status", "allowed"),
    ("anthropic-ratelimit-unified-5h-utilization", "0.62"),
    ("anthropic-ratelimit-unified-5h-reset", "4102444800"),
)
RATES = (("x-ratelimit-limit-requests", "10"), ("x-ratelimit-remaining-requests", "9"))
ASK = b'{"model":"m","messages":[]}'
JSON = ("content-type", "application/json")


def told(answer: Answer, *headers: tuple[str, str]) -> Answer:
    return dataclasses.replace(answer, headers=(*answer.headers, *headers))


def quotas(served: Served) -> list[QuotaShape]:
    return served.gateway.provider_status()[0]["quotas"]


@pytest.mark.parametrize("stream", [False, True])
async def test_the_headers_of_an_answer(upstream: FakeUpstream, stream: bool) -> None:
    """A plan's windows are the account's, limits by the minute the model's."""
    upstream.script(
        answers.path(ANTHROPIC), told(answers.answer(ANTHROPIC, stream=stream), *PLAN, *RATES)
    )
    body = b'{"model":"m","stream":true,"messages":[]}' if stream else ASK

    async with open_gateway([provider("a", upstream)]) as served:
        assert (await served.post(answers.path(ANTHROPIC), body)).status == 200
        shown = quotas(served)

    whole = {"key": "default", "stale": False, "limit": None, "remaining": None}
    assert shown == [
        {
            **whole,
            "model": None,
            "window": "5h",
            "used": 0.62,
            "resets_at": "2100-01-01T00:00:00Z",
            "state": "allowed",
        },
        {
            **whole,
            "model": "m",
            "window": "requests",
            "used": 0.1,
            "limit": 10,
            "remaining": 9,
            "resets_at": None,
            "state": "",
        },
    ]


async def test_an_error_tells_by_headers_and_by_its_body(upstream: FakeUpstream) -> None:
    """Of the key that got it, and not of the one that is asked next."""
    spent = {"error": {"code": "1310", "message": "Weekly/Monthly Limit Exhausted."}}
    refusal = Answer(429, (JSON, *RATES), (json.dumps(spent).encode(),))
    upstream.script(answers.path(OPENAI_CHAT), refusal, answers.answer(OPENAI_CHAT))
    a = provider("a", upstream, OPENAI_CHAT)

    async with open_gateway([a], credentials={"a": credentials_of(a, "one", "two")}) as served:
        assert (await served.post(answers.path(OPENAI_CHAT), ASK)).status == 200
        shown = {(each["key"], each["model"], each["window"]): each for each in quotas(served)}
        fleet, now_s = served.gateway.fleet, time.time()
        first, second = (
            fleet.router.quotas.verdict("a", label, "m", 0.0, now_s) for label in ("one", "two")
        )

    assert shown.keys() == {("one", None, "week"), ("one", "m", "requests")}
    assert shown["one", None, "week"]["state"] == "rejected"
    assert first is not None
    assert first.words == "its weekly window is used up"
    assert second is None


async def test_an_error_inside_an_answer(upstream: FakeUpstream) -> None:
    """MiniMax says in a 200 that its window is used up."""
    words = "usage limit exceeded, 5-hour usage limit reached, resets at 2100-01-01T00:00:00Z"
    body = {"base_resp": {"status_code": 2056, "status_msg": words}}
    answer = Answer(200, (JSON,), (json.dumps(body).encode(),))
    upstream.always(answers.path(OPENAI_CHAT), answer)

    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        await served.post(answers.path(ANTHROPIC), ASK)
        shown = quotas(served)

    assert [(each["window"], each["resets_at"]) for each in shown] == [
        ("5h", "2100-01-01T00:00:00Z")
    ]


async def test_a_provider_that_has_changed_is_forgotten(upstream: FakeUpstream) -> None:
    """Another key under the same label has windows of its own."""
    a = provider("a", upstream)

    async with open_gateway([a]) as served:
        gateway = served.gateway
        window = Window("5h", 0.5, seen_at_s=time.time())
        gateway.fleet.router.quotas.note("a", "default", "m", [window], time.time())
        gateway.swap(gateway.snapshot)
        assert len(quotas(served)) == 1
        gateway.swap(dataclasses.replace(gateway.snapshot, credentials={}))
        assert quotas(served) == []


@pytest.mark.parametrize(("seconds", "text"), [(None, None), (0, "1970-01-01T00:00:00Z")])
def test_a_time_as_text(seconds: Any, text: str | None) -> None:
    """In UTC, as everywhere in the admin API."""
    assert _iso(seconds) == text


@pytest.mark.parametrize("seconds", [1e14, -1e14])
def test_a_time_that_no_calendar_has(seconds: float) -> None:
    """It is left out."""
    assert _iso(seconds) is None


async def test_the_daemon_asks_after_the_plans_of_its_current_snapshot(
    upstream: FakeUpstream,
) -> None:
    """What is asked is what is configured now, and what is told is where the gateway looks."""
    upstream.always("/q", Answer(200, (JSON,), (b'{"weeklyTokenLimit":{"percentRemaining":50}}',)))
    a = provider("a", upstream)

    async with open_gateway([a]) as served:
        gateway = served.gateway
        poller = _quota_poller(gateway)
        await poller.round()
        before = quotas(served)
        asked = dataclasses.replace(a, quota_url=upstream.url + "/q")
        gateway.swap(dataclasses.replace(gateway.snapshot, providers={"a": asked}))
        await poller.round()
        after = quotas(served)

    assert before == []
    assert [(each["key"], each["window"], each["used"]) for each in after] == [
        ("default", "week", 0.5)
    ]

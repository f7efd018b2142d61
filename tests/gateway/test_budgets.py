"""Budgets on the way of a request: reserved, settled, released; stopped and degraded in each dialect."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from typing import Any

import pytest

from aimux.admin.shapes import BudgetShape
from aimux.catalogue.provider import ModelFacts, PriceFacts, Provider
from aimux.gateway.meters import live_of
from aimux.model.request import WireFormat
from aimux.routing.budget import Hold, Notice, account_of
from tests.gateway.test_relay import FORMATS, body_of, path_of
from tests.support import answers
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.gateway import Served, open_gateway, provider
from tests.support.upstream import CUT, FakeUpstream, Gate, Pause

# 100 tokens in and 20 out: what the fakes answer costs 0.1 + 0.2 dollars by these.
PRICE = PriceFacts(input=1000, output=10_000)
COST = 0.3
DAILY = {"budgets": {"daily": {"scope": "all", "limit_usd": 50}}}


def priced(
    name: str,
    at: FakeUpstream,
    format_: WireFormat = ANTHROPIC,
    price: PriceFacts = PRICE,
    **more: Any,
) -> Provider:
    each = provider(name, at, format_, **more)
    models = {
        model: ModelFacts(model, price=price, price_source="2026-11-01")
        for model in ("m", "asked-model", "small")
    }
    return dataclasses.replace(each, models=models)


def budget(served: Served, name: str = "daily") -> BudgetShape:
    (found,) = (each for each in served.gateway.budget_status() if each["name"] == name)
    return found


def spend(served: Served, usd: float, name: str = "daily") -> None:
    fleet = served.gateway.fleet
    (found,) = (each for each in served.gateway.snapshot.routes.budgets if each.name == name)
    account = account_of(found, "", fleet.moment())
    assert account is not None
    fleet.router.budgets.settle(Hold((account,), None), usd, fleet.now_s())


@pytest.fixture
def second() -> object:
    """Another upstream."""
    with FakeUpstream() as server:
        yield server


# ---------------------------------------------------------------- sums


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("format_", FORMATS)
async def test_the_true_cost_is_paid(
    format_: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """In each format, after the last byte; nothing stays reserved."""
    upstream.always(answers.path(format_), answers.answer(format_, stream=stream))
    async with open_gateway([priced("a", upstream, format_)], DAILY) as served:
        got = await served.post(path_of(format_, stream=stream), body_of(stream=stream))
        shape = await served.settled()
        assert got.status == 200
        assert shape["cost_usd"] == pytest.approx(COST)
        assert (budget(served)["spent_usd"], budget(served)["reserved_usd"]) == (
            pytest.approx(COST),
            0,
        )


async def test_while_it_is_under_way_it_is_reserved(upstream: FakeUpstream) -> None:
    """So that others do not spend it."""
    gate = Gate()
    reply = answers.answer(ANTHROPIC)
    upstream.always("/v1/messages", dataclasses.replace(reply, before=(Pause(gate),)))
    async with open_gateway([priced("a", upstream)], DAILY) as served:
        asked = asyncio.create_task(served.post("/v1/messages", b'{"model":"m","max_tokens":20}'))
        await upstream.arrival()
        under_way = budget(served)
        gate.open()
        await asked
        await served.settled()

        assert under_way["reserved_usd"] > 0
        assert under_way["spent_usd"] == 0
        assert budget(served)["reserved_usd"] == 0


async def test_what_failed_costs_nothing_and_the_next_is_paid(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The first is released, the second settled."""
    upstream.always("/v1/messages", answers.failure(ANTHROPIC, 529))
    second.always("/v1/messages", answers.answer(ANTHROPIC))
    both = [priced("a", upstream), priced("b", second)]
    async with open_gateway(both, DAILY) as served:
        await served.post("/v1/messages", b'{"model":"m"}')
        await served.settled()
        found = budget(served)

    assert (found["spent_usd"], found["reserved_usd"]) == (pytest.approx(COST), 0)


async def test_a_stream_that_broke_is_paid_all_the_same(upstream: FakeUpstream) -> None:
    """Its provider bills it: what it said, else what was estimated."""
    whole = answers.answer(OPENAI_CHAT, stream=True)
    upstream.always("/v1/chat/completions", answers.cut(whole, after=2, end=CUT))
    async with open_gateway([priced("a", upstream, OPENAI_CHAT)], DAILY) as served:
        await served.post("/v1/chat/completions", b'{"model":"m","stream":true,"messages":[]}')
        shape = await served.settled()
        found = budget(served)

    assert shape["outcome"] == "cut"
    assert shape["cost_usd"] is None
    assert found["spent_usd"] > 0
    assert found["reserved_usd"] == 0


async def test_a_client_that_leaves_early_releases(upstream: FakeUpstream) -> None:
    """Before anything of an answer: nothing is known to have been done."""
    upstream.always(
        "/v1/messages", dataclasses.replace(answers.answer(ANTHROPIC), before=(Pause(5),))
    )
    async with open_gateway([priced("a", upstream)], DAILY) as served:
        asked = asyncio.create_task(served.post("/v1/messages", b'{"model":"m"}'))
        await upstream.arrival()
        asked.cancel()
        await served.settled()

        assert (budget(served)["spent_usd"], budget(served)["reserved_usd"]) == (0, 0)


async def test_many_at_once_stay_within_the_limit(upstream: FakeUpstream) -> None:
    """Thirty at the same time, money for about ten: the others are refused before they are sent."""
    gate = Gate()
    reply = answers.answer(ANTHROPIC)
    upstream.always("/v1/messages", dataclasses.replace(reply, before=(Pause(gate),)))
    settings = {"budgets": {"daily": {"scope": "all", "limit_usd": 3}}}
    body = b'{"model":"m","max_tokens":20,"messages":[{"role":"user","content":"%s"}]}' % (
        b"x " * 180
    )
    async with open_gateway([priced("a", upstream)], settings) as served:
        asked = [asyncio.create_task(served.post("/v1/messages", body)) for _ in range(30)]
        while served.gateway.requests < 30 or served.gateway.in_flight > len(upstream.requests):
            await asyncio.sleep(0.01)
        gate.open()
        got = await asyncio.gather(*asked)
        await served.settled()
        found = budget(served)

    answered = sum(each.status == 200 for each in got)
    assert {each.status for each in got} == {200, 429}
    assert len(upstream.requests) == answered
    assert found["spent_usd"] == pytest.approx(answered * COST)
    assert found["spent_usd"] <= 3 + COST


async def test_it_is_told_once_at_eighty_percent(
    upstream: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log, in the status, and to whoever asked to be told."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    told: list[Notice] = []
    settings = {"budgets": {"daily": {"scope": "all", "limit_usd": 50}}}
    async with open_gateway([priced("a", upstream)], settings) as served:
        served.gateway.fleet.budget_news.append(told.append)
        spend(served, 39.8)
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                await served.post("/v1/messages", b'{"model":"m","max_tokens":20}')
        await served.settled()
        assert budget(served)["state"] == "warning"

    assert [each.level for each in told] == ["warning"]
    assert sum("budget 'daily'" in each.message for each in caplog.records) == 1


async def test_what_is_left_is_measured(upstream: FakeUpstream) -> None:
    """For /metrics and for alerts; never below nothing."""
    async with open_gateway([priced("a", upstream)]) as served:
        assert served.gateway.budget_used() is None
        assert live_of(served.gateway).budgets == {}
    async with open_gateway([priced("a", upstream)], DAILY) as served:
        spend(served, 20)
        assert served.gateway.budget_used() == 0.4
        assert live_of(served.gateway).budgets == {("daily", "day"): 30}
        spend(served, 40)
        assert served.gateway.budget_used() == 1.2
        assert live_of(served.gateway).budgets == {("daily", "day"): 0}


# ---------------------------------------------------------------- stop

KINDS = {
    ANTHROPIC: lambda body: body["error"]["type"] == "rate_limit_error",
    OPENAI_CHAT: lambda body: body["error"]["code"] == "rate_limit_exceeded",
    OPENAI_RESPONSES: lambda body: body["error"]["code"] == "rate_limit_exceeded",
    GEMINI: lambda body: body["error"]["status"] == "RESOURCE_EXHAUSTED",
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("format_", FORMATS)
async def test_a_spent_budget_is_a_429_in_the_client_s_words(
    format_: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """Which budget, spent of limit, until when; do not come again."""
    async with open_gateway([priced("a", upstream, format_)], DAILY) as served:
        spend(served, 50)
        got = await served.post(path_of(format_, stream=stream), body_of(stream=stream))
        shape = await served.settled()

    body = json.loads(got.body)
    assert got.status == 429
    assert KINDS[format_](body)
    assert "budget 'daily' (all) is spent: $50.00 of $50.00 a day" in body["error"]["message"]
    assert "it begins anew" in body["error"]["message"]
    near = "retry-after" in got.headers  # a test that runs in the last minute of the day
    assert near or got.headers["x-should-retry"] == "false"
    assert upstream.requests == []
    assert (shape["status"], shape["outcome"]) == (429, "rejected")
    assert (shape["error"] or "").startswith("budget-spent: ")


async def test_the_next_window_and_a_reload_open_it(upstream: FakeUpstream) -> None:
    """A higher limit holds from the next request on; what is spent stays spent."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([priced("a", upstream)], DAILY) as served:
        spend(served, 50)
        assert (await served.post("/v1/messages", b'{"model":"m"}')).status == 429
        more = served.gateway.snapshot.config.model_validate(
            {"budgets": {"daily": {"scope": "all", "limit_usd": 90}}}
        )
        served.gateway.swap(dataclasses.replace(served.gateway.snapshot, config=more))
        assert (await served.post("/v1/messages", b'{"model":"m"}')).status == 200
        await served.settled()
        assert budget(served)["spent_usd"] == pytest.approx(50 + COST)


async def test_spent_while_it_waited(upstream: FakeUpstream, second: FakeUpstream) -> None:
    """The first target fails, others have spent what the second would need: that is told, and not sent."""
    gate = Gate()
    upstream.always(
        "/v1/messages", dataclasses.replace(answers.failure(ANTHROPIC, 529), before=(Pause(gate),))
    )
    both = [priced("a", upstream), priced("b", second)]
    async with open_gateway(both, DAILY) as served:
        asked = asyncio.create_task(served.post("/v1/messages", b'{"model":"m"}'))
        await upstream.arrival()
        spend(served, 49.9)
        gate.open()
        got = await asked
        shape = await served.settled()

    assert got.status == 529  # of the one that was preferred
    assert [each["provider"] for each in shape["attempts"]] == ["a"]
    assert second.requests == []


# ---------------------------------------------------------------- degrade


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_spent_budget_with_targets_goes_on_with_them(
    format_: WireFormat, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """In the client's dialect, and the route says so."""
    second.always(
        "*small*" if format_ is GEMINI else answers.path(format_), answers.answer(format_)
    )
    settings = {
        "budgets": {
            "daily": {
                "scope": "all", "limit_usd": 50, "at_limit": "degrade", "targets": ["b/small"],
            }
        },
        "routing": {"default": ["a/*"]},
    }  # fmt: skip
    both = [priced("a", upstream, format_), priced("b", second, format_)]
    async with open_gateway(both, settings) as served:
        spend(served, 50)
        got = await served.post(path_of(format_, stream=False), body_of(stream=False))
        await served.settled()

    assert got.status == 200
    assert got.headers["x-aimux-provider"] == "b"
    assert got.headers["x-aimux-model"] == "small"
    assert got.headers["x-aimux-route"] == "budget daily"
    assert upstream.requests == []


async def test_a_count_of_tokens_is_free(upstream: FakeUpstream) -> None:
    """It is answered whatever is spent, and nothing is paid for it."""
    upstream.always("/v1/messages/count_tokens", answers.answer(ANTHROPIC))
    async with open_gateway([priced("a", upstream)], DAILY) as served:
        spend(served, 50)
        got = await served.post("/v1/messages/count_tokens", b'{"model":"m","messages":[]}')
        await served.settled()
        assert got.status == 200
        assert budget(served)["spent_usd"] == 50

"""What an exchange has cost: by whose prices, and what leaving a warm cache has cost on top."""

from __future__ import annotations

import dataclasses

import pytest

from aimux.catalogue.provider import ModelFacts, PriceFacts, PriceTier, Provider
from aimux.gateway.bill import bill, cost_of
from aimux.gateway.record import AttemptRecord, Record
from aimux.model.request import WireFormat
from aimux.model.response import UNKNOWN, Usage
from aimux.routing.plan import Candidate, Decision, Plan, Step
from aimux.wire.codec import Mode
from tests.support.answers import OPENAI_CHAT, answer, path
from tests.support.gateway import open_gateway, provider
from tests.support.upstream import FakeUpstream

M = 1_000_000
FULL = PriceFacts(input=2, output=10, cache_read=0.2, cache_write=2.5)
DATED = ModelFacts("m", price=FULL, price_source="2026-11-01")


def candidate(name: str = "a", facts: ModelFacts = DATED, preset: str | None = None) -> Candidate:
    at = provider(name, "http://127.0.0.1:1")
    at = dataclasses.replace(at, models={"m": facts}, preset=preset)
    return Candidate(at, "m", WireFormat.ANTHROPIC, Mode.RELAY)


@pytest.mark.parametrize(
    ("facts", "preset", "usage", "usd", "source"),
    [
        (DATED, None, Usage(M, M), 12, "2026-11-01"),
        (
            dataclasses.replace(DATED, price_source="config.toml"),
            None,
            Usage(M, 0),
            2,
            "config.toml",
        ),
        (DATED, None, UNKNOWN, None, "unknown"),
        (ModelFacts("m"), None, Usage(M, M), None, "unknown"),
        (ModelFacts("m"), None, Usage(0, 0), None, "unknown"),  # nobody's price is no price of 0
        (DATED, "openrouter", Usage(M, M, cost_usd=0.5), 0.5, "vendor"),
        (ModelFacts("m"), "openrouter", Usage(cost_usd=0.0), 0, "vendor"),
        (DATED, "zai", Usage(M, M, cost_usd=0.5), 12, "2026-11-01"),  # nobody knows its unit
        (DATED, "openrouter", Usage(M, M), 12, "2026-11-01"),
        (
            dataclasses.replace(DATED, tiers=(PriceTier(PriceFacts(4, 20), above_input=M - 1),)),
            None,
            Usage(M, M),
            24,
            "2026-11-01",
        ),
    ],
)
def test_whose_price_holds(
    facts: ModelFacts, preset: str | None, usage: Usage, usd: float | None, source: str
) -> None:
    """The vendor's own word before the lists; unknown is unknown."""
    assert cost_of(candidate(facts=facts, preset=preset), usage, 0.0) == (usd, source)


def record_of(provider_name: str | None, *asked: str, usage: Usage = UNKNOWN) -> Record:
    record = Record("r", 0.0, 0.0)
    record.provider, record.model = provider_name, "m" if provider_name else None
    record.usage = usage
    record.attempts = [AttemptRecord(each, "m", None, 0.0) for each in asked]
    return record


A, B = ("a", "m"), ("b", "m")


@pytest.mark.parametrize(
    ("cached", "left", "steps", "asked", "tokens", "cause"),
    [
        ({}, None, "ab", "b", 0, ""),
        ({B: M}, None, "ab", "b", 0, ""),
        ({A: M}, None, "ab", "ab", M, "failover"),
        ({A: M}, None, "b", "b", M, "failover"),  # it rests: it is no step any more
        ({A: M}, None, "ab", "b", M, "strategy"),
        ({A: M, B: M - 10}, None, "ab", "ab", 10, "failover"),
        ({A: M, B: M}, None, "ab", "ab", 0, ""),
        ({}, (A, M), "b", "b", M, "rule"),
        ({B: 10}, (A, M), "b", "b", M - 10, "rule"),
    ],
)
def test_what_leaving_a_warm_cache_has_cost(
    *,
    cached: dict[tuple[str, str], int],
    left: tuple[tuple[str, str], int] | None,
    steps: str,
    asked: str,
    tokens: int,
    cause: str,
) -> None:
    """Tokens, dollars by the prices of who read them anew, and why."""
    both = {"a": candidate("a"), "b": candidate("b")}
    plan = Plan(
        steps=tuple(Step(both[name], "") for name in steps),
        decision=Decision("m", "default", (), ()),
        resort=(Step(both["a"], ""),),
        cached=cached,
        left=left,
    )
    record = record_of("b", *asked, usage=Usage(M, 0, 0, 0))

    bill(record, plan, 0.0)

    assert (record.cache_loss_tokens, record.cache_loss_cause) == (tokens, cause)
    expected = pytest.approx(tokens * 2.3 / M) if tokens else None
    assert record.cache_loss_usd == expected
    assert record.cost_usd == pytest.approx(2)


def test_what_the_vendor_read_from_its_cache_is_not_lost() -> None:
    """Whatever was remembered: its own count is better."""
    plan = Plan((Step(candidate("b"), ""),), Decision("m", "d", (), ()), cached={A: M})
    record = record_of("b", "b", usage=Usage(M, 0, M, 0))

    bill(record, plan, 0.0)

    assert (record.cache_loss_tokens, record.cache_loss_usd) == (0, None)


def test_a_loss_without_a_price_is_told_in_tokens_only() -> None:
    """No guess stands on a bill."""
    plan = Plan(
        (Step(candidate("b", ModelFacts("m")), ""),), Decision("m", "d", (), ()), cached={A: M}
    )
    record = record_of("b", "a", "b")

    bill(record, plan, 0.0)

    assert (record.cache_loss_tokens, record.cache_loss_usd) == (M, None)
    assert (record.cost_usd, record.cost_source) == (None, "unknown")


def test_nobody_answered_and_nothing_is_billed() -> None:
    """What failed attempts cost is told by nobody."""
    record = record_of(None, "a")

    bill(record, Plan((Step(candidate(), ""),), Decision("m", "d", (), ())), 0.0)

    assert (record.cost_usd, record.cost_source) == (None, "unknown")


def priced(at: FakeUpstream, preset: str | None = None) -> Provider:
    each = provider("a", at, WireFormat.OPENAI_CHAT)
    return dataclasses.replace(each, models={"m": DATED}, preset=preset)


async def test_the_record_of_an_answer_has_its_cost() -> None:
    """Known after the last byte, from the usage that passed by."""
    async with FakeUpstream() as upstream, open_gateway([priced(upstream)]) as served:
        upstream.always(path(OPENAI_CHAT), answer(OPENAI_CHAT))
        await served.post("/v1/chat/completions", b'{"model":"m","messages":[]}')
        shape = await served.settled()

    assert shape["cost_source"] == "2026-11-01"
    assert shape["cost_usd"] is not None
    assert shape["cost_usd"] > 0


@pytest.mark.parametrize(
    ("loser", "usage", "usd", "source"),
    [
        (DATED, Usage(M, M), 12 + 2.5, "2026-11-01, with a hedge estimated"),
        (ModelFacts("m"), Usage(M, M), None, "unknown"),
        (DATED, UNKNOWN, None, "unknown"),
    ],
)
def test_a_hedge_is_paid_for_twice(
    loser: ModelFacts, usage: Usage, usd: float | None, source: str
) -> None:
    """The prompt of whoever was outrun has been read; without a price nothing of the sum is known."""
    record = record_of("a", "b", "a", usage=usage)
    record.attempts[0].outcome = "outrun"
    steps = (Step(candidate(), ""), Step(candidate("b", loser), ""))

    bill(record, Plan(steps, Decision("m", "d", (), ())), 0.0)

    assert (record.cost_usd, record.cost_source) == (usd, source)

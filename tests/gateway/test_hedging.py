"""A slow beginning is hedged: a second target is asked beside the first, and one of them answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.support import answers
from tests.support.answers import ANTHROPIC
from tests.support.gateway import PATIENT, open_gateway, provider
from tests.support.patience import PATIENCE_S
from tests.support.upstream import CUT, SILENCE, Answer, FakeUpstream, Gate, Pause

ASK = b'{"model":"both","stream":true}'
WHOLE = b'{"model":"both"}'
GOOD = answers.answer(ANTHROPIC, stream=True)
SHORT = replace(PATIENT, first_event_s=0.3)


def settings(after: str = "20ms", share: float = 0.5, **more: Any) -> dict[str, Any]:
    """A public model with two targets whose second may be asked beside the first."""
    hedge = {"after": after, "share": share}
    return {"models": {"both": {"targets": ["a/m", "b/m"], "hedge": hedge, **more}}}


def held(gate: Gate, answer: Answer = GOOD) -> Answer:
    """An answer that begins when a gate opens."""
    return Answer(
        answer.status,
        headers=answer.headers,
        pieces=(Pause(gate), *answer.pieces),
        framing="chunked",
    )


@pytest.fixture
def second() -> object:
    """Another upstream."""
    with FakeUpstream() as server:
        yield server


async def test_a_quick_beginning_is_not_hedged(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The second target never hears of it."""
    upstream.always("/v1/messages", GOOD)
    fleet = [provider("a", upstream), provider("b", second)]
    async with open_gateway(fleet, settings(after="10s")) as served:
        got = await served.post("/v1/messages", ASK)
        record = await served.settled()
    assert (got.status, got.body) == (200, GOOD.body)
    assert got.headers["x-aimux-attempts"] == "1"
    assert second.requests == []
    assert (record["provider"], record["outcome"]) == ("a", "ok")


@pytest.mark.parametrize("ask", [ASK, WHOLE], ids=["stream", "whole"])
async def test_whoever_begins_first_has_the_answer(
    ask: bytes, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The first one is left, its connection closed, and recorded as outrun."""
    good = GOOD if ask is ASK else answers.answer(ANTHROPIC)
    upstream.always("/v1/messages", SILENCE)
    second.always("/v1/messages", good)
    async with open_gateway([provider("a", upstream), provider("b", second)], settings()) as served:
        got = await served.post("/v1/messages", ask)
        record = await served.settled()
        standing = served.gateway.provider_status()
        first = await upstream.arrival()
        async with asyncio.timeout(PATIENCE_S):
            while not first.client_gone:
                await asyncio.sleep(0)
    assert (got.status, got.body) == (200, good.body)
    assert got.headers["x-aimux-provider"] == "b"
    assert got.headers["x-aimux-attempts"] == "2"
    assert [each["outcome"] for each in record["attempts"]] == ["outrun", "ok"]
    assert record["output_tokens"]
    assert [each["health"] for each in standing] == ["ok", "ok"]
    assert [each["in_flight"] for each in standing] == [0, 0]


async def test_the_first_one_may_win_all_the_same(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The second one was asked and is left."""
    gate = Gate()
    upstream.always("/v1/messages", held(gate))
    second.always("/v1/messages", SILENCE)
    async with open_gateway([provider("a", upstream), provider("b", second)], settings()) as served:
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        await second.arrival()
        gate.open()
        got = await asking
        record = await served.settled()
    assert (got.status, got.body) == (200, GOOD.body)
    assert [each["outcome"] for each in record["attempts"]] == ["ok", "outrun"]
    assert record["provider"] == "a"


async def test_a_failure_of_one_leaves_the_answer_to_the_other(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The failure counts; the client sees nothing of it."""
    gate = Gate()
    broken = answers.failure(ANTHROPIC, 503)
    upstream.always("/v1/messages", held(gate, broken))
    second.always("/v1/messages", held(gate))
    async with open_gateway([provider("a", upstream), provider("b", second)], settings()) as served:
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        await second.arrival()
        gate.open()
        got = await asking
        record = await served.settled()
        failures = [each["failures"] for each in served.gateway.provider_status()]
    assert got.status == 200
    assert {each["outcome"] for each in record["attempts"]} <= {"outrun", "server_error", "ok"}
    assert record["attempts"][1]["outcome"] == "ok"
    assert failures[1] == 0


async def test_when_both_fail_the_first_failure_is_told(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """And the exchange goes on as any other: here nobody else is left."""
    gate = Gate()
    upstream.always("/v1/messages", held(gate, answers.failure(ANTHROPIC, 400, "no")))
    second.always("/v1/messages", held(gate, answers.failure(ANTHROPIC, 400, "no")))
    async with open_gateway([provider("a", upstream), provider("b", second)], settings()) as served:
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        await second.arrival()
        gate.open()
        got = await asking
        record = await served.settled()
    assert got.status == 400
    assert [each["outcome"] for each in record["attempts"]] == ["bad_request", "bad_request"]
    assert record["outcome"] == "client_error"


async def test_limits_end_the_attempts_and_not_the_exchange(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Each has a watchdog of its own."""
    upstream.always("/v1/messages", SILENCE)
    second.always("/v1/messages", SILENCE)
    fleet = [provider("a", upstream, timeouts=SHORT), provider("b", second, timeouts=SHORT)]
    async with open_gateway(fleet, settings()) as served:
        got = await served.post("/v1/messages", ASK)
        record = await served.settled()
    assert got.status == 504
    assert [each["outcome"] for each in record["attempts"]] == ["first_event_timeout"] * 2


async def test_a_winner_that_breaks_is_told_of_as_broken(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Nobody else is asked after the first byte, hedged or not."""
    upstream.always("/v1/messages", SILENCE)
    second.always("/v1/messages", answers.cut(GOOD, after=len(GOOD.pieces) - 2, end=CUT))
    async with open_gateway([provider("a", upstream), provider("b", second)], settings()) as served:
        got = await served.post("/v1/messages", ASK)
        record = await served.settled()
    assert got.broken
    assert b"event: error" in got.body
    assert record["outcome"] == "cut"
    assert [each["outcome"] for each in record["attempts"]] == ["outrun", "cut"]


async def test_a_silent_race_keeps_its_client_alive(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Heartbeats come from the exchange before, from the winner's watchdog after."""
    gate, middle = Gate(), Gate()
    pieces = (Pause(gate), *GOOD.pieces[:-1], Pause(middle), GOOD.pieces[-1])
    upstream.always("/v1/messages", SILENCE)
    second.always("/v1/messages", Answer(headers=GOOD.headers, pieces=pieces, framing="chunked"))
    beating = settings() | {"server": {"heartbeat": "100ms"}}
    async with (
        asyncio.timeout(PATIENCE_S),
        open_gateway([provider("a", upstream), provider("b", second)], beating) as served,
        served.send("/v1/messages", ASK) as response,
    ):
        before = await response.content.readuntil(b"\n\n")
        gate.open()
        seen = b""
        while seen.count(b"event: ping") < 2:
            seen += await response.content.readany()
        middle.open()
        seen += await response.content.read()
    assert b"ping" in before
    assert b"message_stop" in seen


async def test_a_client_that_leaves_ends_both(upstream: FakeUpstream, second: FakeUpstream) -> None:
    """Both connections are closed; nobody's health is touched."""
    upstream.always("/v1/messages", SILENCE)
    second.always("/v1/messages", SILENCE)
    async with open_gateway([provider("a", upstream), provider("b", second)], settings()) as served:
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        first, other = await upstream.arrival(), await second.arrival()
        asking.cancel()
        async with asyncio.timeout(PATIENCE_S):
            while not (first.client_gone and other.client_gone) or served.gateway.in_flight:
                await asyncio.sleep(0)
        record = await served.settled()
    assert record["outcome"] == "client_gone"
    assert [each["outcome"] for each in record["attempts"]] == ["client_gone"] * 2


async def test_the_end_of_the_daemon_ends_a_race(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The client is told so in its dialect."""
    upstream.always("/v1/messages", SILENCE)
    second.always("/v1/messages", SILENCE)
    async with open_gateway([provider("a", upstream), provider("b", second)], settings()) as served:
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        await second.arrival()
        await served.gateway.close()
        got = await asking
    assert got.status == 502
    assert b"aimux ends" in got.body


async def test_hedges_are_bounded_and_leave_warm_caches_alone(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """One is there from the start; at a share of 1 % the next request has none."""
    upstream.always("/v1/messages", SILENCE)
    second.always("/v1/messages", GOOD)
    fleet = [provider("a", upstream, timeouts=SHORT), provider("b", second)]
    async with open_gateway(fleet, settings(share=0.01)) as served:
        await served.post("/v1/messages", ASK)
        await served.post("/v1/messages", ASK)
        record = await served.settled()
    assert [each["outcome"] for each in record["attempts"]] == ["first_event_timeout", "ok"]

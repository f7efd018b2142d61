"""Failover: who is asked next, when nobody is, and what the client is told."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from dataclasses import replace

import pytest

from aimux.catalogue.provider import OwnLimits
from aimux.model.request import WireFormat
from aimux.routing.circuits import STRIKES
from aimux.wire.formats import CODECS
from aimux.wire.sse import BlockReader
from tests.gateway.test_relay import FORMATS, body_of, path_of
from tests.support import answers
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.gateway import PATIENT, open_gateway, provider
from tests.support.patience import PATIENCE_S
from tests.support.upstream import CUT, RESET, SILENCE, Answer, FakeUpstream, Gate, Pause

ASK = b'{"model":"m","stream":true}'
WHOLE = b'{"model":"m"}'
SHORT = replace(PATIENT, first_event_s=0.5, idle_s=0.4)


@pytest.fixture
def second() -> object:
    """Another upstream."""
    with FakeUpstream() as server:
        yield server


# What the first provider does, and the outcome its attempt is recorded with.
FAILURES = {
    "529": (answers.failure(ANTHROPIC, 529), "overloaded"),
    "503": (answers.failure(ANTHROPIC, 503), "server_error"),
    "500": (answers.failure(ANTHROPIC, 500), "server_error"),
    "429 long": (answers.failure(ANTHROPIC, 429, retry_after="300"), "rate_long"),
    "401": (answers.failure(ANTHROPIC, 401), "auth"),
    "403": (answers.failure(ANTHROPIC, 403), "auth"),
    "404": (answers.failure(ANTHROPIC, 404), "model_unknown"),
    "402": (answers.failure(ANTHROPIC, 402), "billing"),
    "400 credit": (answers.failure(ANTHROPIC, 400, "Your credit balance is too low"), "billing"),
    "redirect": (Answer(307, headers=(("location", "http://127.0.0.1:9/"),)), "protocol"),
    "html": (Answer(headers=(("content-type", "text/html"),), pieces=(b"<html>",)), "protocol"),
    "error first": (
        Answer(
            headers=(("content-type", "text/event-stream"),),
            pieces=(answers.failing_event(ANTHROPIC, 529),),
            framing="chunked",
        ),
        "overloaded",
    ),
    "error in a body": (
        Answer(pieces=(b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}',)),
        "overloaded",
    ),
    "only a start, then an error": (
        Answer(
            headers=(("content-type", "text/event-stream"),),
            pieces=(answers.events(ANTHROPIC)[0], answers.failing_event(ANTHROPIC, 529)),
            framing="chunked",
        ),
        "overloaded",
    ),
    "not http": (Answer(before=(b"garbage\r\n\r\n",)), "protocol"),
    "silence": (SILENCE, "first_event_timeout"),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_the_next_provider_answers(
    case: str, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Before the first event the client sees nothing of a failure that is not its own."""
    fails, outcome = FAILURES[case]
    good = answers.answer(ANTHROPIC, stream=True)
    upstream.always("/v1/messages", fails)
    second.always("/v1/messages", good)
    async with open_gateway(
        [provider("a", upstream, timeouts=SHORT), provider("b", second)]
    ) as served:
        got = await served.post("/v1/messages", ASK)

        record = served.last
    assert (got.status, got.body) == (200, good.body)
    assert got.headers["x-aimux-provider"] == "b"
    assert got.headers["x-aimux-attempts"] == "2"
    assert [attempt["outcome"] for attempt in record["attempts"]] == [outcome, "ok"]
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("end", [CUT, RESET], ids=["closed", "reset"])
async def test_a_connection_that_breaks_before_a_head_is_tried_again_first(
    end: object, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """A stale connection is nobody's fault: the same provider is asked once more, at once."""
    good = answers.answer(ANTHROPIC)
    upstream.script("/v1/messages", Answer(before=(end,)), good)  # type: ignore[arg-type]  # an End
    async with open_gateway([provider("a", upstream), provider("b", second)]) as served:
        got = await served.post("/v1/messages", WHOLE)

    assert (got.status, got.body) == (200, good.body)
    assert second.requests == []


async def test_a_refused_connection_goes_to_the_next(upstream: FakeUpstream) -> None:
    """Nothing listens there: nothing was sent, so the next one is asked."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway(
        [provider("a", "http://127.0.0.1:9"), provider("b", upstream)]
    ) as served:
        got = await served.post("/v1/messages", WHOLE)

        record = served.last
    assert got.status == 200
    assert record["attempts"][0]["outcome"] == "connect"


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("status", [400, 413, 422])
async def test_the_callers_mistakes_go_nowhere_else(
    status: int, format_: WireFormat, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """What is wrong with the request is told as the provider told it, byte for byte, once."""
    fails = answers.failure(format_, status, "messages.0: wrong")
    upstream.always(answers.path(format_), fails)
    async with open_gateway(
        [provider("a", upstream, format_), provider("b", second, format_)]
    ) as served:
        got = await served.post(path_of(format_, stream=True), body_of(stream=True))

        record = served.last
    assert (got.status, got.body) == (status, fails.body)
    assert second.requests == []
    assert record["outcome"] == "client_error"
    assert record["attempts"][0]["outcome"] in {"bad_request", "too_large"}


@pytest.mark.parametrize("format_", FORMATS)
async def test_when_all_fail_the_preferred_ones_answer_is_told(
    format_: WireFormat, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The error body of the first candidate, unmodified, and how long to wait."""
    fails = answers.failure(format_, 429, "slow down", retry_after="7")
    upstream.always(answers.path(format_), fails)
    second.always(answers.path(format_), answers.failure(format_, 500))
    async with open_gateway(
        [provider("a", upstream, format_), provider("b", second, format_)]
    ) as served:
        got = await served.post(path_of(format_, stream=False), body_of(stream=False))

        record = served.last
    assert (got.status, got.body) == (429, fails.body)
    assert got.headers["retry-after"] == "7"
    assert got.headers["x-aimux-attempts"] == "3"  # the second one was asked twice, being the last
    assert record["outcome"] == "upstream_error"


async def test_a_refused_key_tells_the_client_not_to_come_back(upstream: FakeUpstream) -> None:
    """A bare 401 makes agents try for a minute and more."""
    upstream.always("/v1/messages", answers.failure(ANTHROPIC, 401, "invalid x-api-key"))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", WHOLE)

    assert got.status == 401
    assert got.headers["x-should-retry"] == "false"
    assert len(upstream.requests) == 1


async def test_the_next_key_of_the_same_provider_is_tried(upstream: FakeUpstream) -> None:
    """A key that is refused rests, and the next request begins with the other one."""
    upstream.script("/v1/messages", answers.failure(ANTHROPIC, 401))
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)], labels=("one", "two")) as served:
        first = await served.post("/v1/messages", WHOLE)
        again = await served.post("/v1/messages", WHOLE)

    assert (first.status, again.status) == (200, 200)
    assert [each.header("x-api-key") for each in upstream.requests] == [
        "sk-test-a-one",
        "sk-test-a-two",
        "sk-test-a-two",
    ]


async def test_an_overloaded_provider_is_not_asked_with_another_key(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """529 is the provider's, not the key's; after five in a row it is left alone for a while."""
    upstream.always("/v1/messages", answers.failure(ANTHROPIC, 529))
    second.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway(
        [provider("a", upstream), provider("b", second)], labels=("one", "two")
    ) as served:
        for _ in range(STRIKES + 1):
            got = await served.post("/v1/messages", WHOLE)
            assert got.status == 200

        resting = served.gateway.provider_status()[0]
        refusals = served.last["refusals"]
    assert len(upstream.requests) == STRIKES
    assert len({each.header("x-api-key") for each in upstream.requests}) == 1
    assert len(second.requests) == STRIKES + 1
    assert resting["health"] == "cooling"
    assert "the fake fails" in (resting["health_reason"] or "")
    assert refusals[0]["target"] == "a/m"
    assert "circuit" in refusals[0]["reason"]


async def test_the_last_candidate_is_asked_although_it_rests(upstream: FakeUpstream) -> None:
    """Refusing locally helps nobody."""
    upstream.script("/v1/messages", *[answers.failure(ANTHROPIC, 503)] * 2)
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)]) as served:
        first = await served.post("/v1/messages", WHOLE)
        again = await served.post("/v1/messages", WHOLE)

        standing = served.gateway.provider_status()[0]
    assert (first.status, again.status) == (503, 200)
    assert first.headers["retry-after"] == "5"
    assert standing["health"] == "ok"


async def test_attempts_are_bounded(upstream: FakeUpstream) -> None:
    """However many providers there are, a client does not wait for all of them."""
    upstream.always("/v1/messages", answers.failure(ANTHROPIC, 500))
    fleet = [provider(f"p{n}", upstream) for n in range(9)]
    async with open_gateway(fleet) as served:
        got = await served.post("/v1/messages", WHOLE)

    assert got.status == 500
    assert len(upstream.requests) == 4


async def test_an_answer_cut_before_it_was_passed_on_is_asked_anew(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """A JSON answer is held until it is whole, so that half of one costs the client nothing."""
    good = answers.answer(ANTHROPIC)
    half = Answer(pieces=(good.body[:20], CUT, good.body[20:]), framing="length")
    upstream.script("/v1/messages", half, half)
    second.always("/v1/messages", good)
    async with open_gateway([provider("a", upstream), provider("b", second)]) as served:
        got = await served.post("/v1/messages", WHOLE)

    assert (got.status, got.body) == (200, good.body)


# ---------------------------------------------------------------- after the first byte


def cut_answer(format_: WireFormat, end: object) -> Answer:
    """A stream that ends in its middle."""
    whole = answers.answer(format_, stream=True)
    return answers.cut(whole, after=len(whole.pieces) - 2, end=end)  # type: ignore[arg-type]  # a Piece


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("how", ["cut", "reset", "ended", "silent"])
async def test_a_stream_that_breaks_ends_with_an_error(
    how: str, format_: WireFormat, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Nobody else is asked; the error event is the last one, and the response is not closed whole."""
    whole = answers.answer(format_, stream=True)
    kept = whole.pieces[: len(whole.pieces) - (1 if format_ is GEMINI else 3)]
    ends = {
        "cut": (CUT,),
        "reset": (Pause(0.05), RESET),
        "ended": (),
        "silent": (SILENCE.before[0],),
    }
    broken = Answer(headers=whole.headers, pieces=(*kept, *ends[how]), framing="chunked")
    upstream.always(answers.path(format_), broken)
    fleet = [provider("a", upstream, format_, timeouts=SHORT), provider("b", second, format_)]
    async with open_gateway(fleet) as served:
        got = await served.post(path_of(format_, stream=True), body_of(stream=True))

        record = served.last
    relayed = b"".join(piece for piece in kept if isinstance(piece, bytes))
    assert got.body.startswith(relayed)
    last = got.body.removeprefix(relayed)
    tap = CODECS[format_].tap()
    tap.watch(BlockReader().feed(last)[0])
    assert tap.error is not None
    assert b"a: " in last
    assert got.broken
    assert second.requests == []
    assert record["outcome"] == "cut"
    assert record["attempts"][0]["outcome"] == ("idle" if how == "silent" else "cut")


async def test_the_upstreams_own_error_event_passes_as_it_came(upstream: FakeUpstream) -> None:
    """An error that the provider tells in its stream is told once, in its words."""
    gate = Gate()
    events = answers.events(ANTHROPIC)
    stream = Answer(
        headers=(("content-type", "text/event-stream"),),
        pieces=(*events[:3], Pause(gate), answers.failing_event(ANTHROPIC, 529, "so busy")),
        framing="chunked",
    )
    upstream.always("/v1/messages", stream)
    async with open_gateway([provider("a", upstream)]) as served:
        async with served.send("/v1/messages", ASK) as response:
            begun = await response.content.readany()
            gate.open()
            rest = await response.content.read()

        record = served.last
        standing = served.gateway.provider_status()[0]
    assert begun + rest == stream.body
    assert record["outcome"] == "upstream_error"
    assert "so busy" in (record["error"] or "")
    assert standing["failures"] == 1


async def test_a_large_json_answer_that_breaks_is_not_closed_whole(upstream: FakeUpstream) -> None:
    """What is no stream has no error event: its connection ends short of the promised end."""
    half = b'{"content":"' + b"x" * 2_000_000
    upstream.always("/v1/messages", Answer(pieces=(half, CUT, b'"}'), framing="length"))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", WHOLE)

        record = served.last
    assert got.broken
    assert record["outcome"] == "cut"


# ---------------------------------------------------------------- time


async def test_silence_is_broken_by_heartbeats(upstream: FakeUpstream) -> None:
    """While an answer is awaited, a streaming client hears a ping that its SDK skips."""
    gate = Gate()
    good = answers.answer(ANTHROPIC, stream=True)
    late = Answer(
        headers=good.headers, before=(Pause(gate),), pieces=good.pieces, framing="chunked"
    )
    upstream.always("/v1/messages", late)
    settings = {"server": {"heartbeat": "100ms"}}
    ping = CODECS[ANTHROPIC].heartbeat
    async with (
        open_gateway([provider("a", upstream)], settings) as served,
        served.send("/v1/messages", ASK) as response,
    ):
        heard = await response.content.readexactly(len(ping) * 2)
        gate.open()
        rest = await response.content.read()

        record = served.last
    assert heard == ping * 2
    assert rest.replace(ping, b"") == good.body
    assert response.status == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert record["provider"] == "a"


async def test_heartbeats_stand_between_events(upstream: FakeUpstream) -> None:
    """A pause in the middle of an event is broken between two events."""
    gate = Gate()
    good = answers.answer(GEMINI, stream=True)
    first, *rest = (piece for piece in good.pieces if isinstance(piece, bytes))
    pieces = (first + rest[0][:9], Pause(gate), rest[0][9:], *rest[1:])
    upstream.always(
        answers.path(GEMINI), Answer(headers=good.headers, pieces=pieces, framing="chunked")
    )
    async with (
        open_gateway(
            [provider("g", upstream, GEMINI)], {"server": {"heartbeat": "100ms"}}
        ) as served,
        served.send(path_of(GEMINI, stream=True), b"{}") as response,
    ):
        heard = await response.content.readexactly(len(first) + 2)
        gate.open()
        late = await response.content.read()

    assert heard == first + b"\n\n"
    assert late.lstrip(b"\n") == b"".join(rest)


async def test_failover_is_possible_behind_heartbeats(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """A heartbeat is no answer: the next provider can still give one."""
    good = answers.answer(ANTHROPIC, stream=True)
    upstream.always("/v1/messages", SILENCE)
    second.always("/v1/messages", good)
    limits = replace(PATIENT, first_event_s=0.25)
    fleet = [provider("a", upstream, timeouts=limits), provider("b", second)]
    async with open_gateway(fleet, {"server": {"heartbeat": "100ms"}}) as served:
        got = await served.post("/v1/messages", ASK)

    ping = CODECS[ANTHROPIC].heartbeat
    assert got.body.startswith(ping)
    assert got.body.replace(ping, b"") == good.body


@pytest.mark.parametrize("format_", FORMATS)
async def test_failure_behind_heartbeats_is_told_in_the_stream(
    format_: WireFormat, upstream: FakeUpstream
) -> None:
    """The status is said already; the error comes as the dialect's event."""
    upstream.always(answers.path(format_), SILENCE)
    limits = replace(PATIENT, first_event_s=0.25)
    async with open_gateway(
        [provider("a", upstream, format_, timeouts=limits)], {"server": {"heartbeat": "100ms"}}
    ) as served:
        got = await served.post(path_of(format_, stream=True), body_of(stream=True))

        record = served.last
    tap = CODECS[format_].tap()
    tap.watch(got.body.lstrip(b"\n").removeprefix(CODECS[format_].heartbeat * 2))
    assert got.broken
    assert b"did not begin to answer" in got.body
    assert record["outcome"] == "upstream_error"


async def test_a_limit_on_the_whole_attempt(upstream: FakeUpstream, second: FakeUpstream) -> None:
    """An answer that never ends is ended; nobody else is asked for the same."""
    good = answers.answer(ANTHROPIC, stream=True)
    endless = answers.slowly(good, Pause(0.15))
    upstream.always("/v1/messages", endless)
    limits = replace(PATIENT, total_s=0.4)
    async with open_gateway(
        [provider("a", upstream, timeouts=limits), provider("b", second)]
    ) as served:
        got = await served.post("/v1/messages", ASK)

    assert got.broken
    assert b"took longer than the time limit" in got.body
    assert second.requests == []


async def test_a_client_that_leaves_stops_the_upstream(upstream: FakeUpstream) -> None:
    """Nobody pays for what nobody reads; and it is not the provider's failure."""
    gate = Gate()
    good = answers.answer(ANTHROPIC, stream=True)
    pieces = (*good.pieces[:3], Pause(gate), *good.pieces[3:])
    stops = Answer(headers=good.headers, pieces=pieces, framing="chunked")
    upstream.always("/v1/messages", stops)
    async with open_gateway([provider("a", upstream)]) as served:
        async with served.send("/v1/messages", ASK) as response:
            await response.content.readany()
            response.close()
        received = upstream.requests[0]
        await received.departure()
        await served.gateway.drained(5)

        record = served.last
        standing = served.gateway.provider_status()[0]
    assert record["outcome"] == "client_gone"
    assert standing["failures"] == 0


async def test_a_client_that_leaves_before_anything_came_stops_the_upstream(
    upstream: FakeUpstream,
) -> None:
    """The same while the answer is still awaited."""
    upstream.always("/v1/messages", SILENCE)
    async with open_gateway([provider("a", upstream)]) as served:
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        received = await upstream.arrival(1)
        asking.cancel()
        await received.departure()
        await served.gateway.drained(5)

        record = served.last
    assert record["outcome"] == "client_gone"
    assert record["status"] == 499


async def test_max_concurrent_makes_requests_wait(upstream: FakeUpstream) -> None:
    """With one place the second request goes out when the first is answered."""
    gate = Gate()
    good = answers.answer(ANTHROPIC)
    upstream.script("/v1/messages", Answer(before=(Pause(gate),), pieces=good.pieces), good)
    async with open_gateway([provider("a", upstream, max_concurrent=1)]) as served:
        first = asyncio.create_task(served.post("/v1/messages", WHOLE))
        await gate.reached()
        other = asyncio.create_task(served.post("/v1/messages", WHOLE))
        while served.gateway.in_flight < 2:
            await asyncio.sleep(0)
        waiting = len(upstream.requests)
        gate.open()
        statuses = [(await first).status, (await other).status]

    assert waiting == 1
    assert statuses == [200, 200]


async def test_a_missing_operation_is_told(upstream: FakeUpstream) -> None:
    """A provider of Responses alone has no embeddings."""
    async with open_gateway([provider("r", upstream, OPENAI_RESPONSES)]) as served:
        got = await served.post("/v1/embeddings", b'{"model":"m","input":"x"}')

    assert got.status == 501
    assert json.loads(got.body)["error"]["code"] == "not_implemented"


@pytest.mark.parametrize("format_", FORMATS)
async def test_what_is_open_at_the_end_is_told_so(
    format_: WireFormat, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """A daemon that does not wait any longer cuts its exchanges, in their dialect, and asks nobody."""
    whole = answers.answer(format_, stream=True)
    kept = whole.pieces[: len(whole.pieces) - (1 if format_ is GEMINI else 3)]
    stuck = Answer(headers=whole.headers, pieces=(*kept, SILENCE.before[0]), framing="chunked")
    upstream.always(answers.path(format_), stuck)
    fleet = [provider("a", upstream, format_), provider("b", second, format_)]
    async with open_gateway(fleet) as served:
        asking = asyncio.create_task(
            served.post(path_of(format_, stream=True), body_of(stream=True))
        )
        await upstream.arrival(1)
        while not served.last["attempts"][0]["first_event_ms"]:
            await asyncio.sleep(0.01)
        await served.gateway.close()
        got = await asking

        record = served.last
        standing = served.gateway.provider_status()[0]
    assert got.broken
    assert b"aimux ends before the answer is complete" in got.body
    assert record["outcome"] == "cut"
    assert second.requests == []
    assert standing["failures"] == 0
    assert standing["health"] != "cooling"


async def test_what_is_awaited_at_the_end_is_told_so(upstream: FakeUpstream) -> None:
    """The same before anything came: a status, not a torn connection."""
    upstream.always("/v1/messages", SILENCE)
    async with open_gateway([provider("a", upstream)]) as served:
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        await upstream.arrival(1)
        await served.gateway.close()
        got = await asking

    assert got.status == 502
    assert b"aimux ends" in got.body


# ---------------------------------------------------------------- a call that the model wrote badly

WRITTEN_BADLY = Answer(400, pieces=(answers.BAD_CALL,))
BROKEN_IN_STREAM = Answer(
    200,
    (("content-type", "text/event-stream"),),
    pieces=(b"data: " + answers.BAD_CALL + b"\n\n",),
)
each_bad_call = pytest.mark.parametrize(
    "bad", [WRITTEN_BADLY, BROKEN_IN_STREAM], ids=["status", "in a stream"]
)


@each_bad_call
async def test_edge_311_a_badly_written_call_is_asked_for_once_more(
    bad: Answer, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The same provider writes it well the second time."""
    good = answers.answer(OPENAI_CHAT, stream=True)
    upstream.script(answers.path(OPENAI_CHAT), bad, good)
    async with open_gateway(
        [provider("a", upstream, OPENAI_CHAT), provider("b", second, OPENAI_CHAT)]
    ) as served:
        got = await served.post(path_of(OPENAI_CHAT, stream=True), body_of(stream=True))
        record = served.last

    assert (got.status, got.body) == (200, good.body)
    assert [attempt["outcome"] for attempt in record["attempts"]] == ["bad_call", "ok"]
    assert second.requests == []


async def test_edge_311_then_somebody_else_is_asked(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Twice badly: the next provider; the first does not rest for it."""
    upstream.always(answers.path(OPENAI_CHAT), WRITTEN_BADLY)
    second.always(answers.path(OPENAI_CHAT), answers.answer(OPENAI_CHAT))
    async with open_gateway(
        [provider("a", upstream, OPENAI_CHAT), provider("b", second, OPENAI_CHAT)]
    ) as served:
        for _ in range(2):
            got = await served.post(path_of(OPENAI_CHAT, stream=False), body_of(stream=False))

    assert got.headers["x-aimux-provider"] == "b"
    assert len(upstream.requests) == 4


# ---------------------------------------------------------------- budgets of attempts


async def test_clients_that_come_again_use_up_the_retries(upstream: FakeUpstream) -> None:
    """There is one layer of retries: the SDK's own count against ours."""
    upstream.always("/v1/messages", answers.failure(ANTHROPIC, 409))
    async with open_gateway([provider("a", upstream)]) as served:
        await served.post("/v1/messages", WHOLE)
        asked = len(upstream.requests)
        for _ in range(4):
            await served.post("/v1/messages", WHOLE, x_stainless_retry_count="1")

    assert asked == 2
    assert len(upstream.requests) - asked == 5  # the first of them had a last retry of ours


async def test_our_own_limits_send_requests_elsewhere(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Two a minute and no more while somebody else can answer; nobody is refused for it."""
    for each in (upstream, second):
        each.always("/v1/messages", answers.answer(ANTHROPIC))
    limited = provider("a", upstream, limits=OwnLimits(requests_per_minute=2))
    async with open_gateway([limited, provider("b", second)]) as served:
        for _ in range(4):
            got = await served.post("/v1/messages", WHOLE)
            assert got.status == 200
        refusals = served.last["refusals"]

    assert (len(upstream.requests), len(second.requests)) == (2, 2)
    assert "limit" in refusals[0]["reason"]


async def test_the_network_is_looked_for_while_there_is_none(upstream: FakeUpstream) -> None:
    """No request has to find out that it is back."""
    nowhere = [provider(name, f"http://127.0.0.1:{port}") for name, port in (("b", 9), ("c", 7))]
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([*nowhere, provider("a", upstream, enabled=False)]) as served:
        network, now_s = served.gateway.fleet.router.network, served.gateway.fleet.now_s
        got = await served.post("/v1/messages", WHOLE)
        assert got.status == 502
        assert network.offline(now_s())
        looking = asyncio.create_task(served.gateway.watch_network(every_s=0.01))
        await asyncio.sleep(0.1)
        assert network.offline(now_s())
        snapshot = served.gateway.snapshot
        there = dataclasses.replace(snapshot.providers["a"], enabled=True)
        served.gateway.snapshot = dataclasses.replace(
            snapshot, providers={**snapshot.providers, "a": there}
        )
        async with asyncio.timeout(PATIENCE_S):
            while network.offline(now_s()):
                await asyncio.sleep(0)
        looking.cancel()

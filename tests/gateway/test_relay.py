"""Relay: the same format on both sides; every byte arrives."""

from __future__ import annotations

import json

import pytest

from aimux.model.request import WireFormat
from tests.support import answers
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES, failure
from tests.support.gateway import TOKEN, open_gateway, provider
from tests.support.upstream import Answer, FakeUpstream, Gate, Pause

PATHS = {
    ANTHROPIC: ("/v1/messages", "/v1/messages"),
    OPENAI_CHAT: ("/v1/chat/completions", "/v1/chat/completions"),
    OPENAI_RESPONSES: ("/v1/responses", "/v1/responses"),
}
FORMATS = [*PATHS, GEMINI]

# A body with everything a re-writer would change: spaces, key order, escapes, numbers, unknown fields.
BODY = (
    b'{ "stream" : %s,"zeta":1.0,"model": "asked-model" ,\n"n":1e3,"messages":[{"role":"user",'
    b'"content":"\\u00e9\\ud83d \xc3\xa9 \\/"}],"unknown":{"b":1,"a":[ ]},"max_tokens":12345678901234567890}'
)


def path_of(format_: WireFormat, *, stream: bool) -> str:
    """Where a client asks."""
    if format_ is not GEMINI:
        return PATHS[format_][0]
    return f"/v1beta/models/asked-model:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}"


def body_of(*, stream: bool) -> bytes:
    """The request's body."""
    return BODY % (b"true" if stream else b"false")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("format_", FORMATS)
async def test_both_bodies_pass_unchanged(
    format_: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """What the client sent reaches the provider and what that answered reaches the client."""
    reply = answers.answer(format_, answers.EVERYTHING, stream=stream)
    upstream.always(answers.path(format_), reply)
    async with open_gateway([provider("a", upstream, format_)]) as served:
        got = await served.post(path_of(format_, stream=stream), body_of(stream=stream))

    assert (got.status, got.body, got.broken) == (200, reply.body, False)
    received = upstream.requests[0]
    assert received.body == body_of(stream=stream)
    assert received.target.endswith("?alt=sse") == (format_ is GEMINI and stream)
    assert got.headers["x-aimux-mode"] == "relay"
    assert got.headers["x-aimux-provider"] == "a"
    assert got.headers["content-type"] == dict(reply.headers)["content-type"]


@pytest.mark.parametrize("format_", list(PATHS))
async def test_only_the_model_is_replaced(format_: WireFormat, upstream: FakeUpstream) -> None:
    """A target with a model of its own changes that name in place and nothing else."""
    upstream.always(answers.path(format_), answers.answer(format_))
    settings = {"routing": {"default": ["a/vendor/model:1"]}}
    async with open_gateway([provider("a", upstream, format_)], settings) as served:
        got = await served.post(path_of(format_, stream=False), body_of(stream=False))

    sent = upstream.requests[0].body
    assert sent == body_of(stream=False).replace(b'"asked-model"', b'"vendor/model:1"')
    assert got.headers["x-aimux-model"] == "vendor/model:1"


async def test_gemini_has_the_model_in_the_path(upstream: FakeUpstream) -> None:
    """A model with a slash is quoted for the vendor, whose paths have none."""
    upstream.always("/v1beta/models/*", answers.answer(GEMINI))
    async with open_gateway([provider("g", upstream, GEMINI)]) as served:
        got = await served.post("/v1beta/models/g/vendor/model:generateContent", b'{"contents":[]}')

    assert got.status == 200
    assert upstream.requests[0].target == "/v1beta/models/vendor%2Fmodel:generateContent"


@pytest.mark.parametrize("format_", FORMATS)
async def test_usage_is_read_beside_the_stream(format_: WireFormat, upstream: FakeUpstream) -> None:
    """Streamed or not, the record has the tokens in one convention: input includes cached."""
    for stream in (False, True):
        upstream.always(
            answers.path(format_), answers.answer(format_, answers.THINKING, stream=stream)
        )
        async with open_gateway([provider("a", upstream, format_)]) as served:
            await served.post(path_of(format_, stream=stream), body_of(stream=stream))

            record = served.last
        assert record["outcome"] == "ok"
        assert record["input_tokens"] == 100
        assert record["cache_read_tokens"] == 30
        assert record["output_tokens"] == 20


async def test_events_come_one_by_one(upstream: FakeUpstream) -> None:
    """An event is with the client before the upstream has written the next one."""
    first, *rest = answers.events(OPENAI_CHAT)
    gate = Gate()
    stream = Answer(
        headers=(("content-type", "text/event-stream"),),
        pieces=(first, Pause(gate), *rest),
        framing="chunked",
    )
    upstream.script("/v1/chat/completions", stream)
    async with (
        open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served,
        served.send("/v1/chat/completions", b'{"model":"m","stream":true}') as response,
    ):
        early = await response.content.readany()
        gate.open()
        late = await response.content.read()

    assert early == first
    assert late == b"".join(rest)


async def test_half_an_event_is_held_back(upstream: FakeUpstream) -> None:
    """The bytes of an event go on when its blank line has come, all of them in order."""
    first, second, *rest = answers.events(OPENAI_CHAT)
    gate = Gate()
    stream = Answer(
        headers=(("content-type", "text/event-stream"),),
        pieces=(first + second[:7], Pause(gate), second[7:], *rest),
        framing="chunked",
    )
    upstream.script("/v1/chat/completions", stream)
    async with (
        open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served,
        served.send("/v1/chat/completions", b'{"model":"m","stream":true}') as response,
    ):
        early = await response.content.readany()
        gate.open()
        late = await response.content.read()

    assert early == first
    assert early + late == stream.body


async def test_headers_cross_by_table(upstream: FakeUpstream) -> None:
    """Every anthropic-* header goes on verbatim, the client's credentials and cookies never."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream, headers={"x-team": "blue"})]) as served:
        await served.post(
            "/v1/messages?beta=true&key=" + TOKEN,
            b'{"model":"m"}',
            authorization=f"Bearer {TOKEN}",
            anthropic_version="2023-06-01",
            anthropic_beta="a-1,b-2",
            anthropic_new_thing="x",
            user_agent="claude-cli/2.1.330 (external, cli)",
            cookie="session=1",
            x_aimux_project="/home/p",
            x_forwarded_for="10.0.0.1",
        )

        record = served.last
    received = upstream.requests[0]
    assert received.target == "/v1/messages?beta=true"
    assert received.header("anthropic-beta") == "a-1,b-2"
    assert received.header("anthropic-new-thing") == "x"
    assert received.header("user-agent") == "claude-cli/2.1.330 (external, cli)"
    assert received.header("x-api-key") == "sk-test-a-default"
    assert received.header("accept-encoding") == "identity"
    assert received.header("x-team") == "blue"
    for name in ("authorization", "cookie", "x-aimux-project", "x-forwarded-for", "x-goog-api-key"):
        assert received.header(name) is None
    assert TOKEN.encode() not in received.head
    assert record["client"] == "claude-code"


async def test_answer_headers_cross_by_table(upstream: FakeUpstream) -> None:
    """Limits and ids come back; cookies and whose account it is do not."""
    told = (
        ("content-type", "application/json"),
        ("request-id", "req_1"),
        ("anthropic-ratelimit-tokens-remaining", "7"),
        ("anthropic-organization-id", "org"),
        ("set-cookie", "a=b"),
        ("location", "http://elsewhere"),
    )
    upstream.script("/v1/messages", Answer(headers=told, pieces=(b'{"usage":{}}',)))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", b'{"model":"m"}')

    assert got.headers["request-id"] == "req_1"
    assert got.headers["anthropic-ratelimit-tokens-remaining"] == "7"
    for name in ("anthropic-organization-id", "set-cookie", "location"):
        assert name not in got.headers


async def test_a_compressed_answer_passes_unread(upstream: FakeUpstream) -> None:
    """An upstream that compresses though identity was asked for is passed on as it is."""
    packed = bytes(range(256))
    told = (("content-type", "application/json"), ("content-encoding", "br"))
    upstream.script("/v1/messages", Answer(headers=told, pieces=(packed,)))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", b'{"model":"m"}')

        assert served.last["input_tokens"] is None
    assert got.headers["content-encoding"] == "br"
    assert got.body == packed


async def test_a_large_answer_is_not_held(upstream: FakeUpstream) -> None:
    """A JSON answer over the limit goes on as it comes and arrives whole."""
    large = b'{"content":"' + b"x" * 3_000_000 + b'","usage":{"input_tokens":5,"output_tokens":6}}'
    upstream.script("/v1/messages", Answer(pieces=(large,)))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", b'{"model":"m"}')

        assert served.last["input_tokens"] == 5
    assert got.body == large


async def test_a_slow_reader_slows_the_upstream(upstream: FakeUpstream) -> None:
    """What the client does not read is not read from the upstream either."""
    event = b"event: content_block_delta\ndata: " + b"x" * 65_000 + b"\n\n"
    stream = Answer(
        headers=(("content-type", "text/event-stream"),), pieces=(event,) * 1000, framing="chunked"
    )
    upstream.script("/v1/messages", stream)
    async with (
        open_gateway([provider("a", upstream)]) as served,
        served.send("/v1/messages", b'{"model":"m","stream":true}') as response,
    ):
        await response.content.readany()
        received = await upstream.arrival(1)
        sent = -1
        while sent != received.sent_bytes:  # it stands still when all buffers are full
            sent = received.sent_bytes
            for _ in range(200):
                await served.gateway.drained(0.001)

    assert 0 < sent < len(stream.body) / 2


async def test_count_tokens_and_embeddings_are_relayed(upstream: FakeUpstream) -> None:
    """The small addresses go the same way as the large ones."""
    upstream.always("/v1/messages/count_tokens", Answer(pieces=(b'{"input_tokens":3}',)))
    upstream.always("/v1/embeddings", Answer(pieces=(b'{"data":[]}',)))
    upstream.always("/v1beta/models/*", Answer(pieces=(b'{"totalTokens":3}',)))
    fleet = [
        provider("a", upstream),
        provider("o", upstream, OPENAI_CHAT),
        provider("g", upstream, GEMINI),
    ]
    async with open_gateway(fleet) as served:
        counted = await served.post("/anthropic/v1/messages/count_tokens", b'{"model":"m"}')
        embedded = await served.post("/openai/v1/embeddings", b'{"model":"m","input":"x"}')
        gemini = await served.post("/v1beta/models/g/m:countTokens", b"{}")

    assert counted.body == b'{"input_tokens":3}'
    assert embedded.body == b'{"data":[]}'
    assert gemini.body == b'{"totalTokens":3}'


@pytest.mark.parametrize(
    "answered", [None, Answer(404), Answer(529)], ids=["foreign", "unknown", "overloaded"]
)
async def test_a_count_that_nobody_gives_is_a_guess(
    upstream: FakeUpstream, answered: Answer | None
) -> None:
    """Edges 232 and 329: of a provider of another format, or of one that does not know the address."""
    upstream.always("/v1/messages/count_tokens", answered or Answer())
    fleet = [provider("a", upstream, ANTHROPIC if answered else OPENAI_CHAT)]
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "word " * 400}]})
    async with open_gateway(fleet) as served:
        got = await served.post("/v1/messages/count_tokens", body.encode())
        status = served.gateway.provider_status()

    assert got.status == 200
    assert got.headers["x-aimux-estimated"] == "true"
    assert 400 < json.loads(got.body)["input_tokens"] < 650
    assert len(upstream.requests) == (1 if answered else 0)
    assert status[0]["health"] != "cooling"


async def test_a_count_of_what_is_no_request_is_refused(upstream: FakeUpstream) -> None:
    """What is the caller's fault is no guess."""
    upstream.always("/v1/messages/count_tokens", failure(ANTHROPIC, 400, "messages: required"))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages/count_tokens", b'{"model":"m"}')

    assert got.status == 400
    assert b"messages: required" in got.body


async def test_embeddings_are_not_translated(upstream: FakeUpstream) -> None:
    """A 501 that says which provider speaks what."""
    async with open_gateway([provider("a", upstream, ANTHROPIC)]) as served:
        got = await served.post("/v1/embeddings", b'{"model":"m","input":"x"}')

    assert got.status == 501
    assert b"aimux providers catalog" in got.body
    assert b"it speaks anthropic" in got.body
    assert upstream.requests == []

"""Any client at any provider, through a real gateway: what arrives there, and what comes back."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Any

import aiohttp
import pytest

from aimux.catalogue.provider import ModelFacts
from aimux.errors import ErrorKind, UpstreamStatus
from aimux.gateway.dialect import translated_status
from aimux.model.request import WireFormat
from aimux.wire.formats import CODECS
from tests.gateway.test_relay import FORMATS, path_of
from tests.support import answers
from tests.support.answers import ANTHROPIC, EVERYTHING, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.gateway import open_gateway, provider
from tests.support.upstream import CUT, Answer, FakeUpstream, Gate, Pause

PAIRS = [pair for pair in product(FORMATS, FORMATS) if pair[0] is not pair[1]]
each_pair = pytest.mark.parametrize(("client", "server"), PAIRS, ids=str)
each_format = pytest.mark.parametrize("client", FORMATS, ids=str)

_MESSAGES = [{"role": "user", "content": "hi"}]
ASKED: dict[WireFormat, dict[str, Any]] = {
    ANTHROPIC: {"model": "m", "max_tokens": 99, "messages": _MESSAGES},
    OPENAI_CHAT: {"model": "m", "messages": _MESSAGES},
    OPENAI_RESPONSES: {"model": "m", "input": "hi"},
    GEMINI: {"contents": [{"parts": [{"text": "hi"}]}]},
}


def ask(client: WireFormat, *, stream: bool = False, **more: Any) -> bytes:
    """A request of one word."""
    said = {**ASKED[client], **more}
    if stream and client is not GEMINI:
        said["stream"] = True
    return json.dumps(said).encode()


def address(client: WireFormat, *, stream: bool = False) -> str:
    """Where a client sends it."""
    path = path_of(client, stream=stream)
    events = client is GEMINI and stream and "alt=" not in path
    return f"{path}?alt=sse" if events else path


@each_pair
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_an_answer_crosses(
    client: WireFormat, server: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """All twelve pairs that are not relayed: text, calls, usage, headers, the record."""
    upstream.always(answers.path(server), answers.answer(server, EVERYTHING, stream=stream))
    async with open_gateway([provider("a", upstream, server)]) as served:
        got = await served.post(address(client, stream=stream), ask(client, stream=stream))
        record = served.last

    heard = upstream.wait(1)
    assert got.status == 200
    assert got.headers["content-type"] == (
        "text/event-stream; charset=utf-8" if stream else "application/json"
    )
    assert got.headers["x-aimux-mode"] == record["mode"] == "translate"
    assert b"T1" in got.body
    assert b'"f"' in got.body
    assert b'"g"' in got.body
    assert b"hi" in heard.body
    assert record["outcome"] == "ok"
    assert (record["input_tokens"], record["output_tokens"]) == (100, 20)
    assert heard.header("x-api-key") != "client-token-of-a-test"
    assert heard.header("content-type") == "application/json"


@each_pair
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_a_client_gets_the_kind_of_answer_it_asked_for(
    client: WireFormat, server: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """A stream also where the provider answers JSON, and the other way round."""
    upstream.always(answers.path(server), answers.answer(server, EVERYTHING, stream=not stream))
    async with open_gateway([provider("a", upstream, server)]) as served:
        got = await served.post(address(client, stream=stream), ask(client, stream=stream))

    assert got.status == 200
    assert got.headers["content-type"].startswith(
        "text/event-stream" if stream else "application/json"
    )
    assert b"T1" in got.body
    assert got.body.startswith(b"{") != stream


@each_format
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_also_where_nothing_has_to_be_translated(
    client: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """A relay gives the kind that was asked for too."""
    upstream.always(answers.path(client), answers.answer(client, EVERYTHING, stream=not stream))
    async with open_gateway([provider("a", upstream, client)]) as served:
        got = await served.post(address(client, stream=stream), ask(client, stream=stream))
        record = served.last

    assert got.status == 200
    assert got.headers["content-type"].startswith(
        "text/event-stream" if stream else "application/json"
    )
    assert b"T1" in got.body
    assert got.body.startswith(b"{") != stream
    assert record["mode"] == "relay"
    assert (record["input_tokens"], record["output_tokens"]) == (100, 20)


async def test_gemini_streams_an_array_to_whoever_does_not_ask_for_events(
    upstream: FakeUpstream,
) -> None:
    """Edge 31, on our side: one JSON array."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC, EVERYTHING, stream=True))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1beta/models/m:streamGenerateContent", ask(GEMINI))

    pieces = json.loads(got.body)
    assert got.headers["content-type"] == "application/json"
    assert pieces[-1]["usageMetadata"]["totalTokenCount"] == 120
    assert any("functionCall" in json.dumps(piece) for piece in pieces)


# ---------------------------------------------------------------- failures

# What the provider answers, and what each client is told: status and the word for its kind.
FAILURES = {
    400: {"*": (400, b"invalid_request"), GEMINI: (400, b"INVALID_ARGUMENT")},
    401: {"*": (403, b"permission_error"), GEMINI: (403, b"PERMISSION_DENIED")},
    404: {
        "*": (404, b"model_not_found"),
        ANTHROPIC: (404, b"not_found_error"),
        GEMINI: (404, b"NOT_FOUND"),
    },
    429: {"*": (429, b"rate_limit"), GEMINI: (429, b"RESOURCE_EXHAUSTED")},
    500: {"*": (500, b"server_error"), ANTHROPIC: (500, b"api_error"), GEMINI: (500, b"INTERNAL")},
    529: {
        "*": (503, b"slow_down"),
        ANTHROPIC: (529, b"overloaded_error"),
        GEMINI: (503, b"UNAVAILABLE"),
    },
}


@each_pair
@pytest.mark.parametrize("status", FAILURES)
async def test_an_error_crosses(
    client: WireFormat, server: WireFormat, status: int, upstream: FakeUpstream
) -> None:
    """In the client's own form, with the status its kind has there, and the vendor's words."""
    sent = 503 if status == 529 and server is not ANTHROPIC else status
    upstream.always(answers.path(server), answers.failure(server, sent, "it says so"))
    async with open_gateway([provider("a", upstream, server)]) as served:
        got = await served.post(address(client), ask(client))

    expected = FAILURES[status]
    code, word = expected.get(client, expected["*"])
    assert (got.status, word in got.body) == (code, True), got.body
    assert b"a: it says so" in got.body
    said = CODECS[client].read_error(got.status, got.body)
    assert "it says so" in said.message


@each_pair
async def test_a_prompt_that_is_too_long_is_what_the_client_knows(
    client: WireFormat, server: WireFormat, upstream: FakeUpstream
) -> None:
    """Edge 243: its compaction begins."""
    words = "This model's maximum context length is 8192 tokens, you asked for 9000"
    upstream.always(answers.path(server), answers.failure(server, 400, words))
    async with open_gateway([provider("a", upstream, server)]) as served:
        got = await served.post(address(client), ask(client))

    said = CODECS[client].read_error(got.status, got.body)
    assert got.status == 400
    assert said.kind is ErrorKind.CONTEXT_OVERFLOW
    if client is ANTHROPIC:
        assert said.message.startswith("prompt is too long")


@each_pair
async def test_a_stream_that_breaks_is_said_to_be_broken(
    client: WireFormat, server: WireFormat, upstream: FakeUpstream
) -> None:
    """Edge 97: an error of the client's dialect, and never an end."""
    whole = answers.answer(server, EVERYTHING, stream=True)
    upstream.always(answers.path(server), answers.cut(whole, after=len(whole.pieces) - 3))
    async with open_gateway([provider("a", upstream, server)]) as served:
        got = await served.post(address(client, stream=True), ask(client, stream=True))
        record = served.last

    assert record["outcome"] == "cut"
    assert got.broken
    assert b"rror" in got.body
    for end in (b"message_stop", b"response.completed", b'"finishReason"', b'"finish_reason":"'):
        assert end not in got.body


@each_pair
async def test_an_error_in_the_middle_of_a_stream_crosses(
    client: WireFormat, server: WireFormat, upstream: FakeUpstream
) -> None:
    """Edges 86 and 109: as the last thing the client hears, and the connection is closed."""
    gate = Gate()
    last = 1 if server is GEMINI else 3  # events that only end the answer
    begun = b"".join(answers.events(server, EVERYTHING)[:-last])
    pieces = (begun, Pause(gate), answers.failing_event(server, 500, "it broke"))
    head = (("content-type", "text/event-stream"),)
    upstream.always(answers.path(server), Answer(headers=head, pieces=pieces, framing="chunked"))
    heard = b""
    async with open_gateway([provider("a", upstream, server)]) as served:
        request = served.send(address(client, stream=True), ask(client, stream=True))
        with contextlib.suppress(aiohttp.ClientPayloadError):
            async with request as response:
                while piece := await response.content.readany():
                    heard += piece
                    gate.open()
        record = served.last

    assert b"T1" in heard
    assert b"it broke" in heard
    assert b"message_stop" not in heard
    assert record["outcome"] == "cut"


@each_pair
async def test_another_provider_answers_in_another_format(
    client: WireFormat, server: WireFormat, upstream: FakeUpstream
) -> None:
    """Failover does not care what anybody speaks."""
    upstream.always(answers.path(client), answers.failure(client, 500))
    if server is OPENAI_CHAT or client is not server:
        upstream.always(answers.path(server), answers.answer(server, EVERYTHING, stream=True))
    fleet = [provider("a", upstream, client), provider("b", upstream, server)]
    async with open_gateway(fleet) as served:
        got = await served.post(address(client, stream=True), ask(client, stream=True))
        record = served.last

    assert b"T1" in got.body
    assert [attempt["provider"] for attempt in record["attempts"]][-1] == "b"
    assert got.headers["x-aimux-mode"] == "translate"


# ---------------------------------------------------------------- what cannot be said

AUDIO = [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]


async def test_content_that_cannot_be_said_is_refused(upstream: FakeUpstream) -> None:
    """A 400 with a hint, and nothing is sent."""
    async with open_gateway([provider("a", upstream)]) as served:
        body = ask(OPENAI_CHAT, messages=[{"role": "user", "content": AUDIO}])
        got = await served.post("/v1/chat/completions", body)
        record = served.last

    assert got.status == 400
    assert b"audio" in got.body
    assert record["outcome"] == "client_error"
    assert upstream.requests == []


SEVERAL: dict[WireFormat, dict[str, Any]] = {
    OPENAI_CHAT: {"n": 2},
    GEMINI: {"generationConfig": {"candidateCount": 2}},
}


@pytest.mark.parametrize(
    ("client", "server"),
    [pair for pair in product(SEVERAL, FORMATS) if pair[0] is not pair[1]],
    ids=str,
)
async def test_edge_279_several_answers_are_refused(
    client: WireFormat, server: WireFormat, upstream: FakeUpstream
) -> None:
    """A 400 with a hint in the client's form: one answer in place of two would be taken for all."""
    async with open_gateway([provider("a", upstream, server)]) as served:
        got = await served.post(address(client), ask(client, **SEVERAL[client]))
        record = served.last

    assert got.status == 400
    assert b"; ask " in got.body
    assert record["outcome"] == "client_error"
    assert upstream.requests == []


@pytest.mark.parametrize("format_", SEVERAL, ids=str)
async def test_edge_279_several_answers_of_a_vendor_that_gives_them(
    format_: WireFormat, upstream: FakeUpstream
) -> None:
    """Relayed, also where the first of the route cannot say it."""
    upstream.always(answers.path(format_), answers.answer(format_))
    fleet = [provider("a", upstream), provider("b", upstream, format_)]
    order = {"routing": {"default": ["a/*", "b/*"]}}
    async with open_gateway(fleet, order) as served:
        got = await served.post(address(format_), ask(format_, **SEVERAL[format_]))

    assert got.status == 200
    assert got.headers["x-aimux-provider"] == "b"
    assert json.loads(upstream.wait(1).body).items() >= SEVERAL[format_].items()


@pytest.mark.parametrize("second_fails", [False, True])
async def test_somebody_else_may_be_able_to_say_it(
    upstream: FakeUpstream, second_fails: bool
) -> None:
    """The route goes on; what is told in the end is what whoever could have said it answered."""
    good = answers.answer(OPENAI_CHAT)
    upstream.always(
        "/v1/chat/completions", answers.failure(OPENAI_CHAT, 401) if second_fails else good
    )
    fleet = [provider("a", upstream), provider("b", upstream, OPENAI_CHAT)]
    order = {"routing": {"default": ["a/*", "b/*"]}}
    async with open_gateway(fleet, order) as served:
        body = ask(OPENAI_CHAT, messages=[{"role": "user", "content": AUDIO}])
        got = await served.post("/v1/chat/completions", body)
        record = served.last

    assert got.status == (401 if second_fails else 200)
    assert [attempt["outcome"] for attempt in record["attempts"]] == [
        "unsupported",
        "auth" if second_fails else "ok",
    ]


async def test_what_was_lost_is_told(upstream: FakeUpstream) -> None:
    """In a header and in the record, each thing once."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/chat/completions", ask(OPENAI_CHAT, seed=7, logprobs=True))
        record = served.last

    codes = got.headers["x-aimux-dropped"].split(",")
    assert {"seed.dropped", "logprobs.dropped", "max_tokens.defaulted"} <= set(codes)
    assert {each["code"] for each in record["dropped"]} == set(codes)
    assert all(each["words"] and each["severity"] for each in record["dropped"])


NAMELESS = {"index": 0, "id": "call_aaaa", "function": {"arguments": "{}"}}
ANSWERS = {
    "edge-47": ({"content": "T1"}, ["finish.no_call"]),
    "edge-61": (
        {"content": "T1", "tool_calls": [NAMELESS]},
        ["call.nameless", "finish.no_call"],
    ),
}


@pytest.mark.parametrize("client", [ANTHROPIC, OPENAI_RESPONSES, GEMINI], ids=str)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("edge", ANSWERS)
async def test_what_an_answer_lost_is_told(
    edge: str, stream: bool, client: WireFormat, upstream: FakeUpstream
) -> None:
    """Edges 47 and 61: in the record always; in the head of an answer that is whole by then."""
    said, lost = ANSWERS[edge]
    place = "delta" if stream else "message"
    choice = {"index": 0, place: said, "finish_reason": "tool_calls"}
    usage = {"prompt_tokens": 5, "completion_tokens": 2}
    body = json.dumps({"id": "x", "model": "m", "choices": [choice], "usage": usage}).encode()
    piece = b"data: %b\n\ndata: [DONE]\n\n" % body if stream else body
    kind = "text/event-stream" if stream else "application/json"
    upstream.always(
        answers.path(OPENAI_CHAT), Answer(headers=(("content-type", kind),), pieces=(piece,))
    )
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        got = await served.post(address(client, stream=stream), ask(client, stream=stream))
        record = served.last

    assert b"T1" in got.body
    assert b"tool_use" not in got.body
    recorded = [each["code"] for each in record["dropped"]]
    assert [code for code in recorded if code in lost] == lost
    told = got.headers.get("x-aimux-dropped", "").split(",")
    assert stream or [code for code in told if code in lost] == lost


async def test_a_relay_loses_nothing(upstream: FakeUpstream) -> None:
    """And says nothing of it."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", ask(ANTHROPIC, unheard_of=1))

    assert "x-aimux-dropped" not in got.headers


@pytest.mark.parametrize("stream", [False, True])
async def test_a_search_that_nobody_can_do_is_said_to_have_failed(
    stream: bool, upstream: FakeUpstream
) -> None:
    """Edge 245: nobody makes up what was found."""
    tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        got = await served.post("/v1/messages", ask(ANTHROPIC, stream=stream, tools=tools))

    assert got.status == 200
    assert b'"error_code":"unavailable"' in got.body
    assert b"not available" in got.body
    assert got.body.startswith(b"event: message_start") == stream
    assert upstream.requests == []


# ---------------------------------------------------------------- accents


async def test_a_provider_with_an_accent_is_patched(upstream: FakeUpstream) -> None:
    """The same format, with an edit; one that needs none is relayed byte by byte."""
    upstream.always("/v1/chat/completions", answers.answer(OPENAI_CHAT))
    fleet = [provider("a", upstream, OPENAI_CHAT, quirks=("no-developer-role",))]
    spoken = b'{ "model":"m", "messages":[{"role":"developer","content":"x"}] }'
    plain = b'{ "model":"m", "messages":[{"role":"user","content":"x"}] }'
    async with open_gateway(fleet) as served:
        patched = await served.post("/v1/chat/completions", spoken)
        relayed = await served.post("/v1/chat/completions", plain)

    first, second = upstream.requests
    assert patched.headers["x-aimux-mode"] == "patch"
    assert json.loads(first.body)["messages"][0]["role"] == "system"
    assert relayed.headers["x-aimux-mode"] == "relay"
    assert second.body == plain


async def test_a_beta_and_its_field_travel_together(upstream: FakeUpstream) -> None:
    """Edge 248: a provider that knows no betas gets neither."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    fleet = [
        provider("a", upstream, quirks=("messages-no-betas",)),
        provider("b", upstream),
    ]
    async with open_gateway(fleet) as served:
        for name in ("a", "b"):
            await served.post(
                "/v1/messages", ask(ANTHROPIC), anthropic_beta="b1", x_aimux_target=f"{name}/m"
            )

    assert [each.header("anthropic-beta") for each in upstream.requests] == [None, "b1"]


@pytest.mark.parametrize(("status", "quirk"), [(400, True), (413, True), (400, False)])
async def test_an_overflow_without_words(status: int, quirk: bool, upstream: FakeUpstream) -> None:
    """Edge 308."""
    upstream.always("/v1/chat/completions", Answer(status))
    quirks = ("overflow-without-words",) if quirk else ()
    empty = Answer(status, pieces=())
    upstream.always("/v1/chat/completions", empty)
    async with open_gateway([provider("a", upstream, OPENAI_CHAT, quirks=quirks)]) as served:
        got = await served.post("/v1/messages", ask(ANTHROPIC))

    assert (b"prompt is too long" in got.body) == quirk
    assert got.status == 400


def test_the_status_of_a_kind_nobody_names() -> None:
    """The provider's trouble, whatever it calls it."""
    odd = UpstreamStatus("m", status=418, kind=ErrorKind.UPSTREAM)
    empty = UpstreamStatus("m", status=402, kind=ErrorKind.BILLING)

    assert translated_status(odd, ANTHROPIC) == 502
    assert [translated_status(empty, each) for each in (ANTHROPIC, OPENAI_CHAT, GEMINI)] == [
        402,
        429,
        402,
    ]


async def test_a_connection_that_breaks_before_an_answer_is_failed_over(
    upstream: FakeUpstream,
) -> None:
    """Translated or not."""
    upstream.always("/v1/messages", Answer(before=(CUT,)))
    upstream.always("/v1/chat/completions", answers.answer(OPENAI_CHAT))
    fleet = [provider("a", upstream), provider("b", upstream, OPENAI_CHAT)]
    async with open_gateway(fleet) as served:
        got = await served.post("/v1/responses", ask(OPENAI_RESPONSES))

    assert got.status == 200
    assert got.headers["x-aimux-provider"] == "b"


@pytest.mark.parametrize("client", [ANTHROPIC, GEMINI], ids=str)
@pytest.mark.parametrize(
    ("server", "body", "waited"),
    [
        (
            GEMINI,
            {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow", "details": [
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "32s"}]}},
            "32",
        ),
        (
            OPENAI_CHAT,
            {"error": {"type": "tokens", "code": "rate_limit_exceeded",
                       "message": "Please try again in 41.5s."}},
            "42",
        ),
    ],
    ids=["RetryInfo", "words"],
)  # fmt: skip
async def test_a_wait_that_stands_in_the_body_is_told(
    client: WireFormat,
    server: WireFormat,
    body: dict[str, Any],
    waited: str,
    upstream: FakeUpstream,
) -> None:
    """Edge 191: as the header that every client reads; translated or relayed."""
    upstream.always(answers.path(server), Answer(429, pieces=(json.dumps(body).encode(),)))
    async with open_gateway([provider("a", upstream, server)]) as served:
        got = await served.post(address(client), ask(client))

    assert got.status == 429
    assert got.headers["retry-after"] == waited


@each_format
async def test_edge_311_in_the_end_it_is_a_500_to_come_back_for(
    client: WireFormat, upstream: FakeUpstream
) -> None:
    """In the client's format, with what the model wrote; a 400 would end an agent's work."""
    upstream.always(answers.path(OPENAI_CHAT), Answer(400, pieces=(answers.BAD_CALL,)))
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        got = await served.post(address(client), ask(client))

    said = CODECS[client].read_error(got.status, got.body)
    assert got.status == 500
    assert said.message == "a: Failed to call a function.; failed_generation: <function=f{"
    assert got.headers["retry-after"] == "1"
    assert "x-should-retry" not in got.headers
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("client", [ANTHROPIC, OPENAI_CHAT], ids=str)
@pytest.mark.parametrize("window", [4096, 40_000])
async def test_edge_328_a_prompt_that_the_provider_cuts(
    client: WireFormat, window: int, upstream: FakeUpstream
) -> None:
    """Ollama's client is told, relayed or translated; what such an answer bills corrects no estimate."""
    upstream.always(answers.path(OPENAI_CHAT), answers.answer(OPENAI_CHAT))
    made = provider("a", upstream, OPENAI_CHAT, quirks=("silent-truncation",))
    made = replace(made, models={"m": ModelFacts("m", context=window)})
    long = [{"role": "user", "content": "word " * 4000}]
    async with open_gateway([made]) as served:
        got = await served.post(address(client), ask(client, messages=long))
        record = served.last
        counted = await served.post("/v1/messages/count_tokens", ask(ANTHROPIC, messages=long))

    codes = got.headers.get("x-aimux-dropped", "").split(",")
    cut = window == 4096
    assert codes.count("prompt.truncated") == cut
    assert [each["severity"] for each in record["dropped"]].count("warn") == cut
    assert (json.loads(counted.body)["input_tokens"] > 4096) == cut  # the fake bills 100


_LEFT = (
    ("content-type", "application/json"),
    ("x-ratelimit-limit-requests", "60"),
    ("x-ratelimit-remaining-requests", "0"),
    ("x-ratelimit-reset-requests", "6m0s"),
)


@pytest.mark.parametrize("status", [200, 429])
async def test_limits_are_told_in_the_client_s_words(status: int, upstream: FakeUpstream) -> None:
    """An Anthropic client at an OpenAI provider (2.16), answered or refused; nothing of a foreign name."""
    good = answers.answer(OPENAI_CHAT)
    fails = answers.failure(OPENAI_CHAT, 429, "slow down")
    answer = good if status == 200 else fails
    upstream.always(answers.path(OPENAI_CHAT), replace(answer, headers=_LEFT))
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        got = await served.post("/v1/messages", ask(ANTHROPIC))

    assert got.status == status
    assert got.headers["anthropic-ratelimit-requests-limit"] == "60"
    assert got.headers["anthropic-ratelimit-requests-remaining"] == "0"
    reset = datetime.fromisoformat(got.headers["anthropic-ratelimit-requests-reset"])
    assert 350 < reset.timestamp() - time.time() < 362
    assert not [name for name in got.headers if name.lower().startswith("x-ratelimit-")]
    assert got.headers.get("retry-after") == ("360" if status == 429 else None)


async def test_limits_of_anthropic_as_durations(upstream: FakeUpstream) -> None:
    """And those of a subscription stay behind."""
    more = (
        ("anthropic-ratelimit-tokens-remaining", "7"),
        ("anthropic-ratelimit-tokens-reset", "2026-11-30T00:00:00Z"),
        ("anthropic-ratelimit-unified-status", "allowed"),
    )
    good = answers.answer(ANTHROPIC, stream=True)
    upstream.always("/v1/messages", replace(good, headers=(*good.headers, *more)))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/chat/completions", ask(OPENAI_CHAT, stream=True))

    assert got.headers["x-ratelimit-remaining-tokens"] == "7"
    assert got.headers["x-ratelimit-reset-tokens"]
    assert not [name for name in got.headers if name.lower().startswith("anthropic-")]


UNFINISHED = (
    "Could not finish the message because max_tokens or model output limit was reached. "
    "Please try again with higher max_tokens."
)
PROBES = {
    ANTHROPIC: b'"stop_reason":"max_tokens"',
    OPENAI_RESPONSES: b'"reason":"max_output_tokens"',
    GEMINI: b'"finishReason":"MAX_TOKENS"',
}


@pytest.mark.parametrize("client", PROBES, ids=str)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_edge_237_a_model_that_thinks_its_limit_away(
    client: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """Is no fault of anybody: the client gets an answer without words that has reached its limit."""
    upstream.always(answers.path(OPENAI_CHAT), answers.failure(OPENAI_CHAT, 400, UNFINISHED))
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        got = await served.post(address(client, stream=stream), ask(client, stream=stream))
        record = served.last

    assert (got.status, got.broken) == (200, False)
    assert PROBES[client] in got.body
    assert got.headers["content-type"].startswith("text/event-stream") is stream
    assert (record["outcome"], record["status"]) == ("ok", 200)


@pytest.mark.parametrize(
    ("client", "status", "words"),
    [
        (OPENAI_CHAT, 400, UNFINISHED),
        (ANTHROPIC, 500, UNFINISHED),
        (ANTHROPIC, 400, "max_tokens is too large"),
    ],
)
async def test_edge_237_any_other_error_is_one(
    client: WireFormat, status: int, words: str, upstream: FakeUpstream
) -> None:
    """And so is this one to a client that speaks the vendor's own format."""
    upstream.always(answers.path(OPENAI_CHAT), answers.failure(OPENAI_CHAT, status, words))
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        got = await served.post(address(client), ask(client))

    assert got.status == status
    assert words.encode() in got.body

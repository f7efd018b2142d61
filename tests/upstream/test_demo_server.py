"""The demo provider's socket: who gets in, what is served, and what a client's departure does."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from aimux.model.request import WireFormat
from aimux.upstream.demo import DemoServer
from aimux.upstream.demo.server import MAX_BODY_BYTES
from aimux.wire.formats import CODECS
from aimux.wire.sse import BlockReader
from tests.support.patience import PATIENCE_S
from tests.support.usage import read_usage

HI = [{"role": "user", "content": "hi"}]
STREAM = ":streamGenerateContent"
GEMINI = "/v1beta/models/demo-thinker"
REQUESTS: dict[WireFormat, tuple[str, dict[str, Any]]] = {
    WireFormat.ANTHROPIC: (
        "/v1/messages",
        {"model": "demo-thinker", "max_tokens": 500, "messages": HI},
    ),
    WireFormat.OPENAI_CHAT: (
        "/v1/chat/completions",
        {"model": "demo-thinker", "messages": HI, "stream_options": {"include_usage": True}},
    ),
    WireFormat.OPENAI_RESPONSES: ("/v1/responses", {"model": "demo-thinker", "input": "hi"}),
    WireFormat.GEMINI: (
        f"{GEMINI}:generateContent",
        {"contents": [{"parts": [{"text": "hi"}]}]},
    ),
}


def streamed(format_: WireFormat) -> tuple[str, dict[str, Any]]:
    path, body = REQUESTS[format_]
    if format_ is WireFormat.GEMINI:
        return f"{GEMINI}{STREAM}?alt=sse", body
    return path, body | {"stream": True}


class Caller:
    """A client with the right key."""

    def __init__(self, server: DemoServer, url: str, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.url = url
        self.session = session

    async def post(self, path: str, body: object, key: str | None = None) -> tuple[int, bytes]:
        data = body if isinstance(body, bytes | io.BytesIO) else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {key or self.server.key.reveal()}"}
        async with self.session.post(self.url + path, data=data, headers=headers) as response:
            return response.status, await response.read()


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    server = DemoServer(pace=0)
    url = await server.start()
    async with aiohttp.ClientSession() as session:
        yield Caller(server, url, session)
    await server.close()


@pytest.mark.parametrize("format_", WireFormat)
async def test_the_same_request_gets_the_same_bytes(caller: Caller, format_: WireFormat) -> None:
    """Whole and streamed; another request gets other ids."""
    for path, body in (REQUESTS[format_], streamed(format_)):
        first = await caller.post(path, body)
        second = await caller.post(path, body)
        other = await caller.post(path, body | {"metadata": {"a": "b"}})

        assert first == second
        assert first[0] == 200
        assert first[1] != other[1]


@pytest.mark.parametrize("format_", WireFormat)
async def test_aimux_itself_reads_the_stream_to_its_end(
    caller: Caller, format_: WireFormat
) -> None:
    """The gateway's own watcher sees it begin and complete, without error, with the whole usage."""
    _, whole = await caller.post(*REQUESTS[format_])
    _, stream = await caller.post(*streamed(format_))
    reader, tap = BlockReader(), CODECS[format_].tap()
    for block in reader.feed(stream):
        tap.watch(block)

    assert (tap.begun, tap.complete, tap.error, reader.rest) == (True, True, None, b"")
    assert tap.usage() == read_usage(CODECS[format_], whole)
    assert tap.usage().reasoning_tokens


def events(stream: bytes) -> list[dict[str, Any]]:
    lines = [line for line in stream.splitlines() if line.startswith(b"data: {")]
    return [json.loads(line.removeprefix(b"data: ")) for line in lines]


async def test_the_grammar_of_anthropic(caller: Caller) -> None:
    """One block after the other, indexes rising, the signature right before its block's end."""
    _, stream = await caller.post(*streamed(WireFormat.ANTHROPIC))
    said = events(stream)
    kinds = [each["type"] for each in said]
    names = [line[7:].decode() for line in stream.splitlines() if line.startswith(b"event: ")]

    assert names == kinds
    assert kinds[:3] == ["message_start", "ping", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    indexes = [each["index"] for each in said if each["type"] == "content_block_start"]
    assert indexes == [0, 1]
    end = kinds.index("content_block_stop")
    assert said[end - 1]["delta"]["type"] == "signature_delta"
    assert said[0]["message"]["usage"]["output_tokens"] == 1
    assert said[0]["message"]["content"] == []


async def test_the_grammar_of_chat(caller: Caller) -> None:
    """The role first, one finish, usage alone at the end, then [DONE]."""
    _, stream = await caller.post(*streamed(WireFormat.OPENAI_CHAT))
    said = events(stream)

    assert stream.endswith(b"data: [DONE]\n\n")
    assert said[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert [each["choices"][0]["finish_reason"] for each in said[-2:-1]] == ["stop"]
    assert all(each["usage"] is None for each in said[:-1])
    assert said[-1]["choices"] == []
    assert said[-1]["usage"]["total_tokens"]


async def test_chat_without_include_usage_says_none(caller: Caller) -> None:
    """Usage comes only to those who ask for it."""
    path, body = streamed(WireFormat.OPENAI_CHAT)
    _, stream = await caller.post(path, body | {"stream_options": None})

    assert all("usage" not in each and each["choices"] for each in events(stream))


async def test_the_grammar_of_responses(caller: Caller) -> None:
    """Every event is numbered, every item is opened and closed, the last one holds everything."""
    _, stream = await caller.post(*streamed(WireFormat.OPENAI_RESPONSES))
    said = events(stream)
    kinds = [each["type"].removeprefix("response.") for each in said]

    assert [each["sequence_number"] for each in said] == list(range(len(said)))
    assert kinds[:2] == ["created", "in_progress"]
    assert kinds[-1] == "completed"
    assert b"[DONE]" not in stream
    added = [each for each in said if each["type"] == "response.output_item.added"]
    done = [each["item"] for each in said if each["type"] == "response.output_item.done"]
    assert [each["output_index"] for each in added] == [0, 1]
    assert [each["item"]["status"] for each in added] == ["in_progress", "in_progress"]
    assert (added[0]["item"]["summary"], added[1]["item"]["content"]) == ([], [])
    assert done == said[-1]["response"]["output"]
    assert said[0]["response"]["output"] == []


async def test_the_grammar_of_gemini(caller: Caller) -> None:
    """Whole objects, thoughts first, counts that rise, the finish in the last one alone."""
    _, stream = await caller.post(*streamed(WireFormat.GEMINI))
    said = events(stream)
    thoughts = [each["candidates"][0]["content"]["parts"][0].get("thought") for each in said]
    totals = [each["usageMetadata"]["totalTokenCount"] for each in said]

    assert b"event:" not in stream
    assert thoughts == sorted(thoughts, key=lambda mark: mark is None)
    assert totals == sorted(totals)
    assert ["finishReason" in each["candidates"][0] for each in said].index(True) == len(said) - 1


async def test_gemini_without_sse_is_one_array(caller: Caller) -> None:
    """The same events as a JSON array, for clients that do not ask for events."""
    path, body = streamed(WireFormat.GEMINI)
    _, stream = await caller.post(path, body)
    _, array = await caller.post(path.removesuffix("?alt=sse"), body)

    assert json.loads(array) == events(stream)


@pytest.mark.parametrize("format_", WireFormat)
@pytest.mark.parametrize("limit", [0, 1, 40])
async def test_a_cut_answer_is_well_formed(caller: Caller, format_: WireFormat, limit: int) -> None:
    """Even an answer of no token at all ends properly."""
    name = {
        WireFormat.OPENAI_CHAT: "max_completion_tokens",
        WireFormat.OPENAI_RESPONSES: "max_output_tokens",
    }.get(format_, "max_tokens")
    path, body = streamed(format_)
    limited = {"generationConfig": {"maxOutputTokens": limit}} if "alt" in path else {name: limit}
    status, stream = await caller.post(path, body | limited)
    reader, tap = BlockReader(), CODECS[format_].tap()
    for block in reader.feed(stream):
        tap.watch(block)

    assert (status, tap.complete, tap.error) == (200, True, None)
    assert tap.usage().output_tokens == limit


PATHS = [path for path, _ in REQUESTS.values()]


@pytest.mark.parametrize("path", [*PATHS, "/v1/models", "/v1beta/models", "/", "/nowhere"])
@pytest.mark.parametrize("key", ["wrong", "", "sk-test-\udcff"])
async def test_nothing_is_served_without_the_key(caller: Caller, path: str, key: str) -> None:
    """Not even the news that an address does not exist."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    for method in ("GET", "POST"):
        url = caller.url + path
        async with caller.session.request(method, url, headers=headers) as response:
            assert response.status == 401
            assert "only the key" in await response.text()


@pytest.mark.parametrize("header", ["x-api-key", "x-goog-api-key"])
async def test_the_key_is_taken_where_each_vendor_puts_it(caller: Caller, header: str) -> None:
    """Besides the bearer form."""
    headers = {header: caller.server.key.reveal()}
    async with caller.session.get(f"{caller.url}/v1/models", headers=headers) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/v1/messages", b"", 400, "not JSON"),
        ("/v1/messages", b"{", 400, "not JSON"),
        ("/v1/messages", b"\xff", 400, "not JSON"),
        ("/v1/messages", b"[" * 100_000, 400, "not JSON"),
        ("/v1/messages", [], 400, "object"),
        ("/v1/messages", {}, 400, "model"),
        ("/v1/messages", {"model": 4}, 400, "model"),
        ("/v1/messages", {"model": "demo-fast"}, 400, "max_tokens"),
        ("/v1/messages", {"model": "demo-slow"}, 404, "demo-slow"),
        (
            "/v1/messages",
            {"model": "demo-fast", "max_tokens": 5, "messages": HI, "stream": "yes"},
            400,
            "stream",
        ),
        ("/v1/messages/count_tokens", {"model": "demo-fast"}, 400, "messages"),
        ("/v1/chat/completions", {"model": "demo-fast"}, 400, "messages"),
        ("/v1/responses", {"model": "demo-fast"}, 400, "input"),
        (f"{GEMINI}:generateContent", {}, 400, "contents"),
        (f"{GEMINI}:countTokens", {}, 400, "contents"),
        ("/v1beta/models/x:generateContent", {}, 404, "'x'"),
        ("/v1beta/models/demo-fast:embedContent", {}, 404, "no address"),
        ("/v1/embeddings", {}, 404, "no address"),
        ("/v1/models", {}, 405, "POST"),
    ],
)
async def test_a_bad_request_gets_the_vendors_error(
    caller: Caller, path: str, body: object, status: int, said: str
) -> None:
    """In the shape of the address, with the vendor's status, and the server goes on."""
    answered, text = await caller.post(path, body)
    error = json.loads(text)["error"]

    assert answered == status
    assert said in error["message"]
    if path.startswith("/v1/messages"):
        assert error["type"] == ("not_found_error" if status == 404 else "invalid_request_error")
    elif path.startswith("/v1beta"):
        assert error["code"] == status
    assert (await caller.post(*REQUESTS[WireFormat.ANTHROPIC]))[0] == 200


async def test_a_body_that_is_too_large_is_refused(caller: Caller) -> None:
    """A limit stands even behind aimux's own."""
    status, text = await caller.post("/v1/messages", io.BytesIO(b" " * (MAX_BODY_BYTES + 1)))

    assert status == 413
    assert json.loads(text)["error"]["type"] == "request_too_large"


@pytest.mark.parametrize(
    "prompt", ['"quotes" \\ and \n lines', "\ud83d", "\x00\x1b[2J", "\u7b54\u3048 \U0001f642"]
)
@pytest.mark.parametrize("format_", WireFormat)
async def test_whatever_is_asked_the_answer_is_json(
    caller: Caller, format_: WireFormat, prompt: str
) -> None:
    """Quotes, escapes, half an emoji: each is answered, streamed, in UTF-8."""
    path, body = streamed(format_)
    asked = json.loads(json.dumps(body).replace('"hi"', json.dumps(prompt)))
    status, stream = await caller.post(path, asked)

    assert status == 200
    assert events(stream)
    assert "\x1b" not in stream.decode()


async def test_words_come_one_after_the_other() -> None:
    """At its own pace the answer takes its time, and comes in many pieces."""
    server = DemoServer(pace=0.2)
    url = await server.start()
    headers = {"authorization": f"Bearer {server.key.reveal()}"}
    path, body = streamed(WireFormat.ANTHROPIC)
    began = time.monotonic()
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + path, json=body, headers=headers) as response,
    ):
        chunks = [chunk async for chunk in response.content.iter_any()]
    took_s = time.monotonic() - began
    await server.close()

    assert len(chunks) > 20
    assert took_s > 0.1


async def test_nobody_is_spoken_to_when_the_client_is_gone() -> None:
    """A connection that closes ends its answer at once, not at the next word."""
    server = DemoServer(pace=1000)
    url = await server.start()
    headers = {"authorization": f"Bearer {server.key.reveal()}"}
    path, body = streamed(WireFormat.ANTHROPIC)
    async with aiohttp.ClientSession() as session:
        response = await session.post(url + path, json=body, headers=headers)
        await response.content.readany()
        assert server.speaking == 1
        response.close()

        async with asyncio.timeout(PATIENCE_S):
            while server.speaking:
                await asyncio.sleep(0.01)
    await server.close()


async def test_closing_does_not_wait_for_answers() -> None:
    """The daemon lets streams finish before; what is left is cut, and the socket is gone."""
    server = DemoServer(pace=1000)
    url = await server.start()
    headers = {"authorization": f"Bearer {server.key.reveal()}"}
    path, body = streamed(WireFormat.ANTHROPIC)
    async with aiohttp.ClientSession() as session:
        response = await session.post(url + path, json=body, headers=headers)
        await response.content.readany()
        began = time.monotonic()
        await server.close()
        await server.close()

        assert time.monotonic() - began < PATIENCE_S
        assert server.speaking == 0
        with pytest.raises(aiohttp.ClientError):
            await session.get(url)
        response.close()


async def test_two_servers_have_two_keys_and_two_addresses() -> None:
    """Nothing is fixed, so nothing can be guessed; and the key hides itself."""
    first, second = DemoServer(), DemoServer()
    addresses = {await first.start(), await second.start()}

    assert len(addresses) == 2
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)
    assert first.key != second.key
    assert "****" in repr(first.key)
    await first.close()
    await second.close()

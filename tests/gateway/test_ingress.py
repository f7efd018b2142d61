"""A request that is wrong is told so, in the asker's format, and the gateway stays up."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib

import pytest

from tests.support import answers
from tests.support.answers import ANTHROPIC
from tests.support.gateway import TOKEN, open_gateway, provider
from tests.support.upstream import FakeUpstream

GOOD = b'{"model":"m"}'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"null", "JSON object"),
        (b"[]", "JSON object"),
        (b'"text"', "JSON object"),
        (b'{"model":"m"} trailing', "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"model":"m","model":"n"}', "twice"),
        (b'{"model":"m","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a":NaN,"model":"m"}', "no JSON number"),
        (b"{}", "names no model"),
        (b'{"model":null}', "names no model"),
        (b'{"model":5}', "model must be a text"),
        (b'{"model":" "}', "model must be a text"),
        (b'{"model":["m"]}', "model must be a text"),
        (b'{"model":"m","stream":"yes"}', "stream must be true or false"),
        (b'{"model":"m","stream":1}', "stream must be true or false"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions", "/v1/responses"])
async def test_bad_bodies(path: str, body: bytes, words: str) -> None:
    """Each fault is a 400 that says what is wrong."""
    async with open_gateway() as served:
        got = await served.post(path, body)

        record = served.last
    said = json.loads(got.body)["error"]
    assert got.status == 400
    assert words in said["message"]
    assert record["outcome"] == "rejected"
    assert record["status"] == 400
    if path != "/v1/messages" and words.startswith(("model", "stream")):
        assert said["param"] == words.split(maxsplit=1)[0]


async def test_the_size_limit_holds_for_what_a_body_expands_to() -> None:
    """A bomb of gzip is refused when it has grown past the limit, not when it has grown whole."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(200)) + packer.flush()
    async with open_gateway((), {"server": {"max_body_mb": 2}}) as served:
        declared = await served.post("/v1/messages", b" " * (2**21 + 1))
        expanded = await served.post("/v1/messages", bomb, content_encoding="gzip")
        after = await served.post("/v1/messages", GOOD)

    assert len(bomb) < 2**20
    assert (declared.status, expanded.status) == (413, 413)
    assert json.loads(expanded.body)["error"]["type"] == "request_too_large"
    assert b"server.max_body_mb" in expanded.body
    assert after.status == 503


async def test_gzip_is_read_and_passed_on_unpacked(upstream: FakeUpstream) -> None:
    """The provider gets the body itself."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", gzip.compress(GOOD), content_encoding="gzip")

    assert got.status == 200
    assert upstream.requests[0].body == GOOD
    assert upstream.requests[0].header("content-encoding") is None


@pytest.mark.parametrize(
    "headers",
    [
        {"content_encoding": "zstd"},
        {"content_encoding": "gzip, gzip"},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": "application/json; charset=latin-1"},
    ],
)
async def test_what_cannot_be_read_is_415(headers: dict[str, str]) -> None:
    """An encoding or charset that is not read here."""
    async with open_gateway() as served:
        got = await served.post("/v1/messages", GOOD, **headers)

    assert got.status == 415


async def test_broken_gzip_is_the_callers_fault() -> None:
    """Bytes that are no gzip though they say so, and gzip that ends too early."""
    async with open_gateway() as served:
        for body in (b"no gzip at all", gzip.compress(GOOD)[:-10]):
            got = await served.post("/v1/messages", body, content_encoding="gzip")

            assert got.status == 400
        after = await served.get("/health")

    assert after.status == 200


async def test_deflate_is_read(upstream: FakeUpstream) -> None:
    """The other encoding of RFC 9110 that anybody uses."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)]) as served:
        await served.post("/v1/messages", zlib.compress(GOOD), content_encoding="deflate")

    assert upstream.requests[0].body == GOOD


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n"
        b"transfer-encoding: chunked\r\n\r\n{}",
        b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n",
        b"NOT HTTP AT ALL\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
    ],
    ids=["both framings", "huge header", "no colon", "garbage", "tls"],
)
async def test_what_is_not_http_is_told_so(head: bytes) -> None:
    """In JSON, with the connection closed behind it and the gateway still there."""
    async with open_gateway() as served:
        host, port = served.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head)
        got = await reader.read()
        writer.close()
        after = await served.get("/health")

    said, _, body = got.partition(b"\r\n\r\n")
    assert said.split(b" ", 2)[1] == b"400"
    assert json.loads(body)["error"]["type"] == "invalid_request_error"
    assert after.status == 200


async def test_nobody_to_ask() -> None:
    """An empty aimux says what to type."""
    async with open_gateway() as served:
        got = await served.post("/v1/messages", GOOD)

    assert got.status == 503
    assert b"aimux providers add" in got.body
    assert got.headers["x-should-retry"] == "false"


async def test_a_target_that_does_not_exist(upstream: FakeUpstream) -> None:
    """x-aimux-target is taken at its word or refused."""
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", GOOD, x_aimux_target="b/m")

    assert got.status == 404
    assert b"aimux providers list" in got.body


async def test_a_target_by_header(upstream: FakeUpstream) -> None:
    """One request, one target, nobody else."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    fleet = [provider("a", "http://127.0.0.1:9"), provider("b", upstream)]
    async with open_gateway(fleet) as served:
        got = await served.post("/v1/messages", GOOD, x_aimux_target="b/other")

    assert got.headers["x-aimux-route"] == "direct"
    assert upstream.requests[0].body == b'{"model":"other"}'


async def test_draining_refuses_new_requests_for_a_moment() -> None:
    """A client that waits a second finds the next daemon."""
    async with open_gateway() as served:
        served.gateway.begin_drain()
        got = await served.post("/v1/messages", GOOD)

    assert got.status == 503
    assert got.headers["retry-after"] == "1"
    assert "x-should-retry" not in got.headers


async def test_the_token_in_a_query_never_reaches_a_provider(upstream: FakeUpstream) -> None:
    """``?key=`` is Google's way; the rest of the query stays."""
    upstream.always("/v1beta/models/*", answers.answer(answers.GEMINI))
    path = f"/v1beta/models/m:generateContent?key={TOKEN}&a=1&monkey=2"
    async with (
        open_gateway([provider("g", upstream, answers.GEMINI)]) as served,
        served.session.post(served.url + path, data=b"{}") as got,
    ):
        status = got.status

    assert status == 200
    assert upstream.requests[0].target == "/v1beta/models/m:generateContent?a=1&monkey=2"

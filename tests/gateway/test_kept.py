"""What is kept of an exchange is what its client got, byte for byte, and nothing where nothing matches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aimux.config.schema import ReplaySettings
from aimux.gateway.answer import Answer as PlainAnswer
from aimux.gateway.kept import kept_answer
from aimux.model.request import WireFormat
from aimux.telemetry.bodies import Bodies
from aimux.telemetry.bodies_file import MOST_BYTES, Said
from aimux.vault.secret import Secret
from aimux.wire.formats import CODECS
from tests.gateway.test_relay import FORMATS, body_of, path_of
from tests.support import answers
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, cut, failure
from tests.support.gateway import PATIENT, TOKEN, Body, Served, open_gateway, provider
from tests.support.upstream import SILENCE, Answer, FakeUpstream, Gate, Pause

KEEP: dict[str, Any] = {"replay": {"keep": True}}
ASK = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hello"}]%s}'
STREAMED = ASK % b',"stream":true'


class Shelf(Bodies):
    """Takes what is handed over and writes nothing: the writer has tests of its own."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"), ReplaySettings(), lambda: Secret(""))
        self.taken: list[Said] = []

    def take(self, said: Said) -> None:
        """Keeps it here."""
        self.taken.append(said)


async def one(served: Served, shelf: Shelf) -> Said:
    await served.settled()
    [said] = shelf.taken
    return said


def same(said: Said, got: Body) -> bool:
    return (said.status, b"".join(said.answer)) == (got.status, got.body)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("format_", FORMATS)
async def test_what_the_client_got_is_kept(
    format_: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """Relayed, in each format, with what HTTP says of it."""
    upstream.always(
        answers.path(format_), answers.answer(format_, answers.EVERYTHING, stream=stream)
    )
    shelf = Shelf()
    async with open_gateway([provider("a", upstream, format_)], KEEP, bodies=shelf) as served:
        got = await served.post(path_of(format_, stream=stream), body_of(stream=stream))
        said = await one(served, shelf)

    assert same(said, got)
    assert said.answer_bytes == len(got.body)
    assert said.request == body_of(stream=stream)
    assert (said.format, said.model, said.stream) == (format_, "asked-model", stream)
    assert said.query == ("alt=sse" if format_ is GEMINI and stream else "")
    assert said.kind == got.headers["content-type"]
    assert said.id == got.headers["x-aimux-request-id"]


async def test_translated_it_is_what_the_client_got(upstream: FakeUpstream) -> None:
    """Not what the provider said."""
    upstream.always(answers.path(OPENAI_CHAT), answers.answer(OPENAI_CHAT, stream=True))
    shelf = Shelf()
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)], KEEP, bodies=shelf) as served:
        got = await served.post("/v1/messages", STREAMED)
        said = await one(served, shelf)
    assert same(said, got)
    assert b"message_stop" in got.body


async def test_errors_cut_streams_and_heartbeats(upstream: FakeUpstream) -> None:
    """An error of the vendor's, the event that tells of a break, and signs of life between events."""
    gate = Gate()
    good = answers.answer(ANTHROPIC, stream=True)
    late = Answer(
        headers=good.headers, before=(Pause(gate),), pieces=good.pieces, framing="chunked"
    )
    upstream.script("/v1/messages", failure(ANTHROPIC, 400, "no"), cut(good, after=4), late)
    shelf = Shelf()
    settings = {**KEEP, "server": {"heartbeat": "100ms"}}
    async with open_gateway([provider("a", upstream)], settings, bodies=shelf) as served:
        refused = await served.post("/v1/messages", STREAMED)
        broken = await served.post("/v1/messages", STREAMED)
        ping = CODECS[ANTHROPIC].heartbeat
        async with served.send("/v1/messages", STREAMED) as response:
            heard = await response.content.readexactly(len(ping) * 2)
            gate.open()
            heard += await response.content.read()
        await served.settled()

    assert [said.status for said in shelf.taken] == [400, 200, 200]
    assert same(shelf.taken[0], refused)
    assert broken.broken
    assert b"event: error" in broken.body
    assert same(shelf.taken[1], broken)
    assert b"".join(shelf.taken[2].answer) == heard


async def test_an_answer_behind_heartbeats_that_comes_whole(upstream: FakeUpstream) -> None:
    """It goes out with the last write, behind what has been sent."""
    limits = replace(PATIENT, first_event_s=0.25)
    upstream.always("/v1/messages", SILENCE)
    shelf = Shelf()
    settings = {**KEEP, "server": {"heartbeat": "100ms"}}
    async with open_gateway(
        [provider("a", upstream, timeouts=limits)], settings, bodies=shelf
    ) as served:
        got = await served.post("/v1/messages", STREAMED)
        said = await one(served, shelf)
    assert same(said, got)


async def test_a_client_that_leaves(upstream: FakeUpstream) -> None:
    """What it got until then is kept."""
    gate = Gate()
    good = answers.answer(ANTHROPIC, stream=True)
    pieces = (*good.pieces[:3], Pause(gate), *good.pieces[3:])
    upstream.always("/v1/messages", Answer(headers=good.headers, pieces=pieces, framing="chunked"))
    shelf = Shelf()
    first = b"".join(piece for piece in good.pieces[:3] if isinstance(piece, bytes))
    async with open_gateway([provider("a", upstream)], KEEP, bodies=shelf) as served:
        async with served.send("/v1/messages", STREAMED) as response:
            await response.content.readexactly(len(first))
            response.close()
        said = await one(served, shelf)
    assert b"".join(said.answer) == first


async def test_what_is_too_large_passes_and_is_noted(upstream: FakeUpstream) -> None:
    """A request and an answer at the limit are kept; a byte more of either is not, and reaches its end."""
    beyond = ASK % b',"stream":false' + b" " * MOST_BYTES
    at_limit = beyond[:MOST_BYTES]
    answer = Answer(
        headers=(("content-type", "application/json"),), pieces=(b"{" + b" " * MOST_BYTES, b"}")
    )
    upstream.always("/v1/messages", answer)
    shelf = Shelf()
    async with open_gateway([provider("a", upstream)], KEEP, bodies=shelf) as served:
        for body in (at_limit, beyond):
            got = await served.post("/v1/messages", body)
            assert len(got.body) == MOST_BYTES + 2
        await served.settled()
    assert [said.request and len(said.request) for said in shelf.taken] == [MOST_BYTES, None]
    assert [(said.answer, said.answer_bytes) for said in shelf.taken] == [([], MOST_BYTES + 2)] * 2


async def test_no_token_is_kept(upstream: FakeUpstream) -> None:
    """Of the headers only those that cross and our own, without what belongs to one sending."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    shelf = Shelf()
    async with open_gateway([provider("a", upstream)], KEEP, bodies=shelf) as served:
        await served.post(
            "/v1/messages?key=" + TOKEN,
            ASK % b"",
            anthropic_beta="b1",
            x_aimux_project="/srv/shop",
            idempotency_key="once",
            x_stainless_retry_count="2",
            x_stainless_lang="js",
            cookie="a=b",
        )
        said = await one(served, shelf)
    assert TOKEN not in f"{said.headers}{said.query}"
    assert said.headers["anthropic-beta"] == "b1"
    assert said.headers["x-aimux-project"] == "/srv/shop"
    assert said.headers["x-stainless-lang"] == "js"
    assert not {"idempotency-key", "x-stainless-retry-count", "cookie", "x-api-key"} & set(
        said.headers
    )


@pytest.mark.parametrize(
    ("settings", "path", "body"),
    [
        ({}, "/v1/messages", ASK % b""),
        ({"replay": {"keep": False, "match": {"model": ["m"]}}}, "/v1/messages", ASK % b""),
        ({"replay": {"keep": True, "match": {"model": ["x*"]}}}, "/v1/messages", ASK % b""),
        ({"replay": {"keep": True, "match": {"stream": True}}}, "/v1/messages", ASK % b""),
        (KEEP, "/v1/messages/count_tokens", ASK % b""),
        (KEEP, "/v1/messages", b"{}"),
    ],
    ids=["default", "off", "another-model", "not-streamed", "a-count", "refused-at-once"],
)
async def test_what_is_not_kept(
    settings: dict[str, Any], path: str, body: bytes, upstream: FakeUpstream
) -> None:
    """By default, by choice, by its conditions; counts and what was asked of nobody."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    upstream.always("/v1/messages/count_tokens", Answer(pieces=(b'{"input_tokens":1}',)))
    shelf = Shelf()
    async with open_gateway([provider("a", upstream)], settings, bodies=shelf) as served:
        await served.post(path, body)
        await served.settled()
    assert shelf.taken == []


async def test_without_a_writer_nothing_is_kept(upstream: FakeUpstream) -> None:
    """The configuration alone keeps nothing."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)], KEEP) as served:
        assert (await served.post("/v1/messages", ASK % b"")).status == 200
        keeps = served.gateway.snapshot.keeps
    assert keeps is not None
    assert kept_answer(None, keeps, None, None) is PlainAnswer  # type: ignore[arg-type]

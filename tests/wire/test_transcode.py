"""One attempt, both ways: every byte arrives, and every ending is told from every other."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import (
    AimuxError,
    ErrorKind,
    StreamCut,
    UpstreamError,
    UpstreamProtocol,
)
from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.wire import sse
from aimux.wire.codec import Mode, Operation, Reported
from aimux.wire.formats import CODECS
from aimux.wire.inquiry import Inquiry
from aimux.wire.jsontext import scan
from aimux.wire.opaque import seal_base64
from aimux.wire.target import Target
from aimux.wire.transcode import MAX_HELD_BYTES, MAX_READ_BYTES, Transcoder
from tests.support.answers import (
    ANTHROPIC,
    EVERYTHING,
    GEMINI,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    TEXT,
    THINKING,
    TOOLS,
    Reply,
    answer,
    commented,
    crlf,
    events,
    failing_event,
    failure,
    pinging,
)
from tests.support.chunks import CUTS, halves, pieces, single_bytes

each_format = pytest.mark.parametrize("format_", list(WireFormat))
each_reply = pytest.mark.parametrize(
    "reply", [TEXT, TOOLS, THINKING, EVERYTHING], ids=["text", "tools", "thinking", "all"]
)

WRITTEN = {ANTHROPIC: 0, OPENAI_RESPONSES: 0}
"""Cache writes that a format's golden answer reports."""


def usage_of(format_: WireFormat) -> Usage:
    """What every golden answer reports."""
    return Usage(100, 20, 30, WRITTEN.get(format_), 5)


@dataclass(frozen=True)
class Played:
    """What became of an answer."""

    fed: bytes
    """What went to the client before the end."""
    last: bytes
    begun: bool
    error: Reported | None
    usage: Usage
    raised: type[UpstreamError] | None

    @property
    def out(self) -> bytes:
        """All that went to the client."""
        return self.fed + self.last


def transcoder(
    format_: WireFormat, *, stream: bool = True, body: bytes = b'{"model":"asked"}'
) -> Transcoder:
    """One for a streamed answer of the client's own format."""
    inquiry = Inquiry(format_, scan(body), "asked", stream=stream)
    return Transcoder(inquiry, format_, Target("p", "m"))


def play(
    format_: WireFormat,
    chunks: list[bytes],
    content_type: str = "text/event-stream",
    *,
    stream: bool = True,
) -> Played:
    """Feeds an answer as the gateway does, and ends it."""
    coder = transcoder(format_, stream=stream)
    coder.begin(content_type)
    fed, last, raised = b"", b"", None
    for chunk in chunks:
        ready = coder.feed(chunk)
        assert coder.begun or not ready, "nothing goes out before an answer has begun"
        fed += ready
    begun = coder.begun
    try:
        last = coder.finish()
    except UpstreamError as problem:
        raised = type(problem)
    return Played(fed, last, begun, coder.error, coder.usage, raised)


def stream_of(format_: WireFormat, reply: Reply, variant: str = "plain") -> bytes:
    """A golden answer as one stream, in one of the ways that servers write it."""
    whole = answer(format_, reply, stream=True)
    match variant:
        case "crlf":
            whole = crlf(whole)
        case "cr":
            return whole.body.replace(b"\n", b"\r")
        case "commented":
            whole = commented(whole)
        case "pinging":
            whole = pinging(format_, whole)
        case "bom":
            return b"\xef\xbb\xbf" + whole.body
    return whole.body


VARIANTS = ["plain", "crlf", "cr", "commented", "pinging", "bom"]


# ---------------------------------------------------------------- the request


def test_formats_that_differ_are_translated() -> None:
    """Every pair but the four equal ones."""
    for client, upstream in product(WireFormat, WireFormat):
        inquiry = Inquiry(client, scan(b"{}"), "m")
        mode = Mode.RELAY if client is upstream else Mode.TRANSLATE

        assert Transcoder(inquiry, upstream, Target("p", "m")).mode is mode


@pytest.mark.parametrize(
    ("format_", "body", "sent"),
    [
        (ANTHROPIC, b'{ "model" : "asked" , "x":1.0}', b'{ "model" : "m" , "x":1.0}'),
        (OPENAI_CHAT, b'{"x":[ ],"model":"m"}', b'{"x":[ ],"model":"m"}'),
        (OPENAI_RESPONSES, b'{"model":null}', b'{"model":"m"}'),
        (GEMINI, b'{ "contents": [] }', b'{ "contents": [] }'),
    ],
)
def test_only_the_model_changes(format_: WireFormat, body: bytes, sent: bytes) -> None:
    """Where a body names one; Gemini has it in the path."""
    assert transcoder(format_, body=body).request() == sent


def test_what_is_taken_out_of_a_body_brings_no_model_into_it() -> None:
    """Gemini's has none; another provider's state is taken out, and nothing else changes."""
    state = seal_base64(Opaque(OpaqueKind.GEMINI_SIGNATURE, "v", "other"))
    body = {"contents": [{"role": "model", "parts": [{"text": "a", "thoughtSignature": state}]}]}
    coder = transcoder(GEMINI, body=json.dumps(body).encode())

    assert json.loads(coder.request()) == {
        "contents": [{"role": "model", "parts": [{"text": "a"}]}]
    }
    assert coder.mode is Mode.PATCH


def test_the_path_is_the_codec_s() -> None:
    """For the operation, the model and the way to answer."""
    inquiry = Inquiry(GEMINI, scan(b"{}"), "asked", operation=Operation.COUNT_TOKENS)
    coder = Transcoder(inquiry, GEMINI, Target("p", "a/b"))

    assert coder.path == "/v1beta/models/a%2Fb:countTokens"
    assert coder.losses == ()


# ---------------------------------------------------------------- streams


@each_format
@each_reply
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_stream_passes_unchanged(format_: WireFormat, reply: Reply, variant: str) -> None:
    """Whole and byte by byte, in every way that servers write it."""
    stream = stream_of(format_, reply, variant)
    for chunks in ([stream], single_bytes(stream)):
        played = play(format_, chunks)

        assert played.out == stream
        assert (played.begun, played.error, played.raised) == (True, None, None)
        assert played.usage == usage_of(format_)


@each_format
@pytest.mark.parametrize("variant", ["plain", "crlf"])
def test_a_stream_passes_unchanged_cut_at_every_byte(format_: WireFormat, variant: str) -> None:
    """Edges 2 and 3: in the middle of a name, a character, a line end."""
    stream = stream_of(format_, TEXT, variant)
    expected = play(format_, [stream])
    for chunks in halves(stream):
        played = play(format_, chunks)

        assert (played.out, played.usage, played.raised) == (stream, expected.usage, None)


@settings(max_examples=60)
@given(
    format_=st.sampled_from(list(WireFormat)),
    reply=st.sampled_from([TEXT, EVERYTHING]),
    variant=st.sampled_from(VARIANTS),
    cuts=CUTS,
)
def test_a_stream_passes_unchanged_in_any_pieces(
    format_: WireFormat, reply: Reply, variant: str, cuts: list[int]
) -> None:
    """P1; and whatever has gone out ends with an event."""
    stream = stream_of(format_, reply, variant)
    coder = transcoder(format_)
    out = b""
    for chunk in pieces(stream, cuts):
        out += coder.feed(chunk)

        assert stream.startswith(out)
        assert out == b"" or out.endswith((b"\n\n", b"\r\n\r\n", b"\r\r"))
    assert out + coder.finish() == stream
    assert coder.usage == usage_of(format_)


def complete_from(format_: WireFormat) -> int:
    """How much of the golden text stream must have come for it to be complete."""
    telling = -3 if format_ is OPENAI_CHAT else -1  # the finish reason, before usage and [DONE]
    blocks = events(format_, TEXT)
    return len(b"".join(blocks[: len(blocks) + telling + 1])) - len(b"\n\n")


@each_format
def test_a_stream_cut_at_every_byte_is_complete_only_with_its_last_event(
    format_: WireFormat,
) -> None:
    """Edges 5 and 26, P3: half an event is neither taken for the end nor passed on."""
    stream = stream_of(format_, TEXT)
    enough = complete_from(format_)
    for length in range(len(stream)):
        played = play(format_, [stream[:length]] if length else [])

        assert (played.raised is StreamCut) == (length < enough), length
        assert stream.startswith(played.out)
        assert played.fed == b"" or played.fed.endswith(b"\n\n")
        assert played.error is None


@each_format
def test_what_is_left_of_a_complete_stream_is_no_half_event(format_: WireFormat) -> None:
    """An event without its blank line is passed on, half of one is not."""
    stream = stream_of(format_, TEXT)

    assert play(format_, [stream[:-2]]).out == stream[:-2]
    assert play(format_, [stream + b'data: {"choi']).out == stream
    assert play(format_, [stream + b": bye"]).out == stream + b": bye"
    assert play(format_, [stream + b"\n"]).out == stream + b"\n"


def test_a_finish_reason_ends_a_chat_without_its_mark() -> None:
    """Edge 16: nobody waits for [DONE]."""
    stream = b"".join(events(OPENAI_CHAT)[:-1])

    assert play(OPENAI_CHAT, [stream]).raised is None


@each_format
@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain"])
def test_a_stream_with_a_wrong_label_is_a_stream(format_: WireFormat, content_type: str) -> None:
    """Edge 21: the first bytes tell."""
    stream = stream_of(format_, TEXT)
    coder = transcoder(format_)
    coder.begin(content_type)

    assert not coder.streaming
    assert coder.feed(stream) == stream
    assert coder.streaming
    assert play(format_, [stream], content_type).usage == usage_of(format_)


def test_an_event_that_is_too_large_is_the_upstream_s_fault() -> None:
    """Edge 11."""
    coder = transcoder(OPENAI_CHAT)
    coder.feed(b"data: ")

    with pytest.raises(UpstreamProtocol, match="an event is larger than"):
        coder.feed(bytes(sse.MAX_BLOCK_BYTES))


# ---------------------------------------------------------------- errors in a stream

PREAMBLE = {ANTHROPIC: 1, OPENAI_CHAT: 0, OPENAI_RESPONSES: 2, GEMINI: 0}
"""Events of a golden stream that carry nothing of an answer."""


@each_format
@pytest.mark.parametrize("ended", [True, False], ids=["whole", "open"])
@pytest.mark.parametrize("with_preamble", [False, True])
def test_an_error_before_the_answer_can_go_to_somebody_else(
    format_: WireFormat, ended: bool, with_preamble: bool
) -> None:
    """An error inside a 200 is an error: nothing has gone out, and it is known at once."""
    before = b"".join(events(format_)[: PREAMBLE[format_]]) if with_preamble else b""
    error = failing_event(format_, 429, "slow down")
    stream = CODECS[format_].heartbeat + before + (error if ended else error.rstrip())

    played = play(format_, single_bytes(stream))

    assert (played.fed, played.begun, played.raised) == (b"", False, None)
    assert played.error is not None
    assert (played.error.kind, played.error.message) == (ErrorKind.RATE_LIMIT, "slow down")


@each_format
def test_an_error_in_the_middle_goes_to_the_client(format_: WireFormat) -> None:
    """As it came: its dialect is the client's; the first one counts."""
    blocks = events(format_, EVERYTHING)[:-3]
    stream = b"".join(
        (*blocks, failing_event(format_, 500, "it broke"), failing_event(format_, 429))
    )

    played = play(format_, single_bytes(stream))

    assert (played.out, played.begun, played.raised) == (stream, True, None)
    assert played.error is not None
    assert (played.error.kind, played.error.message) == (ErrorKind.UPSTREAM, "it broke")


@each_format
def test_an_error_in_the_same_chunk_as_the_beginning_is_seen(format_: WireFormat) -> None:
    """Whoever has not committed yet may still ask somebody else."""
    coder = transcoder(format_)

    coder.feed(b"".join(events(format_)[:4]) + failing_event(format_, 500))

    assert coder.begun
    assert coder.error is not None


@each_format
def test_a_failure_of_ours_is_the_last_event(format_: WireFormat) -> None:
    """In the client's dialect, and whole."""
    error: AimuxError = StreamCut("the stream ended before it was complete")

    written = transcoder(format_).fail(error, "req-1")

    assert written == CODECS[format_].error_event(error, "req-1")
    assert written.endswith(b"\n\n")


# ---------------------------------------------------------------- whole bodies


@each_format
@each_reply
@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
def test_a_body_is_held_until_it_is_whole(
    format_: WireFormat, reply: Reply, content_type: str
) -> None:
    """Edge 22: also where a stream was announced."""
    body = answer(format_, reply).body
    for chunks in ([body], single_bytes(body)):
        played = play(format_, chunks, content_type, stream=False)

        assert (played.fed, played.last) == (b"", body)
        assert (played.begun, played.error, played.raised) == (False, None, None)
        assert played.usage == usage_of(format_)


@each_format
def test_a_body_that_is_cut_is_not_taken_for_a_whole_one(format_: WireFormat) -> None:
    """A server that closes the connection ends its body by that; only the last brace tells."""
    body = answer(format_, TEXT).body
    for length in range(len(body.rstrip())):
        assert play(format_, [body[:length]] if length else [], stream=False).raised is StreamCut, (
            length
        )


@pytest.mark.parametrize(
    "chunks", [[], [b"\n"], [b" ", b"\r\n"], [b"ev"], [b"\xef"], [b"\xef\xbb\xbf"]]
)
def test_an_answer_that_never_began_is_cut(chunks: list[bytes]) -> None:
    """An empty 200 is no answer."""
    assert play(ANTHROPIC, chunks).raised is StreamCut


@pytest.mark.parametrize(
    "body",
    [b"<!doctype html><title>Log in</title>", b"OK", b"evening", b"\xff\xfe\x00", b"\x1f\x8b\x08"],
)
def test_what_is_neither_a_stream_nor_json_is_no_answer(body: bytes) -> None:
    """Edge 23: its beginning is told, so that one sees who answered."""
    for chunks in ([body], single_bytes(body)):
        coder = transcoder(OPENAI_CHAT, stream=False)
        coder.begin("text/plain")
        assert all(coder.feed(chunk) == b"" for chunk in chunks)

        with pytest.raises(UpstreamProtocol, match="something that is not JSON: "):
            coder.finish()


@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8", "TEXT/HTML"])
def test_a_web_page_is_no_answer(content_type: str) -> None:
    """Edge 23: known from its head, with what to look at."""
    with pytest.raises(UpstreamProtocol, match="a web page") as caught:
        transcoder(ANTHROPIC).begin(content_type)

    assert "base_url" in (caught.value.hint or "")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "gzip, br", "GZIP"])
def test_a_compressed_answer_passes_unread(encoding: str) -> None:
    """Edge 19: we asked for identity; the client may still be able to read it."""
    coder = transcoder(ANTHROPIC)
    coder.begin("text/event-stream", encoding)
    packed = gzip.compress(stream_of(ANTHROPIC, TEXT))

    assert coder.begun
    assert b"".join(coder.feed(each) for each in single_bytes(packed)) == packed
    assert (coder.finish(), coder.usage, coder.error) == (b"", Usage(), None)
    assert not coder.streaming


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_an_answer_that_is_not_compressed_is_read(encoding: str) -> None:
    """Identity is no encoding."""
    coder = transcoder(ANTHROPIC)
    coder.begin("text/event-stream", encoding)
    coder.feed(stream_of(ANTHROPIC, TEXT))

    assert coder.usage == usage_of(ANTHROPIC)


def large_body(size: int) -> bytes:
    """A chat answer of about this size."""
    document = json.loads(answer(OPENAI_CHAT, TEXT).body)
    document["choices"][0]["message"]["content"] = "x" * size
    return json.dumps(document).encode()


def test_a_body_too_large_to_hold_goes_on_as_it_comes() -> None:
    """All that was held at once, then each piece; usage is read at the end all the same."""
    body = large_body(MAX_HELD_BYTES)
    coder = transcoder(OPENAI_CHAT, stream=False)

    assert coder.feed(body[:MAX_HELD_BYTES]) == b""
    assert not coder.begun
    assert coder.feed(body[MAX_HELD_BYTES:-9]) == body[:-9]
    assert coder.begun
    assert coder.feed(body[-9:]) == body[-9:]
    assert coder.finish() == b""
    assert coder.usage == usage_of(OPENAI_CHAT)


def test_a_large_body_that_is_cut_is_cut() -> None:
    """Its beginning has gone out; its end is not pretended."""
    assert play(OPENAI_CHAT, [large_body(MAX_HELD_BYTES)[:-1]], stream=False).raised is StreamCut


def test_a_body_too_large_to_read_passes_unread() -> None:
    """Usage is unknown, memory is bounded."""
    piece = b"[" * 2**20
    coder = transcoder(OPENAI_CHAT, stream=False)
    count = MAX_READ_BYTES // len(piece) + 2

    assert sum(len(coder.feed(piece)) for _ in range(count)) == count * len(piece)
    assert (coder.finish(), coder.usage) == (b"", Usage())


@each_format
@pytest.mark.parametrize("wrapped", [False, True])
def test_an_error_body_inside_a_200_is_an_error(format_: WireFormat, wrapped: bool) -> None:
    """Nothing has gone out, so that somebody else can be asked."""
    body = failure(format_, 500, "it broke").body
    if wrapped and format_ is not ANTHROPIC:
        body = b"[" + body + b"]"

    played = play(format_, [body], "application/json", stream=False)

    assert (played.begun, played.raised) == (False, None)
    assert played.error is not None
    assert played.error.message == "it broke"
    assert played.error.kind == ErrorKind.UPSTREAM


@pytest.mark.parametrize(
    ("format_", "body", "message"),
    [
        (OPENAI_CHAT, b'{"id":1,"error":{"message":"m","code":500}}', "m"),
        (OPENAI_CHAT, b'{"error":"m"}', "m"),
        (ANTHROPIC, b'{"request_id":"r","type":"error","error":{"message":"m"}}', "m"),
        (OPENAI_RESPONSES, b'{"id":"r","status":"failed","error":{"code":"x","message":"m"}}', "m"),
    ],
)
def test_an_error_is_seen_wherever_it_stands(
    format_: WireFormat, body: bytes, message: str
) -> None:
    """The keys of a body have no order; nobody blames the caller for it."""
    played = play(format_, [body], "application/json", stream=False)

    assert played.error is not None
    assert (played.error.message, played.error.kind) == (message, ErrorKind.UPSTREAM)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":null,"id":1}',
        b'{"error":{}}',
        b'{"choices":[{"error":{"message":"m"}}]}',
        b"[]",
        b"7",
    ],
)
def test_a_body_without_an_error_has_none(body: bytes) -> None:
    """A Responses object always has the field."""
    played = play(OPENAI_RESPONSES, [body], stream=False)

    assert (played.out, played.error, played.raised) == (body, None, None)

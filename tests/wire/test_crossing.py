"""What a translated answer goes through, as the gateway feeds it."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from aimux.errors import StreamCut, UpstreamProtocol, UpstreamStatus
from aimux.model.request import WireFormat
from aimux.wire import transcode
from aimux.wire.codec import Mode, Operation
from aimux.wire.inquiry import Caller, Inquiry
from aimux.wire.jsontext import scan
from aimux.wire.memory import Memory
from aimux.wire.target import Target
from aimux.wire.transcode import Transcoder
from aimux.wire.unsearched import unsearched
from tests.support.answers import (
    ANTHROPIC,
    EVERYTHING,
    GEMINI,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    TEXT,
    answer,
    events,
    failing_event,
    failure,
)

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
HI = [{"role": "user", "content": "hi"}]


def inquiry(
    format_: WireFormat = ANTHROPIC, *, stream: bool = True, array: bool = False, **more: Any
) -> Inquiry:
    """A request of one word."""
    said: dict[WireFormat, dict[str, Any]] = {
        ANTHROPIC: {"model": "m", "max_tokens": 9, "messages": HI},
        OPENAI_CHAT: {"model": "m", "messages": HI},
        OPENAI_RESPONSES: {"model": "m", "input": "hi"},
        GEMINI: {"contents": [{"parts": [{"text": "hi"}]}]},
    }
    body = scan(json.dumps({**said[format_], **more}).encode())
    made = Inquiry(format_, body, "m", stream=stream, array=array)
    made.caller = Caller("ax_1", 1, "me", Memory())
    return made


def sent(asked: Inquiry, format_: WireFormat, *quirks: str, **more: Any) -> Transcoder:
    """A transcoder whose request has gone out."""
    coder = Transcoder(asked, format_, Target("p", "m", quirks=frozenset(quirks), **more))
    coder.request()
    return coder


def fed(coder: Transcoder, body: bytes, encoding: str = "") -> bytes:
    """All that the client gets."""
    coder.begin("text/event-stream", encoding)
    return coder.feed(body) + coder.finish()


def chat(*texts: str) -> bytes:
    """A streamed Chat answer of these pieces of text."""
    rows = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    rows.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return (
        b"".join(b"data: %b\n\n" % json.dumps(row).encode() for row in rows) + b"data: [DONE]\n\n"
    )


LEAKED = ("I look. ", '<tool_call>{"name": "f", ', '"arguments": {"x": 1}}</tool_call>')


@pytest.mark.parametrize("repairs", [True, False])
@pytest.mark.parametrize("client", [ANTHROPIC, OPENAI_CHAT])
def test_a_call_in_the_text_is_put_right_for_whoever_chose_that(
    client: WireFormat, repairs: bool
) -> None:
    """Translated or not; without the choice a relay stays a relay."""
    tools = [TOOL] if client is OPENAI_CHAT else [{"name": "f", "input_schema": {"type": "object"}}]
    coder = sent(
        inquiry(client, tools=tools), OPENAI_CHAT, *(["repair-leaked-calls"] if repairs else [])
    )

    out = fed(coder, chat(*LEAKED))

    assert (b"<tool_call>" in out or b"tool_call>" in out) != repairs
    if client is OPENAI_CHAT:
        assert coder.mode is (Mode.PATCH if repairs else Mode.RELAY)
        assert (b'"finish_reason":"tool_calls"' in out) == repairs
    else:
        assert (b'"stop_reason":"tool_use"' in out) == repairs


def test_thinking_in_tags_is_put_right_for_whoever_chose_that() -> None:
    """In the client's own format."""
    coder = sent(inquiry(OPENAI_CHAT), OPENAI_CHAT, "split-think-tags")

    out = fed(coder, chat("<think>", "hm", "</think>", "yes"))

    assert b'"reasoning_content":"hm"' in out
    assert b"<think>" not in out
    assert b'"content":"yes"' in out


@pytest.mark.parametrize("client", [OPENAI_CHAT, ANTHROPIC])
@pytest.mark.parametrize("chosen", [True, False])
def test_thinking_whose_opening_tag_the_template_ate(client: WireFormat, chosen: bool) -> None:
    """Edge 79: in any client's format for who chose it, else it stays the text that it is."""
    thinks = {"thinking": {"type": "adaptive", "display": "summarized"}}
    more = thinks if client is ANTHROPIC else {}
    coder = sent(inquiry(client, **more), OPENAI_CHAT, *(["implicit-think-tag"] if chosen else []))

    out = fed(coder, chat("hm", "</thi", "nk>\n\n", "yes")).replace(b'": ', b'":')

    thought = b'"thinking":"hm"' if client is ANTHROPIC else b'"reasoning_content":"hm"'
    said = b'"text":"yes"' if client is ANTHROPIC else b'"content":"yes"'
    assert (thought in out) is chosen
    assert said in out


def test_a_count_is_never_read() -> None:
    """Whatever somebody chose for answers."""
    asked = inquiry(ANTHROPIC, stream=False)
    asked.operation = Operation.COUNT_TOKENS
    coder = sent(asked, ANTHROPIC, "repair-leaked-calls")

    assert coder.mode is Mode.RELAY


def test_a_packed_answer_is_unpacked() -> None:
    """Edge 19: what is translated must be read."""
    coder = sent(inquiry(), OPENAI_CHAT)
    packed = gzip.compress(answer(OPENAI_CHAT, TEXT, stream=True).body)

    assert b"message_stop" in fed(coder, packed, "gzip")
    with pytest.raises(UpstreamProtocol):
        sent(inquiry(), OPENAI_CHAT).begin("text/event-stream", "br")


def test_usage_that_nobody_gives_is_guessed() -> None:
    """Edges 44 and 119: never zeros; and it is told."""
    coder = sent(inquiry(messages=[{"role": "user", "content": "word " * 200}]), OPENAI_CHAT)

    out = fed(coder, chat("word " * 100))

    assert "usage.estimated" in [loss.code for loss in coder.losses]
    assert coder.usage.input_tokens is not None
    assert coder.usage.input_tokens > 200
    assert coder.usage.output_tokens == round(500 / 3.6)
    assert b'"output_tokens":139' in out


def test_stop_sequences_that_a_format_lacks_are_kept_here() -> None:
    """Edge 149."""
    coder = sent(inquiry(stop_sequences=["wörld"]), OPENAI_RESPONSES)

    out = fed(coder, answer(OPENAI_RESPONSES, TEXT, stream=True).body)

    assert b'"stop_reason":"stop_sequence"' in out
    assert "wörld".encode() not in out.partition(b'"stop_sequence":"')[0]


def test_an_array_is_ended_also_where_the_answer_breaks() -> None:
    """Gemini's form of a stream stays JSON."""
    asked = inquiry(GEMINI, array=True)
    coder = sent(asked, ANTHROPIC)
    coder.begin("text/event-stream")
    out = coder.feed(b"".join(events(ANTHROPIC, EVERYTHING)[:-3]))

    pieces = json.loads(out + coder.fail(StreamCut("it broke"), "r"))

    assert pieces[-1]["error"]["message"] == "it broke"
    assert coder.content_type == "application/json"


def test_what_a_relay_collects_fails_like_a_relay() -> None:
    """A stream for a client that wants none breaks: nothing has gone out."""
    coder = sent(inquiry(stream=False), ANTHROPIC)
    coder.begin("text/event-stream")
    coder.feed(b"".join(events(ANTHROPIC, TEXT)[:3]) + failing_event(ANTHROPIC, 529))

    assert coder.error is not None
    assert not coder.begun
    assert coder.finish() == b""
    assert b'"type":"error"' in coder.fail(StreamCut("x"), "r")


def test_a_body_that_says_that_the_provider_failed() -> None:
    """Edge 302: an error in a 200, in whichever place."""
    for body in (
        failure(OPENAI_CHAT, 500, "it broke").body,
        b'{"choices":[{"message":{},"error":{"message":"it broke","code":502}}]}',
    ):
        coder = sent(inquiry(stream=False), OPENAI_CHAT)
        coder.begin("application/json")
        coder.feed(body)

        assert coder.finish() == b""
        assert coder.error is not None
        assert coder.error.message.endswith("it broke")


@pytest.mark.parametrize("body", [b"[]", b"7", b'{"unheard":1}', b'{"choices":'])
def test_a_body_that_is_no_answer(body: bytes) -> None:
    """The upstream's fault, said so."""
    coder = sent(inquiry(stream=False), OPENAI_RESPONSES)
    coder.begin("application/json")
    coder.feed(body)

    with pytest.raises((UpstreamProtocol, StreamCut)):
        coder.finish()


def test_a_body_too_large_to_translate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded."""
    monkeypatch.setattr(transcode, "MAX_BODY_BYTES", 10)
    coder = sent(inquiry(stream=False), OPENAI_CHAT)
    coder.begin("application/json")

    with pytest.raises(UpstreamProtocol, match="larger than 10 bytes"):
        coder.feed(b'{"a":"' + b"x" * 10)


def test_an_error_behind_the_beginning_ends_the_stream() -> None:
    """Known at once; whoever feeds on is told."""
    coder = sent(inquiry(), OPENAI_CHAT)
    coder.begin("text/event-stream")
    out = coder.feed(
        chat("hello")[: -len(b"data: [DONE]\n\n")] + failing_event(OPENAI_CHAT, 500, "x")
    )

    assert b"hello" in out
    with pytest.raises(UpstreamStatus, match="p: x"):
        coder.feed(b": more\n\n")
    with pytest.raises(UpstreamStatus, match="p: x"):
        coder.finish()
    assert b"event: error" in coder.fail(StreamCut("x"), "r")


def test_a_request_that_only_its_vendor_understands_is_collected_all_the_same() -> None:
    """Nobody reads a relayed request before that is needed."""
    asked = Inquiry(ANTHROPIC, scan(b'{"model":"m","messages":7}'), "m", stream=True)
    coder = Transcoder(asked, ANTHROPIC, Target("p", "m"))
    coder.begin("application/json")
    coder.feed(answer(ANTHROPIC, TEXT).body)

    assert coder.finish().endswith(b'{"type":"message_stop"}\n\n')


def test_carriers_are_looked_for_where_there_may_be_some() -> None:
    """P25; where nothing was ever translated a request is not searched."""
    thinking = {"type": "thinking", "thinking": "x", "signature": "aimux1.text.x.y"}
    history = [
        *HI,
        {"role": "assistant", "content": [thinking, {"type": "text", "text": "a"}]},
        *HI,
    ]
    for carries in (True, False):
        asked = inquiry(messages=history)
        asked.caller = Caller(carries=carries)
        coder = Transcoder(asked, ANTHROPIC, Target("p", "m"))

        assert (b"aimux1." in coder.request()) != carries
        assert coder.mode is (Mode.PATCH if carries else Mode.RELAY)


SEARCH = [{"type": "web_search_20250305", "name": "web_search"}]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (inquiry(tools=SEARCH), True),
        (inquiry(tools=SEARCH, stream=False), True),
        (inquiry(tools=[*SEARCH, {"name": "f", "input_schema": {"type": "object"}}]), False),
        (inquiry(), False),
        (inquiry(OPENAI_RESPONSES, tools=[{"type": "web_search"}]), False),
        (inquiry(tools=SEARCH, container="c"), False),
    ],
)
def test_a_search_that_nobody_can_do(asked: Inquiry, answered: bool) -> None:
    """Only where a search is all that is wanted, and the format can say that it failed."""
    said = unsearched(asked)

    assert (said is not None) == answered
    assert said is None or b'"unavailable"' in said

"""Taps: when an answer has begun, when it is complete, what passes by without meaning anything."""

from __future__ import annotations

import json

import pytest

from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.wire import sse
from aimux.wire.formats import CODECS
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES

NEITHER, BEGUN, COMPLETE = (False, False), (True, False), (True, True)


def chunk(**choice: object) -> bytes:
    """A chunk of Chat Completions."""
    return sse.event(json.dumps({"choices": [{"index": 0, **choice}]}).encode())


def named(name: str, **fields: object) -> bytes:
    """An event whose data say their type, too."""
    return sse.event(json.dumps({"type": name, **fields}).encode(), name)


def response(**fields: object) -> bytes:
    """An event of Gemini."""
    return sse.event(json.dumps(fields).encode())


ARGUMENTS = {"finishReason": "STOP", "blockReason": "x", "error": {"code": 1}, "usageMetadata": {}}

TABLE = [
    (ANTHROPIC, named("message_start", message={}), NEITHER),
    (ANTHROPIC, named("ping"), NEITHER),
    (ANTHROPIC, b'data: {"type":"ping"}\n\n', NEITHER),
    (ANTHROPIC, named("content_block_start", index=0), BEGUN),
    (ANTHROPIC, named("content_block_delta", index=0), BEGUN),
    (ANTHROPIC, named("content_block_stop", index=0), BEGUN),
    (ANTHROPIC, b'data: {"type":"content_block_delta"}\n\n', BEGUN),  # edge 14: no name
    (ANTHROPIC, b'data: {"type":"content_block_delta"}\nevent: content_block_delta\n\n', BEGUN),
    (ANTHROPIC, b"event: message_stop\ndata: {}\n\n", COMPLETE),  # a type that only the name says
    (ANTHROPIC, named("message_delta", usage={}), BEGUN),
    (ANTHROPIC, named("message_stop"), COMPLETE),
    (ANTHROPIC, b'event:message_stop\r\ndata:{"type":"message_stop"}\r\n\r\n', COMPLETE),
    (ANTHROPIC, b': c\nid: 1\rdata: {"type":"message_stop"}\r\r', COMPLETE),
    (ANTHROPIC, named("of_a_new_type"), BEGUN),  # unknown ones are never fatal
    (ANTHROPIC, b"data: [DONE]\n\n", NEITHER),
    (ANTHROPIC, b'data: {"type":"message_st\n\n', NEITHER),
    (ANTHROPIC, b"event: message_stop\n\n", NEITHER),  # no data, no event
    (OPENAI_CHAT, chunk(delta={"role": "assistant", "content": ""}), BEGUN),
    (OPENAI_CHAT, chunk(delta={"content": "x"}, finish_reason=None), BEGUN),
    (OPENAI_CHAT, chunk(delta={}, finish_reason="stop"), COMPLETE),  # edge 16
    (OPENAI_CHAT, chunk(delta={}, finish_reason="of_a_new_kind"), COMPLETE),
    (OPENAI_CHAT, b"data: [DONE]\n\n", COMPLETE),
    (OPENAI_CHAT, b"data: [DONE]  \r\n\r\n", COMPLETE),  # edge 17
    (OPENAI_CHAT, b'data: "[DONE]"\n\n', COMPLETE),  # edge 17
    (OPENAI_CHAT, b'data: {"choices":[{"finish_rea\n\n', NEITHER),
    (OPENAI_CHAT, b": OPENROUTER PROCESSING\n\n", NEITHER),
    (OPENAI_CHAT, b"data:  \n\n", NEITHER),
    (OPENAI_CHAT, b'data: {"choices":[]}\n\n', BEGUN),  # Azure's first chunk
    (OPENAI_CHAT, b'data: {"choices":["x"]}\n\n', BEGUN),
    (OPENAI_RESPONSES, named("response.created", response={}), NEITHER),
    (OPENAI_RESPONSES, named("response.queued", response={}), NEITHER),
    (OPENAI_RESPONSES, named("response.in_progress", response={}), NEITHER),
    (OPENAI_RESPONSES, named("response.output_item.added"), BEGUN),
    (OPENAI_RESPONSES, named("response.output_text.delta", delta="x"), BEGUN),
    (OPENAI_RESPONSES, named("response.completed", response={}), COMPLETE),
    (OPENAI_RESPONSES, named("response.incomplete", response={}), COMPLETE),
    (OPENAI_RESPONSES, b'data: {"type":"response.completed"}\n\n', COMPLETE),
    (OPENAI_RESPONSES, b'event:response.completed\rdata:{"type":"response.completed"}\r\r', COMPLETE),
    (OPENAI_RESPONSES, b"event: response.completed\r\ndata: {}\r\n\r\n", COMPLETE),
    (OPENAI_RESPONSES, b': c\nevent: response.completed\ndata: {"type":"response.completed"}\n\n', COMPLETE),
    (OPENAI_RESPONSES, b'event: response.completed\ndata: {"type":"response.comp\n\n', NEITHER),
    (OPENAI_RESPONSES, b"event: response.completed\n\n", NEITHER),
    (OPENAI_RESPONSES, b"data: [DONE]\n\n", NEITHER),
    (OPENAI_RESPONSES, b'event: ping\ndata: {"type":"ping"}\n\n', NEITHER),
    (GEMINI, response(candidates=[{"content": {"parts": [{"text": "x"}]}}]), BEGUN),
    (GEMINI, response(candidates=[{"finishReason": "STOP"}]), COMPLETE),
    (GEMINI, response(candidates=[{}, {"finishReason": "MAX_TOKENS"}]), COMPLETE),
    (GEMINI, response(promptFeedback={"blockReason": "SAFETY"}), COMPLETE),
    (GEMINI, response(candidates=[{"content": {"parts": [{"functionCall": {"args": ARGUMENTS}}]}}]), BEGUN),
    (GEMINI, response(candidates=7, x={"finishReason": "STOP"}), BEGUN),
    (GEMINI, b'data: {"candidates":[{"finishReason":"STOP"}\n\n', BEGUN),
    (GEMINI, b'{"candidates":[{"finishReason":"STOP"}]}\n\n', COMPLETE),  # edge 32
    (GEMINI, b': c\r\ndata:{"candidates":[{"finishReason":"STOP"}]}\r\n\r\n', COMPLETE),
    (GEMINI, b": some data\n\n", NEITHER),
    (GEMINI, b"\n\n", NEITHER),
]  # fmt: skip


@pytest.mark.parametrize(("format_", "block", "state"), TABLE)
def test_what_an_event_means(format_: WireFormat, block: bytes, state: tuple[bool, bool]) -> None:
    """As the first one of a stream."""
    tap = CODECS[format_].tap()

    tap.watch(block)

    assert (tap.begun, tap.complete) == state
    assert tap.error is None


@pytest.mark.parametrize(
    ("format_", "block"),
    [
        (ANTHROPIC, b'event: error\ndata: {"type":"error","error":{"message":"m"}}\n\n'),
        (ANTHROPIC, b'event: error\ndata: {"error":{"message":"m"}}\n\n'),
        (ANTHROPIC, b': c\ndata: {"type":"error","error":{"message":"m"}}\n\n'),
        (OPENAI_CHAT, b'data: {"error":{"message":"m"}}\n\n'),
        (OPENAI_CHAT, b'data: {"error":"m"}\n\n'),
        (OPENAI_CHAT, b'event: error\ndata: {"message":"m"}\n\n'),
        (OPENAI_CHAT, b': c\r\ndata: {"error":{"message":"m"}}\r\n\r\n'),
        (OPENAI_RESPONSES, b'event: error\ndata: {"type":"error","message":"m"}\n\n'),
        (OPENAI_RESPONSES, b'data: {"type":"error","error":{"message":"m"}}\n\n'),
        (OPENAI_RESPONSES, b'event:error\rdata:{"error":{"message":"m"}}\r\r'),
        (OPENAI_RESPONSES, b'data: {"type":"response.failed","response":{"error":{"message":"m"}}}\n\n'),
        (GEMINI, b'data: {"error":{"message":"m"}}\n\n'),
        (GEMINI, b'data: [{"error":{"message":"m"}}]\n\n'),
        (GEMINI, b'\ndata: {"error":{"message":"m"}}\n\n'),
        (GEMINI, b': c\ndata: {\ndata:  "error": {"message":"m"}}\n\n'),
        (GEMINI, b'event: error\ndata: {"error":"m"}\n\n'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("begun", [False, True])
def test_an_error_is_an_error_wherever_it_comes(
    format_: WireFormat, block: bytes, begun: bool
) -> None:
    """First or later, behind comments, without a name, with any line ends."""
    tap = CODECS[format_].tap()
    tap.begun = begun

    tap.watch(block)

    assert tap.error is not None
    assert tap.error.message == "m"
    assert (tap.begun, tap.complete) == (begun, False)


def test_words_of_the_model_are_not_taken_for_the_end() -> None:
    """Inside a text the quotes are escaped."""
    said = '{"finish_reason":"stop","usage":{"prompt_tokens":1},"error":{"message":"m"}} data: x'
    tap = CODECS[OPENAI_CHAT].tap()
    for _ in range(2):
        tap.watch(chunk(delta={"content": said}, finish_reason=None))

    assert (tap.begun, tap.complete, tap.error, tap.usage()) == (True, False, None, Usage())


def test_what_looks_like_usage_and_is_none_is_unknown() -> None:
    """Gemini's usage is read from the last event that names it."""
    tap = CODECS[GEMINI].tap()
    tap.watch(b'data: {"usageMetadata" of no object\n\n')

    assert tap.usage() == Usage()

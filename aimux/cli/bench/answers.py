"""What the provider of ``aimux bench`` answers, as bytes made beforehand.

Four events of a stream are one write: about what a fast model's stream looks like on the wire, and
cheap enough that the gateway is what limits the throughput.  The first write holds the first piece of
text: a gateway that waits for it before it commits (so that it can still ask somebody else) is not to be
measured by the provider's pace.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

MODEL: Final = "bench-model"
ANSWER_BYTES: Final = 1024
EVENTS: Final = 200
"""Of a streamed answer, from its first to its last."""
EVENTS_PER_WRITE: Final = 4
OPENING_EVENTS: Final = 3
"""``message_start``, ``content_block_start`` and the first text."""
STREAM_END: Final = b'"message_stop"'
FILLER: Final = "the quick brown fox jumps over the lazy dog "

_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\nrequest-id: req_bench\r\n"
    b"anthropic-ratelimit-requests-remaining: 999\r\n%b\r\n\r\n"
)
_TEXT: Final = " brown fox"
_INPUT_TOKENS: Final = 250
_OUTPUT_TOKENS: Final = 200


def whole_answer() -> bytes:
    """The JSON answer with its head."""
    body = answer_body()
    return _HEAD % (b"application/json", b"content-length: %d" % len(body)) + body


def streamed_answer(events: Iterable[bytes], events_per_write: int) -> list[bytes]:
    """The writes of a stream: its head with the first, its end with the last."""
    chunks = [b"%x\r\n%b\r\n" % (len(event), event) for event in events]
    head = _HEAD % (b"text/event-stream; charset=utf-8", b"transfer-encoding: chunked")
    chunks[0] = head + chunks[0]
    chunks[-1] += b"0\r\n\r\n"
    chunks[:OPENING_EVENTS] = [b"".join(chunks[:OPENING_EVENTS])]
    starts = range(0, len(chunks), events_per_write)
    return [b"".join(chunks[start : start + events_per_write]) for start in starts]


def answer_body() -> bytes:
    """A Messages answer of 1 KB."""
    message = _message([{"type": "text", "text": ""}], "end_turn", _OUTPUT_TOKENS)
    missing = ANSWER_BYTES - len(compact_json(message))
    message["content"] = [{"type": "text", "text": (FILLER * 30)[:missing]}]
    return compact_json(message)


def answer_events(count: int) -> list[bytes]:
    """A streamed Messages answer of so many events."""
    opening: list[tuple[str, dict[str, Any]]] = [
        ("message_start", {"message": _message([], None, 1)}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ]
    usage = {"output_tokens": _OUTPUT_TOKENS}
    closing: list[tuple[str, dict[str, Any]]] = [
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": usage}),
        ("message_stop", {}),
    ]
    said = {"index": 0, "delta": {"type": "text_delta", "text": _TEXT}}
    middle = [("content_block_delta", said)] * (count - len(opening) - len(closing))
    return [
        b"event: %b\ndata: %b\n\n" % (name.encode(), compact_json({"type": name, **fields}))
        for name, fields in [*opening, *middle, *closing]
    ]


def chat_events(count: int) -> list[bytes]:
    """A streamed Chat Completions answer of so many events."""
    head = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    usage = {
        "prompt_tokens": _INPUT_TOKENS,
        "completion_tokens": _OUTPUT_TOKENS,
        "total_tokens": _INPUT_TOKENS + _OUTPUT_TOKENS,
    }

    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**head, "choices": [choice], "usage": None}

    rows = [
        chunk({"role": "assistant", "content": ""}),
        *[chunk({"content": _TEXT})] * (count - 4),
        chunk({}, "stop"),
        {**head, "choices": [], "usage": usage},
    ]
    return [*(b"data: %b\n\n" % compact_json(row) for row in rows), b"data: [DONE]\n\n"]


def compact_json(value: object) -> bytes:
    """JSON without a space between."""
    return json.dumps(value, separators=(",", ":")).encode()


def _message(content: Sequence[object], reason: str | None, output_tokens: int) -> dict[str, Any]:
    return {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": _INPUT_TOKENS, "output_tokens": output_tokens},
    }

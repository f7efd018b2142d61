"""What is sent and what comes back: requests of the sizes that coding agents send.

The bodies have the shape of a Claude Code call (system blocks, tools with schemas, a conversation), since
what a gateway does with a body depends on its structure, not on its size alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

MODEL: Final = "bench-model"
SMALL_BYTES: Final = 1024
LARGE_BYTES: Final = 80 * 1024
ANSWER_BYTES: Final = 1024
EVENTS: Final = 200
SHORT_MODEL: Final = b"bench-short"
SHORT_EVENTS: Final = 9
HUGE_MODEL: Final = "bench-huge-"
"""And how many writes of HUGE_WRITE_EVENTS events, about 50 KB each, its answer has."""
HUGE_WRITE_EVENTS: Final = 256
OPENING_EVENTS: Final = 3
"""message_start, content_block_start and the first text."""
CHAT: Final = "chat"
"""The provider that speaks Chat Completions."""
_FILLER: Final = "the quick brown fox jumps over the lazy dog "


@dataclass(frozen=True, slots=True)
class Shot:
    """One request: where it goes, what it says, and what the last bytes of a stream of its answer are."""

    body: bytes
    path: str = "/v1/messages?beta=true"
    end: bytes = b'"message_stop"'


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request.

    ``ratio`` is the least part of the floor's throughput that aimux must reach.  ``floor`` and
    ``floor_latency`` are what the floor is asked where it cannot be asked the same: for the stream that
    aimux translates it passes on what the upstream sends.
    """

    name: str
    shot: Shot
    """What throughput is measured with."""
    latency: Shot
    """What the latency of one connection is measured with."""
    streams: bool = False
    ratio: float = 0.6
    floor: Shot | None = None
    floor_latency: Shot | None = None


def workloads() -> tuple[Workload, ...]:
    """The four that the targets are written for."""
    small, large = Shot(request_body(SMALL_BYTES)), Shot(request_body(LARGE_BYTES))
    short = SHORT_MODEL.decode()
    stream = Shot(request_body(SMALL_BYTES, stream=True))
    stream_latency = Shot(request_body(SMALL_BYTES, stream=True, model=short))
    return (
        Workload("1 KB request", small, small),
        Workload("80 KB request", large, large),
        Workload(f"{EVENTS}-event stream", stream, stream_latency, streams=True),
        Workload(
            f"{EVENTS} translated",
            Shot(request_body(SMALL_BYTES, stream=True, model=f"{CHAT}/{MODEL}")),
            Shot(request_body(SMALL_BYTES, stream=True, model=f"{CHAT}/{short}")),
            streams=True,
            ratio=0.35,
            floor=chat_shot(MODEL),
            floor_latency=chat_shot(short),
        ),
    )


def chat_shot(model: str) -> Shot:
    """A Chat Completions request for a stream."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": _FILLER * 20}],
        "stream_options": {"include_usage": True},
        "stream": True,
    }
    return Shot(_compact(body), "/v1/chat/completions", b"data: [DONE]")


def request_body(size: int, *, stream: bool = False, model: str = MODEL) -> bytes:
    """A Messages request of exactly so many bytes; ``stream`` stands last, where the upstream looks."""
    tools = [_tool(number) for number in range(28)] if size > 20_000 else []
    request: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": ""}],
        "system": [
            {"type": "text", "text": "You are terse.", "cache_control": {"type": "ephemeral"}}
        ],
        "tools": tools,
        "max_tokens": 32000,
        "metadata": {"user_id": '{"device_id":"d","session_id":"s"}'},
        "stream": stream,
    }
    missing = size - len(_compact(request))
    request["messages"][0]["content"] = (_FILLER * (missing // len(_FILLER) + 1))[:missing]
    return _compact(request)


def answer_body() -> bytes:
    """A Messages answer of 1 KB."""
    message = {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": ""}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 250, "output_tokens": 200},
    }
    missing = ANSWER_BYTES - len(_compact(message))
    message["content"] = [{"type": "text", "text": (_FILLER * 30)[:missing]}]
    return _compact(message)


def answer_events(count: int) -> list[bytes]:
    """A streamed Messages answer of so many events."""
    start: dict[str, Any] = {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 250, "output_tokens": 1},
    }
    delta = {"type": "text_delta", "text": " brown fox"}
    opening: list[tuple[str, dict[str, Any]]] = [
        ("message_start", {"message": start}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ]
    closing: list[tuple[str, dict[str, Any]]] = [
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 200}}),
        ("message_stop", {}),
    ]
    middle: list[tuple[str, dict[str, Any]]] = [
        ("content_block_delta", {"index": 0, "delta": delta})
    ]
    rows = opening + middle * (count - len(opening) - len(closing)) + closing
    return [
        b"event: %b\ndata: %b\n\n" % (name.encode(), _compact({"type": name, **fields}))
        for name, fields in rows
    ]


def chat_events(count: int) -> list[bytes]:
    """A streamed Chat Completions answer of so many events."""
    head = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    usage = {"prompt_tokens": 250, "completion_tokens": 200, "total_tokens": 450}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**head, "choices": [choice], "usage": None}

    rows = [
        chunk({"role": "assistant", "content": ""}),
        *[chunk({"content": " brown fox"})] * (count - 4),
        chunk({}, "stop"),
        {**head, "choices": [], "usage": usage},
    ]
    return [*(b"data: %b\n\n" % _compact(row) for row in rows), b"data: [DONE]\n\n"]


def _tool(number: int) -> dict[str, Any]:
    property_names = ("file_path", "pattern", "offset", "limit", "description")
    return {
        "name": f"Tool{number}",
        "description": _FILLER * 35,
        "input_schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                name: {"type": "string", "description": _FILLER * 2} for name in property_names
            },
            "required": ["file_path"],
            "additionalProperties": False,
        },
    }


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

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
OPENING_EVENTS: Final = 3
"""message_start, content_block_start and the first text."""
_FILLER: Final = "the quick brown fox jumps over the lazy dog "


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request."""

    name: str
    body: bytes
    """What throughput is measured with."""
    latency_body: bytes
    """What the latency of one connection is measured with."""
    streams: bool = False


def workloads() -> tuple[Workload, ...]:
    """The three that the targets are written for."""
    small, large = request_body(SMALL_BYTES), request_body(LARGE_BYTES)
    stream = request_body(SMALL_BYTES, stream=True)
    short = request_body(SMALL_BYTES, stream=True, model=SHORT_MODEL.decode())
    return (
        Workload("1 KB request", small, small),
        Workload("80 KB request", large, large),
        Workload(f"{EVENTS}-event stream", stream, short, streams=True),
    )


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

"""What ``aimux bench`` sends: requests of the sizes that programs and coding agents send.

The bodies have the shape of a coding agent's call (system blocks, tools with schemas, a conversation),
since what a gateway does with a body depends on its structure, not on its size alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from aimux.cli.bench.answers import EVENTS, FILLER, MODEL, STREAM_END, compact_json

SMALL_BYTES: Final = 1024
LARGE_BYTES: Final = 80 * 1024
CHAT: Final = "chat"
"""The name under which aimux knows the provider as one that speaks Chat Completions."""
TOOLS: Final = 28
"""As many as a coding agent offers."""

_WITH_TOOLS_BYTES: Final = 20_000
"""A request below this has no room for the tools."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One request: where it goes, what it says, and what the last bytes of a stream of its answer hold."""

    body: bytes
    path: str = "/v1/messages?beta=true"
    end: bytes = STREAM_END


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request: what the provider is sent directly, and what aimux is sent."""

    name: str
    what: str
    """Sizes and formats, for people."""
    direct: Shot
    aimux: Shot


def kinds() -> tuple[Kind, ...]:
    """The four that are measured.

    A stream that aimux translates cannot be asked of the provider in the same words: directly it is
    asked in its own.
    """
    small, large = Shot(request_body(SMALL_BYTES)), Shot(request_body(LARGE_BYTES))
    stream = Shot(request_body(SMALL_BYTES, stream=True))
    translated = Shot(request_body(SMALL_BYTES, stream=True, model=f"{CHAT}/{MODEL}"))
    return (
        Kind("small", "1 KB, answered with 1 KB", small, small),
        Kind("agent", f"80 KB with {TOOLS} tools, answered with 1 KB", large, large),
        Kind("stream", f"1 KB, answered with {EVENTS} events", stream, stream),
        Kind(
            "translated",
            "the same, from OpenAI Chat Completions into Anthropic Messages",
            chat_shot(MODEL),
            translated,
        ),
    )


def chat_shot(model: str) -> Shot:
    """A Chat Completions request for a stream."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": FILLER * 20}],
        "stream_options": {"include_usage": True},
        "stream": True,
    }
    return Shot(compact_json(body), "/v1/chat/completions", b"data: [DONE]")


def request_body(size: int, *, stream: bool = False, model: str = MODEL) -> bytes:
    """A Messages request of exactly so many bytes; ``stream`` stands last, where the provider looks."""
    request: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": ""}],
        "system": [
            {"type": "text", "text": "You are terse.", "cache_control": {"type": "ephemeral"}}
        ],
        "tools": [_tool(number) for number in range(TOOLS)] if size > _WITH_TOOLS_BYTES else [],
        "max_tokens": 32000,
        "metadata": {"user_id": json.dumps({"device_id": "d", "session_id": "s"})},
        "stream": stream,
    }
    missing = size - len(compact_json(request))
    request["messages"][0]["content"] = (FILLER * (missing // len(FILLER) + 1))[:missing]
    return compact_json(request)


def _tool(number: int) -> dict[str, Any]:
    property_names = ("file_path", "pattern", "offset", "limit", f"option_{number}")
    return {
        "name": f"Tool{number}",
        "description": FILLER * 35,
        "input_schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                name: {"type": "string", "description": FILLER * 2} for name in property_names
            },
            "required": ["file_path"],
            "additionalProperties": False,
        },
    }

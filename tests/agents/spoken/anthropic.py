"""What the model says, as api.anthropic.com sends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.agents.spoken.pieces import INPUT, event, pieces
from tests.agents.strict.anthropic import MODEL
from tests.agents.strict.anthropic_blocks import VENDOR
from tests.agents.words import Heard, Json, Reply, sealed

ID: Final = "toolu_"
LISTING: Final = {
    "data": [
        {
            "type": "model",
            "id": MODEL,
            "display_name": "Claude Opus 4.8",
            "created_at": "2026-04-01T00:00:00Z",
        }
    ],
    "has_more": False,
    "first_id": MODEL,
    "last_id": MODEL,
}
COUNT: Final = {"input_tokens": INPUT}

Block = tuple[Json, Json, list[Json]]
"""A content block as the empty shell, what the whole one has instead, and its deltas."""


def whole(reply: Reply, heard: Heard, serial: int) -> Json:
    """The answer as one document."""
    content = [shell | full for shell, full, _ in _blocks(reply, heard)]
    return {**_message(serial), "content": content, "stop_reason": _stop(reply), "usage": _usage()}


def stream(reply: Reply, heard: Heard, serial: int) -> Iterator[bytes]:
    """The answer as a stream."""
    usage = {**_usage(), "output_tokens": 1}
    yield _event("message_start", message={**_message(serial), "usage": usage})
    for index, (shell, _, deltas) in enumerate(_blocks(reply, heard)):
        yield _event("content_block_start", index=index, content_block=shell)
        yield _event("ping")
        for delta in deltas:
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    delta = {"stop_reason": _stop(reply), "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage=_usage())
    yield _event("message_stop")


def _event(name: str, **fields: Any) -> bytes:
    return event({"type": name, **fields}, name)


def _message(serial: int) -> Json:
    return {
        "id": f"msg_scripted{serial:012d}",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _stop(reply: Reply) -> str:
    return "tool_use" if reply.calls else "end_turn"


def _usage() -> Json:
    return {
        "input_tokens": INPUT,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 40,
    }


def _blocks(reply: Reply, heard: Heard) -> Iterator[Block]:
    if reply.thought and heard.thinks:
        yield _thought(reply.thought, shown=heard.shows_thoughts)
    if reply.text:
        deltas = [{"type": "text_delta", "text": piece} for piece in reply.text]
        yield {"type": "text", "text": ""}, {"text": reply.whole_text}, deltas
    for call in reply.calls:
        texts = ("", *pieces(call.arguments))
        yield (
            {"type": "tool_use", "id": call.id, "name": call.name, "input": {}},
            {"input": json.loads(call.arguments)},
            [{"type": "input_json_delta", "partial_json": text} for text in texts],
        )


def _thought(thought: str, *, shown: bool) -> Block:
    signature = sealed(VENDOR, thought)
    texts = pieces(thought) if shown else []
    return (
        {"type": "thinking", "thinking": "", "signature": ""},
        {"thinking": thought if shown else "", "signature": signature},
        [
            *({"type": "thinking_delta", "thinking": text} for text in texts),
            {"type": "signature_delta", "signature": signature},
        ],
    )

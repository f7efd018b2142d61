"""What the model says, as a vendor of Chat Completions sends it whose models think in the open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.agents.spoken.pieces import INPUT, event, pieces
from tests.agents.strict.openai_chat import MODEL
from tests.agents.words import Heard, Json, Reply

ID: Final = "call_"
LISTING: Final = {
    "object": "list",
    "data": [{"id": MODEL, "object": "model", "created": 1_790_000_000, "owned_by": "scripted"}],
}
COUNT: Final[Json] = {}


def whole(reply: Reply, heard: Heard, serial: int) -> Json:
    """The answer as one document."""
    message: Json = {"role": "assistant", "content": reply.whole_text or None}
    if reply.thought and heard.thinks:
        message["reasoning_content"] = reply.thought
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in reply.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    return {**_envelope("chat.completion", serial), "choices": [choice], "usage": _usage()}


def stream(reply: Reply, heard: Heard, serial: int) -> Iterator[bytes]:
    """The answer as a stream; usage only for who asked."""
    head = _envelope("chat.completion.chunk", serial)
    for delta in _deltas(reply, heard):
        yield event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    finish = {"index": 0, "delta": {}, "finish_reason": _finish(reply)}
    yield event({**head, "choices": [finish]})
    if heard.counts:
        yield event({**head, "choices": [], "usage": _usage()})
    yield b"data: [DONE]\n\n"


def _deltas(reply: Reply, heard: Heard) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    for piece in pieces(reply.thought) if heard.thinks else ():
        yield {"reasoning_content": piece}
    for piece in reply.text:
        yield {"content": piece}
    for index, call in enumerate(reply.calls):
        function: dict[str, Any] = {"name": call.name, "arguments": ""}
        opening = {"index": index, "id": call.id, "type": "function", "function": function}
        yield {"tool_calls": [opening]}
        for piece in pieces(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _envelope(kind: str, serial: int) -> Json:
    name = f"chatcmpl-scripted{serial:06d}"
    return {"id": name, "object": kind, "created": 1_790_000_000, "model": MODEL}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _usage() -> Json:
    return {
        "prompt_tokens": INPUT,
        "completion_tokens": 40,
        "total_tokens": INPUT + 40,
        "completion_tokens_details": {"reasoning_tokens": 10},
    }

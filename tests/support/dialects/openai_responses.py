"""A reply as OpenAI Responses writes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from tests.support.dialects import openai_chat
from tests.support.reply import (
    CACHE_READ_TOKENS,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    SIGNATURE,
    Call,
    Reply,
    event,
)

PATH: Final = "/v1/responses"
PING: Final = b": keep-alive\n\n"
HEADERS: Final = openai_chat.HEADERS
FAILURES: Final = openai_chat.FAILURES
failure = openai_chat.failure

Step = tuple[str, dict[str, Any]]
"""An event's type without its prefix, and its fields without the sequence number."""


def document(reply: Reply, model: str) -> dict[str, Any]:
    """The answer when it is not streamed."""
    output = [item for item, _ in _items(reply)]
    return {**_response(model), "status": "completed", "output": output, "usage": _usage()}


def events(reply: Reply, model: str) -> Iterator[bytes]:
    """The answer as a stream."""
    numbers = count()
    for name, fields in _steps(reply, model):
        kind = f"response.{name}"
        yield event({"type": kind, "sequence_number": next(numbers), **fields}, name=kind)


def failing_event(status: int, message: str) -> bytes:
    """An error inside a stream that began with 200."""
    error = failure(status, message)["error"]
    fields = {"code": error["code"] or error["type"], "message": message, "param": None}
    return event({"type": "error", "sequence_number": 0, **fields}, name="error")


def _steps(reply: Reply, model: str) -> Iterator[Step]:
    yield "created", {"response": _response(model)}
    yield "in_progress", {"response": _response(model)}
    for index, (item, body) in enumerate(_items(reply)):
        yield "output_item.added", {"output_index": index, "item": _shell(item)}
        for name, fields in body:
            yield name, {"item_id": item["id"], "output_index": index, **fields}
        yield "output_item.done", {"output_index": index, "item": item}
    yield "completed", {"response": document(reply, model)}


def _items(reply: Reply) -> Iterator[tuple[dict[str, Any], list[Step]]]:
    """Each output item when it is complete, and the events of its body."""
    if reply.thinking:
        yield _reasoning(reply.thinking)
    if reply.text:
        yield _message(reply)
    for call in reply.calls:
        yield _function_call(call)


def _reasoning(thought: str) -> tuple[dict[str, Any], list[Step]]:
    part = {"type": "summary_text", "text": thought}
    item = {"id": "rs_1", "type": "reasoning", "summary": [part], "encrypted_content": SIGNATURE}
    place = {"summary_index": 0}
    return item, [
        ("reasoning_summary_part.added", {**place, "part": {**part, "text": ""}}),
        ("reasoning_summary_text.delta", {**place, "delta": thought}),
        ("reasoning_summary_text.done", {**place, "text": thought}),
        ("reasoning_summary_part.done", {**place, "part": part}),
    ]


def _message(reply: Reply) -> tuple[dict[str, Any], list[Step]]:
    part = {"type": "output_text", "text": reply.whole_text, "annotations": [], "logprobs": []}
    item = {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }
    place = {"content_index": 0}
    text = {**place, "logprobs": []}
    return item, [
        ("content_part.added", {**place, "part": {**part, "text": ""}}),
        *(("output_text.delta", {**text, "delta": piece}) for piece in reply.text),
        ("output_text.done", {**text, "text": reply.whole_text}),
        ("content_part.done", {**place, "part": part}),
    ]


def _function_call(call: Call) -> tuple[dict[str, Any], list[Step]]:
    item = {
        "id": f"fc_{call.id}",
        "type": "function_call",
        "status": "completed",
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    }
    return item, [
        ("function_call_arguments.delta", {"delta": call.arguments}),
        ("function_call_arguments.done", {"arguments": call.arguments, "name": call.name}),
    ]


def _shell(item: dict[str, Any]) -> dict[str, Any]:
    """An item as it is announced: nothing in it yet."""
    empty: dict[str, Any] = {"status": "in_progress", "content": [], "arguments": "", "summary": []}
    return {key: empty.get(key, value) for key, value in item.items() if key != "encrypted_content"}


def _response(model: str) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
    }


def _usage() -> dict[str, Any]:
    return {
        "input_tokens": INPUT_TOKENS,
        "input_tokens_details": {"cached_tokens": CACHE_READ_TOKENS, "cache_write_tokens": 0},
        "output_tokens": OUTPUT_TOKENS,
        "output_tokens_details": {"reasoning_tokens": REASONING_TOKENS},
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    }

"""What the model says, as api.openai.com sends a Responses answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from tests.agents.spoken.pieces import INPUT, event, pieces
from tests.agents.strict.openai_responses import MODEL, encrypted, reasoning_id
from tests.agents.words import Call, Heard, Json, Reply

ID: Final = "call_"
LISTING: Final = {
    "object": "list",
    "data": [{"id": MODEL, "object": "model", "created": 1_790_000_000, "owned_by": "openai"}],
}
COUNT: Final = {"object": "response.input_tokens", "input_tokens": INPUT}

Step = tuple[str, Json]
"""An event's type without its prefix, and its fields without the sequence number."""


def whole(reply: Reply, heard: Heard, serial: int) -> Json:
    """The answer as one document."""
    output = [item for item, _ in _items(reply, heard, serial)]
    return {**_response(serial), "status": "completed", "output": output, "usage": _usage()}


def stream(reply: Reply, heard: Heard, serial: int) -> Iterator[bytes]:
    """The answer as a stream."""
    numbers = count()
    for name, fields in _steps(reply, heard, serial):
        kind = f"response.{name}"
        yield event({"type": kind, "sequence_number": next(numbers), **fields}, kind)


def _steps(reply: Reply, heard: Heard, serial: int) -> Iterator[Step]:
    yield "created", {"response": _response(serial)}
    yield "in_progress", {"response": _response(serial)}
    for index, (item, body) in enumerate(_items(reply, heard, serial)):
        yield "output_item.added", {"output_index": index, "item": _shell(item)}
        for name, fields in body:
            yield name, {"item_id": item["id"], "output_index": index, **fields}
        yield "output_item.done", {"output_index": index, "item": item}
    yield "completed", {"response": whole(reply, heard, serial)}


def _items(reply: Reply, heard: Heard, serial: int) -> Iterator[tuple[Json, list[Step]]]:
    """Each item when it is complete, and the events of its body."""
    if reply.thought and heard.thinks:
        yield _reasoning(reply.thought)
    if reply.text:
        yield _message(reply, serial)
    for call in reply.calls:
        yield _call(call)


def _reasoning(thought: str) -> tuple[Json, list[Step]]:
    part = {"type": "summary_text", "text": thought}
    item = {
        "id": reasoning_id(thought),
        "type": "reasoning",
        "summary": [part],
        "encrypted_content": encrypted(thought),
    }
    place = {"summary_index": 0}
    texts = (
        ("reasoning_summary_text.delta", {**place, "delta": piece}) for piece in pieces(thought)
    )
    return item, [
        ("reasoning_summary_part.added", {**place, "part": {**part, "text": ""}}),
        *texts,
        ("reasoning_summary_text.done", {**place, "text": thought}),
        ("reasoning_summary_part.done", {**place, "part": part}),
    ]


def _message(reply: Reply, serial: int) -> tuple[Json, list[Step]]:
    part = {"type": "output_text", "text": reply.whole_text, "annotations": [], "logprobs": []}
    item = {
        "id": f"msg_scripted{serial:06d}",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }
    place = {"content_index": 0}
    text: dict[str, Any] = {**place, "logprobs": []}
    return item, [
        ("content_part.added", {**place, "part": {**part, "text": ""}}),
        *(("output_text.delta", {**text, "delta": piece}) for piece in reply.text),
        ("output_text.done", {**text, "text": reply.whole_text}),
        ("content_part.done", {**place, "part": part}),
    ]


def _call(call: Call) -> tuple[Json, list[Step]]:
    kind, key = ("custom_tool_call", "input") if call.raw else ("function_call", "arguments")
    item: Json = {
        "id": f"{'ctc' if call.raw else 'fc'}_{call.id.removeprefix(ID)}",
        "type": kind,
        "status": "completed",
        "call_id": call.id,
        "name": call.name,
        key: call.arguments,
    }
    if call.namespace:
        item["namespace"] = call.namespace
    body = f"{kind}_input" if call.raw else f"{kind}_arguments"
    deltas = ((f"{body}.delta", {"delta": piece}) for piece in pieces(call.arguments))
    return item, [*deltas, (f"{body}.done", {key: call.arguments})]


def _shell(item: Json) -> Json:
    """An item as it is announced: nothing in it yet."""
    empty: Json = {
        "status": "in_progress",
        "content": [],
        "arguments": "",
        "input": "",
        "summary": [],
    }
    return {key: empty.get(key, value) for key, value in item.items() if key != "encrypted_content"}


def _response(serial: int) -> Json:
    return {
        "id": f"resp_scripted{serial:06d}",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": MODEL,
        "output": [],
        "parallel_tool_calls": True,
        "store": False,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
    }


def _usage() -> Json:
    return {
        "input_tokens": INPUT,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 40,
        "output_tokens_details": {"reasoning_tokens": 10},
        "total_tokens": INPUT + 40,
    }

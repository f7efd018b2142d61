"""A plan as a provider of each format streams it, and as it answers without streaming.

Written from the vendors' documentation, like ``dialects``; here the text, the pieces and the ends vary.
An event is its name and its data; what is no event of its own, such as ``[DONE]``, is data as text.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from aimux.model.request import WireFormat
from tests.support.generate.plans import STATE, Part, Plan
from tests.support.grammar.told import Ending, Kind, dumps, loads


class Said(NamedTuple):
    """One event of a provider."""

    name: str
    data: Any


DONE: Final = Said("", "[DONE]")


def events(wire_format: WireFormat, plan: Plan) -> list[Said]:
    """The stream of a plan."""
    said: list[Said] = _STREAMS[wire_format](plan)
    return said


def document(wire_format: WireFormat, plan: Plan) -> bytes:
    """The plan in one piece."""
    return _encoded(_DOCUMENTS[wire_format](plan))


def raw(said: list[Said]) -> bytes:
    """Events as bytes, in the vendor's own framing."""
    blocks = []
    for name, data in said:
        text = data if isinstance(data, str) else _encoded(data).decode()
        blocks.append((f"event: {name}\n" if name else "") + f"data: {text}\n\n")
    return "".join(blocks).encode()


def _encoded(value: Any) -> bytes:
    try:
        return dumps(value).encode()
    except UnicodeEncodeError:  # half a character is written as an escape
        return dumps(value, ascii_only=True).encode()


# ---------------------------------------------------------------- anthropic

_STOPS: Final = {Ending.DONE: "end_turn", Ending.LENGTH: "max_tokens", Ending.CALLS: "tool_use"}


def _messages(plan: Plan) -> list[Said]:
    usage = _message_usage(plan)
    message = {**_message(), "usage": {**usage, "output_tokens": 0}}
    message["usage"].pop("output_tokens_details")
    said = [_named("message_start", message=message)]
    for index, part in enumerate(plan.parts):
        shell, deltas = _block(part)
        said.append(_named("content_block_start", index=index, content_block=shell))
        said += [_named("content_block_delta", index=index, delta=delta) for delta in deltas]
        said.append(_named("content_block_stop", index=index))
    stop = {"stop_reason": _STOPS[plan.ending], "stop_sequence": None}
    return [*said, _named("message_delta", delta=stop, usage=usage), _named("message_stop")]


def _named(kind: str, **fields: Any) -> Said:
    return Said(kind, {"type": kind, **fields})


def _message() -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "model-9", "content": [],
        "stop_reason": None, "stop_sequence": None,
    }  # fmt: skip


def _message_usage(plan: Plan) -> dict[str, Any]:
    whole, said, read, written, thought = plan.tokens.counted
    return {
        "input_tokens": whole - read - written,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": said,
        "output_tokens_details": {"thinking_tokens": thought},
    }


def _block(part: Part) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    match part.kind:
        case Kind.THINKING:
            shell = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in part.pieces]
            return shell, [*deltas, {"type": "signature_delta", "signature": STATE}]
        case Kind.CALL:
            shell = {"type": "tool_use", "id": part.id, "name": part.name, "input": {}}
            pieces = ("", *part.pieces)
            return shell, [{"type": "input_json_delta", "partial_json": each} for each in pieces]
        case _:
            deltas = [{"type": "text_delta", "text": piece} for piece in part.pieces]
            return {"type": "text", "text": ""}, deltas


def _whole_message(plan: Plan) -> dict[str, Any]:
    content = []
    for part in plan.parts:
        match part.kind:
            case Kind.THINKING:
                content.append({"type": "thinking", "thinking": part.text, "signature": STATE})
            case Kind.CALL:
                given = loads(part.text)
                content.append(
                    {"type": "tool_use", "id": part.id, "name": part.name, "input": given}
                )
            case _:
                content.append({"type": "text", "text": part.text})
    usage = _message_usage(plan)
    return {**_message(), "content": content, "stop_reason": _STOPS[plan.ending], "usage": usage}


# ---------------------------------------------------------------- chat completions

_FINISHES: Final = {Ending.DONE: "stop", Ending.LENGTH: "length", Ending.CALLS: "tool_calls"}


def _chunks(plan: Plan) -> list[Said]:
    said = [_chunk({"role": "assistant", "content": ""})]
    ordinal = 0
    for part in plan.parts:
        match part.kind:
            case Kind.THINKING:
                said += [_chunk({"reasoning_content": piece}) for piece in part.pieces]
            case Kind.CALL:
                opening = {"name": part.name, "arguments": ""}
                call = {"index": ordinal, "id": part.id, "type": "function", "function": opening}
                said.append(_chunk({"tool_calls": [call]}))
                for piece in part.pieces:
                    said.append(_chunk({"tool_calls": [
                        {"index": ordinal, "function": {"arguments": piece}}]}))  # fmt: skip
                ordinal += 1
            case _:
                said += [_chunk({"content": piece}) for piece in part.pieces]
    said.append(_chunk({}, finish=_FINISHES[plan.ending]))
    usage = {**_envelope("chat.completion.chunk"), "choices": [], "usage": _chat_usage(plan)}
    return [*said, Said("", usage), DONE]


def _envelope(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_790_000_000, "model": "model-9"}


def _chunk(delta: dict[str, Any], finish: str | None = None) -> Said:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return Said("", {**_envelope("chat.completion.chunk"), "choices": [choice]})


def _chat_usage(plan: Plan) -> dict[str, Any]:
    whole, said, read, _, thought = plan.tokens.counted
    return {
        "prompt_tokens": whole,
        "completion_tokens": said,
        "total_tokens": whole + said,
        "prompt_tokens_details": {"cached_tokens": read},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def _whole_completion(plan: Plan) -> dict[str, Any]:
    joined = {
        kind: "".join(part.text for part in plan.parts if part.kind is kind)
        for kind in (Kind.THINKING, Kind.TEXT)
    }
    message: dict[str, Any] = {"role": "assistant", "content": joined[Kind.TEXT] or None}
    if joined[Kind.THINKING]:
        message["reasoning_content"] = joined[Kind.THINKING]
    if plan.calls:
        message["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.text}}
            for c in plan.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": _FINISHES[plan.ending]}
    return {**_envelope("chat.completion"), "choices": [choice], "usage": _chat_usage(plan)}


# ---------------------------------------------------------------- responses


def _lifecycle(plan: Plan) -> list[Said]:
    steps: list[tuple[str, dict[str, Any]]] = [
        ("created", {"response": _response("in_progress")}),
        ("in_progress", {"response": _response("in_progress")}),
    ]
    for index, part in enumerate(plan.parts):
        item, body = _item(part, index)
        steps.append(("output_item.added", {"output_index": index, "item": _shell(item)}))
        place = {"item_id": item["id"], "output_index": index}
        steps += [(name, {**place, **fields}) for name, fields in body]
        steps.append(("output_item.done", {"output_index": index, "item": item}))
    last = _whole_response(plan)
    steps.append((last["status"], {"response": last}))
    return [
        Said(f"response.{name}", {"type": f"response.{name}", "sequence_number": at, **fields})
        for at, (name, fields) in enumerate(steps)
    ]


Steps = list[tuple[str, dict[str, Any]]]


def _item(part: Part, index: int) -> tuple[dict[str, Any], Steps]:
    match part.kind:
        case Kind.THINKING:
            return _reasoning(part, index)
        case Kind.CALL:
            return _function_call(part, index)
        case _:
            return _output_message(part, index)


def _reasoning(part: Part, index: int) -> tuple[dict[str, Any], Steps]:
    whole = {"type": "summary_text", "text": part.text}
    item = {
        "id": f"rs_{index}", "type": "reasoning", "summary": [whole], "encrypted_content": STATE,
    }  # fmt: skip
    place = {"summary_index": 0}
    return item, [
        ("reasoning_summary_part.added", {**place, "part": {**whole, "text": ""}}),
        *(("reasoning_summary_text.delta", {**place, "delta": piece}) for piece in part.pieces),
        ("reasoning_summary_text.done", {**place, "text": part.text}),
        ("reasoning_summary_part.done", {**place, "part": whole}),
    ]


def _output_message(part: Part, index: int) -> tuple[dict[str, Any], Steps]:
    whole = {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}
    item = {
        "id": f"msg_{index}", "type": "message", "status": "completed", "role": "assistant",
        "content": [whole],
    }  # fmt: skip
    place = {"content_index": 0}
    return item, [
        ("content_part.added", {**place, "part": {**whole, "text": ""}}),
        *(
            ("output_text.delta", {**place, "delta": piece, "logprobs": []})
            for piece in part.pieces
        ),
        ("output_text.done", {**place, "text": part.text, "logprobs": []}),
        ("content_part.done", {**place, "part": whole}),
    ]


def _function_call(part: Part, index: int) -> tuple[dict[str, Any], Steps]:
    item = {
        "id": f"fc_{index}", "type": "function_call", "status": "completed", "call_id": part.id,
        "name": part.name, "arguments": part.text,
    }  # fmt: skip
    return item, [
        *(("function_call_arguments.delta", {"delta": piece}) for piece in part.pieces),
        ("function_call_arguments.done", {"arguments": part.text}),
    ]


def _shell(item: dict[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"status": "in_progress", "content": [], "arguments": "", "summary": []}
    return {key: empty.get(key, value) for key, value in item.items() if key != "encrypted_content"}


def _response(status: str) -> dict[str, Any]:
    return {
        "id": "resp_1", "object": "response", "created_at": 1_790_000_000, "status": status,
        "error": None, "incomplete_details": None, "instructions": None, "metadata": {},
        "model": "model-9", "output": [], "parallel_tool_calls": True, "temperature": 1.0,
        "tool_choice": "auto", "tools": [], "top_p": 1.0, "usage": None,
    }  # fmt: skip


def _whole_response(plan: Plan) -> dict[str, Any]:
    whole, said, read, written, thought = plan.tokens.counted
    cut = plan.ending is Ending.LENGTH
    return {
        **_response("incomplete" if cut else "completed"),
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [_item(part, index)[0] for index, part in enumerate(plan.parts)],
        "usage": {
            "input_tokens": whole,
            "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
            "output_tokens": said,
            "output_tokens_details": {"reasoning_tokens": thought},
            "total_tokens": whole + said,
        },
    }


# ---------------------------------------------------------------- gemini

_REASONS: Final = {Ending.DONE: "STOP", Ending.CALLS: "STOP", Ending.LENGTH: "MAX_TOKENS"}


def _contents(plan: Plan) -> list[Said]:
    parts = _signed([p for part in plan.parts for p in _content_parts(part, part.pieces)])
    said = [Said("", _content([part])) for part in parts]
    last = _content([{"text": ""}], finish=_REASONS[plan.ending])
    return [*said, Said("", {**last, "usageMetadata": _metadata(plan)})]


def _content_parts(part: Part, pieces: tuple[str, ...]) -> list[dict[str, Any]]:
    match part.kind:
        case Kind.THINKING:
            return [{"text": piece, "thought": True} for piece in pieces]
        case Kind.CALL:
            call = {"id": part.id, "name": part.name, "args": loads(part.text)}
            return [{"functionCall": call}]
        case _:
            return [{"text": piece} for piece in pieces]


def _signed(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The signature rides on the first call."""
    for part in parts:
        if "functionCall" in part:
            part["thoughtSignature"] = STATE
            break
    return parts


def _content(parts: list[dict[str, Any]], finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "model-9", "responseId": "resp-1"}


def _metadata(plan: Plan) -> dict[str, Any]:
    whole, said, read, _, thought = plan.tokens.counted
    return {
        "promptTokenCount": whole,
        "cachedContentTokenCount": read,
        "candidatesTokenCount": said - thought,
        "thoughtsTokenCount": thought,
        "totalTokenCount": whole + said,
    }


def _whole_content(plan: Plan) -> dict[str, Any]:
    parts = _signed([p for part in plan.parts for p in _content_parts(part, (part.text,))])
    return {**_content(parts, _REASONS[plan.ending]), "usageMetadata": _metadata(plan)}


_STREAMS: Final[dict[WireFormat, Any]] = {
    WireFormat.ANTHROPIC: _messages,
    WireFormat.OPENAI_CHAT: _chunks,
    WireFormat.OPENAI_RESPONSES: _lifecycle,
    WireFormat.GEMINI: _contents,
}
_DOCUMENTS: Final[dict[WireFormat, Any]] = {
    WireFormat.ANTHROPIC: _whole_message,
    WireFormat.OPENAI_CHAT: _whole_completion,
    WireFormat.OPENAI_RESPONSES: _whole_response,
    WireFormat.GEMINI: _whole_content,
}
FAILURES: Final[dict[WireFormat, Said]] = {
    WireFormat.ANTHROPIC: Said("error", {"type": "error", "error": {
        "type": "overloaded_error", "message": "Overloaded"}}),
    WireFormat.OPENAI_CHAT: Said("", {"error": {
        "message": "Overloaded", "type": "server_error", "param": None, "code": None}}),
    WireFormat.OPENAI_RESPONSES: Said("response.failed", {"type": "response.failed", "response": {
        **_response("failed"), "error": {"code": "server_error", "message": "Overloaded"}}}),
    WireFormat.GEMINI: Said("", {"error": {
        "code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}),
}  # fmt: skip
"""An error in the middle of a stream."""

__all__ = ["DONE", "FAILURES", "Said", "document", "events", "raw"]

"""The demo provider in the words of Anthropic Messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.upstream.demo.answer import Answer, Finish
from aimux.upstream.demo.frame import Frame, named_event
from aimux.upstream.demo.question import (
    JsonObject,
    Question,
    Tool,
    callable_tools,
    compact_json,
    last_words,
    objects,
    prompt_tokens,
    section,
    some_objects,
    texts,
    whole_number,
)
from aimux.upstream.demo.rhythm import pieces

_PROMPT: Final = ("system", "messages", "tools")
_ROLES: Final = frozenset({"user", "assistant", "system"})
_STOP_REASONS: Final = {
    Finish.STOP: "end_turn",
    Finish.LENGTH: "max_tokens",
    Finish.TOOL: "tool_use",
}


def read(model: str, body: JsonObject) -> Question:
    """The question in a body of ``/v1/messages``.

    Raises:
        InvalidRequest: the body is not one.
    """
    limit = whole_number(body, "max_tokens")
    if limit is None:
        raise InvalidRequest("max_tokens: field required", param="max_tokens")
    asked, result = _last_turn(some_objects(body, "messages"))
    choice = section(body, "tool_choice")
    kind = choice.get("type", "auto")
    return Question(
        model=model,
        body=body,
        asked=asked,
        result=result,
        input_tokens=prompt_tokens(body, _PROMPT),
        tools=callable_tools(
            _tools(body),
            named=str(choice.get("name")) if kind == "tool" else None,
            forbidden=kind == "none",
        ),
        must_call=kind in {"any", "tool"},
        thinking=section(body, "thinking").get("type") != "disabled",
        schema=section(section(body, "output_config"), "format").get("schema"),
        max_tokens=limit,
    )


def whole(question: Question, answer: Answer) -> JsonObject:
    """The answer as one message."""
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": _content(answer),
        "stop_reason": _STOP_REASONS[answer.finish],
        "stop_sequence": None,
        "usage": _usage(answer),
    }


def stream(question: Question, answer: Answer) -> Iterator[Frame]:
    """The answer as events, from ``message_start`` to ``message_stop``."""
    message = whole(question, answer)
    yield named_event({"type": "message_start", "message": message | _begun(answer)})
    yield named_event({"type": "ping"})
    for index, block in enumerate(message["content"]):
        yield from _block(index, block, answer.id)
    end = {name: message[name] for name in ("stop_reason", "stop_sequence")}
    yield named_event({"type": "message_delta", "delta": end, "usage": message["usage"]})
    yield named_event({"type": "message_stop"})


def count(model: str, body: JsonObject) -> JsonObject:
    """The answer of ``/v1/messages/count_tokens``, whose body needs no ``max_tokens``."""
    return {"input_tokens": read(model, {"max_tokens": 0} | body).input_tokens}


def _tools(body: JsonObject) -> Iterator[Tool]:
    """The tools that run on the client's side; those of the vendor's servers have no schema."""
    for each in objects(body, "tools"):
        if isinstance(each.get("name"), str) and "input_schema" in each:
            yield Tool(each["name"], section(each, "input_schema"))


def _last_turn(messages: list[JsonObject]) -> tuple[str, str | None]:
    """What the person said last, and what a tool answered if that is how the messages end."""
    asked, result = "", None
    for index, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role not in _ROLES:
            raise InvalidRequest(f"messages.{index}.role: {role!r} is not a role")
        if not isinstance(content, str | list):
            raise InvalidRequest(f"messages.{index}.content: must be a text or a list of blocks")
        if role == "user":
            asked = last_words(texts(content)) or asked
            result = _tool_result(content)
    return asked, result


def _tool_result(content: str | list[Any]) -> str | None:
    blocks = [block for block in content if isinstance(block, dict)]
    results = [block for block in blocks if block.get("type") == "tool_result"]
    return "\n".join(texts(results[-1].get("content"))) if results else None


def _content(answer: Answer) -> list[JsonObject]:
    content: list[JsonObject] = []
    if answer.thinking:
        content.append(
            {"type": "thinking", "thinking": answer.thinking, "signature": f"demo{answer.id}"}
        )
    if answer.text:
        content.append({"type": "text", "text": answer.text})
    if answer.call:
        name, arguments = answer.call.name, answer.call.arguments
        content.append(
            {"type": "tool_use", "id": f"toolu_{answer.id}", "name": name, "input": arguments}
        )
    return content


def _begun(answer: Answer) -> JsonObject:
    """What differs in a message of which nothing was said yet."""
    return {"content": [], "stop_reason": None, "usage": _usage(answer) | {"output_tokens": 1}}


def _usage(answer: Answer) -> JsonObject:
    return {
        "input_tokens": answer.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": answer.output_tokens,
        "output_tokens_details": {"thinking_tokens": answer.thinking_tokens},
    }


def _block(index: int, block: JsonObject, seed: str) -> Iterator[Frame]:
    shell, kind, field, text = _opened(block)
    yield named_event({"type": "content_block_start", "index": index, "content_block": shell})
    for piece in pieces(text, seed):
        yield _delta(index, {"type": kind, field: piece.text}, piece.pause_s)
    if "signature" in block:
        yield _delta(index, {"type": "signature_delta", "signature": block["signature"]})
    yield named_event({"type": "content_block_stop", "index": index})


def _opened(block: JsonObject) -> tuple[JsonObject, str, str, str]:
    """A block's empty shell, its kind of delta, the delta's field, and the text to be said."""
    match block["type"]:
        case "thinking":
            shell = block | {"thinking": "", "signature": ""}
            return shell, "thinking_delta", "thinking", block["thinking"]
        case "text":
            return block | {"text": ""}, "text_delta", "text", block["text"]
        case _:
            arguments = compact_json(block["input"])
            return block | {"input": {}}, "input_json_delta", "partial_json", arguments


def _delta(index: int, delta: JsonObject, pause_s: float = 0.0) -> Frame:
    return named_event({"type": "content_block_delta", "index": index, "delta": delta}, pause_s)

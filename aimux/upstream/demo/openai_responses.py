"""The demo provider in the words of OpenAI Responses.

It keeps nothing between requests: what needs a stored answer is refused.  Thinking is a reasoning
item with a summary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.upstream.demo import openai_chat
from aimux.upstream.demo.answer import Answer, Finish
from aimux.upstream.demo.frame import Frame, named_event
from aimux.upstream.demo.question import (
    CREATED_S,
    JsonObject,
    Question,
    Tool,
    callable_tools,
    compact_json,
    last_words,
    objects,
    prompt_tokens,
    refuse,
    section,
    some_objects,
    texts,
    whole_number,
)
from aimux.upstream.demo.rhythm import pieces

_PROMPT: Final = ("instructions", "input", "tools")
_STORED: Final = ("previous_response_id", "conversation", "background", "prompt")
_ECHOED: Final[JsonObject] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "reasoning": {"effort": None, "summary": None},
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
}
"""Fields that the response repeats from the request, with what stands there when it is silent."""


def read(model: str, body: JsonObject) -> Question:
    """The question in a body of ``/v1/responses``.

    Raises:
        InvalidRequest: the body is not one, or leans on an answer that would have to be stored.
    """
    refuse(body, _STORED, "the demo provider keeps nothing between requests")
    asked, result = _last_turn(body)
    choice = body.get("tool_choice", "auto")
    named = openai_chat.chosen_function(choice)
    return Question(
        model=model,
        body=body,
        asked=asked,
        result=result,
        input_tokens=prompt_tokens(body, _PROMPT),
        tools=callable_tools(_tools(body), named=named, forbidden=choice == "none"),
        must_call=choice == "required" or named is not None,
        thinking=section(body, "reasoning").get("effort") != "none",
        schema=_schema(section(section(body, "text"), "format")),
        max_tokens=whole_number(body, "max_output_tokens"),
    )


def whole(question: Question, answer: Answer) -> JsonObject:
    """The answer as one response object."""
    cut, body = answer.finish is Finish.LENGTH, question.body
    echoed = {name: body[name] for name in _ECHOED if body.get(name) is not None}
    return {
        "id": f"resp_{answer.id}",
        "object": "response",
        "created_at": CREATED_S,
        "status": "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "model": question.model,
        "output": _output(answer, body),
        "previous_response_id": None,
        "store": False,
        "usage": _usage(answer),
        **_ECHOED,
        **echoed,
    }


def stream(question: Question, answer: Answer) -> Iterator[Frame]:
    """The answer as numbered events, from ``response.created`` to the one that ends it."""
    for number, (event, pause_s) in enumerate(_events(whole(question, answer), answer.id)):
        yield named_event(event | {"sequence_number": number}, pause_s)


def _schema(text_format: JsonObject) -> JsonObject | None:
    match text_format.get("type"):
        case "json_schema":
            return section(text_format, "schema")
        case "json_object":
            return {}
        case _:
            return None


def _tools(body: JsonObject) -> Iterator[Tool]:
    """The functions; other kinds of tools are the vendor's own or take free text."""
    for each in objects(body, "tools"):
        if each.get("type") == "function" and isinstance(each.get("name"), str):
            yield Tool(each["name"], section(each, "parameters"))


def _last_turn(body: JsonObject) -> tuple[str, str | None]:
    """What the person said last, and what a tool answered if that is how the input ends."""
    if isinstance(body.get("input"), str):
        return body["input"], None
    items = some_objects(body, "input")
    spoken = [last_words(texts(item.get("content"))) for item in items if _by_user(item)]
    last = items[-1]
    if last.get("type") in {"function_call_output", "custom_tool_call_output"}:
        return last_words(spoken), "\n".join(texts(last.get("output")))
    return last_words(spoken), None


def _by_user(item: JsonObject) -> bool:
    if item.get("type", "message") != "message":
        return False
    if item.get("role") not in {"user", "assistant", "system", "developer"}:
        raise InvalidRequest(f"input: {item.get('role')!r} is not a role", param="input")
    return bool(item["role"] == "user")


def _output(answer: Answer, body: JsonObject) -> list[JsonObject]:
    output: list[JsonObject] = []
    if answer.thinking:
        output.append(_reasoning(answer, body))
    if answer.text:
        part = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
        output.append(_item(answer, "message", "msg") | {"role": "assistant", "content": [part]})
    if answer.call:
        output.append(
            _item(answer, "function_call", "fc")
            | {
                "call_id": f"call_{answer.id}",
                "name": answer.call.name,
                "arguments": compact_json(answer.call.arguments),
            }
        )
    if output and answer.finish is Finish.LENGTH:
        output[-1]["status"] = "incomplete"
    return output


def _item(answer: Answer, kind: str, prefix: str) -> JsonObject:
    return {"type": kind, "id": f"{prefix}_{answer.id}", "status": "completed"}


def _reasoning(answer: Answer, body: JsonObject) -> JsonObject:
    """The reasoning item; its encrypted twin goes out when the request asks to include it."""
    summary = [{"type": "summary_text", "text": answer.thinking}]
    item = _item(answer, "reasoning", "rs") | {"summary": summary}
    if "reasoning.encrypted_content" in (body.get("include") or ()):
        item["encrypted_content"] = f"demo{answer.id}"
    return item


def _usage(answer: Answer) -> JsonObject:
    return {
        "input_tokens": answer.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": answer.output_tokens,
        "output_tokens_details": {"reasoning_tokens": answer.thinking_tokens},
        "total_tokens": answer.input_tokens + answer.output_tokens,
    }


# ---------------------------------------------------------------- events

Timed = tuple[JsonObject, float]
"""An event without its number, and the seconds to wait before it."""


def _events(response: JsonObject, seed: str) -> Iterator[Timed]:
    early = response | {"status": "in_progress", "output": [], "usage": None}
    early["incomplete_details"] = None
    yield {"type": "response.created", "response": early}, 0.0
    yield {"type": "response.in_progress", "response": early}, 0.0
    for index, item in enumerate(response["output"]):
        yield from _item_events(index, item, seed)
    yield {"type": f"response.{response['status']}", "response": response}, 0.0


def _item_events(index: int, item: JsonObject, seed: str) -> Iterator[Timed]:
    place = {"item_id": item["id"], "output_index": index}
    field, body = _body(item, place, seed)
    empty: Any = "" if field == "arguments" else []
    shell = item | {"status": "in_progress", field: empty}
    yield {"type": "response.output_item.added", "output_index": index, "item": shell}, 0.0
    yield from body
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, 0.0


def _body(item: JsonObject, place: JsonObject, seed: str) -> tuple[str, Iterator[Timed]]:
    """The field that fills while the item is open, and the events that fill it."""
    match item["type"]:
        case "reasoning":
            return "summary", _summary_events(item["summary"][0], place, seed)
        case "message":
            return "content", _text_events(item["content"][0], place, seed)
        case _:
            return "arguments", _argument_events(item["arguments"], place, seed)


def _summary_events(part: JsonObject, place: JsonObject, seed: str) -> Iterator[Timed]:
    prefix, here = "response.reasoning_summary", place | {"summary_index": 0}
    yield {"type": f"{prefix}_part.added", "part": part | {"text": ""}} | here, 0.0
    for piece in pieces(part["text"], seed):
        yield {"type": f"{prefix}_text.delta", "delta": piece.text} | here, piece.pause_s
    yield {"type": f"{prefix}_text.done", "text": part["text"]} | here, 0.0
    yield {"type": f"{prefix}_part.done", "part": part} | here, 0.0


def _text_events(part: JsonObject, place: JsonObject, seed: str) -> Iterator[Timed]:
    here = place | {"content_index": 0}
    text = here | {"logprobs": []}
    yield {"type": "response.content_part.added", "part": part | {"text": ""}} | here, 0.0
    for piece in pieces(part["text"], seed):
        yield {"type": "response.output_text.delta", "delta": piece.text} | text, piece.pause_s
    yield {"type": "response.output_text.done", "text": part["text"]} | text, 0.0
    yield {"type": "response.content_part.done", "part": part} | here, 0.0


def _argument_events(arguments: str, place: JsonObject, seed: str) -> Iterator[Timed]:
    prefix = "response.function_call_arguments"
    for piece in pieces(arguments, seed):
        yield {"type": f"{prefix}.delta", "delta": piece.text} | place, piece.pause_s
    yield {"type": f"{prefix}.done", "arguments": arguments} | place, 0.0

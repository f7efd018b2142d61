"""The demo provider in the words of OpenAI Chat Completions.

Thinking goes out as ``reasoning_content``, the field that most vendors of this format use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.upstream.demo.answer import Answer, Finish
from aimux.upstream.demo.frame import Frame, plain_event
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
    section,
    some_objects,
    texts,
    whole_number,
)
from aimux.upstream.demo.rhythm import pieces

_PROMPT: Final = ("messages", "tools")
_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_FINISH_REASONS: Final = {
    Finish.STOP: "stop",
    Finish.LENGTH: "length",
    Finish.TOOL: "tool_calls",
}


def read(model: str, body: JsonObject) -> Question:
    """The question in a body of ``/v1/chat/completions``.

    Raises:
        InvalidRequest: the body is not one.
    """
    if whole_number(body, "n") not in {None, 1}:
        raise InvalidRequest("n: the demo provider gives one answer", param="n")
    asked, result = _last_turn(some_objects(body, "messages"))
    choice = body.get("tool_choice", "auto")
    return Question(
        model=model,
        body=body,
        asked=asked,
        result=result,
        input_tokens=prompt_tokens(body, _PROMPT),
        tools=callable_tools(
            _tools(body), named=chosen_function(choice), forbidden=choice == "none"
        ),
        must_call=choice == "required" or chosen_function(choice) is not None,
        thinking=body.get("reasoning_effort") != "none",
        schema=_schema(section(body, "response_format")),
        max_tokens=_limit(body),
    )


def whole(question: Question, answer: Answer) -> JsonObject:
    """The answer as one completion."""
    message = {"role": "assistant", "content": answer.text or None, "refusal": None}
    if answer.thinking:
        message["reasoning_content"] = answer.thinking
    choice = {
        "index": 0,
        "message": message | _tool_calls(answer),
        "finish_reason": _FINISH_REASONS[answer.finish],
        "logprobs": None,
    }
    return _named(question, answer, "chat.completion") | {
        "choices": [choice],
        "usage": _usage(answer),
    }


def stream(question: Question, answer: Answer) -> Iterator[Frame]:
    """The answer as chunks and ``[DONE]``; usage comes when ``stream_options`` asks for it."""
    with_usage = section(question.body, "stream_options").get("include_usage") is True
    chunk = _named(question, answer, "chat.completion.chunk")
    if with_usage:
        chunk["usage"] = None
    for delta, finish, pause_s in _deltas(answer):
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        yield plain_event(chunk | {"choices": [choice]}, pause_s)
    if with_usage:
        yield plain_event(chunk | {"choices": [], "usage": _usage(answer)})
    yield Frame(b"data: [DONE]\n\n")


def chosen_function(choice: object) -> str | None:
    """The function that a ``tool_choice`` names, in this format's nesting or in Responses' flat one."""
    if not isinstance(choice, dict):
        return None
    name = section(choice, "function").get("name", choice.get("name"))
    return name if isinstance(name, str) else None


def _limit(body: JsonObject) -> int | None:
    limit = whole_number(body, "max_completion_tokens")
    return whole_number(body, "max_tokens") if limit is None else limit


def _schema(response_format: JsonObject) -> JsonObject | None:
    match response_format.get("type"):
        case "json_schema":
            return section(section(response_format, "json_schema"), "schema")
        case "json_object":
            return {}
        case _:
            return None


def _tools(body: JsonObject) -> Iterator[Tool]:
    for each in objects(body, "tools"):
        function = section(each, "function")
        if isinstance(function.get("name"), str):
            yield Tool(function["name"], section(function, "parameters"))


def _last_turn(messages: list[JsonObject]) -> tuple[str, str | None]:
    """What the person said last, and what a tool answered if that is how the messages end."""
    asked = ""
    for index, message in enumerate(messages):
        if message.get("role") not in _ROLES:
            role = message.get("role")
            raise InvalidRequest(
                f"messages[{index}].role: {role!r} is not a role", param="messages"
            )
        if message["role"] == "user":
            asked = last_words(texts(message.get("content"))) or asked
    last = messages[-1]
    return asked, "\n".join(texts(last.get("content"))) if last["role"] == "tool" else None


def _named(question: Question, answer: Answer, kind: str) -> JsonObject:
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": kind,
        "created": CREATED_S,
        "model": question.model,
    }


def _tool_calls(answer: Answer) -> JsonObject:
    if not answer.call:
        return {}
    function = {"name": answer.call.name, "arguments": compact_json(answer.call.arguments)}
    return {"tool_calls": [{"id": f"call_{answer.id}", "type": "function", "function": function}]}


def _usage(answer: Answer) -> JsonObject:
    return {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": answer.output_tokens,
        "total_tokens": answer.input_tokens + answer.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": answer.thinking_tokens},
    }


def _deltas(answer: Answer) -> Iterator[tuple[dict[str, Any], str | None, float]]:
    """Delta, finish reason and pause of each chunk."""
    yield {"role": "assistant", "content": ""}, None, 0.0
    for piece in pieces(answer.thinking, answer.id):
        yield {"reasoning_content": piece.text}, None, piece.pause_s
    for piece in pieces(answer.text, answer.id):
        yield {"content": piece.text}, None, piece.pause_s
    for call in _tool_calls(answer).get("tool_calls", ()):
        yield from _call_deltas(call, answer.id)
    yield {}, _FINISH_REASONS[answer.finish], 0.0


def _call_deltas(call: JsonObject, seed: str) -> Iterator[tuple[dict[str, Any], None, float]]:
    """A call's name first, then its arguments in pieces."""
    opened = call | {"index": 0, "function": call["function"] | {"arguments": ""}}
    yield {"tool_calls": [opened]}, None, 0.0
    for piece in pieces(call["function"]["arguments"], seed):
        part = {"index": 0, "function": {"arguments": piece.text}}
        yield {"tool_calls": [part]}, None, piece.pause_s

"""A Chat Completions server that lets nothing pass: types (SDK 3.54), order and pairs (reference 1.2.3)."""

from __future__ import annotations

from typing import Any, Final

from tests.support.strict import schemas
from tests.support.strict.fields import (
    any_object,
    array,
    base64_text,
    boolean,
    data_url,
    integer,
    no_carrier,
    null_or,
    number,
    one_of,
    record,
    refuse,
    string_or,
    tagged,
    text,
    url,
)

_NAME: Final = text(like=r"[A-Za-z0-9_-]{1,64}")
_ID: Final = text(like=r"[A-Za-z0-9_-]{1,40}")
_SAID: Final = text(empty=False)
_TEXT: Final = record({"type": one_of("text"), "text": _SAID})


def _image(value: Any, where: str) -> None:
    text()(value, where)
    (data_url if value.startswith("data:") else url)(value, where)


_PARTS: Final = {
    "text": _TEXT,
    "image_url": record({
        "type": one_of("image_url"),
        "image_url": record({"url": _image}, {"detail": one_of("auto", "low", "high", "original")}),
    }),
    "input_audio": record({
        "type": one_of("input_audio"),
        "input_audio": record({"data": base64_text, "format": one_of("wav", "mp3")}),
    }),
    "file": record({
        "type": one_of("file"),
        "file": record({"file_data": data_url}, {"filename": _SAID}),
    }),
}  # fmt: skip
_CALL: Final = record(
    {
        "id": _ID,
        "type": one_of("function"),
        "function": record({"name": _NAME, "arguments": _SAID}),
    },
    {"extra_content": record({"google": record({"thought_signature": _SAID})})},
)
"""What a call carries beside the vendor's fields only its issuer gets back: Google's own endpoint of this
format.
"""
_MESSAGE: Final = tagged(
    {
        "system": record({
            "role": one_of("system"), "content": string_or(array(_TEXT, 1), _SAID),
        }),
        "user": record({
            "role": one_of("user"), "content": string_or(array(tagged(_PARTS), 1), _SAID),
        }),
        "assistant": record(
            {"role": one_of("assistant")},
            {
                "content": null_or(string_or(array(_TEXT, 1), _SAID)),
                "refusal": null_or(_SAID),
                "tool_calls": array(_CALL, 1),
                "reasoning_content": text(),
            },
        ),
        "tool": record({
            "role": one_of("tool"), "tool_call_id": _ID, "content": string_or(array(_TEXT, 1), _SAID),
        }),
    },
    key="role",
)  # fmt: skip
_FUNCTION: Final = record({
    "type": one_of("function"),
    "function": record(
        {"name": _NAME},
        {"description": text(), "parameters": schemas.function, "strict": null_or(boolean)},
    ),
})  # fmt: skip
_ONLY: Final = record({"type": one_of("function"), "function": record({"name": _NAME})})
_CHOICE: Final = string_or(
    tagged({
        "function": _ONLY,
        "allowed_tools": record({
            "type": one_of("allowed_tools"),
            "allowed_tools": record({
                "mode": one_of("auto", "required"), "tools": array(_ONLY, 1),
            }),
        }),
    }),
    one_of("none", "auto", "required"),
)  # fmt: skip
_FORMAT: Final = tagged({
    "text": record({"type": one_of("text")}),
    "json_object": record({"type": one_of("json_object")}),
    "json_schema": record({
        "type": one_of("json_schema"),
        "json_schema": record(
            {"name": _NAME},
            {"description": text(), "schema": any_object, "strict": null_or(boolean)},
        ),
    }),
})  # fmt: skip
_BODY: Final = record(
    {"model": _SAID, "messages": array(_MESSAGE, 1)},
    {
        "stream": boolean,
        "stream_options": record({}, {"include_usage": boolean}),
        "max_tokens": integer(1),
        "max_completion_tokens": integer(1),
        "temperature": number(0, 2),
        "top_p": number(0, 1),
        "presence_penalty": number(-2, 2),
        "frequency_penalty": number(-2, 2),
        "seed": integer(),
        "n": one_of(1),
        "stop": string_or(array(_SAID, 1, 4), _SAID),
        "tools": array(_FUNCTION, 1, 128),
        "tool_choice": _CHOICE,
        "parallel_tool_calls": boolean,
        "response_format": _FORMAT,
        "reasoning_effort": one_of("none", "minimal", "low", "medium", "high", "xhigh", "max"),
        "verbosity": one_of("low", "medium", "high"),
        "service_tier": one_of("auto", "default", "flex", "scale", "priority", "fast"),
        "user": text(longest=128),
        "safety_identifier": text(longest=128),
        "prompt_cache_key": _SAID,
        "store": boolean,
    },
)  # fmt: skip


def validate(body: Any, *, middle_system: bool = True, reasoning: bool = False) -> None:
    """Takes a request that this format's server would take.

    ``middle_system`` is for servers that take instructions in the middle, ``reasoning`` for those that
    want their reasoning back.

    Raises:
        Refused: with what the 400 would say.
    """
    _BODY(body, "body")
    no_carrier(body, "body")
    _said(body["messages"], reasoning=reasoning)
    _order(body["messages"], middle_system=middle_system)
    _tools(body)
    streams = body.get("stream", False)
    refuse("stream_options" not in body or streams, "stream_options", "nothing is streamed")
    twice = {"max_tokens", "max_completion_tokens"} <= body.keys()
    refuse(not twice, "max_tokens", "two limits")


def _said(messages: list[dict[str, Any]], *, reasoning: bool) -> None:
    for at, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        where = f"messages[{at}]"
        says = message.get("content") or message.get("tool_calls") or message.get("refusal")
        refuse(says, where, "the assistant says nothing and calls nothing")
        refuse(
            reasoning or "reasoning_content" not in message, where, "reasoning_content is not known"
        )


def _order(messages: list[dict[str, Any]], *, middle_system: bool) -> None:
    seen: set[str] = set()
    due: list[str] = []
    begun = False
    for at, message in enumerate(messages):
        where = f"messages[{at}]"
        role = message["role"]
        if role == "tool":
            first = due.pop(0) if due else None
            refuse(
                message["tool_call_id"] == first,
                where,
                f"the result of {first!r} is due: {message}",
            )
            continue
        refuse(not due, where, f"the results of {due} are due before the {role} speaks")
        refuse(role != "system" or middle_system or not begun, where, "instructions in the middle")
        begun = begun or role != "system"
        due = [call["id"] for call in message.get("tool_calls", [])]
        refuse(seen.isdisjoint(due) and len(set(due)) == len(due), where, f"ids come again: {due}")
        seen.update(due)
    refuse(not due, "messages", f"calls without a result: {due}")


def _tools(body: dict[str, Any]) -> None:
    tools = body.get("tools", [])
    names = [tool["function"]["name"] for tool in tools]
    refuse(len(set(names)) == len(names), "tools", f"names come again: {names}")
    for at, tool in enumerate(tools):
        if tool["function"].get("strict"):
            where = f"tools[{at}].function.parameters"
            schemas.openai_strict(tool["function"].get("parameters"), where)
    if body.get("response_format", {}).get("type") == "json_schema":
        format_ = body["response_format"]["json_schema"]
        if format_.get("strict"):
            schemas.openai_strict(format_.get("schema"), "response_format")
    for word in ("tool_choice", "parallel_tool_calls"):
        refuse(word not in body or tools, word, "there are no tools")
    for name in _chosen(body.get("tool_choice")):
        refuse(name in names, "tool_choice", f"{name!r} is not declared")


def _chosen(choice: Any) -> list[str]:
    if not isinstance(choice, dict):
        return []
    if choice["type"] == "function":
        return [choice["function"]["name"]]
    return [tool["function"]["name"] for tool in choice["allowed_tools"]["tools"]]

"""A Responses server that lets nothing pass: types (SDK 3.54), pairs (reference 1.3.4), no stored state."""

from __future__ import annotations

from typing import Any, Final

from tests.support.strict import schemas
from tests.support.strict.fields import (
    any_object,
    anything,
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
_ID: Final = text(empty=False, longest=64)
_SAID: Final = text(empty=False)
_STATUS: Final = one_of("in_progress", "completed", "incomplete")


def _image(value: Any, where: str) -> None:
    text()(value, where)
    (data_url if value.startswith("data:") else url)(value, where)


_INPUTS: Final = {
    "input_text": record({"type": one_of("input_text"), "text": _SAID}),
    "input_image": record(
        {"type": one_of("input_image"), "image_url": _image},
        {"detail": one_of("auto", "low", "high", "original")},
    ),
    "input_file": record(
        {"type": one_of("input_file")},
        {"file_data": data_url, "file_url": url, "filename": _SAID},
    ),
    "input_audio": record({
        "type": one_of("input_audio"),
        "input_audio": record({"data": base64_text, "format": one_of("wav", "mp3")}),
    }),
}  # fmt: skip
_RESULT_PARTS: Final = array(tagged({k: v for k, v in _INPUTS.items() if k != "input_audio"}), 1)
_OUTPUTS: Final = {
    "output_text": record(
        {"type": one_of("output_text"), "text": _SAID},
        {"annotations": array(any_object), "logprobs": array(anything)},
    ),
    "refusal": record({"type": one_of("refusal"), "refusal": _SAID}),
}
_USER: Final = string_or(array(tagged(_INPUTS), 1), _SAID)
_INSTRUCTIONS: Final = string_or(array(_INPUTS["input_text"], 1), _SAID)
_ASSISTANT: Final = string_or(array(tagged(_OUTPUTS), 1), _SAID)
_MESSAGE: Final = tagged(
    {
        role: record(
            {"role": one_of(role), "content": content},
            {"type": one_of("message"), "status": _STATUS, "id": text(like="msg_.{1,60}")},
        )
        for role, content in (
            ("user", _USER), ("assistant", _ASSISTANT), ("system", _INSTRUCTIONS),
            ("developer", _INSTRUCTIONS),
        )
    },
    key="role",
)  # fmt: skip
_ITEMS: Final = {
    "message": _MESSAGE,
    "reasoning": record(
        {
            "type": one_of("reasoning"),
            "summary": array(record({"type": one_of("summary_text"), "text": text()})),
            "encrypted_content": _SAID,
        },
        {
            "id": text(like="rs_.{1,61}"),
            "content": array(record({"type": one_of("reasoning_text"), "text": text()})),
        },
    ),
    "function_call": record(
        {"type": one_of("function_call"), "call_id": _ID, "name": _NAME, "arguments": _SAID},
        {"namespace": _SAID, "status": _STATUS, "id": text(like="fc_.{1,61}")},
    ),
    "function_call_output": record(
        {
            "type": one_of("function_call_output"), "call_id": _ID,
            "output": string_or(_RESULT_PARTS),
        },
        {"status": _STATUS},
    ),
    "custom_tool_call": record(
        {"type": one_of("custom_tool_call"), "call_id": _ID, "name": _NAME, "input": text()},
        {"namespace": _SAID, "status": _STATUS, "id": text(like="ctc_.{1,60}")},
    ),
    "custom_tool_call_output": record({
        "type": one_of("custom_tool_call_output"), "call_id": _ID,
        "output": string_or(_RESULT_PARTS),
    }),
}  # fmt: skip
_FUNCTION: Final = record(
    {"type": one_of("function"), "name": _NAME, "parameters": schemas.function, "strict": boolean},
    {"description": null_or(text()), "defer_loading": boolean},
)
_CUSTOM: Final = record(
    {"type": one_of("custom"), "name": _NAME},
    {
        "description": text(), "defer_loading": boolean,
        "format": tagged({
            "text": record({"type": one_of("text")}),
            "grammar": record({
                "type": one_of("grammar"), "syntax": one_of("lark", "regex"), "definition": _SAID,
            }),
        }),
    },
)  # fmt: skip
_TOOL: Final = tagged({
    "function": _FUNCTION,
    "custom": _CUSTOM,
    "namespace": record({
        "type": one_of("namespace"), "name": _NAME, "description": text(),
        "tools": array(tagged({"function": _FUNCTION, "custom": _CUSTOM}), 1),
    }),
    "tool_search": record(
        {"type": one_of("tool_search")},
        {"execution": one_of("server", "client"), "description": text(), "parameters": any_object},
    ),
    "web_search": record(
        {"type": one_of("web_search")},
        {
            "filters": record({}, {"allowed_domains": array(_SAID, 1)}),
            "user_location": record(
                {"type": one_of("approximate")},
                {"city": _SAID, "region": _SAID, "country": _SAID, "timezone": _SAID},
            ),
            "search_context_size": one_of("low", "medium", "high"),
        },
    ),
})  # fmt: skip
_ONLY: Final = record({"type": one_of("function", "custom"), "name": _NAME})
_CHOICE: Final = string_or(
    tagged({
        "function": _ONLY,
        "custom": _ONLY,
        "web_search": record({"type": one_of("web_search")}),
        "allowed_tools": record({
            "type": one_of("allowed_tools"), "mode": one_of("auto", "required"),
            "tools": array(_ONLY, 1),
        }),
    }),
    one_of("none", "auto", "required"),
)  # fmt: skip
_FORMAT: Final = tagged({
    "text": record({"type": one_of("text")}),
    "json_object": record({"type": one_of("json_object")}),
    "json_schema": record(
        {"type": one_of("json_schema"), "name": _NAME, "schema": any_object},
        {"description": text(), "strict": null_or(boolean)},
    ),
})  # fmt: skip
_EFFORT: Final = one_of("none", "minimal", "low", "medium", "high", "xhigh", "max")


def _item(value: Any, where: str) -> None:
    any_object(value, where)
    tagged(_ITEMS)({"type": "message", **value}, where)


_BODY: Final = record(
    {"model": _SAID, "input": string_or(array(_item, 1), _SAID), "store": one_of(False)},
    {
        "instructions": _SAID,
        "stream": boolean,
        "max_output_tokens": integer(16),
        "max_tool_calls": integer(1),
        "temperature": number(0, 2),
        "top_p": number(0, 1),
        "tools": array(_TOOL, 1),
        "tool_choice": _CHOICE,
        "parallel_tool_calls": boolean,
        "reasoning": record({}, {
            "effort": _EFFORT, "summary": one_of("auto", "concise", "detailed"),
        }),
        "text": record({}, {"format": _FORMAT, "verbosity": one_of("low", "medium", "high")}),
        "include": array(_SAID),
        "truncation": one_of("auto", "disabled"),
        "service_tier": one_of("auto", "default", "flex", "scale", "priority", "fast"),
        "user": text(longest=128),
        "safety_identifier": text(longest=128),
        "prompt_cache_key": _SAID,
    },
)  # fmt: skip
_CALLS: Final = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
}


def validate(body: Any) -> None:
    """Takes a request that this format's server would take without having stored anything.

    Raises:
        Refused: with what the 400 would say.
    """
    _BODY(body, "body")
    no_carrier(body, "body")
    if isinstance(body["input"], list):
        _pairs(body["input"])
        _reasoning(body)
    _tools(body)


def _pairs(items: list[dict[str, Any]]) -> None:
    due: dict[str, str] = {}
    seen: set[str] = set()
    for at, item in enumerate(items):
        where, kind = f"input[{at}]", item.get("type", "message")
        if kind in _CALLS:
            refuse(item["call_id"] not in seen, where, f"{item['call_id']!r} came before")
            seen.add(item["call_id"])
            due[item["call_id"]] = _CALLS[kind]
        elif kind in _CALLS.values():
            wanted = due.pop(item["call_id"], None)
            refuse(kind == wanted, where, f"no call {item['call_id']!r} waits for a {kind}")
    refuse(not due, "input", f"calls without an output: {list(due)}")


def _reasoning(body: dict[str, Any]) -> None:
    items = body["input"]
    for at, item in enumerate(items):
        if item.get("type") != "reasoning":
            continue
        following = next((each for each in items[at:] if each.get("type") != "reasoning"), {})
        made = following.get("type") in _CALLS or following.get("role") == "assistant"
        refuse(made, f"input[{at}]", "reasoning without its required following item")


def _flat(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for tool in tools for each in (tool.get("tools") or [tool])]


def _tools(body: dict[str, Any]) -> None:
    tools = body.get("tools", [])
    spaces = [(tool.get("name"), tool["type"]) for tool in tools]
    refuse(len(set(spaces)) == len(spaces), "tools", f"names come again: {spaces}")
    flat = _flat(tools)
    for at, tool in enumerate(flat):
        if tool.get("strict"):
            schemas.openai_strict(tool["parameters"], f"tools[{at}].parameters")
    format_ = body.get("text", {}).get("format", {})
    if format_.get("strict"):
        schemas.openai_strict(format_["schema"], "text.format.schema")
    for word in ("tool_choice", "parallel_tool_calls"):
        refuse(word not in body or tools, word, "there are no tools")
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice["type"] != "web_search":
        names = {tool.get("name") for tool in flat}
        for each in choice.get("tools", [choice]):
            refuse(each["name"] in names, "tool_choice", f"{each['name']!r} is not declared")

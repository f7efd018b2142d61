"""A Messages server that lets nothing pass: types (SDK 2.12) and the rules of order (reference 1.1.4)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from tests.support.strict import schemas
from tests.support.strict.fields import (
    any_object,
    array,
    base64_text,
    boolean,
    integer,
    no_carrier,
    number,
    one_of,
    record,
    refuse,
    string_or,
    tagged,
    text,
    url,
)

_NAME: Final = text(like=r"[A-Za-z0-9_-]{1,128}")
_ID: Final = text(like=r"[A-Za-z0-9_-]+")
_SAID: Final = text(empty=False)
_TEXT: Final = record({"type": one_of("text"), "text": _SAID})
_IMAGE: Final = record({
    "type": one_of("image"),
    "source": tagged({
        "base64": record({
            "type": one_of("base64"),
            "media_type": one_of("image/jpeg", "image/png", "image/gif", "image/webp"),
            "data": base64_text,
        }),
        "url": record({"type": one_of("url"), "url": url}),
    }),
})  # fmt: skip
_DOCUMENT: Final = record(
    {
        "type": one_of("document"),
        "source": tagged({
            "base64": record({
                "type": one_of("base64"), "media_type": one_of("application/pdf"), "data": base64_text,
            }),
            "text": record({
                "type": one_of("text"), "media_type": one_of("text/plain"), "data": _SAID,
            }),
            "url": record({"type": one_of("url"), "url": url}),
        }),
    },
    {"title": _SAID, "context": _SAID},
)  # fmt: skip
_RESULT: Final = record(
    {"type": one_of("tool_result"), "tool_use_id": _ID},
    {
        "content": string_or(
            array(tagged({"text": _TEXT, "image": _IMAGE, "document": _DOCUMENT})), _SAID
        ),
        "is_error": boolean,
    },
)
_USER: Final = {"text": _TEXT, "image": _IMAGE, "document": _DOCUMENT, "tool_result": _RESULT}
_ASSISTANT: Final = {
    "text": _TEXT,
    "thinking": record({"type": one_of("thinking"), "thinking": text(), "signature": _SAID}),
    "redacted_thinking": record({"type": one_of("redacted_thinking"), "data": _SAID}),
    "tool_use": record({"type": one_of("tool_use"), "id": _ID, "name": _NAME, "input": any_object}),
}
_MESSAGE: Final = tagged(
    {
        "user": record({
            "role": one_of("user"), "content": string_or(array(tagged(_USER), 1), _SAID),
        }),
        "assistant": record({
            "role": one_of("assistant"), "content": string_or(array(tagged(_ASSISTANT), 1), _SAID),
        }),
        "system": record({
            "role": one_of("system"), "content": string_or(array(_TEXT, 1), _SAID),
        }),
    },
    key="role",
)  # fmt: skip
_TOOL: Final = record(
    {"name": _NAME, "input_schema": schemas.plain},
    {
        "type": one_of("custom"), "description": text(), "strict": boolean, "defer_loading": boolean,
    },
)  # fmt: skip
_SEARCH: Final = record(
    {"type": text(like=r"web_search_\d{8}"), "name": one_of("web_search")},
    {
        "max_uses": integer(1), "allowed_domains": array(_SAID, 1), "blocked_domains": array(_SAID, 1),
        "user_location": record(
            {"type": one_of("approximate")},
            {"city": _SAID, "region": _SAID, "country": _SAID, "timezone": _SAID},
        ),
    },
)  # fmt: skip
_CHOICE: Final = tagged({
    "auto": record({"type": one_of("auto")}, {"disable_parallel_tool_use": boolean}),
    "any": record({"type": one_of("any")}, {"disable_parallel_tool_use": boolean}),
    "tool": record({"type": one_of("tool"), "name": _NAME}, {"disable_parallel_tool_use": boolean}),
    "none": record({"type": one_of("none")}),
})  # fmt: skip
_DISPLAY: Final = {"display": one_of("summarized", "omitted")}
_THINKING: Final = tagged({
    "enabled": record({"type": one_of("enabled"), "budget_tokens": integer(1024)}, _DISPLAY),
    "adaptive": record({"type": one_of("adaptive")}, _DISPLAY),
    "disabled": record({"type": one_of("disabled")}),
})  # fmt: skip
_BODY: Final = record(
    {"model": _SAID, "messages": array(_MESSAGE, 1, 100_000), "max_tokens": integer(0)},
    {
        "system": string_or(array(_TEXT, 1), _SAID),
        "stream": boolean,
        "stop_sequences": array(text(blank=False)),
        "temperature": number(0, 1),
        "top_p": number(0, 1),
        "top_k": integer(0),
        "tools": array(lambda tool, where: (_SEARCH if _is_search(tool) else _TOOL)(tool, where), 1),
        "tool_choice": _CHOICE,
        "thinking": _THINKING,
        "output_config": record({}, {
            "effort": one_of("low", "medium", "high", "xhigh", "max"),
            "format": record({"type": one_of("json_schema"), "schema": schemas.anthropic_strict}),
        }),
        "metadata": record({"user_id": text(empty=False, longest=256)}),
        "service_tier": one_of("auto", "standard_only"),
        "speed": one_of("standard", "fast"),
    },
)  # fmt: skip


def _is_search(tool: Any) -> bool:
    return isinstance(tool, dict) and str(tool.get("type", "")).startswith("web_search_")


def validate(body: Any, *, adaptive: bool = True) -> None:
    """Takes a request that this vendor would take: for a model that thinks adaptively (Opus 4.8 and
    later), or for one that thinks by budget (the 4.5 generation).

    Raises:
        Refused: with what the 400 would say.
    """
    _BODY(body, "body")
    no_carrier(body, "body")
    _order(body["messages"], adaptive=adaptive)
    _pairs(body["messages"])
    _tools(body)
    _model(body, adaptive=adaptive)
    _thinking(body)


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _order(messages: list[dict[str, Any]], *, adaptive: bool) -> None:
    roles = [message["role"] for message in messages]
    refuse(roles[0] == "user", "messages[0]", f"the first message is the {roles[0]}'s")
    for at, (before, role) in enumerate(pairwise(roles), start=1):
        where = f"messages[{at}]"
        refuse(before != role, where, f"two messages of the {role}")
        if role == "system":
            refuse(adaptive, where, "this model takes no instructions in the middle")
            after = roles[at + 1] if at + 1 < len(roles) else "assistant"
            refuse(before == "user", where, "instructions that follow no user")
            refuse(after == "assistant", where, "instructions that no assistant follows")
    refuse(roles[-1] != "assistant" or not adaptive, "messages", "this model takes no prefill")


def _pairs(messages: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    due: list[str] = []
    for at, message in enumerate(messages):
        where = f"messages[{at}]"
        blocks = _blocks(message)
        found = [each["tool_use_id"] for each in blocks if each["type"] == "tool_result"]
        refuse(found == due, where, f"results of {found}, due are {due}")
        kinds = [each["type"] for each in blocks]
        late = "tool_result" in kinds[len(found) :]
        refuse(not late, where, f"a result stands behind something else: {kinds}")
        due = [each["id"] for each in blocks if each["type"] == "tool_use"]
        refuse(seen.isdisjoint(due) and len(set(due)) == len(due), where, f"ids come again: {due}")
        seen.update(due)
    refuse(not due, "messages", f"calls without a result: {due}")


def _tools(body: dict[str, Any]) -> None:
    tools = body.get("tools", [])
    names = [tool["name"] for tool in tools]
    refuse(len(set(names)) == len(names), "tools", f"names come again: {names}")
    for at, tool in enumerate(tools):
        where = f"tools[{at}]"
        if tool.get("strict"):
            schemas.anthropic_strict(tool["input_schema"], f"{where}.input_schema")
        both = {"allowed_domains", "blocked_domains"} <= tool.keys()
        refuse(not both, where, "both allowed and blocked domains")
    if "tool_choice" in body:
        refuse(tools, "tool_choice", "there are no tools")
        name = body["tool_choice"].get("name")
        refuse(name is None or name in names, "tool_choice", f"{name!r} is not declared")


def _model(body: dict[str, Any], *, adaptive: bool) -> None:
    kind = body.get("thinking", {}).get("type")
    if adaptive:
        refuse(kind != "enabled", "thinking", "this model thinks adaptively")
        sampled = sorted({"temperature", "top_p", "top_k"} & body.keys())
        refuse(not sampled, "body", f"this model takes no {sampled}")
    else:
        refuse(kind != "adaptive", "thinking", "this model thinks by budget")
        refuse("effort" not in body.get("output_config", {}), "output_config", "no effort here")
        refuse(not {"temperature", "top_p"} <= body.keys(), "body", "both temperature and top_p")


def _thinking(body: dict[str, Any]) -> None:
    thinking = body.get("thinking", {"type": "disabled"})
    on = thinking["type"] != "disabled"
    refuse(not on or body.get("temperature", 1) == 1, "temperature", "not with thinking")
    refuse(not on or "top_k" not in body, "top_k", "not with thinking")
    if thinking["type"] != "enabled":
        return
    refuse(thinking["budget_tokens"] < body["max_tokens"], "thinking", "the budget is all there is")
    forced = body.get("tool_choice", {}).get("type") in ("any", "tool")
    refuse(not forced, "tool_choice", "no call can be forced with thinking")
    turns = [_blocks(each) for each in body["messages"] if each["role"] == "assistant"]
    last = turns[-1] if turns else []
    calling = any(each["type"] == "tool_use" for each in last)
    first = last[0]["type"] if calling else "thinking"
    refuse(
        first in ("thinking", "redacted_thinking"), "messages", f"expected thinking, found {first}"
    )

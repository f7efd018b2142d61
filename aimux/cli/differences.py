"""What two exchanges say otherwise, as data: fields, messages by position, tools by name, text by line.

Both are in the neutral model, so that exchanges of different formats can be compared; ids of calls, which
every vendor gives anew, and state that only a vendor can read are no difference.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from aimux.cli.said import Answered
from aimux.model.parts import Refusal, Text, Thinking, ToolCall
from aimux.model.request import FunctionTool, Request, Tool

_APART: Final = frozenset({"messages", "tools", "system", "echo", "losses"})
"""Fields of a request that are looked at in another way, or are no business of a person's."""

_NO_DIFFERENCE: Final = frozenset({"state", "id", "call_id", "tool_call_id"})
_LONGEST: Final = 160
_AROUND: Final = 2
"""Lines that are the same, shown around those that are not."""


def request_differences(first: Request, second: Request) -> dict[str, Any]:
    """Fields, instructions, messages and tools that are not the same."""
    return {
        "fields": list(_fields(first, second)),
        "system": lines_of("\n\n".join(_texts(first.system)), "\n\n".join(_texts(second.system))),
        "messages": list(_messages(first, second)),
        "tools": _tools(first.tools, second.tools),
    }


def answer_differences(first: Answered, second: Answered) -> dict[str, Any]:
    """Text, refusals, thinking, tool calls, the end and errors that are not the same."""
    calls = (_calls(first), _calls(second))
    return {
        "text": lines_of(_said(first, Text), _said(second, Text)),
        "refusal": lines_of(_said(first, Refusal), _said(second, Refusal)),
        "thinking": lines_of(_said(first, Thinking), _said(second, Thinking)),
        "calls": None if calls[0] == calls[1] else {"first": calls[0], "second": calls[1]},
        "finish": _pair(first.finish, second.finish),
        "error": _pair(first.error, second.error),
    }


def lines_of(first: str, second: str) -> list[str]:
    """A unified diff of two texts; empty where they are the same."""
    lines = difflib.unified_diff(
        first.splitlines(), second.splitlines(), "first", "second", lineterm="", n=_AROUND
    )
    found = list(lines)
    if not found and first != second:
        return ["(only line ends or the space at the end differ)"]
    return found


# ---------------------------------------------------------------- requests


def _fields(first: Request, second: Request) -> Iterator[dict[str, str]]:
    """Settings by their dotted names."""
    one, other = _flat(first), _flat(second)
    for name in dict.fromkeys((*one, *other)):
        if one.get(name) != other.get(name):
            yield {
                "field": name,
                "first": _shown(one.get(name)),
                "second": _shown(other.get(name)),
            }


def _flat(request: Request) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for each in fields(request):
        if each.name in _APART:
            continue
        value = getattr(request, each.name)
        if is_dataclass(value) and not isinstance(value, type):
            for inner in fields(value):
                flat[f"{each.name}.{inner.name}"] = plain(getattr(value, inner.name))
        else:
            flat[each.name] = plain(value)
    return flat


def _messages(first: Request, second: Request) -> Iterator[dict[str, Any]]:
    """Messages by position, counted from 1."""
    ones, others = first.messages, second.messages
    for number in range(max(len(ones), len(others))):
        one = _lines(ones[number]) if number < len(ones) else None
        other = _lines(others[number]) if number < len(others) else None
        if one is None or other is None:
            change, lines = ("added", other) if one is None else ("removed", one)
            yield {"number": number + 1, "change": change, "lines": lines}
        elif one != other:
            diff = lines_of("\n".join(one), "\n".join(other))
            yield {"number": number + 1, "change": "changed", "lines": diff}


def _lines(message: Any) -> list[str]:
    """A message in lines: who speaks, then each part."""
    lines = [f"[{message.role.value}]"]
    for part in message.parts:
        if isinstance(part, Text):
            lines += part.text.splitlines()
        else:
            lines.append(f"({type(part).__name__}) {_json(plain(part))}")
    return lines


def _tools(first: Sequence[Tool], second: Sequence[Tool]) -> dict[str, list[str]]:
    ones, others = _by_name(first), _by_name(second)
    return {
        "added": [name for name in others if name not in ones],
        "removed": [name for name in ones if name not in others],
        "changed": [name for name, tool in ones.items() if name in others and tool != others[name]],
    }


def _by_name(tools: Sequence[Tool]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for tool in tools:
        if isinstance(tool, FunctionTool):
            name = f"{tool.namespace}.{tool.name}" if tool.namespace else tool.name
        else:
            name = "web search"
        named[name] = plain(tool)
    return named


def _texts(parts: Sequence[Text]) -> list[str]:
    return [part.text for part in parts]


# ---------------------------------------------------------------- answers


def _said(answered: Answered, kind: type[Text | Refusal | Thinking]) -> str:
    return "".join(part.text for part in answered.parts if isinstance(part, kind))


def _calls(answered: Answered) -> list[dict[str, Any]]:
    return [
        {"name": part.name, "arguments": _decoded(part.arguments)}
        for part in answered.parts
        if isinstance(part, ToolCall)
    ]


def _decoded(arguments: str) -> Any:
    """Arguments as data, so that spelling is no difference; as text where they are none."""
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments


def _pair(first: str, second: str) -> dict[str, str] | None:
    return None if first == second else {"first": first, "second": second}


# ---------------------------------------------------------------- values


def plain(value: Any) -> Any:
    """A value of the model as JSON, without what is no difference."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {
            each.name: plain(getattr(value, each.name))
            for each in fields(value)
            if each.name not in _NO_DIFFERENCE and getattr(value, each.name) not in (None, "", ())
        }
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return "unset"
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."

"""Tools, the choice among them, and the form of the answer, as the vendor takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.parts import CallKind
from aimux.model.request import (
    Choice,
    FunctionTool,
    OutputFormat,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire.openai_responses.items import Item
from aimux.wire.schema import Dialect, Shaped, shaped

_FORMAT_NAME: Final = "response"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+")
_WORDS: Final = {Choice.AUTO: "auto", Choice.NONE: "none", Choice.ANY: "required"}
_OWN_TYPES: Final[dict[CallKind, Item]] = {
    CallKind.LOCAL_SHELL: {"type": "local_shell"},
    CallKind.SHELL: {"type": "shell", "environment": {"type": "local"}},
    CallKind.APPLY_PATCH: {"type": "apply_patch"},
}


def tool_items(tools: Iterable[Tool], losses: list[Loss]) -> list[Item]:
    """The declarations in order; the tools of a namespace stand together where the first one stands."""
    items: list[Item] = []
    spaces: dict[str, list[Item]] = {}
    for at, tool in enumerate(tools):
        path = f"tools[{at}]"
        if isinstance(tool, WebSearchTool):
            items.append(_search(tool, path, losses))
        elif not tool.namespace:
            items.append(tool_item(tool, path, losses))
        else:
            if tool.namespace not in spaces:
                spaces[tool.namespace] = []
                items.append(_space(tool.namespace, spaces[tool.namespace]))
            spaces[tool.namespace].append(tool_item(tool, path, losses))
    return items


def tool_item(tool: FunctionTool, path: str, losses: list[Loss]) -> Item:
    """One declaration of a tool that the client runs."""
    if tool.kind in _OWN_TYPES:
        return dict(_OWN_TYPES[tool.kind])
    if tool.kind is CallKind.TOOL_SEARCH:
        item: Item = {"type": "tool_search", "execution": "client"}
        item |= {"parameters": shaped(tool.schema, Dialect.OPENAI).schema}
    elif tool.kind is CallKind.CUSTOM:
        item = {"type": "custom", "name": tool.name}
        if tool.grammar is not None:
            item["format"] = dict(tool.grammar)
    else:
        form, strict = _schema(tool, path, losses)
        item = {"type": "function", "name": tool.name, "parameters": form, "strict": strict}
    if tool.description:
        item["description"] = tool.description
    if tool.deferred and not tool.found:
        item["defer_loading"] = True
    return item


def _schema(tool: FunctionTool, path: str, losses: list[Loss]) -> tuple[dict[str, Any], bool]:
    """The schema of the arguments, and whether it is strict.

    That is always said: left out, it would mean true (edge 147).
    """
    if tool.strict:
        strict = shaped(tool.schema, Dialect.OPENAI_STRICT)
        if strict.fits:
            _degraded("tool.schema_degraded", strict, path, losses)
            return strict.schema, True
        losses.append(Loss("tool.strict_dropped", path, tool.name))
    form = shaped(tool.schema, Dialect.OPENAI)
    _degraded("tool.schema_degraded", form, path, losses)
    return form.schema, False


def _degraded(code: str, form: Shaped, path: str, losses: list[Loss]) -> None:
    if form.lost:
        losses.append(Loss(code, path, "; ".join(form.lost)))


def _space(name: str, tools: list[Item]) -> Item:
    return {
        "type": "namespace",
        "name": name,
        "description": f"Tools of {name}",
        "tools": tools,
    }


def _search(search: WebSearchTool, path: str, losses: list[Loss]) -> Item:
    item: Item = {"type": "web_search"}
    if search.allowed_domains:
        item["filters"] = {"allowed_domains": list(search.allowed_domains)}
    if search.blocked_domains:
        losses.append(Loss("unknown_field.dropped", f"{path}.blocked_domains"))
    if search.location:
        item["user_location"] = {"type": "approximate", **search.location}
    return item


# ---------------------------------------------------------------- which of them


def choice_item(choice: ToolChoice, tools: Iterable[Tool], losses: list[Loss]) -> str | Item | None:
    """What ``tool_choice`` says; None where it says nothing that is not so anyway."""
    if choice.choice is Choice.TOOL:
        return _one_tool(choice.name, tuple(tools), losses)
    word = _WORDS[choice.choice]
    if choice.allowed and choice.choice is not Choice.NONE:
        kinds = _kinds(tools)
        named = [_named(name, kinds) for name in choice.allowed]
        return {"type": "allowed_tools", "mode": word, "tools": named}
    return None if choice.choice is Choice.AUTO else word


def _one_tool(name: str, tools: tuple[Tool, ...], losses: list[Loss]) -> str | Item:
    kinds = _kinds(tools)
    if name in kinds:
        return _named(name, kinds)
    if len(tools) > 1:  # the search that the provider runs cannot be named among others
        losses.append(Loss("tool_choice.degraded", "tool_choice", name))
        return "auto"
    return "required"


def _kinds(tools: Iterable[Tool]) -> dict[str, CallKind]:
    return {tool.name: tool.kind for tool in tools if isinstance(tool, FunctionTool)}


def _named(name: str, kinds: dict[str, CallKind]) -> Item:
    """A tool by its name, or one that is known by its type."""
    match kinds.get(name):
        case None:
            return {"type": name}
        case CallKind.FUNCTION:
            return {"type": "function", "name": name}
        case CallKind.CUSTOM:
            return {"type": "custom", "name": name}
        case kind:
            return {"type": kind.value}


# ---------------------------------------------------------------- the form of the answer


def format_item(output: OutputFormat, losses: list[Loss]) -> Item:
    """What ``text.format`` says."""
    if output.schema is None:
        return {"type": "json_object"}
    form = shaped(output.schema, Dialect.OPENAI_STRICT if output.strict else Dialect.OPENAI)
    strict = bool(output.strict)
    if not form.fits:
        losses.append(Loss("tool.strict_dropped", "text.format"))
        form, strict = shaped(output.schema, Dialect.OPENAI), False
    _degraded("format.schema_degraded", form, "text.format", losses)
    name = _NOT_IN_NAMES.sub("_", output.name)[:64] or _FORMAT_NAME
    item: Item = {"type": "json_schema", "name": name, "schema": form.schema, "strict": strict}
    if output.description:
        item["description"] = output.description
    return item

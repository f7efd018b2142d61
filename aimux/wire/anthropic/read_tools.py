"""The tools of a client's request, and which of them the model must call.

A tool is the client's own, one that the vendor has defined and the client runs, a web search, or one
that only Anthropic's servers can run.  Claude Code defers tools: they are declared and not shown until
a search names them; which have been named stands in the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import Choice, FunctionTool, Tool, ToolChoice, WebSearchTool
from aimux.wire.anthropic.built_in import built_in
from aimux.wire.anthropic.fields import (
    count_at,
    flag_at,
    items_at,
    mapping_at,
    name_at,
    said_at,
    texts_at,
    unknown,
    wrong,
)
from aimux.wire.anthropic.notes import Notes

PLACEHOLDER: Final = "DeferredToolPlaceholder"
"""Claude Code declares it so that a request that defers all its tools has one (measured, 2.1.330)."""

_OWN: Final = frozenset({
    "type", "name", "description", "input_schema", "strict", "defer_loading", "cache_control",
    "eager_input_streaming",  # arguments always stream as they come
})  # fmt: skip
_CALLERS: Final = frozenset({"input_examples", "allowed_callers"})
_SEARCH: Final = frozenset({
    "type", "name", "max_uses", "allowed_domains", "blocked_domains", "user_location", "cache_control",
    "defer_loading",
})  # fmt: skip
_PLACES: Final = ("city", "region", "country", "timezone")


def read_tools(value: object, notes: Notes) -> tuple[Tool, ...]:
    """The tools; the history has been read, and notes what it has found."""
    tools: list[Tool] = []
    open_ = False
    for index, each in enumerate(items_at(value, "tools")):
        where = f"tools[{index}]"
        tool = mapping_at(each, where)
        notes.mark(tool)
        type_ = said_at(tool.get("type"), f"{where}.type")
        open_ = open_ or type_.startswith("tool_search_tool_")
        tools += _read(tool, type_, where, notes.losses)
    return tuple(_found(tool, notes, open_=open_) for tool in tools)


def _read(tool: dict[str, Any], type_: str, where: str, losses: list[Loss]) -> tuple[Tool, ...]:
    if type_ in {"", "custom"}:
        return _function(tool, where, losses)
    if type_.startswith("web_search_"):
        return (_web_search(tool, where, losses),)
    functions = built_in(tool)
    if not functions:
        losses.append(Loss("tool.server_unsupported", where, type_[:80]))
        return ()
    losses += _callers(tool, where)
    deferred = flag_at(tool.get("defer_loading"), f"{where}.defer_loading") is True
    return tuple(replace(each, deferred=True) if deferred else each for each in functions)


def _function(tool: dict[str, Any], where: str, losses: list[Loss]) -> tuple[Tool, ...]:
    name = name_at(tool.get("name"), f"{where}.name")
    if name == PLACEHOLDER:
        return ()
    losses += unknown(tool.keys() - _OWN - _CALLERS, where)
    losses += _callers(tool, where)
    schema = tool.get("input_schema")
    if schema is not None:
        schema = mapping_at(schema, f"{where}.input_schema")
    deferred = flag_at(tool.get("defer_loading"), f"{where}.defer_loading") is True
    made = FunctionTool(
        name=name,
        description=said_at(tool.get("description"), f"{where}.description"),
        schema=schema,
        strict=flag_at(tool.get("strict"), f"{where}.strict"),
        deferred=deferred,
    )
    return (made,)


def _callers(tool: Mapping[str, Any], where: str) -> list[Loss]:
    """What a tool says that has no meaning elsewhere: examples, and callers other than the model."""
    said = [key for key in _CALLERS if tool.get(key) and tool[key] != ["direct"]]
    return unknown(sorted(said), where)


def _web_search(tool: dict[str, Any], where: str, losses: list[Loss]) -> WebSearchTool:
    losses += unknown(tool.keys() - _SEARCH - _CALLERS, where)
    losses += _callers(tool, where)
    location = mapping_at(tool.get("user_location"), f"{where}.user_location")
    return WebSearchTool(
        allowed_domains=texts_at(tool.get("allowed_domains"), f"{where}.allowed_domains"),
        blocked_domains=texts_at(tool.get("blocked_domains"), f"{where}.blocked_domains"),
        max_uses=count_at(tool.get("max_uses"), f"{where}.max_uses"),
        location={
            key: name_at(location[key], f"{where}.user_location.{key}")
            for key in _PLACES
            if location.get(key)
        },
    )


def _found(tool: Tool, notes: Notes, *, open_: bool) -> Tool:
    """``open_``: a search that Anthropic's servers would have run is among the tools; nobody else can
    find what it would have found, so all is open.
    """
    if not isinstance(tool, FunctionTool) or not tool.deferred:
        return tool
    return replace(tool, found=True) if open_ or tool.name in notes.found else tool


_CHOICES: Final = {
    "auto": Choice.AUTO,
    "any": Choice.ANY,
    "tool": Choice.TOOL,
    "none": Choice.NONE,
}


def read_choice(value: object) -> ToolChoice:
    """``tool_choice``."""
    if value is None:
        return ToolChoice()
    said = mapping_at(value, "tool_choice")
    type_ = said.get("type")
    choice = _CHOICES.get(type_) if isinstance(type_, str) else None
    if choice is None:
        raise wrong("tool_choice.type", "auto, any, tool or none")
    name = ""
    if choice is Choice.TOOL:
        name = name_at(said.get("name"), "tool_choice.name")
    alone = flag_at(said.get("disable_parallel_tool_use"), "tool_choice.disable_parallel_tool_use")
    return ToolChoice(choice, name, parallel=False if alone else None)

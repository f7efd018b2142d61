"""The tools of a Responses request: plain ones, ones that take raw text, and those in namespaces."""

from __future__ import annotations

from typing import Any, Final

from tests.agents.strict.openai_functions import NAME, function_of
from tests.agents.strict.shape import demand, fullmatch, objects, only, unique
from tests.agents.words import Json, Refused, Tool

_MORE: Final = frozenset({"type", "defer_loading", "allowed_callers", "output_schema", "async"})
_BUILT_IN: Final = frozenset({"web_search", "web_search_preview", "tool_search"})


def tools_of(body: Json, items: list[Json]) -> list[Tool]:
    """The tools that the client runs, those of ``additional_tools`` items included.

    Raises:
        Refused: one of them, or the choice among them, is not as it must be.
    """
    declared = objects(
        body.get("tools", []), "Invalid type for 'tools': expected an array of objects."
    )
    tools = _all(declared, "tools")
    for number, item in enumerate(items):
        if item.get("type") == "additional_tools":
            more = objects(
                item.get("tools"), f"Missing required parameter: 'input[{number}].tools'."
            )
            tools += _all(more, f"input[{number}].tools")
    twice = unique([f"{tool.namespace}.{tool.name}" for tool in tools])
    demand(not twice, f"Duplicate tool name: {twice}")
    _choice(body.get("tool_choice", "auto"), tools)
    return tools


def _all(declared: list[Json], path: str) -> list[Tool]:
    found: list[Tool] = []
    for number, tool in enumerate(declared):
        found += _tools(tool, f"{path}[{number}]", "")
    return found


def _tools(tool: Json, path: str, namespace: str) -> list[Tool]:
    match tool.get("type"):
        case "function":
            demand("strict" in tool, f"'{path}.strict' is left out, which means true")
            made = function_of(tool, path, _MORE)
            return [Tool(made.name, made.schema, namespace)]
        case "custom":
            only(
                tool,
                {"type", "name", "description", "format", "defer_loading"},
                f"Unknown parameter: '{path}.{{}}'.",
            )
            demand(fullmatch(NAME, tool.get("name")), f"Invalid '{path}.name'.")
            return [Tool(tool["name"], None, namespace)]
        case "namespace" if not namespace:
            inner = objects(tool.get("tools"), f"Missing required parameter: '{path}.tools'.")
            within = str(tool.get("name"))
            return [each for one in inner for each in _tools(one, f"{path}.tools", within)]
        case kind if kind in _BUILT_IN:
            return []
        case kind:
            raise Refused(f"Invalid value: {kind!r}.", param=f"{path}.type")


def _choice(choice: Any, tools: list[Tool]) -> None:
    if isinstance(choice, str):
        demand(
            choice in {"none", "auto", "required"},
            f"Invalid value: {choice!r}.",
            param="tool_choice",
        )
        demand(
            choice != "required" or tools, "Tool choice 'required' must be specified with 'tools'."
        )
        return
    demand(isinstance(choice, dict), "Invalid type for 'tool_choice'.")
    if choice.get("type") in {"function", "custom"}:
        named = choice.get("name") in {tool.name for tool in tools}
        demand(named, f"Tool choice {choice.get('name')!r} not found in 'tools' parameter.")

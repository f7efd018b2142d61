"""The tools of a Messages request, as api.anthropic.com takes them."""

from __future__ import annotations

import re
from typing import Final

from tests.agents.strict.shape import (
    demand,
    fullmatch,
    is_sound,
    names,
    objects,
    only,
    unique,
)
from tests.agents.words import Json, Tool

NAME: Final = "^[a-zA-Z0-9_-]{1,128}$"
_PROPERTY: Final = "^[a-zA-Z0-9_.-]{1,64}$"
_FIELDS: Final = names(
    "name description input_schema type strict cache_control defer_loading eager_input_streaming "
    "input_examples allowed_callers"
)
_SERVER_TOOL: Final = re.compile(
    r"(web_search|web_fetch|code_execution|tool_search_tool_\w+?)_\d{8}"
)


def tools_of(body: Json) -> list[Tool]:
    """The tools that the client runs.

    Raises:
        Refused: one of them, or the choice among them, is not as it must be.
    """
    declared = objects(body.get("tools", []), "tools: Input should be a valid list")
    demand(
        not unique([str(tool.get("name")) for tool in declared]),
        "tools: Tool names must be unique.",
    )
    tools = [
        _tool(tool, f"tools.{number}")
        for number, tool in enumerate(declared)
        if not _SERVER_TOOL.fullmatch(str(tool.get("type")))
    ]
    _choice(body, tools)
    return tools


def _tool(tool: Json, path: str) -> Tool:
    path = f"{path}.custom"
    demand(
        tool.get("type", "custom") == "custom",
        f"{path}: Input tag {tool.get('type')!r} is not expected",
    )
    only(tool, _FIELDS, f"{path}.{{}}: Extra inputs are not permitted")
    demand(fullmatch(NAME, tool.get("name")), f"{path}.name: String should match pattern '{NAME}'")
    schema = tool.get("input_schema")
    demand(isinstance(schema, dict), f"{path}.input_schema: Field required")
    demand(schema.get("type") == "object", f"{path}.input_schema.type: Input should be 'object'")
    demand(
        not {"anyOf", "oneOf", "allOf"} & schema.keys(),
        f"{path}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
    )
    demand(
        is_sound(schema),
        f"{path}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12",
    )
    for name in schema.get("properties", {}):
        demand(
            fullmatch(_PROPERTY, name),
            f"{path}.input_schema.properties: Property keys should match pattern '{_PROPERTY}'",
        )
    return Tool(tool["name"], schema)


def _choice(body: Json, tools: list[Tool]) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    demand(tools or body.get("tools"), "tool_choice may only be specified while providing tools")
    kind = choice.get("type")
    demand(
        kind in {"auto", "any", "tool", "none"}, f"tool_choice: Input tag {kind!r} is not expected"
    )
    only(
        choice,
        {"type", "name", "disable_parallel_tool_use"},
        "tool_choice.{}: Extra inputs are not permitted",
    )
    named = {tool.name for tool in tools}
    demand(
        kind != "tool" or choice.get("name") in named,
        "tool_choice: Tool not found in provided tools",
    )

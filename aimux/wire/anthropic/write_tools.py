"""Tools as Anthropic has them, and which of them the model must call."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import Choice, FunctionTool, Request, Tool, ToolChoice, WebSearchTool
from aimux.wire.anthropic.families import Family
from aimux.wire.schema import Dialect, shaped

WEB_SEARCH: Final = "web_search"


def write_tools(request: Request, family: Family, losses: list[Loss]) -> list[dict[str, Any]]:
    """The tools of a request, as far as its choice allows them."""
    allowed = request.tool_choice.allowed
    tools = [tool for tool in request.tools if not allowed or _name(tool) in allowed]
    functions = {_name(tool) for tool in tools if isinstance(tool, FunctionTool)}
    written = []
    for tool in tools:
        if isinstance(tool, FunctionTool):
            written.append(_function(tool, family, losses))
        elif WEB_SEARCH in functions:  # two tools of one name are refused
            losses.append(Loss("tool.server_unsupported", detail="a function has its name"))
        else:
            written.append(_web_search(tool, losses))
    return written


def _name(tool: Tool) -> str:
    return tool.name if isinstance(tool, FunctionTool) else WEB_SEARCH


def _function(tool: FunctionTool, family: Family, losses: list[Loss]) -> dict[str, Any]:
    written: dict[str, Any] = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    schema = None
    if tool.strict:
        schema = shaped(tool.schema, Dialect.ANTHROPIC_STRICT) if family.strict else None
        if schema is not None and schema.fits:
            written["strict"] = True
        else:
            losses.append(Loss("tool.strict_dropped", detail=tool.name))
            schema = None
    schema = schema or shaped(tool.schema, Dialect.ANTHROPIC)
    if schema.lost:
        detail = f"{tool.name}: {', '.join(schema.lost)}"
        losses.append(Loss("tool.schema_degraded", detail=detail[:400]))
    written["input_schema"] = schema.schema
    return written


def _web_search(tool: WebSearchTool, losses: list[Loss]) -> dict[str, Any]:
    written: dict[str, Any] = {"type": "web_search_20250305", "name": WEB_SEARCH}
    if tool.max_uses:
        written["max_uses"] = tool.max_uses
    if tool.allowed_domains:
        written["allowed_domains"] = list(tool.allowed_domains)
    elif tool.blocked_domains:
        written["blocked_domains"] = list(tool.blocked_domains)
    if tool.allowed_domains and tool.blocked_domains:  # one or the other
        losses.append(Loss("unknown_field.dropped", detail="blocked_domains of the web search"))
    if tool.location:
        written["user_location"] = {"type": "approximate", **tool.location}
    return written


def write_choice(choice: ToolChoice) -> dict[str, Any] | None:
    """``tool_choice``; None where it says nothing that is not so anyway."""
    written: dict[str, Any] = {"type": str(choice.choice)}
    if choice.choice is Choice.NONE:
        return written
    if choice.choice is Choice.TOOL:
        written["name"] = choice.name
    if choice.parallel is False:
        written["disable_parallel_tool_use"] = True
    return written if written != {"type": "auto"} else None

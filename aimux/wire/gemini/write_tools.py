"""Tools and whether to call them, as ``tools`` and ``toolConfig``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aimux.model.loss import Loss
from aimux.model.request import Choice, FunctionTool, Request, ToolChoice, WebSearchTool
from aimux.wire.gemini.families import Family
from aimux.wire.schema import Dialect, shaped

_SAYS_NOTHING = frozenset({"type", "properties", "required", "title", "description", "$schema"})
"""What a schema of no arguments may still hold."""


@dataclass(slots=True)
class WrittenTools:
    """Both fields; None where one is left out."""

    tools: list[dict[str, Any]] | None = None
    config: dict[str, Any] | None = None
    losses: list[Loss] = field(default_factory=list)


def write_tools(request: Request, family: Family) -> WrittenTools:
    """The tools as a family takes them."""
    written = WrittenTools()
    functions = _allowed(request)
    strict = _strict(functions, request.tool_choice, family, written.losses)
    search = _search(request, functions, family, written.losses)
    tools: list[dict[str, Any]] = []
    if functions:
        declared = [_declaration(tool, family, written.losses) for tool in functions]
        tools.append({"functionDeclarations": declared})
    if search:
        tools.append({"googleSearch": {}})
    if not tools:
        return written
    written.tools = tools
    if functions:
        mixed = search and bool(functions)
        written.config = _config(
            request.tool_choice, functions, written.losses, validated=strict or mixed
        )
        if mixed and written.config is not None:
            # without it: 400 "Please enable tool_config.include_server_side_tool_invocations to use
            # Built-in tools with Function calling" (ai.google.dev, tool combination, 2026)
            written.config["includeServerSideToolInvocations"] = True
    return written


def _allowed(request: Request) -> list[FunctionTool]:
    """The functions, of which AUTO can only leave out what must not be called."""
    functions = [tool for tool in request.tools if isinstance(tool, FunctionTool)]
    choice = request.tool_choice
    if choice.choice is not Choice.AUTO or not choice.allowed:
        return functions
    return [tool for tool in functions if tool.name in choice.allowed]


def _search(
    request: Request, functions: list[FunctionTool], family: Family, losses: list[Loss]
) -> bool:
    """Whether Google may search.  Beside functions only the third generation can, and only where no
    call is forced or forbidden: the mode is VALIDATED then (reference: protocols, 1.4.2).
    """
    tool = next((each for each in request.tools if isinstance(each, WebSearchTool)), None)
    if tool is None:
        return False
    free = family.is_third and request.tool_choice.choice is Choice.AUTO
    if functions and not free:
        losses.append(Loss("tool.server_unsupported", "tools", "web_search beside functions"))
        return False
    limits = {
        "allowed_domains": tool.allowed_domains,
        "blocked_domains": tool.blocked_domains,
        "max_uses": tool.max_uses,
        "location": tool.location,
    }
    losses += [
        Loss("unknown_field.dropped", "tools", f"web_search: {name}")
        for name, value in limits.items()
        if value
    ]
    return True


def _strict(
    functions: list[FunctionTool], choice: ToolChoice, family: Family, losses: list[Loss]
) -> bool:
    """Whether calls shall be held to their schemas: Gemini does it for all tools or for none, and does
    it anyway where a call is forced.
    """
    strict = [tool for tool in functions if tool.strict]
    if not strict or choice.choice is not Choice.AUTO:
        return False
    fit = family.has_json_schema and all(shaped(t.schema, Dialect.GEMINI).fits for t in strict)
    if fit and len(strict) == len(functions):
        return True
    losses += [Loss("tool.strict_dropped", "tools", tool.name) for tool in strict]
    return False


def _declaration(tool: FunctionTool, family: Family, losses: list[Loss]) -> dict[str, Any]:
    declared: dict[str, Any] = {"name": tool.name}
    if tool.description:
        declared["description"] = tool.description
    real = family.has_json_schema
    fit = shaped(tool.schema, Dialect.GEMINI if real else Dialect.GEMINI_OPENAPI)
    if _is_empty(fit.schema):  # an object without properties is refused (reference: edge 179)
        return declared
    declared["parametersJsonSchema" if real else "parameters"] = fit.schema
    if fit.lost:
        losses.append(Loss("tool.schema_degraded", "tools", f"{tool.name}: {', '.join(fit.lost)}"))
    return declared


def _is_empty(schema: Mapping[str, Any]) -> bool:
    closed = schema.keys() - _SAYS_NOTHING <= {"additionalProperties"}
    if not closed or schema.get("additionalProperties"):
        return False
    return str(schema.get("type", "object")).lower() == "object" and not schema.get("properties")


def _config(
    choice: ToolChoice, functions: list[FunctionTool], losses: list[Loss], *, validated: bool
) -> dict[str, Any] | None:
    if choice.parallel is False:
        losses.append(Loss("parallel.unsupported"))
    calling: dict[str, Any] = {}
    match choice.choice:
        case Choice.AUTO:
            calling = {"mode": "VALIDATED"} if validated else {}
        case Choice.NONE:
            calling = {"mode": "NONE"}
        case Choice.ANY:
            calling = {"mode": "ANY", "allowedFunctionNames": list(choice.allowed)}
        case Choice.TOOL if any(tool.name == choice.name for tool in functions):
            calling = {"mode": "ANY", "allowedFunctionNames": [choice.name]}
        case _:  # a search cannot be forced
            losses.append(Loss("tool_choice.degraded", "tool_choice", choice.name))
    if not calling.get("allowedFunctionNames", True):
        del calling["allowedFunctionNames"]
    return {"functionCallingConfig": calling} if calling else None

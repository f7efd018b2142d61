"""``tools`` and ``toolConfig`` of a client's request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.model.request import Choice, FunctionTool, Tool, ToolChoice, WebSearchTool
from aimux.wire.gemini.fields import (
    given,
    items_at,
    mapping_at,
    mapping_in,
    spelled,
    text_at,
    text_in,
    unknown,
)
from aimux.wire.gemini.openapi import json_schema
from aimux.wire.jsontext import mended

_SEARCHES: Final = spelled("googleSearch", "googleSearchRetrieval")
_FUNCTIONS: Final = spelled("functionDeclarations")
_DECLARATION: Final = spelled("name", "description", "parameters", "parametersJsonSchema")
_EXCLUDED: Final = spelled("excludeDomains")
_CONFIG: Final = spelled("functionCallingConfig")
_CALLING: Final = spelled("mode", "allowedFunctionNames")
_CHOICES: Final = {
    "": Choice.AUTO,
    "MODE_UNSPECIFIED": Choice.AUTO,
    "AUTO": Choice.AUTO,
    "VALIDATED": Choice.AUTO,
    "ANY": Choice.ANY,
    "NONE": Choice.NONE,
}


def read_tools(
    tools: object, config: object, losses: list[Loss]
) -> tuple[tuple[Tool, ...], ToolChoice]:
    """The tools, and whether one must be called.

    Raises:
        InvalidRequest: one of them cannot be understood.
    """
    read: list[Tool] = []
    for index, value in enumerate(items_at(tools)):
        where = f"tools[{index}]"
        for name, each in mapping_at(value, where).items():
            if each is not None:
                read += _tool(name, each, f"{where}.{mended(name)[:80]}", losses)
    choice, strict = _choice(mapping_at(config, "toolConfig"), losses)
    if strict:
        read = [replace(t, strict=True) if isinstance(t, FunctionTool) else t for t in read]
    return tuple(read), choice


def _tool(name: str, value: object, where: str, losses: list[Loss]) -> list[Tool]:
    if name in _FUNCTIONS:
        declared = enumerate(items_at(value))
        return [_function(each, f"{where}[{index}]", losses) for index, each in declared]
    if name in _SEARCHES:
        return [_search(mapping_at(value, where), where, losses)]
    losses.append(Loss("tool.server_unsupported", where))
    return []


def _function(value: object, where: str, losses: list[Loss]) -> FunctionTool:
    declaration = mapping_at(value, where)
    name = text_in(declaration, "name", where)
    if not name:
        raise InvalidRequest(f"{where}.name is missing", param=f"{where}.name")
    losses += unknown(declaration, _DECLARATION, where)
    return FunctionTool(
        name,
        text_in(declaration, "description", where),
        _schema(declaration, where),
    )


def _schema(declaration: Mapping[str, Any], where: str) -> Mapping[str, Any] | None:
    """The real JSON Schema where there is one, else what OpenAPI can say of it."""
    schema = given(declaration, "parametersJsonSchema")
    if schema is not None:
        return mapping_at(schema, f"{where}.parametersJsonSchema")
    schema = declaration.get("parameters")
    return None if schema is None else json_schema(schema, f"{where}.parameters")


def _search(value: Mapping[str, Any], where: str, losses: list[Loss]) -> WebSearchTool:
    losses += unknown(value, _EXCLUDED, where)
    place = f"{where}.excludeDomains"
    blocked = items_at(given(value, "excludeDomains"))
    return WebSearchTool(blocked_domains=tuple(text_at(each, place) for each in blocked))


def _choice(config: Mapping[str, Any], losses: list[Loss]) -> tuple[ToolChoice, bool]:
    """Whether to call, and whether calls must follow their schemas."""
    losses += unknown(config, _CONFIG, "toolConfig")
    where = "toolConfig.functionCallingConfig"
    calling = mapping_in(config, "functionCallingConfig", "toolConfig")
    losses += unknown(calling, _CALLING, where)
    mode = text_in(calling, "mode", where).upper()
    if mode not in _CHOICES:
        raise InvalidRequest(f"{where}.mode is unknown: {mode[:40]!r}", param=f"{where}.mode")
    place = f"{where}.allowedFunctionNames"
    names = items_at(given(calling, "allowedFunctionNames"))
    allowed = tuple(text_at(name, place) for name in names)
    choice = _CHOICES[mode]
    if choice is Choice.ANY and len(allowed) == 1:
        return ToolChoice(Choice.TOOL, name=allowed[0]), False
    return ToolChoice(choice, allowed=allowed), mode == "VALIDATED"

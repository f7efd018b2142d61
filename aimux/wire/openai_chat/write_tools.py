"""Tools, the choice among them, and the form of the answer, for a provider (reference: 2.6, 2.10-2.12)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import (
    Choice,
    FunctionTool,
    OutputFormat,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire.schema import Dialect, Shaped, shaped
from aimux.wire.target import Target, Written

_DIALECTS: Final = {"moonshot": Dialect.MOONSHOT, "lmstudio": Dialect.LMSTUDIO}
_STRICT: Final = {"cerebras": Dialect.CEREBRAS_STRICT}
_CHOICES: Final = {Choice.NONE: "none", Choice.ANY: "required"}

_FORMAT_NAME: Final = "response"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+")
_MAX_NAME_CHARS: Final = 64


def write_tools(
    request_tools: Iterable[Tool], choice: ToolChoice, target: Target, written: Written
) -> None:
    """Tools and the choice among them; neither where no tool is left: an empty list is refused."""
    body, losses = written.body, written.losses
    tools = []
    for at, tool in enumerate(request_tools):
        if isinstance(tool, WebSearchTool):
            losses.append(Loss("tool.server_unsupported", f"tools[{at}]", "web_search"))
        elif not choice.allowed or tool.name in choice.allowed:
            tools.append(_tool(tool, f"tools[{at}]", target, losses))
    if not tools:
        return
    body["tools"] = tools
    if choice.choice is Choice.TOOL:
        body["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
    elif choice.choice in _CHOICES:
        body["tool_choice"] = _CHOICES[choice.choice]
    if choice.parallel is False:
        body["parallel_tool_calls"] = False


def _tool(tool: FunctionTool, path: str, target: Target, losses: list[Loss]) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    form, strictly = _form(tool.schema, target, strict=tool.strict)
    if tool.strict and not strictly:
        losses.append(Loss("tool.strict_dropped", path, tool.name))
    if form.lost:
        losses.append(Loss("tool.schema_degraded", path, f"{tool.name}: {'; '.join(form.lost)}"))
    function["parameters"] = form.schema
    if strictly:
        function["strict"] = True
    return {"type": "function", "function": function}


def _form(
    schema: Mapping[str, Any] | None, target: Target, *, strict: bool | None
) -> tuple[Shaped, bool]:
    """A schema in the vendor's dialect, and whether it is the strict one, which was asked for, can say
    it, and is known there.
    """
    if strict and target.vendor not in _DIALECTS:
        form = shaped(schema, _STRICT.get(target.vendor, Dialect.OPENAI_STRICT))
        if form.fits:
            return form, True
    return shaped(schema, _DIALECTS.get(target.vendor, Dialect.OPENAI)), False


def write_output(output: OutputFormat, target: Target, written: Written) -> None:
    """The form of the answer."""
    if output.schema is None:
        written.body["response_format"] = {"type": "json_object"}
        return
    path, losses = "response_format", written.losses
    form, strictly = _form(output.schema, target, strict=output.strict)
    if output.strict and not strictly:
        losses.append(Loss("tool.strict_dropped", path))
    if form.lost:
        losses.append(Loss("format.schema_degraded", path, "; ".join(form.lost)))
    name = _NOT_IN_NAMES.sub("_", output.name)[:_MAX_NAME_CHARS] or _FORMAT_NAME
    schema: dict[str, Any] = {"name": name, "schema": form.schema}
    if output.description:
        schema["description"] = output.description
    if strictly:
        schema["strict"] = True
    written.body["response_format"] = {"type": "json_schema", "json_schema": schema}

"""Which tools the client lets the model call."""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.model.request import Choice, ToolChoice
from aimux.wire import openai_fields as fields
from aimux.wire.openai_responses.items import OWN_NAMES

_CHOICES: Final = {"auto": Choice.AUTO, "none": Choice.NONE, "required": Choice.ANY}


def choice_of(choice: object, parallel: object, losses: list[Loss]) -> ToolChoice:
    """What ``tool_choice`` and ``parallel_tool_calls`` say together.

    Raises:
        InvalidRequest: one of them is malformed.
    """
    at_once = fields.flag(parallel, "parallel_tool_calls")
    if choice is None:
        return ToolChoice(parallel=at_once)
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise InvalidRequest(
                f"tool_choice {choice[:40]!r} is none of auto, none, required", param="tool_choice"
            )
        return ToolChoice(_CHOICES[choice], parallel=at_once)
    said = fields.mapping(choice, "tool_choice")
    type_ = fields.needed_text(said.get("type"), "tool_choice.type")
    if type_ == "allowed_tools":
        return _allowed(said, at_once)
    if type_ in {"function", "custom"}:
        name = fields.needed_text(said.get("name"), "tool_choice.name")
        space = fields.text(said.get("namespace"), "tool_choice.namespace")
        return ToolChoice(Choice.TOOL, name, space, parallel=at_once)
    if type_.startswith("web_search"):
        return ToolChoice(Choice.TOOL, "web_search", parallel=at_once)
    if type_ in OWN_NAMES.values():
        return ToolChoice(Choice.TOOL, type_, parallel=at_once)
    losses.append(Loss("tool_choice.degraded", "tool_choice", type_))
    return ToolChoice(parallel=at_once)


def _allowed(said: dict[str, Any], parallel: bool | None) -> ToolChoice:  # noqa: FBT001 -- as it came
    where = "tool_choice.tools"
    names = []
    for at, each in enumerate(fields.array(said.get("tools"), where)):
        tool = fields.mapping(each, f"{where}[{at}]")
        named = tool.get("name") or tool.get("type")
        names.append(fields.needed_text(named, f"{where}[{at}].name"))
    must = said.get("mode") == "required"
    return ToolChoice(Choice.ANY if must else Choice.AUTO, allowed=tuple(names), parallel=parallel)

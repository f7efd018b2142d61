"""The tools that a client declares, and which of them may be called (reference: protocols, 2.6, 2.10)."""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.model.parts import CallKind
from aimux.model.request import Choice, FunctionTool, Tool, ToolChoice, WebSearchTool
from aimux.wire import openai_fields as fields
from aimux.wire.jsontext import Document
from aimux.wire.openai_chat.read_parts import note_unknown

_WORDS: Final = {
    "none": Choice.NONE,
    "auto": Choice.AUTO,
    "required": Choice.ANY,
    "any": Choice.ANY,  # Mistral's
}
_KNOWN_OF_FUNCTION: Final = frozenset({"name", "description", "parameters", "strict"})
_KNOWN_OF_CUSTOM: Final = frozenset({"name", "description", "format"})
_PLACES: Final = ("city", "region", "country", "timezone")


def read_tools(document: Document, losses: list[Loss]) -> tuple[Tool, ...]:
    """All tools, those of the older form behind the others.

    Raises:
        InvalidRequest: something has the wrong type; ``param`` says where.
    """
    tools: list[Tool] = []
    for at, value in enumerate(fields.array(document.get("tools"), "tools")):
        tools += _tool(value, f"tools[{at}]", losses)
    for at, value in enumerate(fields.array(document.get("functions"), "functions")):
        where = f"functions[{at}]"
        tools.append(_function(fields.mapping(value, where), where, losses))
    options = document.get("web_search_options")
    if options is not None:
        where = "web_search_options"
        tools.append(_web_search(fields.mapping(options, where), where, losses))
    return tuple(tools)


def _tool(value: object, path: str, losses: list[Loss]) -> list[Tool]:
    tool = fields.mapping(value, path)
    kind = fields.needed_text(tool.get("type"), f"{path}.type")
    if kind not in ("function", "custom"):
        losses.append(Loss("tool.server_unsupported", path, kind[:80]))
        return []
    note_unknown(tool, ("type", kind), path, losses)
    where = f"{path}.{kind}"
    declared = fields.mapping(tool.get(kind), where)
    read = _function if kind == "function" else _custom
    return [read(declared, where, losses)]


def _function(function: dict[str, Any], path: str, losses: list[Loss]) -> FunctionTool:
    note_unknown(function, _KNOWN_OF_FUNCTION, path, losses)
    schema = function.get("parameters")
    return FunctionTool(
        name=fields.needed_text(function.get("name"), f"{path}.name"),
        description=fields.text(function.get("description"), f"{path}.description"),
        schema=None if schema is None else fields.mapping(schema, f"{path}.parameters"),
        strict=fields.flag(function.get("strict"), f"{path}.strict"),
    )


def _custom(custom: dict[str, Any], path: str, losses: list[Loss]) -> FunctionTool:
    note_unknown(custom, _KNOWN_OF_CUSTOM, path, losses)
    format_ = fields.mapping(custom.get("format"), f"{path}.format")
    grammar = None
    if format_.get("type") == "grammar":
        held = fields.mapping(format_.get("grammar"), f"{path}.format.grammar")
        grammar = {
            word: fields.text(held.get(word), f"{path}.format.grammar.{word}")
            for word in ("syntax", "definition")
        }
    return FunctionTool(
        name=fields.needed_text(custom.get("name"), f"{path}.name"),
        description=fields.text(custom.get("description"), f"{path}.description"),
        kind=CallKind.CUSTOM,
        grammar=grammar,
    )


def _web_search(options: dict[str, Any], path: str, losses: list[Loss]) -> WebSearchTool:
    note_unknown(options, ("user_location",), path, losses)
    where = f"{path}.user_location"
    user = fields.mapping(options.get("user_location"), where)
    place = fields.mapping(user.get("approximate"), f"{where}.approximate")
    named = {word: fields.text(place.get(word), f"{where}.approximate.{word}") for word in _PLACES}
    return WebSearchTool(location={word: name for word, name in named.items() if name})


# ---------------------------------------------------------------- which may be called


def read_choice(document: Document) -> ToolChoice:
    """What the client says about calling.

    Raises:
        InvalidRequest: it says nothing that the format knows.
    """
    parallel = fields.flag(document.get("parallel_tool_calls"), "parallel_tool_calls")
    value = document.get("tool_choice")
    if value is None and is_legacy(document):
        return _legacy(document.get("function_call"))
    if value is None:
        return ToolChoice(parallel=parallel)
    if isinstance(value, dict):
        return _named(value, parallel)
    return ToolChoice(_word(value, "tool_choice"), parallel=parallel)


def _word(value: object, path: str) -> Choice:
    choice = _WORDS.get(value) if isinstance(value, str) else None
    if choice is None:
        raise InvalidRequest(
            f"{path} must be none, auto, required or an object that names a tool", param=path
        )
    return choice


def is_legacy(document: Document) -> bool:
    """Whether the client declares its tools in the older form only, and so reads ``function_call``."""
    return bool(document.get("functions")) and not document.get("tools")


def _legacy(value: object) -> ToolChoice:
    """The older form: one call at a time."""
    if value is None:
        return ToolChoice(parallel=False)
    if isinstance(value, dict):
        name = fields.needed_text(value.get("name"), "function_call.name")
        return ToolChoice(Choice.TOOL, name, parallel=False)
    return ToolChoice(_word(value, "function_call"), parallel=False)


def _named(value: dict[str, Any], parallel: bool | None) -> ToolChoice:  # noqa: FBT001 -- as it came
    kind = fields.needed_text(value.get("type"), "tool_choice.type")
    if kind == "allowed_tools":
        return _allowed(value, parallel)
    if kind not in ("function", "custom"):
        return ToolChoice(_word(kind, "tool_choice.type"), parallel=parallel)
    return ToolChoice(Choice.TOOL, _name(value, "tool_choice"), parallel=parallel)


def _name(value: object, path: str) -> str:
    """The name in ``{type, function: {name}}``; also without the object within, as Responses has it."""
    named = fields.mapping(value, path)
    kind = fields.text(named.get("type"), f"{path}.type") or "function"
    held = fields.mapping(named.get(kind), f"{path}.{kind}")
    return fields.needed_text(held.get("name", named.get("name")), f"{path}.{kind}.name")


def _allowed(value: dict[str, Any], parallel: bool | None) -> ToolChoice:  # noqa: FBT001 -- as it came
    path = "tool_choice.allowed_tools"
    held = fields.mapping(value.get("allowed_tools"), path)
    tools = fields.array(held.get("tools"), f"{path}.tools")
    return ToolChoice(
        _word(held.get("mode"), f"{path}.mode"),
        allowed=tuple(_name(tool, f"{path}.tools[{at}]") for at, tool in enumerate(tools)),
        parallel=parallel,
    )

"""A client's conversation, read as it is: nothing is repaired here (reference: protocols, 1.2.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.model.parts import (
    CallKind,
    Media,
    Opaque,
    OpaqueKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
)
from aimux.model.request import Message, Role
from aimux.wire import jsontext
from aimux.wire import openai_fields as fields
from aimux.wire.openai_chat.details import shown_in
from aimux.wire.openai_chat.read_parts import Content, note_unknown, read_content
from aimux.wire.openai_chat.signatures import EMPTY, Slot, opened, signature_in

_KNOWN: Final = frozenset({"role", "content"})
_KNOWN_OF_TOOL: Final = _KNOWN | {"tool_call_id"}
_KNOWN_OF_FUNCTION: Final = _KNOWN | {"name"}
_KNOWN_OF_ASSISTANT: Final = _KNOWN | {
    "refusal", "tool_calls", "function_call", "audio", "reasoning_content", "reasoning",
    "reasoning_text", "reasoning_details",
}  # fmt: skip
_KNOWN_OF_CALL: Final = frozenset({"id", "type", "index", "function", "custom", "extra_content"})

_THOUGHTS: Final = ("reasoning_content", "reasoning", "reasoning_text")


def read_messages(
    value: object, losses: list[Loss]
) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    """The instructions at the conversation's beginning, and the conversation.

    Raises:
        InvalidRequest: something has the wrong type; ``param`` says where.
    """
    if not isinstance(value, list) or not value:
        raise fields.wrong(value, "messages", "an array of messages")
    messages = [_message(each, f"messages[{at}]", losses) for at, each in enumerate(value)]
    leading = next(
        (at for at, each in enumerate(messages) if each.role is not Role.SYSTEM), len(messages)
    )
    system = tuple(
        part for message in messages[:leading] for part in message.parts if isinstance(part, Text)
    )
    return system, tuple(messages[leading:])


def _message(value: object, path: str, losses: list[Loss]) -> Message:
    if not isinstance(value, dict):
        raise fields.wrong(value, path, "an object")
    role = fields.needed_text(value.get("role"), f"{path}.role")
    read = _ROLES.get(role)
    if read is None:
        raise InvalidRequest(f"{path}.role is {role[:40]!r}, which is none", param=f"{path}.role")
    return read(value, path, losses)


def _system(message: dict[str, Any], path: str, losses: list[Loss]) -> Message:
    note_unknown(message, _KNOWN, path, losses)
    content = read_content(message.get("content"), f"{path}.content", losses)
    for part in content:
        if not isinstance(part, Text):
            raise InvalidRequest(
                f"{path}.content must hold nothing but text", param=f"{path}.content"
            )
    return Message(Role.SYSTEM, tuple(content))


def _user(message: dict[str, Any], path: str, losses: list[Loss]) -> Message:
    note_unknown(message, _KNOWN, path, losses)
    content = read_content(message.get("content"), f"{path}.content", losses)
    return Message(Role.USER, tuple(_not_of_a_model(part, path) for part in content))


def _not_of_a_model(part: Content, path: str) -> Text | Media | Unsupported:
    """A part that anybody but a model may say."""
    if isinstance(part, Refusal | Thinking):
        return Unsupported(type(part).__name__.lower(), f"{path}.content")
    return part


# ---------------------------------------------------------------- results


def _tool(message: dict[str, Any], path: str, losses: list[Loss]) -> Message:
    note_unknown(message, _KNOWN_OF_TOOL, path, losses)
    id_ = fields.text(message.get("tool_call_id"), f"{path}.tool_call_id")
    return _result(message, ToolResult(id_), path, losses)


def _function(message: dict[str, Any], path: str, losses: list[Loss]) -> Message:
    """The older form, which knows no ids: the result is for a call of the same name."""
    note_unknown(message, _KNOWN_OF_FUNCTION, path, losses)
    name = fields.needed_text(message.get("name"), f"{path}.name")
    return _result(message, ToolResult("", name=name), path, losses)


def _result(message: dict[str, Any], shell: ToolResult, path: str, losses: list[Loss]) -> Message:
    value = message.get("content")
    if isinstance(value, dict):  # a client that forgot to write its object as text
        value = jsontext.text_of(value)
    content = read_content(value, f"{path}.content", losses)
    said = [_not_of_a_model(part, path) for part in content]
    held = tuple(part for part in said if not isinstance(part, Unsupported))
    odd = tuple(part for part in said if isinstance(part, Unsupported))
    return Message(Role.USER, (replace(shell, content=held), *odd))


# ---------------------------------------------------------------- the assistant


def _assistant(message: dict[str, Any], path: str, losses: list[Loss]) -> Message:
    note_unknown(message, _KNOWN_OF_ASSISTANT, path, losses)
    calls = _calls(message, path, losses)
    slots = [slot for slot, _ in calls]
    first = slots[0] if slots else EMPTY
    parts: list[Part] = []
    if not any(slot.before or slot.after for slot in slots):
        parts += _thought(message, path)
    parts += map(_thinking, first.before)
    parts += read_content(message.get("content"), f"{path}.content", losses)
    if refusal := fields.text(message.get("refusal"), f"{path}.refusal"):
        parts.append(Refusal(refusal))
    if message.get("audio") is not None:
        parts.append(Unsupported("audio", f"{path}.audio"))
    for slot, call in calls:
        if slot is not first:
            parts += map(_thinking, slot.before)
        parts += map(_thinking, slot.after)
        parts.append(call)
    return Message(Role.ASSISTANT, tuple(parts))


def _thinking(state: Opaque) -> Thinking:
    return Thinking(state.text, state)


def _thought(message: dict[str, Any], path: str) -> list[Part]:
    """Thinking that came in a field of its own, with OpenRouter's list where there is one."""
    said = [fields.text(message.get(field), f"{path}.{field}") for field in _THOUGHTS]
    text = next(filter(None, said), "")
    details = fields.array(message.get("reasoning_details"), f"{path}.reasoning_details")
    if details:
        state = Opaque(OpaqueKind.REASONING_DETAILS, jsontext.text_of(details))
        return [Thinking(text or jsontext.mended(shown_in(details)), state)]
    return [Thinking(text)] if text else []


def _calls(message: dict[str, Any], path: str, losses: list[Loss]) -> list[tuple[Slot, ToolCall]]:
    entries = fields.array(message.get("tool_calls"), f"{path}.tool_calls")
    calls = [_call(entry, f"{path}.tool_calls[{at}]", losses) for at, entry in enumerate(entries)]
    legacy = message.get("function_call")
    if legacy is not None:
        where = f"{path}.function_call"
        calls.append((EMPTY, _called(fields.mapping(legacy, where), where)))
    return calls


def _call(entry: object, path: str, losses: list[Loss]) -> tuple[Slot, ToolCall]:
    if not isinstance(entry, dict):
        raise fields.wrong(entry, path, "an object")
    note_unknown(entry, _KNOWN_OF_CALL, path, losses)
    slot = opened(signature_in(entry))
    id_ = fields.text(entry.get("id"), f"{path}.id")
    if entry.get("type") == "custom":
        path = f"{path}.custom"
        custom = fields.mapping(entry.get("custom"), path)
        name = fields.needed_text(custom.get("name"), f"{path}.name")
        raw = fields.text(custom.get("input"), f"{path}.input")
        return slot, ToolCall(id_, name, raw, CallKind.CUSTOM, state=slot.own)
    call = _called(fields.mapping(entry.get("function"), f"{path}.function"), f"{path}.function")
    return slot, replace(call, id=id_, state=slot.own)


def _called(function: dict[str, Any], path: str) -> ToolCall:
    name = fields.needed_text(function.get("name"), f"{path}.name")
    return ToolCall("", name, _arguments(function.get("arguments")))


def _arguments(value: object) -> str:
    """Arguments as JSON text; none are an empty object."""
    if isinstance(value, str):
        return jsontext.mended(value) if value.strip() else "{}"
    return jsontext.text_of(value) if value is not None else "{}"


_ROLES: Final[dict[str, Callable[[dict[str, Any], str, list[Loss]], Message]]] = {
    "system": _system,
    "developer": _system,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool,
    "function": _function,
}

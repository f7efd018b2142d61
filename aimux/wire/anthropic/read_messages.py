"""A client's messages, as what they mean.

Instructions may stand between them (``role: system``).  Those that hold only until the user speaks
again are left out once that has happened.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.model.parts import Text
from aimux.model.request import Message, Role
from aimux.wire.anthropic.fields import items_at, mapping_at, text_at, wrong
from aimux.wire.anthropic.notes import Notes
from aimux.wire.anthropic.read_blocks import FIELDS, read_block
from aimux.wire.anthropic.turn import Turn

_MESSAGE: Final = frozenset({"role", "content"})
_INSTRUCTIONS: Final = frozenset({"role", "content", "output_config", "clear_at"})
_ROLES: Final = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}


def read_messages(value: object, notes: Notes) -> tuple[list[Text], list[Message]]:
    """Instructions before the first message, and the messages.

    Raises:
        InvalidRequest: a type is wrong or something required is missing.
    """
    if not isinstance(value, list):
        raise wrong("messages", "an array of messages")
    system: list[Text] = []
    messages: list[Message] = []
    passing: list[int] = []
    cleared: set[int] = set()
    for index, each in enumerate(value):
        where = f"messages[{index}]"
        message = mapping_at(each, where)
        role = _role(message, where)
        if role is Role.SYSTEM:
            texts = _between(message, where, notes)
            if not messages:
                system += texts
                continue
            if message.get("clear_at") == "next_user_message":
                passing.append(len(messages))
            messages.append(Message(role, tuple(texts)))
            continue
        if role is Role.USER:
            cleared.update(passing)
            passing.clear()
        if not _MESSAGE.issuperset(message):
            notes.unknown(message.keys() - _MESSAGE, where)
        messages.append(_message(role, message.get("content"), f"{where}.content", notes))
    return system, [each for at, each in enumerate(messages) if at not in cleared]


def _role(message: dict[str, Any], where: str) -> Role:
    said = message.get("role")
    role = _ROLES.get(said) if isinstance(said, str) else None
    if role is None:
        raise wrong(f"{where}.role", "user, assistant or system")
    return role


def _message(role: Role, content: object, where: str, notes: Notes) -> Message:
    if isinstance(content, str):
        return Message(role, (Text(text_at(content, where)),))
    if not isinstance(content, list):
        raise wrong(where, "a string or an array of blocks")
    turn = Turn()
    for index, each in enumerate(content):
        place = f"{where}[{index}]"
        read_block(mapping_at(each, place), place, role, turn, notes)
    return Message(role, turn.close())


def _between(message: dict[str, Any], where: str, notes: Notes) -> list[Text]:
    """Instructions between messages, which may say an effort too; the last one counts."""
    notes.unknown(message.keys() - _INSTRUCTIONS, where)
    config = mapping_at(message.get("output_config"), f"{where}.output_config")
    notes.unknown(config.keys() - {"effort"}, f"{where}.output_config")
    if config.get("effort") is not None:
        notes.effort = text_at(config["effort"], f"{where}.output_config.effort")
    content = message.get("content")
    if isinstance(content, str):
        return [Text(text_at(content, f"{where}.content"))]
    texts: list[Text] = []
    for index, each in enumerate(items_at(content, f"{where}.content")):
        place = f"{where}.content[{index}]"
        texts += _instruction(mapping_at(each, place), place, notes)
    return texts


def _instruction(block: dict[str, Any], where: str, notes: Notes) -> list[Text]:
    """A block of instructions; changes of the list of tools are among them too."""
    notes.mark(block)
    match block.get("type"):
        case "text":
            notes.unknown(block.keys() - FIELDS["text"], where)
            return [Text(text_at(block.get("text"), f"{where}.text"))]
        case "tool_addition":
            notes.reference([block.get("tool")])
        case "tool_removal":
            notes.lose("unknown_block.dropped", where, "tool_removal")
        case _:
            raise wrong(f"{where}.type", "text")
    return []

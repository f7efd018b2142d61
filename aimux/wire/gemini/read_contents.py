"""``contents`` of a client's request, as messages.

A content of the user is a message.  Contents of the model that follow each other are one: the SDK's
chats keep a content for every event of a stream.  A call is always the model's and a result the
user's, whatever role stands beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.model.parts import Media, Opaque, OpaqueKind, Text, ToolResult, Unsupported
from aimux.model.request import Message, Role
from aimux.wire import jsontext, opaque
from aimux.wire.gemini import code, media
from aimux.wire.gemini.fields import (
    flag_in,
    given,
    items_at,
    mapping_at,
    mapping_in,
    spelled,
    text_at,
    text_in,
    unknown,
)
from aimux.wire.gemini.turns import Turn

_ROLES: Final = {
    "user": Role.USER,
    "function": Role.USER,
    "tool": Role.USER,
    "model": Role.ASSISTANT,
    "assistant": Role.ASSISTANT,
    "system": Role.SYSTEM,
}
_ONLY_TEXT: Final = {"text"}
_CONTENT: Final = spelled("role", "parts")
_CALL: Final = spelled("id", "name", "args")
_RESPONSE: Final = spelled("id", "name", "response", "parts")
_MODIFIERS: Final = spelled("thought", "thoughtSignature")


class _Place(NamedTuple):
    """What a reader of a part has to know beside its value."""

    where: str
    role: Role
    state: Opaque | None
    thought: bool


def read_contents(value: object, losses: list[Loss]) -> tuple[Message, ...]:
    """The messages.

    Raises:
        InvalidRequest: there are none, or one cannot be understood.
    """
    conversation = _Conversation(losses)
    for index, content in enumerate(items_at(value)):
        conversation.add(content, f"contents[{index}]")
    messages = tuple(turn.message() for turn in conversation.turns if turn)
    if not messages:
        raise InvalidRequest("contents is empty", param="contents")
    return messages


class _Conversation:
    """Reads one content after the other."""

    def __init__(self, losses: list[Loss]) -> None:
        self._losses = losses
        self._fresh = False
        self.turns: list[Turn] = []

    def add(self, value: object, where: str) -> None:
        """One more content; a bare text is the user's."""
        content = {"parts": value} if isinstance(value, str) else mapping_at(value, where)
        said = text_in(content, "role", where) or "user"
        role = _ROLES.get(said)
        if role is None:
            where = f"{where}.role"
            raise InvalidRequest(f"{where} must be user or model, not {said[:40]!r}", param=where)
        self._losses += unknown(content, _CONTENT, where)
        self._fresh = True
        for index, part in enumerate(items_at(content.get("parts"))):
            self._part(part, f"{where}.parts[{index}]", role)

    def _turn(self, role: Role) -> Turn:
        """The message that a part of this role belongs to."""
        last = self.turns[-1] if self.turns else None
        if last is None or last.role is not role or (self._fresh and role is not Role.ASSISTANT):
            last = Turn(role)
            self.turns.append(last)
        elif self._fresh:
            last.border = True
        self._fresh = False
        return last

    def _part(self, value: object, where: str, role: Role) -> None:
        part = {"text": value} if isinstance(value, str) else mapping_at(value, where)
        if part.keys() == _ONLY_TEXT:  # most of them
            self._turn(role).add_text(text_in(part, "text", where), None)
            return
        if None in part.values():
            part = {name: each for name, each in part.items() if each is not None}
        if not part:
            raise InvalidRequest(f"{where} holds nothing", param=where)
        modified = not part.keys().isdisjoint(_MODIFIERS)
        state = self._state(part, where, role) if modified else None
        thought = modified and bool(flag_in(part, "thought", where))
        place = _Place(where, role, state, thought)
        read = [name for name in part if name in _READERS]
        if not read and not part.keys() <= _MODIFIERS:
            strange = next(name for name in part if name not in _MODIFIERS)
            self._turn(role).add(Unsupported(jsontext.mended(strange)[:80], where))
            return
        self._losses += unknown(part, _EXPECTED, where)
        for name in read or ("text",):
            _READERS[name](self, part.get(name), place)

    def _state(self, part: dict[str, Any], where: str, role: Role) -> Opaque | None:
        """A part's own state.  Another provider's, out of a carrier, is put where it was."""
        value = text_in(part, "thoughtSignature", where)
        if not value:
            return None
        state = opaque.open_base64(value)
        if state is None:
            native = not opaque.is_carrier(value)
            return Opaque(OpaqueKind.GEMINI_SIGNATURE, value) if native else None
        if state.kind is OpaqueKind.GEMINI_SIGNATURE:
            return Opaque(state.kind, state.value, state.issuer, state.model)
        if role is Role.ASSISTANT:
            self._turn(role).recall(state)
        return None

    # ------------------------------------------------------------ one for each kind of part

    def text(self, value: object, place: _Place) -> None:
        """Words, or a thought."""
        text = text_at(value, f"{place.where}.text")
        turn = self._turn(place.role)
        if place.thought and place.role is Role.ASSISTANT:
            turn.add_thought(text, place.state)
        else:
            turn.add_text(text, place.state)

    def code(self, value: object, place: _Place) -> None:
        """Code that Gemini has run."""
        self._turn(place.role).add_text(jsontext.mended(code.executed(value)), place.state)

    def outcome(self, value: object, place: _Place) -> None:
        """What came of it."""
        self._turn(place.role).add_text(jsontext.mended(code.outcome(value)), place.state)

    def call(self, value: object, place: _Place) -> None:
        """A call of a tool; no id is made up, since results find their calls by name and order."""
        where = f"{place.where}.functionCall"
        call = mapping_at(value, where)
        name = text_in(call, "name", where)
        if not name:
            raise InvalidRequest(f"{where}.name is missing", param=f"{where}.name")
        self._losses += unknown(call, _CALL, where)
        args = json_of(mapping_in(call, "args", where), f"{where}.args")
        id_ = text_in(call, "id", where)
        self._turn(Role.ASSISTANT).add_call(id_, name, args, place.state)

    def response(self, value: object, place: _Place) -> None:
        """A tool's result."""
        where = f"{place.where}.functionResponse"
        response = mapping_at(value, where)
        self._losses += unknown(response, _RESPONSE, where)
        said, failed = _said(mapping_in(response, "response", where), f"{where}.response")
        content: list[Text | Media] = [Text(said)] if said else []
        for index, part in enumerate(items_at(response.get("parts"))):
            content.append(_medium(part, f"{where}.parts[{index}]"))
        result = ToolResult(
            text_in(response, "id", where),
            tuple(content),
            is_error=failed,
            name=text_in(response, "name", where),
        )
        self._turn(Role.USER).add(result)

    def inline(self, value: object, place: _Place) -> None:
        """A medium."""
        self._turn(place.role).add(media.inline(value, f"{place.where}.inlineData"))

    def file(self, value: object, place: _Place) -> None:
        """A medium that lies elsewhere."""
        self._turn(place.role).add(media.file(value, f"{place.where}.fileData"))


_BY_NAME: Final[dict[str, Callable[[_Conversation, Any, _Place], None]]] = {
    "text": _Conversation.text,
    "functionCall": _Conversation.call,
    "functionResponse": _Conversation.response,
    "inlineData": _Conversation.inline,
    "fileData": _Conversation.file,
    "executableCode": _Conversation.code,
    "codeExecutionResult": _Conversation.outcome,
}
_READERS: Final = {each: read for name, read in _BY_NAME.items() for each in spelled(name)}
_EXPECTED: Final = _MODIFIERS | _READERS.keys()


def _said(response: dict[str, Any], where: str) -> tuple[str, bool]:
    """What a tool gave back, and whether it failed: by the vendor's convention a lone ``output`` is
    the result and a lone ``error`` the failure; anything else is the result itself.
    """
    if not response:
        return "", False
    failed = response.keys() == {"error"}
    alone = failed or response.keys() == {"output"}
    inner = next(iter(response.values())) if alone else response
    if isinstance(inner, str):
        return jsontext.mended(inner), failed
    return json_of(inner, where), failed


def _medium(value: object, where: str) -> Media:
    part = mapping_at(value, where)
    if (blob := given(part, "inlineData")) is not None:
        return media.inline(blob, f"{where}.inlineData")
    return media.file(given(part, "fileData"), f"{where}.fileData")


def json_of(value: object, where: str) -> str:
    """A decoded value as JSON text.

    Raises:
        InvalidRequest: it holds a number beyond every float, and half a character beside it.
    """
    try:
        return jsontext.text_of(value)
    except ValueError as problem:
        raise InvalidRequest(f"{where} cannot be read", param=where) from problem

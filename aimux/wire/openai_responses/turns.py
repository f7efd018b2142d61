"""A conversation as it grows item by item: which parts are one turn.

Parts of the assistant are one turn as long as nothing else comes between them, and so are the results
of tools; any other message is a turn of its own.

Gemini's signature came to the client as a reasoning item before the call that it signs, and comes back
so: it waits for the next text or call of its turn.
"""

from __future__ import annotations

from dataclasses import replace

from aimux.model.parts import Opaque, Part, Text, ToolCall
from aimux.model.request import Message, Role


class Turns:
    """``messages`` are the turns that are complete; instructions before the first are ``system``."""

    __slots__ = ("_begun", "_parts", "_role", "_signature", "messages", "system")

    def __init__(self) -> None:
        self._begun = False
        self._role = Role.USER
        self._parts: list[Part] = []
        self._signature: Opaque | None = None
        self.messages: list[Message] = []
        self.system: list[Text] = []

    def alone(self, role: Role, parts: list[Part]) -> None:
        """A turn of its own."""
        self.close()
        self._begun = True
        if parts:
            self.messages.append(Message(role, tuple(parts)))

    def add(self, role: Role, *parts: Part) -> None:
        """Parts of a turn that more may belong to."""
        if role is not self._role:
            self.close()
            self._role = role
        self._begun = True
        self._parts += parts if self._signature is None else map(self._signed, parts)

    def instruct(self, texts: list[Text]) -> None:
        """Instructions: those of the conversation, or a turn in the middle of it."""
        if self._begun:
            self.alone(Role.SYSTEM, [*texts])
        else:
            self.system += texts

    def sign(self, state: Opaque) -> None:
        """A signature of what the assistant says next."""
        self.add(Role.ASSISTANT)
        self._signature = state

    def close(self) -> None:
        """The turn under way is complete."""
        if self._parts:
            self.messages.append(Message(self._role, tuple(self._parts)))
            self._parts = []
        self._signature = None

    def _signed(self, part: Part) -> Part:
        if self._signature is None or not isinstance(part, Text | ToolCall):
            return part
        state, self._signature = self._signature, None
        return replace(part, state=state)

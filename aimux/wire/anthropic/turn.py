"""One turn of a client's history while it is read, and where state goes that clients keep for us.

Gemini signs a call or a text.  Its signature reached the client in a block of thinking before the call
it belongs to, or behind the text, since a text is only signed when it is complete.  So a signature
that comes back waits for the next call or text; where none comes, or another signature comes first, it
belongs to the last one that has none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aimux.model.parts import Opaque, OpaqueKind, Part, Text, Thinking, ToolCall
from aimux.wire.anthropic.served import Served
from aimux.wire.anthropic.state import state_in


class Turn:
    """The parts of one turn."""

    __slots__ = ("_parts", "_pending", "_served")

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._pending: Opaque | None = None
        self._served: Served | None = None

    def add(self, *parts: Part) -> None:
        """Parts in their order."""
        if self._pending is None:
            self._parts += parts
        else:
            self._parts += map(self._signed, parts)

    def thought(self, text: str, slot: str, native: OpaqueKind) -> None:
        """Thinking with what stands in its slot."""
        state = state_in(slot, native)
        if state is not None and state.kind is OpaqueKind.GEMINI_SIGNATURE:
            self._settle()
            self._pending = state
        elif state is not None:
            self.add(Thinking(text or state.text, state))
        elif text:
            self.add(Thinking(text))

    def serving(self, block: dict[str, Any]) -> None:
        """A call of a tool that the vendor ran."""
        if self._served is None:
            self._served = Served()
        self._served.call(block)

    def served(self, block: dict[str, Any]) -> None:
        """The result of such a call."""
        if self._served is None:
            self._served = Served()
        self.add(Text(self._served.result(block)))

    def close(self) -> tuple[Part, ...]:
        """All of it."""
        if self._served is not None:
            self.add(*map(Text, self._served.unanswered()))
        self._settle()
        return tuple(self._parts)

    def _signed(self, part: Part) -> Part:
        if self._pending is None or not isinstance(part, Text | ToolCall):
            return part
        state, self._pending = self._pending, None
        return replace(part, state=state)

    def _settle(self) -> None:
        """A signature that still waits finds its place behind us."""
        state, self._pending = self._pending, None
        if state is None:
            return
        for index in range(len(self._parts) - 1, -1, -1):
            part = self._parts[index]
            if isinstance(part, Text | ToolCall):
                if part.state is None:
                    self._parts[index] = replace(part, state=state)
                    return
                break
        self._parts.append(Text("", state=state))

r"""One turn of a client's history while it is read, and where state goes that clients have kept for us.

What stands in ``thoughtSignature`` is Google's own or one of our carriers:

    on a call or a text         Gemini's state, native or out of a carrier, is that part's
    on a part of empty text     it belongs to the text before it, else to the call or text behind it
    another provider's state    becomes thinking, in front of whatever the model has said since its last
                                call or carrier: there it stood before the client had it.  Where the
                                client has sent that thinking's words back too, they get the state.
"""

from __future__ import annotations

from aimux.model.parts import Opaque, Part, Text, Thinking, ToolCall
from aimux.model.request import Message, Role


class _Words:
    """A text or a thought that may still grow: joined once, since a chat's history can hold a piece
    for every event of a stream.
    """

    __slots__ = ("pieces", "state", "thought")

    def __init__(self, text: str, state: Opaque | None, *, thought: bool) -> None:
        self.pieces = [text]
        self.state = state
        self.thought = thought

    def part(self) -> Text | Thinking:
        text = "".join(self.pieces)
        return Thinking(text, self.state) if self.thought else Text(text, state=self.state)


class Turn:
    """The parts of one message.  ``border`` says that a new content has begun in the middle of it, so
    that a text may be the rest of the one before.
    """

    __slots__ = ("_floor", "_parts", "_pending", "border", "role")

    def __init__(self, role: Role) -> None:
        self.role = role
        self.border = False
        self._parts: list[_Words | Part] = []
        self._floor = 0
        """Where thinking goes that comes late."""
        self._pending: Opaque | None = None
        """Gemini's state that waits for the part it belongs to."""

    def message(self) -> Message:
        """All of it."""
        parts = (each.part() if isinstance(each, _Words) else each for each in self._parts)
        return Message(self.role, tuple(parts))

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, part: Part) -> None:
        """A part that neither grows nor is signed."""
        self._parts.append(part)

    def add_text(self, text: str, state: Opaque | None) -> None:
        """Words."""
        last = self._unsigned(thought=False)
        if not text:
            self._sign(last, state)
        elif last is not None and self.border:
            last.pieces.append(text)
            last.state = state
        else:
            self._parts.append(_Words(text, state or self._take_pending(), thought=False))
        self.border = False

    def add_thought(self, text: str, state: Opaque | None) -> None:
        """Thinking that the client has kept in the open."""
        last = self._unsigned(thought=True)
        if last is not None:
            last.pieces.append(text)
            last.state = state
        elif text or state is not None:
            self._parts.append(_Words(text, state, thought=True))

    def add_call(self, id_: str, name: str, arguments: str, state: Opaque | None) -> None:
        """A call of a tool."""
        state = state or self._take_pending()
        self._parts.append(ToolCall(id_, name, arguments, state=state))
        self._floor = len(self._parts)

    def recall(self, state: Opaque) -> None:
        """Puts thinking back whose state the client has kept in a carrier."""
        bare = Opaque(state.kind, state.value, state.issuer, state.model)
        for part in self._parts[self._floor :]:
            if isinstance(part, _Words) and part.part() == Thinking(state.text):
                part.state = bare
                break
        else:
            self._parts.insert(self._floor, Thinking(state.text, bare))
        self._floor = len(self._parts)

    def _sign(self, last: _Words | None, state: Opaque | None) -> None:
        if last is not None and state is not None:
            last.state = state
        elif state is not None:
            self._pending = state

    def _unsigned(self, *, thought: bool) -> _Words | None:
        """The words at the end, where they are of that kind and could be signed."""
        last = self._parts[-1] if self._parts else None
        fits = isinstance(last, _Words) and last.thought is thought and last.state is None
        return last if isinstance(last, _Words) and fits else None

    def _take_pending(self) -> Opaque | None:
        pending, self._pending = self._pending, None
        return pending

"""One call of a tool while its fragments come."""

from __future__ import annotations

from typing import Final

from aimux.model.parts import CallKind, Opaque
from aimux.wire import jsontext
from aimux.wire.openai_chat.halves import Halves

STUB: Final = "{}"
"""What some servers write first, and then the real arguments: it is held until the next fragment."""


class Call:
    """One call under way."""

    __slots__ = (
        "_whole", "arguments", "closed", "fragments", "halves", "id", "interleaved", "kind", "name",
        "opened", "said", "state", "waiting",
    )  # fmt: skip

    def __init__(self, kind: CallKind) -> None:
        self.kind = kind
        self.id = ""
        self.name = ""
        self.state: Opaque | None = None
        self.arguments: list[str] = []
        """All of them, as they came."""
        self.waiting: list[str] = []
        """What of them has not been said."""
        self.fragments = 0
        self.said = False
        """Something of the arguments has been said: no taking back."""
        self.opened = False
        self.closed = False
        self.interleaved = False
        """Another call began before this one was complete."""
        self.halves = Halves()
        self._whole: bool | None = None
        """What :meth:`came_whole` has found; None before it looked."""

    def take(self, value: object) -> bool:
        """More arguments, in any form; whether there was a place for them.  Behind those of a call that
        was complete when the next began nothing can come that belongs to them.
        """
        if value is None:
            return True
        if self.closed:
            return not value
        self._whole = None
        if not isinstance(value, str):
            return self._replace(value)
        if value:
            if self.halves.waiting or not value.isascii():
                value = self.halves.whole(value)
            if self.is_stub and value.lstrip().startswith("{"):
                self.arguments.clear()
                self.waiting.clear()
            self.arguments.append(value)
            self.waiting.append(value)
        return True

    def go_on(self, piece: str) -> None:
        """More arguments of a call that is being said, a piece that goes on as it came."""
        self._whole = None
        self.arguments.append(piece)

    def _replace(self, value: object) -> bool:
        """Arguments as an object: all of them at once, unless some have been said."""
        if self.said or (self.waiting and not value):
            return not value
        self.arguments = [jsontext.text_of(value)]
        self.waiting = list(self.arguments)
        return True

    @property
    def is_stub(self) -> bool:
        """Whether its arguments are what real ones may still replace."""
        return not self.said and len(self.arguments) == 1 and self.arguments[0].strip() == STUB

    def next_piece(self) -> str:
        """What can be said of the arguments now."""
        if self.is_stub or not self.waiting:
            return ""
        return self._release()

    def last_piece(self) -> str:
        """What is left of them when the call ends; no arguments are an empty object."""
        piece = self._release() + self.halves.rest()
        if not piece and not self.said and self.kind is CallKind.FUNCTION:
            return STUB
        return piece

    def _release(self) -> str:
        piece = self.waiting[0] if len(self.waiting) == 1 else "".join(self.waiting)
        self.waiting.clear()
        self.said = self.said or bool(piece)
        return piece

    def came_whole(self) -> bool:
        """Whether its arguments are one piece that needs no other."""
        if self._whole is None:
            self._whole = len(self.arguments) == 1 and self._is_complete()
        return self._whole

    def is_settled(self) -> bool:
        """Whether nothing is missing, now that another call begins; one that is not complete then is
        left open to the end, so that no call is looked through twice.
        """
        if self.interleaved or self.kind is not CallKind.FUNCTION:
            return False
        self.interleaved = not self._is_complete()
        return not self.interleaved

    def _is_complete(self) -> bool:
        return jsontext.object_text("".join(self.arguments)) is not None

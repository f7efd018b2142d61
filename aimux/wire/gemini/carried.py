"""State on its way to a client that keeps ``thoughtSignature`` for us.

Gemini's own goes bare on the part it came with.  Anybody else's is sealed in a carrier, and since a
client drops thoughts from its history it rides on the next call of the turn; where no call comes, on a
part of empty text, as Google itself signs an answer that has ended.
"""

from __future__ import annotations

from aimux.model.parts import Opaque, OpaqueKind
from aimux.wire.opaque import seal_base64


def is_native(state: Opaque) -> bool:
    """Whether a client may have it as Google wrote it."""
    return state.kind is OpaqueKind.GEMINI_SIGNATURE and not state.issuer


def slotted(state: Opaque, text: str = "") -> str:
    """A state as a ``thoughtSignature``; ``text`` is the thinking that it binds."""
    return state.value if is_native(state) else seal_base64(state, text)


class Carried:
    """Carriers that wait for their part."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[str] = []

    def wait(self, state: Opaque, text: str) -> None:
        """The state of a thought waits for the next call."""
        self._waiting.append(slotted(state, text))

    def for_call(self, state: Opaque | None) -> str:
        """What a call carries: its own state, else the one that waits."""
        if state is not None:
            return slotted(state)
        return self._waiting.pop() if self._waiting else ""

    def rest(self) -> list[str]:
        """All that still waits; each needs a part of its own."""
        waiting, self._waiting = self._waiting, []
        return waiting

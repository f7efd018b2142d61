"""State of a model in the two slots that a Messages client echoes unread.

``thinking.signature`` stands beside a text that it binds; ``redacted_thinking.data`` stands alone.
Anthropic's own state is in them bare, everybody else's in a carrier (:mod:`aimux.wire.opaque`).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import Effort, Request
from aimux.wire.opaque import is_carrier, open_base64, open_carrier, seal

_NOBODY: Final = Opaque(OpaqueKind.TEXT, "")
PLACEHOLDER: Final = seal(_NOBODY)
"""For a slot that must not be empty and has nothing to hold; a carrier, so that it goes nowhere."""


def state_in(value: str, native: OpaqueKind) -> Opaque | None:
    """The state in a slot; None where it is empty or holds a carrier that is broken."""
    if not value:
        return None
    if is_carrier(value):
        return open_carrier(value) or open_base64(value)
    return Opaque(native, value)


class Shown(Enum):
    """What a client wants to see of thinking."""

    OPEN = auto()
    OMITTED = auto()
    """Blocks without their text (``display: omitted``)."""
    HIDDEN = auto()
    """No blocks (``disabled``), but for state that has to come back."""


def shown_to(request: Request) -> Shown:
    """What the client that wrote a request wants to see."""
    reasoning = request.reasoning
    if reasoning.shown is not False:
        return Shown.OPEN
    return Shown.HIDDEN if reasoning.effort is Effort.OFF else Shown.OMITTED


def signature_of(state: Opaque | None, hidden: str = "") -> str:
    """The signature of a block; ``hidden`` is the text that stands in no other place."""
    if state is None and not hidden:
        return ""
    state = state or _NOBODY
    if not state.issuer and state.kind is OpaqueKind.ANTHROPIC_SIGNATURE and not hidden:
        return state.value
    return seal(state, hidden)


def redacted(state: Opaque, text: str = "") -> dict[str, Any]:
    """A block of nothing but state; ``text`` is the thinking that it binds."""
    if not state.issuer and state.kind is OpaqueKind.ANTHROPIC_REDACTED and not text:
        return {"type": "redacted_thinking", "data": state.value}
    return {"type": "redacted_thinking", "data": seal(state, text)}


def thinking_block(text: str, state: Opaque | None, shown: Shown) -> dict[str, Any] | None:
    """The block for thinking as a client shall see it; None where it is nothing to it."""
    if text and shown is not Shown.HIDDEN:
        hidden = "" if shown is Shown.OPEN else text
        signature = signature_of(state, hidden)
        return {"type": "thinking", "thinking": "" if hidden else text, "signature": signature}
    if state is None or state.kind is OpaqueKind.TEXT:
        return None
    if not state.issuer and state.kind is OpaqueKind.ANTHROPIC_SIGNATURE and not text:
        return {"type": "thinking", "thinking": "", "signature": state.value}
    return redacted(state, text)

"""Opaque state in the one slot of Chat Completions that clients send back unread.

Google's own endpoint of this format puts a call's signature into ``extra_content.google.
thought_signature`` of the entry in ``tool_calls`` (ai.google.dev, OpenAI compatibility, 2026-10), and
clients that know it return it with the call.  All state of a turn up to a call goes there:

    slot    := token ("," token)*
    token   := carrier | carrier ";" | signature

A carrier with a mark behind it is that of thinking which stands after the turn's text, one without is
of thinking before it: the text itself is in another field, where its place is lost.  A signature is
Gemini's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from aimux.model.parts import Opaque, OpaqueKind
from aimux.wire.errorkinds import mapping
from aimux.wire.opaque import is_carrier, open_base64, seal_base64

_BETWEEN: Final = ","
_BEHIND_TEXT: Final = ";"


@dataclass(frozen=True, slots=True)
class Slot:
    """What a slot holds: states of thinking before and after the turn's text, the call's own state."""

    before: tuple[Opaque, ...] = ()
    after: tuple[Opaque, ...] = ()
    own: Opaque | None = None


EMPTY: Final = Slot()


class Pending:
    """States of an answer's thinking that wait for the next call to carry them."""

    __slots__ = ("_tokens", "text_seen")

    def __init__(self) -> None:
        self._tokens: list[str] = []
        self.text_seen = False
        """The turn has said something: thinking from here on stands behind it."""

    def add(self, state: Opaque, text: str) -> None:
        """A state with the thinking that it binds."""
        self._tokens.append(seal_base64(state, text) + (_BEHIND_TEXT if self.text_seen else ""))

    def take(self, own: Opaque | None) -> str:
        """The next call's slot, empty where there is nothing to carry."""
        if own is not None:
            self._tokens.append(token_of(own))
        slot = _BETWEEN.join(self._tokens)
        self._tokens.clear()
        return slot


def token_of(own: Opaque) -> str:
    """A call's own state: bare where it came bare, from a client, else in a carrier."""
    bare = own.kind is OpaqueKind.GEMINI_SIGNATURE and not own.issuer
    return own.value if bare else seal_base64(own)


def extra_content(slot: str) -> dict[str, Any]:
    """A slot as the field that holds it."""
    return {"google": {"thought_signature": slot}}


def signature_in(entry: dict[str, Any]) -> str:
    """The slot of an entry of ``tool_calls``, empty where it has none."""
    google = mapping(mapping(entry.get("extra_content")).get("google"))
    slot = google.get("thought_signature")
    return slot if isinstance(slot, str) else ""


def opened(slot: str) -> Slot:
    """What a client has sent back; a carrier that does not open is left out."""
    if not slot:
        return EMPTY
    if not is_carrier(slot):
        return Slot(own=Opaque(OpaqueKind.GEMINI_SIGNATURE, slot))
    return _sorted(slot.split(_BETWEEN))


def _sorted(tokens: Iterable[str]) -> Slot:
    before: list[Opaque] = []
    after: list[Opaque] = []
    own: Opaque | None = None
    for token in tokens:
        carrier = token.removesuffix(_BEHIND_TEXT)
        state = open_base64(carrier)
        if state is None and token and not is_carrier(token):
            own = Opaque(OpaqueKind.GEMINI_SIGNATURE, token)
        elif state is not None and state.kind is OpaqueKind.GEMINI_SIGNATURE:
            own = state
        elif state is not None:
            (after if token != carrier else before).append(state)
    return Slot(tuple(before), tuple(after), own)

"""The parts of an answer as blocks.

Texts and thoughts are fragments: one block is open, and a part of the same kind makes it longer.  A
call comes whole.  A signature closes the text or the thought that it ends, because a signed part must
not be joined to another (reference: protocols, 1.4.3); one that stands on a part of empty text belongs
to what is open, else to what comes next, and where nothing comes, to a thought without words.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import ErrorKind
from aimux.model.events import Failure
from aimux.model.parts import MediaKind, Opaque, OpaqueKind, Text, Thinking, ToolCall
from aimux.wire import jsontext
from aimux.wire.blocks import Blocks
from aimux.wire.gemini import code
from aimux.wire.gemini.grounding import GroundingReader
from aimux.wire.gemini.spoken import Spoken
from aimux.wire.media import from_base64
from aimux.wire.target import Target

_SAID: Final = frozenset(
    {
        "thought", "thoughtSignature", "toolCall", "toolResponse", "executableCode",
        "codeExecutionResult", "partMetadata",
    }
)  # fmt: skip
"""Fields of a part that are told elsewhere, or have nothing to tell."""
_TEXT: Final = "text"
_THOUGHT: Final = "thought"
_CALL: Final = "call"


class PartsReader:
    """Reads part after part into ``blocks``.

    ``called`` and ``answered`` tell whether there was a call, and anything but thoughts; ``broken``
    that there was a call of nothing; ``failure`` is why the answer cannot be read on.
    """

    __slots__ = (
        "_half", "_kept", "_open", "_spoken", "_target", "_unsigned", "answered", "blocks", "broken",
        "called", "failure", "grounding",
    )  # fmt: skip

    def __init__(self, target: Target) -> None:
        self.blocks = Blocks()
        self.grounding = GroundingReader()
        self.called = self.answered = self.broken = False
        self.failure: Failure | None = None
        self._target = target
        self._spoken = Spoken()
        self._unsigned: Opaque | None = None
        """Says whose thinking it is, where the vendor does not sign it."""
        if target.provider:
            self._unsigned = Opaque(OpaqueKind.TEXT, "", target.provider, target.model)
        self._open = ""
        self._half = ""
        """Half a character, whose other half is to come with the next fragment."""
        self._kept: Opaque | None = None
        """A signature that waits for its part."""

    def take(self, part: dict[str, Any]) -> None:
        """One more part; what Google has called by itself is told by the grounding."""
        text = part.get("text")
        if isinstance(text, str):
            self._fragment(text, _THOUGHT if part.get("thought") else _TEXT)
            self._sign(part.get("thoughtSignature"))
        elif isinstance(call := part.get("functionCall"), dict):
            self._call(call, self._state(part.get("thoughtSignature")))
        elif isinstance(blob := part.get("inlineData"), dict):
            self._medium(blob)
        else:
            self._other(part)

    def _other(self, part: dict[str, Any]) -> None:
        """Code that was run, a signature by itself, and what nobody can say."""
        ran = code.ran(part)
        self._fragment(ran, _TEXT)
        self._sign(part.get("thoughtSignature"))
        if not ran:
            for name in part.keys() - _SAID:
                self.blocks.lost.add("unknown_block.dropped", name)

    def end(self) -> None:
        """No part follows."""
        self._close(last=True)
        if (search := self.grounding.search()) is not None:
            self.blocks.whole(search)
        if self._kept is not None:
            self.blocks.open(_THOUGHT, Thinking(""))
            self.blocks.sign(_THOUGHT, self._kept)
            self.blocks.close(_THOUGHT)

    def tell_search(self, *, complete: bool) -> None:
        """Tells the search before the text that rests on it, where all of it is known by then: what it
        found, or that nothing more is to come.
        """
        known = complete or self.grounding.has_hits
        if known and self._open != _TEXT and (search := self.grounding.search()) is not None:
            self._close()
            self.blocks.whole(search)

    def _fragment(self, text: str, kind: str) -> None:
        if not text:
            return
        if self._open != kind:
            self._close()
            self._begin(kind)
        if self._half or not text.isascii():
            text = self._mended(text)
        self.blocks.add(kind, text)
        if kind == _TEXT:
            self._spoken.add(text)

    def go_on(self, text: str) -> None:
        """What is open has grown by a piece that the caller has told."""
        if self._open == _TEXT:
            self._spoken.add(text)

    def _begin(self, kind: str) -> None:
        self._open = kind
        if kind == _THOUGHT:
            self.blocks.open(kind, Thinking(""))
            if self._unsigned is not None:
                self.blocks.sign(kind, self._unsigned)
            return
        self.answered = True
        self._spoken.begin()
        self.blocks.open(kind, Text(""))
        if self._kept is not None:
            self.blocks.sign(kind, self._kept)
            self._kept = None

    def _mended(self, text: str) -> str:
        """Text without halves of characters: one at its end waits for the next fragment."""
        text = self._half + text
        self._half = ""
        if "\ud800" <= text[-1] <= "\udbff":
            self._half = text[-1]
            text = text[:-1]
        return jsontext.mended(text)

    def _sign(self, signature: object) -> None:
        """A signature on a text, a thought or a part that is empty."""
        state = self._state(signature)
        if state is None:
            return
        if self._open:
            self.blocks.sign(self._open, state)
            self._close()
        else:
            self._kept = state

    def _state(self, signature: object) -> Opaque | None:
        if not isinstance(signature, str) or not signature:
            return None
        target = self._target
        return Opaque(OpaqueKind.GEMINI_SIGNATURE, signature, target.provider, target.model)

    def _call(self, call: dict[str, Any], state: Opaque | None) -> None:
        self._close()
        if call.get("partialArgs") or call.get("willContinue"):
            words = "it streams arguments although not asked to"
            self.failure = Failure(ErrorKind.UPSTREAM, words)
            return
        id_, name, args = call.get("id"), call.get("name"), call.get("args")
        if not isinstance(name, str) or not name:
            self.broken = True
            return
        arguments = _arguments(args)
        if arguments is None:
            self.failure = Failure(ErrorKind.UPSTREAM, f"the arguments of {name!r} cannot be read")
            return
        state, self._kept = state or self._kept, None
        self.called = self.answered = True
        said = jsontext.mended(id_) if isinstance(id_, str) else ""
        self.blocks.open(_CALL, ToolCall(said, jsontext.mended(name), state=state))
        self.blocks.add(_CALL, arguments)
        self.blocks.close(_CALL)

    def _medium(self, blob: dict[str, Any]) -> None:
        data, said = blob.get("data"), blob.get("mimeType")
        if not isinstance(data, str):
            data = ""
        medium = from_base64(data, said if isinstance(said, str) else "", MediaKind.IMAGE)
        if medium is None:
            self.blocks.lost.add("unknown_block.dropped", said)
            return
        self._close()
        self.answered = True
        self.blocks.whole(medium)

    def _close(self, *, last: bool = False) -> None:
        """Whatever is open is complete."""
        if not self._open:
            return
        if self._half:
            self.blocks.add(self._open, "\ufffd")
            self._half = ""
        if self._open == _TEXT:
            for citation in self.grounding.citations(self._spoken, last=last):
                self.blocks.cite(_TEXT, citation)
        self.blocks.close(self._open)
        self._open = ""


def _arguments(args: object) -> str | None:
    """A call's arguments as JSON text, which they are already with some proxies; None for what JSON
    cannot say again: a number beyond every float, beside half a character.
    """
    if args is None:
        return "{}"
    if isinstance(args, str):
        return args or "{}"
    try:
        return jsontext.text_of(args)
    except ValueError:
        return None

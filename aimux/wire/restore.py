"""An answer's events as the client must see them: its own names, ids it has not seen, text that is whole.

Between a provider's reader and the client's writer.  Names become those the client declared; input of
free-form tools becomes raw text; a call gets an id that is valid for the client and that no other call
of the conversation has (some vendors begin at ``call_0`` in every answer, and a client that sees an id
twice drops the second call); halves of a character that came in two pieces are put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from aimux.model.events import BlockStart, BlockStop, Delta, Event, Start
from aimux.model.parts import CallKind, ToolCall
from aimux.model.request import WireFormat
from aimux.wire import jsontext
from aimux.wire.freeform import Unwrapper
from aimux.wire.names import Names, base62

_ANSWER_PREFIX: Final = {
    WireFormat.ANTHROPIC: "msg_",
    WireFormat.OPENAI_CHAT: "chatcmpl-",
    WireFormat.OPENAI_RESPONSES: "resp_",
    WireFormat.GEMINI: "",
}
_CALL_PREFIX: Final = {
    WireFormat.ANTHROPIC: "toolu_",
    WireFormat.OPENAI_CHAT: "call_",
    WireFormat.OPENAI_RESPONSES: "call_",
    WireFormat.GEMINI: "call_",
}
_CALL_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""Shorter ones are counters that begin anew in every answer."""


class Restore:
    """One answer.  ``seed`` tells it from all others; ``taken`` are the ids of the calls in the history.

    Fed events in order; the grammar of what comes out is that of what went in.
    """

    __slots__ = ("_client", "_count", "_half", "_names", "_seed", "_taken", "_unwrap")

    def __init__(self, client: WireFormat, names: Names, taken: Iterable[str], seed: str) -> None:
        self._client = client
        self._names = names
        self._taken = set(taken)
        self._seed = seed
        self._count = 0
        self._half = ""
        self._unwrap: Unwrapper | None = None

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """The events as the client sees them."""
        out: list[Event] = []
        for event in events:
            if type(event) is Delta:  # nearly always, so it is asked first and cheaply
                text = event[1]
                if text.isascii() and self._unwrap is None and not self._half:
                    out.append(event)
                else:
                    self._grow(event[0], text, out)
                continue
            match event:
                case BlockStart(block, ToolCall() as call):
                    out.append(BlockStart(block, self._call(call)))
                case BlockStop(block):
                    self._stop(block, out)
                    out.append(event)
                case Start():
                    out.append(Start(self._answer_id(), event.model, event.usage))
                case _:
                    out.append(event)
        return out

    def _grow(self, block: int, text: str, out: list[Event]) -> None:
        if self._unwrap is not None:
            text = self._unwrap.feed(text)
        text = self._half + text
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":  # half an emoji: the other half comes next
            self._half = text[-1]
            text = text[:-1]
        if text:
            out.append(Delta(block, jsontext.mended(text)))

    def _stop(self, block: int, out: list[Event]) -> None:
        rest = ""
        if self._unwrap is not None:
            rest = self._unwrap.end()
            self._unwrap = None
        rest = self._half + rest
        self._half = ""
        if rest:
            out.append(Delta(block, jsontext.mended(rest)))

    def _call(self, call: ToolCall) -> ToolCall:
        known = self._names.back(call.name, call.namespace)
        self._count += 1
        id_ = call.id
        if id_ in self._taken or not _CALL_ID.fullmatch(id_):
            prefix = _CALL_PREFIX[self._client]
            id_ = prefix + base62(f"{self._seed}\0{self._count}", 24)
        self._taken.add(id_)
        arguments = call.arguments
        if known.kind is CallKind.CUSTOM and call.kind is not CallKind.CUSTOM:
            self._unwrap = Unwrapper()
            arguments = self._unwrap.feed(arguments) if arguments else ""
        return ToolCall(id_, known.name, arguments, known.kind, known.namespace, call.state)

    def _answer_id(self) -> str:
        return _ANSWER_PREFIX[self._client] + base62(self._seed, 24)

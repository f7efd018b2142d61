"""Neutral events as a client's chunks (reference: protocols, 1.2.5, 2.17.8).

    stream := role_chunk delta_chunk* finish_chunk usage_chunk? "[DONE]"

All chunks of an answer have the same head, so that is made once, and so is what stands around the pieces
of the open block: a piece costs its own JSON and a joining of bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from aimux.errors import AimuxError
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Delta,
    Event,
    Finish,
    Sign,
    Start,
)
from aimux.model.parts import (
    CallKind,
    Citation,
    Media,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from aimux.model.response import UNKNOWN, AnswerPart, FinishReason
from aimux.wire import jsontext, sse
from aimux.wire.openai_chat.content import annotation_of, image_of
from aimux.wire.openai_chat.endings import written
from aimux.wire.openai_chat.read_request import FUNCTIONS, INCLUDE_USAGE
from aimux.wire.openai_chat.signatures import Pending, extra_content
from aimux.wire.openai_chat.usage import usage_object
from aimux.wire.target import Audience

THOUGHT_BREAK: Final = "\n\n"
"""Between two thoughts, which have one field together."""

_DONE: Final = sse.event(b"[DONE]")


_LINE_ENDS: Final = (
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
    ("\u0085".encode(), b"\\u0085"),
)


def _in_one_line(raw: bytes) -> bytes:
    """JSON without the characters at which some readers of lines break beyond LF (``str.splitlines``)."""
    if raw.isascii():
        return raw
    for character, escape in _LINE_ENDS:
        raw = raw.replace(character, escape)
    return raw


class Writer:
    """The writer of one answer; ``error_event`` says how a stream breaks off."""

    __slots__ = (
        "_after", "_annotations", "_audience", "_before", "_calls", "_chars", "_citations",
        "_envelope", "_error_event", "_grew", "_head", "_images", "_legacy", "_open", "_pending", "_refused",
        "_shows", "_slotted", "_state", "_tail", "_text_start", "_thought", "_thoughts", "_usage",
        "_used",
    )  # fmt: skip

    def __init__(self, audience: Audience, error_event: Callable[[AimuxError, str], bytes]) -> None:
        self._audience = audience
        self._error_event = error_event
        echo = audience.request.echo
        self._usage = echo.get(INCLUDE_USAGE) is True
        self._legacy = echo.get(FUNCTIONS) is True
        self._shows = audience.request.reasoning.shown is not False
        self._used = UNKNOWN
        self._envelope = b""
        """What all chunks begin with, up to their choices."""
        self._head = b""
        """The same up to the delta."""
        self._tail = b',"finish_reason":null}]' + (b',"usage":null' if self._usage else b"") + b"}"
        self._open: AnswerPart | None = None
        self._before = b""
        """What stands before a piece of the open block; empty where its pieces are not shown."""
        self._after = b""
        self._grew = False
        """The open block has had a piece."""
        self._calls = 0
        self._refused = False
        self._thoughts = 0
        self._thought: list[str] = []
        """The pieces of the open thinking, for the carrier of its state."""
        self._state: Opaque | None = None
        self._pending = Pending()
        self._slotted = False
        """The open call has said a state at its beginning."""
        self._chars = 0
        """Characters of the message's text so far."""
        self._text_start = 0
        self._citations: list[Citation] = []
        """Of the open text."""
        self._annotations: list[dict[str, Any]] = []
        """Of all texts: said in one chunk, since the vendor's SDK cannot put two such arrays together
        (openai 3.54, measured).
        """
        self._images = 0

    def write(self, events: Iterable[Event]) -> bytes:
        """The bytes of these events."""
        out = [
            self._piece(event[1]) if type(event) is Delta else self._event(event)
            for event in events
        ]
        return _in_one_line(b"".join(out))

    def fail(self, error: AimuxError, request_id: str) -> bytes:
        """The last event for a client whose stream breaks off."""
        return self._error_event(error, request_id)

    def _event(self, event: Event) -> bytes:
        match event:
            case BlockStart(_, part):
                return self._begin(part)
            case BlockStop():
                return self._stop()
            case Sign(_, state):
                return self._sign(state)
            case Cite(_, citation):
                self._citations.append(citation)
                return b""
            case Start():
                return self._start(event)
            case Finish():
                return self._finish(event)
            case _:  # a Failure is said by fail(), a Delta is written already
                return b""

    def _start(self, start: Start) -> bytes:
        """The chunk with the role; the model is the one that the client asked for."""
        envelope = {
            "id": start.id,
            "object": "chat.completion.chunk",
            "created": self._audience.created_s,
            "model": self._audience.request.model,
        }
        self._used = start.usage
        self._envelope = b"data: " + jsontext.dumps(envelope)[:-1] + b',"choices":['
        self._head = self._envelope + b'{"index":0,"delta":'
        return self._chunk({"role": "assistant", "content": ""})

    def _chunk(self, delta: dict[str, Any]) -> bytes:
        return b"".join((self._head, jsontext.dumps(delta), self._tail, b"\n\n"))

    # ------------------------------------------------------------ blocks

    def _begin(self, part: AnswerPart) -> bytes:
        self._open = part
        self._before, self._after, self._grew = b"", b"", False
        match part:
            case Text(text, citations):
                self._text_start = self._chars
                self._citations.extend(citations)
                self._around(b'{"content":', b"}")
                return self._first(text)
            case Thinking(text):
                self._thought.clear()
                self._state = part.state
                if self._shows:
                    self._around(b'{"reasoning_content":', b"}")
                return self._first(text)
            case Refusal(text):
                self._refused = True
                self._around(b'{"refusal":', b"}")
                return self._first(text)
            case ToolCall():
                return self._begin_call(part)
            case Media():
                self._images += 1
                return self._chunk({"images": [image_of(part, self._images - 1)]})
            case _:  # a search: what it found shows in the sources of the text
                return b""

    def _around(self, before: bytes, after: bytes) -> None:
        self._before = self._head + before
        self._after = after + self._tail + b"\n\n"

    def _first(self, text: str) -> bytes:
        """What a block has from its beginning."""
        return self._piece(text) if text else b""

    def _piece(self, text: str) -> bytes:
        kind = type(self._open)
        if kind is Text:
            self._chars += len(text)
            self._pending.text_seen = True
        elif kind is Thinking:
            self._thought.append(text)
            if not self._grew and self._before:
                text = self._broken(text)
        self._grew = True
        if not self._before:
            return b""
        return b"".join((self._before, jsontext.dumps(text), self._after))

    def _broken(self, text: str) -> str:
        """The first piece of a thought, with a break before it where it is not the first thought."""
        self._thoughts += 1
        return THOUGHT_BREAK + text if self._thoughts > 1 else text

    def _sign(self, state: Opaque) -> bytes:
        self._state = state
        if not isinstance(self._open, ToolCall) or self._legacy:
            return b""
        # Behind the call's arguments, too late for its first fragment: as one more.
        slot = self._pending.take(state)
        if self._slotted:  # SDKs put texts of fragments together
            slot = "," + slot
        entry = {"index": self._calls - 1, "extra_content": extra_content(slot)}
        return self._chunk({"tool_calls": [entry]})

    def _stop(self) -> bytes:
        part, self._open = self._open, None
        match part:
            case Text():
                self._locate_sources()
                return b""
            case Thinking():
                if self._state is not None:
                    self._pending.add(self._state, "".join(self._thought))
                return b""
            case ToolCall(kind=kind) if kind is not CallKind.CUSTOM and not self._grew:
                return self._before and b"".join((self._before, b'"{}"', self._after))
            case _:
                return b""

    def _locate_sources(self) -> None:
        """The sources of a text that is complete, by where they stand in the message."""
        length = self._chars - self._text_start
        self._annotations += [
            annotation_of(each, self._text_start, length) for each in self._citations
        ]
        self._citations.clear()

    # ------------------------------------------------------------ calls

    def _begin_call(self, call: ToolCall) -> bytes:
        if self._legacy:
            return self._begin_legacy(call)
        index = self._calls
        self._calls += 1
        custom = call.kind is CallKind.CUSTOM
        kind, field = ("custom", "input") if custom else ("function", "arguments")
        entry: dict[str, Any] = {
            "index": index,
            "id": call.id,
            "type": kind,
            kind: {"name": call.name, field: call.arguments},
        }
        slot = self._pending.take(call.state)
        self._slotted = bool(slot)
        if slot:
            entry["extra_content"] = extra_content(slot)
        self._grew = bool(call.arguments)
        self._around(
            b'{"tool_calls":[{"index":%d,"%b":{"%b":' % (index, kind.encode(), field.encode()),
            b"}}]}",
        )
        return self._chunk({"tool_calls": [entry]})

    def _begin_legacy(self, call: ToolCall) -> bytes:
        """The older form has room for one call; of others the client never hears, and so never tells."""
        self._calls += 1
        if self._calls > 1:
            return b""
        self._grew = bool(call.arguments)
        self._around(b'{"function_call":{"arguments":', b"}}")
        named = {"name": call.name, "arguments": call.arguments}
        return self._chunk({"function_call": named})

    # ------------------------------------------------------------ the end

    def _finish(self, finish: Finish) -> bytes:
        pieces = []
        if self._annotations:
            pieces.append(self._chunk({"annotations": self._annotations}))
        if finish.reason is FinishReason.REFUSAL and finish.detail and not self._refused:
            pieces.append(self._chunk({"refusal": finish.detail}))
        reason = written(finish.reason, calls=bool(self._calls), legacy=self._legacy)
        tail = self._tail.replace(b"null", b'"' + reason.encode() + b'"', 1)
        pieces.append(b"".join((self._head, b"{}", tail, b"\n\n")))
        if self._usage:
            used = jsontext.dumps(usage_object(self._used.updated(finish.usage)))
            pieces.append(b'%b],"usage":%b}\n\n' % (self._envelope, used))
        pieces.append(_DONE)
        return b"".join(pieces)

"""Neutral events as Gemini's stream: unnamed events, each a whole response with new parts.

Fragments of text go out as they come.  A call goes out whole when its block ends, since the format has
no other way.  The last event says why the answer ended, what it is based on and what it used.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aimux.errors import AimuxError
from aimux.model.events import BlockStart, BlockStop, Cite, Delta, Event, Finish, Sign, Start
from aimux.model.parts import Media, Opaque, Refusal, Text, Thinking, ToolCall
from aimux.model.response import AnswerPart
from aimux.wire import jsontext
from aimux.wire.gemini import media
from aimux.wire.gemini.answer import JSON, Answer
from aimux.wire.gemini.errors import error_event
from aimux.wire.target import Audience

_PARTS: Final = b'data: {"candidates":[{"content":{"parts":['
_TEXT: Final = _PARTS + b'{"text":'


class StreamWriter:
    """One client's stream.  Thoughts are told only to who has asked for them."""

    __slots__ = (
        "_answer", "_end_of_parts", "_end_of_text", "_end_of_thought", "_open", "_pieces", "_state", "_tail",
    )  # fmt: skip

    def __init__(self, audience: Audience) -> None:
        self._answer = Answer(audience)
        self._open: AnswerPart = Text("")
        self._tail = b""
        """What follows a fragment of the open block; empty where fragments are kept, not sent."""
        self._pieces: list[str] = []
        self._state: Opaque | None = None
        self._prepare()

    def _prepare(self) -> None:
        """What every event ends with."""
        says = {"modelVersion": self._answer.model, "responseId": self._answer.id}
        self._end_of_parts = b'],"role":"model"},"index":0}],%b\n\n' % jsontext.dumps(says)[1:]
        self._end_of_text = b"}" + self._end_of_parts
        self._end_of_thought = b',"thought":true' + self._end_of_text

    def write(self, events: Iterable[Event]) -> bytes:
        """The bytes of these events."""
        out = [
            self._fragment(event[1]) if type(event) is Delta else self._event(event)
            for event in events
        ]
        return b"".join(out)

    def fail(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the last event."""
        return error_event(error, request_id)

    def _fragment(self, text: str) -> bytes:
        kind = type(self._open)
        if kind is Text or kind is Refusal:
            self._answer.spoken.add(text)
        if kind is not Text:
            self._pieces.append(text)
        return b"".join((_TEXT, jsontext.dumps(text), self._tail)) if self._tail else b""

    def _event(self, event: Event) -> bytes:
        match event:
            case BlockStart(_, part):
                return self._begin(part)
            case Sign(_, state):
                self._state = state
            case Cite(_, citation):
                self._answer.grounding.add_citation(citation, self._answer.spoken)
            case BlockStop():
                return self._parts(self._stop())
            case Start(id_, _, usage):
                self._answer.id, self._answer.usage = id_, usage
                self._prepare()
            case Finish():
                last = self._answer.ending(event, self._answer.waiting())
                return b"data: %b\n\n" % jsontext.dumps(last)
            case _:  # a Delta was written already, a Failure is for fail() to say
                pass
        return b""

    def _parts(self, parts: list[JSON]) -> bytes:
        """Each in an event of its own."""
        return b"".join(_PARTS + jsontext.dumps(part) + self._end_of_parts for part in parts)

    def _begin(self, part: AnswerPart) -> bytes:
        self._open, self._pieces, self._state, self._tail = part, [], None, b""
        before: list[JSON] = []
        text = ""
        match part:
            case Text() | Refusal():
                self._answer.spoken.begin()
                self._tail, text = self._end_of_text, part.text
            case Thinking():
                before = self._answer.waiting()
                self._tail, text = self._end_of_thought if self._answer.shown else b"", part.text
            case ToolCall():
                text = part.arguments
            case Media():
                before = [media.written(part)]
            case _:
                self._answer.grounding.add_search(part)
        if isinstance(part, Text | Thinking | ToolCall):
            self._state = part.state
        return self._parts(before) + (self._fragment(text) if text else b"")

    def _stop(self) -> list[JSON]:
        part, text = self._open, "".join(self._pieces)
        match part:
            case Text():
                return self._answer.text_ends(self._state)
            case Thinking():
                return self._answer.thought_ends(self._state, text)
            case ToolCall():
                return [self._answer.call(part, text, self._state)]
            case Refusal():
                self._answer.refusal += text
            case _:
                pass
        return []

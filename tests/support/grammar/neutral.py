"""The grammar of the neutral stream, told once more and independently of ``aimux.model.events``.

    stream := Start (BlockStart (Delta | Sign | Cite)* BlockStop)* (Finish | Failure)

A Failure may come anywhere behind Start.  Every word of it is checked: no empty piece, no half
character, a state behind the last piece and once, a citation only of text, a call that has a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
)
from aimux.model.parts import Media, Refusal, Text, Thinking, ToolCall, WebSearch
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from tests.support.grammar.check import must
from tests.support.grammar.told import Called, Ending, Kind, Piece, Tokens, Told

ENDINGS: Final = {
    FinishReason.END_TURN: Ending.DONE,
    FinishReason.STOP_SEQUENCE: Ending.DONE,
    FinishReason.PAUSE_TURN: Ending.DONE,
    FinishReason.COMPACTION: Ending.DONE,
    FinishReason.MAX_TOKENS: Ending.LENGTH,
    FinishReason.CONTEXT_WINDOW: Ending.LENGTH,
    FinishReason.TOOL_USE: Ending.CALLS,
    FinishReason.REFUSAL: Ending.REFUSED,
}


def judge(events: Iterable[Event], *, halves: bool = False) -> Told:
    """What a whole stream of events says.  ``halves`` allows a character to come in two pieces.

    Raises:
        Broken: it is none; the message says where.
    """
    automaton = Events(halves=halves)
    for event in events:
        automaton.take(event)
    return automaton.told()


def told_of(response: Response) -> Told:
    """What a neutral answer says, for comparing it with what was made of it."""
    pieces = tuple(_piece(part, "", "") for part in response.parts)
    return Told(
        pieces, ENDINGS[response.finish], response.finish, response.stop_sequence,
        tokens_of(response.usage), id=response.id, model=response.model,
    )  # fmt: skip


def tokens_of(usage: Usage) -> Tokens:
    """Neutral usage in the judges' words."""
    return Tokens(
        usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens,
        usage.reasoning_tokens,
    )  # fmt: skip


class Events:
    """Takes the events of one stream."""

    def __init__(self, *, halves: bool = False) -> None:
        self._halves = halves
        self._start: Start | None = None
        self._pieces: list[Piece] = []
        self._open: AnswerPart | None = None
        self._grown: list[str] = []
        self._state = ""
        self._end: Finish | Failure | None = None

    def take(self, event: Event) -> None:
        """One more event."""
        must(self._end is None, f"something comes after the end: {event}")
        if isinstance(event, Start):
            must(self._start is None, "Start comes twice")
            self._start = event
            return
        must(self._start is not None, f"{event} comes before Start")
        match event:
            case BlockStart():
                must(self._open is None, f"{event} comes inside a block")
                self._here(event.block, event)
                _shell(event.part)
                self._open, self._grown, self._state = event.part, [], ""
            case Delta() | Sign() | Cite():
                self._grow(event)
            case BlockStop():
                part = self._opened(event)
                self._pieces.append(_piece(part, "".join(self._grown), self._state))
                self._open = None
            case Finish():
                must(self._open is None, "the answer finishes inside a block")
                self._finish(event)
            case Failure():
                must(event.message, "a Failure without words")
                self._end = event
            case _:
                raise AssertionError(f"no such event: {event!r}")

    def _here(self, block: int, event: Event) -> None:
        must(block == len(self._pieces), f"{event} where block {len(self._pieces)} is due")

    def _opened(self, event: Delta | Sign | Cite | BlockStop) -> AnswerPart:
        part = self._open
        assert part is not None, f"{event} is of no open block"
        self._here(event.block, event)
        return part

    def _grow(self, event: Delta | Sign | Cite) -> None:
        part = self._opened(event)
        must(not self._state, f"{event} comes behind the block's state")
        match event:
            case Delta(_, text):
                must(isinstance(part, Text | Thinking | Refusal | ToolCall), f"{part} grows")
                must(text, f"an empty piece: {event}")
                _clean("" if self._halves else text)
                self._grown.append(text)
            case Sign(_, state):
                must(isinstance(part, Text | Thinking | ToolCall), f"{part} is signed")
                self._state = f"{state.kind}:{state.issuer}:{state.value}"
            case Cite():
                must(isinstance(part, Text), f"{part} is cited")

    def _finish(self, event: Finish) -> None:
        calls = any(piece.call for piece in self._pieces)
        must(
            event.reason is not FinishReason.TOOL_USE or calls, "it ends for calls it did not make"
        )
        must(event.reason is not FinishReason.END_TURN or not calls, "it ends its turn with calls")
        used = event.usage
        known = tokens_of(used).counted
        must(all(number >= 0 for number in known), f"a count below nothing: {used}")
        self._end = event

    def told(self) -> Told:
        """What was said, at the end."""
        must(self._start is not None and self._end is not None, "the stream has no end")
        assert self._start is not None
        if isinstance(self._end, Failure):
            last = [_piece(self._open, "".join(self._grown), "")] if self._open else []
            return Told((*self._pieces, *last), Ending.FAILED, error=self._end.message)
        assert self._end is not None
        usage = self._start.usage.updated(self._end.usage)
        return Told(
            tuple(self._pieces), ENDINGS[self._end.reason], self._end.reason,
            self._end.stop_sequence, tokens_of(usage), id=self._start.id, model=self._start.model,
        )  # fmt: skip


def _shell(part: AnswerPart) -> None:
    if isinstance(part, ToolCall):
        must(part.name, "a call without a name")
        _clean(part.id + part.name)


def _clean(text: str) -> None:
    must(not any("\ud800" <= letter <= "\udfff" for letter in text), f"half a character: {text!r}")


def _piece(part: AnswerPart, grown: str, state: str) -> Piece:
    match part:
        case Text(text, state=held):
            return Piece(Kind.TEXT, text + grown, state=state or _said(held))
        case Thinking(text, state=held):
            return Piece(Kind.THINKING, text + grown, state=state or _said(held))
        case Refusal(text):
            return Piece(Kind.REFUSAL, text + grown)
        case ToolCall():
            arguments = part.arguments + grown
            call = Called(part.id, part.name, arguments, part.namespace, part.kind.value)
            return Piece(Kind.CALL, call=call, state=state or _said(part.state))
        case WebSearch():
            return Piece(Kind.SEARCH, part.query)
        case Media():
            return Piece(Kind.MEDIA, part.media_type)


def _said(state: object) -> str:
    if state is None:
        return ""
    kind, issuer, value = (getattr(state, name) for name in ("kind", "issuer", "value"))
    return f"{kind}:{issuer}:{value}"

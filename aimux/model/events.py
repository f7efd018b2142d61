"""An answer as it comes: small events in a fixed grammar.

    stream := Start (BlockStart (Delta | Sign | Cite)* BlockStop)* (Finish | Failure)

One block is open at a time and their numbers rise by one from 0; what a provider interleaves is put in
order by its reader.  A block is a part of the answer that grows: BlockStart carries the part as far as
it is known (usually empty; a web search and a medium are whole), each Delta appends to its text, its
thinking or its arguments.  Failure may come anywhere after Start and ends the stream; blocks that are
open then stay unfinished.

An answer that is not streamed is the same thing: :func:`collect` and :func:`replay` are inverse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, assert_never

from aimux.errors import ErrorKind
from aimux.model.parts import (
    Citation,
    Media,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    WebSearch,
)
from aimux.model.response import UNKNOWN, AnswerPart, FinishReason, Response, Usage

# Named tuples: an event is made for every piece of an answer, and a frozen dataclass costs three times
# as much to make.


class Start(NamedTuple):
    """The answer begins.  ``id`` and ``model`` are the provider's, empty where it says none."""

    id: str = ""
    model: str = ""
    usage: Usage = UNKNOWN


class BlockStart(NamedTuple):
    """A part begins."""

    block: int
    part: AnswerPart


class Delta(NamedTuple):
    """A piece of the open block's text, thinking, refusal or arguments; never empty."""

    block: int
    text: str


class Sign(NamedTuple):
    """The open block's opaque state; at most one, behind its last Delta."""

    block: int
    state: Opaque


class Cite(NamedTuple):
    """A source of the open block's text, behind the text it is for."""

    block: int
    citation: Citation


class BlockStop(NamedTuple):
    """The part is complete."""

    block: int


class Finish(NamedTuple):
    """The answer is complete.  ``usage`` is all of it; ``detail`` says why it was refused."""

    reason: FinishReason
    usage: Usage = UNKNOWN
    stop_sequence: str = ""
    detail: str = ""


class Failure(NamedTuple):
    """The provider broke off.  ``code`` is the vendor's own."""

    kind: ErrorKind
    message: str
    code: str = ""


Event = Start | BlockStart | Delta | Sign | Cite | BlockStop | Finish | Failure


class BrokenGrammar(ValueError):
    """Events in an order that cannot be: a bug of a reader."""


class Collector:
    """Puts events together again, and checks their grammar while it does."""

    __slots__ = ("_finish", "_open", "_parts", "_pieces", "_start")

    def __init__(self) -> None:
        self._start: Start | None = None
        self._finish: Finish | None = None
        self._parts: list[AnswerPart] = []
        self._pieces: list[str] = []
        self._open = False

    def add(self, event: Event) -> None:
        """Takes one event.

        Raises:
            BrokenGrammar: it is out of place, or a Failure: an answer that fails is none.
        """
        if self._finish is not None or (self._start is None) != isinstance(event, Start):
            raise BrokenGrammar(f"{event} is out of place")
        match event:
            case Start():
                self._start = event
            case BlockStart(block, part):
                self._begin(block, part)
            case Delta() | Sign() | Cite() | BlockStop():
                self._grow(event)
            case Finish():
                if self._open:
                    raise BrokenGrammar("the answer ends inside a block")
                self._finish = event
            case Failure():
                raise BrokenGrammar(f"the stream failed: {event.message}")
            case _:
                assert_never(event)

    def _begin(self, block: int, part: AnswerPart) -> None:
        if self._open or block != len(self._parts):
            raise BrokenGrammar(f"block {block} begins out of turn")
        self._parts.append(part)
        self._pieces = []
        self._open = True

    def _grow(self, event: Delta | Sign | Cite | BlockStop) -> None:
        if not self._open or event.block != len(self._parts) - 1:
            raise BrokenGrammar(f"{event} is of no open block")
        match event:
            case Delta():
                self._pieces.append(event.text)
            case BlockStop():
                self._parts[-1] = grown(self._parts[-1], "".join(self._pieces))
                self._open = False
            case _:
                self._parts[-1] = _marked(self._parts[-1], event)

    def response(self) -> Response:
        """The answer.

        Raises:
            BrokenGrammar: it has no beginning or no end yet.
        """
        start, finish = self._start, self._finish
        if start is None or finish is None:
            raise BrokenGrammar("the stream has no end")
        return Response(
            id=start.id,
            model=start.model,
            parts=tuple(self._parts),
            finish=finish.reason,
            usage=start.usage.updated(finish.usage),
            stop_sequence=finish.stop_sequence,
            detail=finish.detail,
        )


def collect(events: Iterable[Event]) -> Response:
    """The answer that a complete stream amounts to.

    Raises:
        BrokenGrammar: the events are no complete stream.
    """
    collector = Collector()
    for event in events:
        collector.add(event)
    return collector.response()


def grown(part: AnswerPart, text: str) -> AnswerPart:
    """A part with text appended to what of it grows."""
    if not text:
        return part
    match part:
        case Text() | Thinking() | Refusal():
            return replace(part, text=part.text + text)
        case ToolCall():
            return replace(part, arguments=part.arguments + text)
        case Media() | WebSearch():
            raise BrokenGrammar(f"a {type(part).__name__} does not grow")
        case _:
            assert_never(part)


def _marked(part: AnswerPart, event: Sign | Cite) -> AnswerPart:
    match part, event:
        case (Text() | Thinking() | ToolCall(), Sign(_, state)):
            return replace(part, state=state)
        case (Text(), Cite(_, citation)):
            return replace(part, citations=(*part.citations, citation))
        case _:
            raise BrokenGrammar(f"{event} does not fit a {type(part).__name__}")


def replay(response: Response) -> Iterator[Event]:
    """A complete answer as a stream, each part in one piece."""
    yield Start(response.id, response.model, response.usage)
    for index, part in enumerate(response.parts):
        yield from _replayed(index, part)
    yield Finish(response.finish, response.usage, response.stop_sequence, response.detail)


def _replayed(index: int, part: AnswerPart) -> Iterator[Event]:
    text = ""
    state: Opaque | None = None
    citations: tuple[Citation, ...] = ()
    match part:
        case Text():
            text, state, citations = part.text, part.state, part.citations
            shell: AnswerPart = Text("")
        case Thinking():
            text, state = part.text, part.state
            shell = Thinking("")
        case Refusal():
            text, shell = part.text, Refusal("")
        case ToolCall():
            text = part.arguments
            shell = replace(part, arguments="")
        case Media() | WebSearch():
            shell = part
        case _:
            assert_never(part)
    yield BlockStart(index, shell)
    if text:
        yield Delta(index, text)
    for citation in citations:
        yield Cite(index, citation)
    if state is not None:
        yield Sign(index, state)
    yield BlockStop(index)

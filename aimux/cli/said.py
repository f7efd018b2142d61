"""What was said in an exchange, read through the codec of its client's format into the neutral model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aimux.errors import AimuxError
from aimux.model.events import BlockStart, Delta, Event, Failure, Finish, Start, grown
from aimux.model.response import AnswerPart
from aimux.wire.codec import StreamReader
from aimux.wire.encoding import Unpacker
from aimux.wire.formats import CODECS
from aimux.wire.jsontext import dumps, loads, scan
from aimux.wire.sse import BlockReader, BlockTooLarge, event
from aimux.wire.target import Target

if TYPE_CHECKING:
    from aimux.model.request import Request
    from aimux.telemetry.bodies_file import Kept


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, as far as it came.  ``error`` is what it says where it is an error or broke off;
    ``finish`` is empty where it has no end.
    """

    parts: tuple[AnswerPart, ...] = ()
    finish: str = ""
    error: str = ""


def request_said(kept: Kept) -> Request | str:
    """The request, or why it cannot be compared."""
    if kept.request is None:
        return "it was too large to be kept"
    try:
        return CODECS[kept.format].read_request(scan(kept.request), kept.model, stream=kept.stream)
    except AimuxError as problem:
        return f"it cannot be read: {problem.message}"


def answer_said(kept: Kept) -> Answered | str:
    """The answer, or why it cannot be compared."""
    if kept.answer is None:
        return "it was too large to be kept"
    if not kept.answer:
        return "nothing of it came"
    try:
        content = Unpacker(kept.encoding).feed(kept.answer)
    except AimuxError as problem:
        return f"it cannot be read: {problem.message}"
    codec = CODECS[kept.format]
    if kept.status >= 400:
        return Answered(error=codec.read_error(kept.status, content).message)
    reader = codec.reader(Target("", kept.model))
    try:
        return _collected(_events(kept, reader, content))
    except (AimuxError, ValueError) as problem:
        return f"it cannot be read: {problem}"


def _events(kept: Kept, reader: StreamReader, content: bytes) -> Iterator[Event]:
    """The answer's events, whether it came as events, as an array of them, or whole."""
    if not kept.stream:
        yield from reader.whole(loads(content))
        return
    for block in _blocks(kept, content):
        yield from reader.read(block)
    yield from reader.end()


def _blocks(kept: Kept, content: bytes) -> Iterable[bytes]:
    if kept.array:
        values = loads(content)
        return [event(dumps(each)) for each in (values if isinstance(values, list) else [values])]
    try:
        return BlockReader().feed(content)
    except BlockTooLarge as problem:
        raise ValueError(str(problem)) from problem


def _collected(events: Iterable[Event]) -> Answered:
    """The parts as far as they came: unlike ``model.events.collect``, of a broken answer, too."""
    parts: list[AnswerPart] = []
    finish = error = ""
    for each in events:
        match each:
            case BlockStart(_, part):
                parts.append(part)
            case Delta(_, text):
                parts[-1] = grown(parts[-1], text)
            case Finish(reason):
                finish = reason.value
            case Failure(_, message):
                error = message
            case Start() | _:
                pass
    return Answered(tuple(parts), finish, error)

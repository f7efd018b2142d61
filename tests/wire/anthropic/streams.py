"""Short ways to read and write streams, for the tests beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from aimux.model.events import BlockStart, BlockStop, Delta, Event, Finish, Start
from aimux.model.request import Request
from aimux.model.response import AnswerPart, FinishReason, Usage
from aimux.wire import sse
from aimux.wire.anthropic import Anthropic
from aimux.wire.target import Audience, Target

CODEC: Final = Anthropic()
UPSTREAM: Final = Target("main", "claude-opus-5-5")
ASKED: Final = Request("the-model", ())
USAGE: Final = Usage(100, 20, 30, 0, 5)
_START: Final = Start("msg_1", "M")
_FINISH: Final = Finish(FinishReason.END_TURN, USAGE)


def event(kind: str, **fields: Any) -> bytes:
    """One event of Anthropic's."""
    data = json.dumps({"type": kind, **fields}, separators=(",", ":"), ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def begun(**usage: int) -> bytes:
    """``message_start``."""
    return event("message_start", message={"id": "msg_1", "model": "M", "usage": usage})


def opened(index: int, kind: str, **fields: Any) -> bytes:
    """``content_block_start``."""
    return event("content_block_start", index=index, content_block={"type": kind, **fields})


def grown(index: int, kind: str, **fields: Any) -> bytes:
    """``content_block_delta``."""
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def closed(index: int) -> bytes:
    """``content_block_stop``."""
    return event("content_block_stop", index=index)


def ended(reason: object = "end_turn", usage: dict[str, Any] | None = None, **delta: Any) -> bytes:
    """``message_delta``."""
    said = {"stop_reason": reason, "stop_sequence": None, **delta}
    return event("message_delta", delta=said, usage=usage or {})


STOP: Final = event("message_stop")


def events_of(blocks: Iterable[bytes], target: Target = UPSTREAM) -> list[Event]:
    """What a whole stream is read as."""
    reader = CODEC.reader(target)
    events = [each for block in blocks for each in reader.read(block)]
    return events + reader.end()


def events_of_chunks(chunks: Iterable[bytes], target: Target = UPSTREAM) -> list[Event]:
    """The same for a stream that arrives in pieces of any size."""
    cutter, reader = sse.BlockReader(), CODEC.reader(target)
    events = [
        each for chunk in chunks for block in cutter.feed(chunk) for each in reader.read(block)
    ]
    return events + reader.read(cutter.rest) + reader.end()


def answer(
    *parts: tuple[AnswerPart, tuple[Event, ...]],
    finish: Finish = _FINISH,
    start: Start = _START,
) -> list[Event]:
    """A neutral stream: each part with what happens in its block."""
    events: list[Event] = [start]
    for index, (part, inside) in enumerate(parts):
        placed = [each._replace(block=index) for each in inside]  # type: ignore[call-arg]  # of a block all
        events += [BlockStart(index, part), *placed, BlockStop(index)]
    return [*events, finish]


def grow(*pieces: str) -> tuple[Event, ...]:
    """Pieces of a block."""
    return tuple(Delta(0, piece) for piece in pieces)


def written(events: Iterable[Event], request: Request = ASKED) -> bytes:
    """A neutral stream as it is written for a client, one event at a time."""
    writer = CODEC.writer(Audience(request))
    return b"".join(writer.write([each]) for each in events)


def told(stream: bytes) -> list[dict[str, Any]]:
    """The data of a stream's events."""
    return [json.loads(block.split(b"data: ", 1)[1]) for block in stream.split(b"\n\n") if block]

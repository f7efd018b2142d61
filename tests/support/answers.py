"""Golden answers of the four formats, for the fake upstream.

    upstream.script(path(ANTHROPIC), answer(ANTHROPIC, TOOLS, stream=True))
    upstream.script(path(GEMINI), failure(GEMINI, 429, "slow down"))
    upstream.script(path(OPENAI_CHAT), cut(answer(OPENAI_CHAT, stream=True), after=2))

The bytes are written by the modules in ``dialects`` from the vendors' documentation, not by aimux.
All answers hold the same usage: the numbers in ``reply``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from typing import Any, Final, Protocol, cast

from aimux.model.request import WireFormat
from tests.support.dialects import anthropic, gemini, openai_chat, openai_responses
from tests.support.reply import EVERYTHING, TEXT, THINKING, TOOLS, Reply, compact
from tests.support.script import CUT, Answer, Pause, Piece

__all__ = [
    "ANTHROPIC", "EVERYTHING", "GEMINI", "MODEL", "OPENAI_CHAT", "OPENAI_RESPONSES", "TEXT", "THINKING",
    "TOOLS", "Reply", "answer", "commented", "crlf", "cut", "events", "failing_event", "failure",
    "models", "path", "pinging", "slowly",
]  # fmt: skip

ANTHROPIC: Final = WireFormat.ANTHROPIC
OPENAI_CHAT: Final = WireFormat.OPENAI_CHAT
OPENAI_RESPONSES: Final = WireFormat.OPENAI_RESPONSES
GEMINI: Final = WireFormat.GEMINI

MODEL: Final = "model-1"


class Dialect(Protocol):
    """What each module of ``dialects`` offers."""

    PATH: str
    PING: bytes
    HEADERS: tuple[tuple[str, str], ...]
    failure: Any
    failing_event: Any
    document: Any
    events: Any


_DIALECTS: Final = {
    ANTHROPIC: cast("Dialect", anthropic),
    OPENAI_CHAT: cast("Dialect", openai_chat),
    OPENAI_RESPONSES: cast("Dialect", openai_responses),
    GEMINI: cast("Dialect", gemini),
}


def path(wire_format: WireFormat) -> str:
    """Where a provider of this format is asked (for Gemini a pattern, since the model is in it)."""
    return _DIALECTS[wire_format].PATH


def events(wire_format: WireFormat, reply: Reply = TEXT, model: str = MODEL) -> tuple[bytes, ...]:
    """A streamed answer, one server-sent event each."""
    return tuple(_DIALECTS[wire_format].events(reply, model))


def answer(
    wire_format: WireFormat, reply: Reply = TEXT, *, stream: bool = False, model: str = MODEL
) -> Answer:
    """An answer that succeeds; streamed, it is one event a chunk."""
    dialect = _DIALECTS[wire_format]
    if stream:
        headers = (("content-type", "text/event-stream; charset=utf-8"), *dialect.HEADERS)
        pieces = events(wire_format, reply, model)
        return Answer(headers=headers, pieces=pieces, framing="chunked")
    body = _document_bytes(wire_format, dialect.document(reply, model))
    return Answer(headers=(("content-type", "application/json"), *dialect.HEADERS), pieces=(body,))


def failure(
    wire_format: WireFormat, status: int, message: str = "the fake fails", **headers: str
) -> Answer:
    """A vendor's error; ``retry_after="3"`` and the like become headers."""
    dialect = _DIALECTS[wire_format]
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    body = _document_bytes(wire_format, dialect.failure(status, message))
    kind = ("content-type", "application/json")
    return Answer(status, headers=(kind, *dialect.HEADERS, *more), pieces=(body,))


def failing_event(wire_format: WireFormat, status: int, message: str = "the fake fails") -> bytes:
    """A vendor's error inside a stream whose status was 200."""
    return cast("bytes", _DIALECTS[wire_format].failing_event(status, message))


def models(wire_format: WireFormat, *names: str) -> Answer:
    """A vendor's list of models."""
    data: list[dict[str, Any]]
    match wire_format:
        case WireFormat.ANTHROPIC:
            made = "2026-01-01T00:00:00Z"
            data = [
                {"type": "model", "id": name, "display_name": name, "created_at": made}
                for name in names
            ]
            ends = {"first_id": names[0], "last_id": names[-1]}
            listing: dict[str, Any] = {"data": data, "has_more": False, **ends}
        case WireFormat.GEMINI:
            listing = {"models": [{"name": f"models/{name}"} for name in names]}
        case WireFormat.OPENAI_CHAT | WireFormat.OPENAI_RESPONSES:
            data = [
                {"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in names
            ]
            listing = {"object": "list", "data": data}
    return Answer(pieces=(_document_bytes(wire_format, listing),))


def cut(whole: Answer, *, after: int, end: Piece = CUT) -> Answer:
    """The same answer, broken off behind so many pieces."""
    return replace(whole, pieces=(*whole.pieces[:after], end, *whole.pieces[after:]))


def slowly(whole: Answer, pause: Pause) -> Answer:
    """The same answer with a pause before each piece but the first."""
    spread = chain.from_iterable((pause, piece) for piece in whole.pieces[1:])
    return replace(whole, pieces=(*whole.pieces[:1], *spread))


def crlf(stream: Answer) -> Answer:
    """The same stream with CRLF line ends, as some servers write it."""
    return _each_event(stream, lambda data: data.replace(b"\n", b"\r\n"))


def commented(stream: Answer) -> Answer:
    """The same stream with a comment line before every event."""
    return _each_event(stream, lambda data: b": a comment\n" + data)


def pinging(wire_format: WireFormat, stream: Answer) -> Answer:
    """The same stream with the dialect's sign of life before every event."""
    return _each_event(stream, lambda data: _DIALECTS[wire_format].PING + data)


def _each_event(stream: Answer, change: Any) -> Answer:
    pieces = (change(piece) if isinstance(piece, bytes) else piece for piece in stream.pieces)
    return replace(stream, pieces=tuple(pieces))


def _document_bytes(wire_format: WireFormat, value: Any) -> bytes:
    """JSON as the vendor writes it: Google indents, so that a relay that rewrites is found out."""
    if wire_format is GEMINI:
        return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"
    return compact(value)


BAD_CALL: Final = json.dumps(
    {
        "error": {
            "message": "Failed to call a function.",
            "type": "invalid_request_error",
            "code": "tool_use_failed",
            "failed_generation": "<function=f{",
        }
    }
).encode()
"""Groq's error for a call that its model wrote badly (edge 311); its status is 400."""

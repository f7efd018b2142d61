"""What the fake upstream says: answers as plain data, down to pauses and cuts between bytes."""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import threading
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Final, Literal

from tests.support.patience import PATIENCE_S


class Gate:
    """A place in an answer where the upstream waits until the test opens it, from any thread."""

    def __init__(self) -> None:
        self._opened: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._reached = threading.Event()

    def open(self) -> None:
        """Lets the answer go on; opening twice does nothing."""
        if not self._opened.done():
            self._opened.set_result(None)

    def wait_reached(self, limit_s: float = PATIENCE_S) -> None:
        """Blocks until an answer stands at the gate: all before it has been written."""
        assert self._reached.wait(limit_s), "no answer reached the gate"

    async def reached(self, limit_s: float = PATIENCE_S) -> None:
        """The same for async tests."""
        await asyncio.to_thread(self.wait_reached, limit_s)

    async def passed(self) -> None:
        """Waits at the gate; for the upstream."""
        self._reached.set()
        await asyncio.shield(asyncio.wrap_future(self._opened))


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is written for this many seconds, or until a gate opens."""

    until: float | Gate

    async def wait(self) -> None:
        """Waits as it says; for the upstream."""
        if isinstance(self.until, Gate):
            await self.until.passed()
        elif self.until == math.inf:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(self.until)


class End(Enum):
    """Ways to end a connection before the answer is complete."""

    CUT = "closed without a terminator"
    RESET = "reset: unread bytes are lost on the way"


CUT: Final = End.CUT
RESET: Final = End.RESET
FOREVER: Final = Pause(math.inf)

Piece = bytes | Pause | End


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: plain data, usable any number of times (but a gate opens only once).

    Each piece of bytes is one write, and one chunk under ``chunked``.  ``length`` announces the sum of
    all pieces, also of those behind a CUT, which are never sent.  ``close`` ends with the connection,
    ``bare`` writes no framing header and no framing: for broken answers.  ``before`` happens between
    the request and the head; its bytes are written as they are.  ``reads_body=False`` answers as soon
    as the request's head is there; ``keep_alive=False`` closes afterwards without having said so.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    pieces: tuple[Piece, ...] = (b"{}",)
    framing: Literal["chunked", "length", "close", "bare"] = "length"
    before: tuple[Piece, ...] = ()
    reads_body: bool = True
    keep_alive: bool = True

    @property
    def body(self) -> bytes:
        """All that is to be sent before a cut: what a byte-true relay delivers."""
        whole: list[bytes] = []
        for piece in self.pieces:
            if isinstance(piece, End):
                break
            if isinstance(piece, bytes):
                whole.append(piece)
        return b"".join(whole)

    def head(self) -> bytes:
        """Status line and headers as they go out."""
        lines = [f"HTTP/1.1 {self.status} {_reason(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        match self.framing:
            case "chunked":
                lines.append("transfer-encoding: chunked")
            case "length":
                size = sum(len(piece) for piece in self.pieces if isinstance(piece, bytes))
                lines.append(f"content-length: {size}")
            case "close":
                lines.append("connection: close")
            case "bare":
                pass
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


SILENCE: Final = Answer(before=(FOREVER,))
"""Accepts the request and never answers."""


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Overloaded"

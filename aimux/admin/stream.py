"""One stream of events for many viewers: each event is written down once, and everybody gets the bytes.

    add, add, add -> flush -> the same piece into each viewer's queue -> its connection
                 `-> ring: what somebody has missed who was away for a moment

Ids rise, also over restarts (they begin at the clock's milliseconds), so that an id of another daemon is
never taken for one of ours.  Whoever names an id that the ring does not reach back to is told ``reset``
and has to ask for everything anew.  A viewer who does not read is told so as well and is let go: what
waits for one is bounded, and the bytes that wait are everybody's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

RING_EVENTS: Final = 2_000
RING_BYTES: Final = 2**20
MOST_WAITING: Final = 2**20
"""Bytes that may wait for one viewer."""
MOST_VIEWERS: Final = 128


class Viewer:
    """Somebody who looks, by the hash of their session; None is a program that has the token."""

    __slots__ = ("_awake", "_pieces", "_waiting", "ended", "on_end", "session")

    def __init__(self, session: bytes | None) -> None:
        self.session = session
        self.ended = False
        self.on_end: Callable[[], None] = _nothing
        """Called at the end: whoever does not read now has to be cut off some time."""
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._awake = asyncio.Event()

    def take(self, piece: bytes) -> bool:
        """Puts a piece into the queue; False where that is full."""
        if self._waiting + len(piece) > MOST_WAITING:
            return False
        self._pieces.append(piece)
        self._waiting += len(piece)
        self._awake.set()
        return True

    def end(self, last: bytes = b"") -> None:
        """Nothing more comes but this; what waits is not sent any more if there is something to say."""
        if last:
            self._pieces.clear()
            self._pieces.append(last)
        self._awake.set()
        if not self.ended:
            self.ended = True
            self.on_end()

    async def next(self) -> bytes:
        """What has come since; nothing at the end."""
        while not self._pieces:
            if self.ended:
                return b""
            self._awake.clear()
            await self._awake.wait()
        piece = b"".join(self._pieces)
        self._pieces.clear()
        self._waiting = 0
        return piece


class Stream:
    """The events, the ring, and who looks."""

    def __init__(self, first: int) -> None:
        self.last = first
        """The id of the newest event."""
        self.viewers: dict[Viewer, None] = {}
        self._ring: deque[tuple[int, bytes]] = deque()
        self._held = 0
        self._staged: list[bytes] = []

    def add(self, kind: str, data: bytes) -> None:
        """An event; it goes out with the next flush."""
        self.last += 1
        event = frame(kind, data, self.last)
        self._staged.append(event)
        self._ring.append((self.last, event))
        self._held += len(event)
        while len(self._ring) > RING_EVENTS or self._held > RING_BYTES:
            self._held -= len(self._ring.popleft()[1])

    def flush(self) -> bool:
        """Hands out what has been added; whether there was anything."""
        if not self._staged:
            return False
        self.say(b"".join(self._staged))
        self._staged.clear()
        return True

    def say(self, piece: bytes) -> None:
        """Gives everybody a piece that is not kept."""
        for viewer in tuple(self.viewers):
            if not viewer.take(piece):
                self.leave(viewer, "you did not keep up")

    def since(self, identity: int) -> bytes | None:
        """The events behind an id; None where they are not all there any more."""
        first = self._ring[0][0] if self._ring else self.last + 1
        if not first - 1 <= identity <= self.last:
            return None
        return b"".join(event for number, event in self._ring if number > identity)

    def enter(self, session: bytes | None) -> Viewer:
        """A viewer more; where there are too many, the first of them has to go."""
        viewer = Viewer(session)
        self.viewers[viewer] = None
        if len(self.viewers) > MOST_VIEWERS:
            self.leave(next(iter(self.viewers)), "too many others look")
        return viewer

    def leave(self, viewer: Viewer, reason: str = "") -> None:
        """Lets a viewer go, with a reason to ask for everything anew if it comes again."""
        self.viewers.pop(viewer, None)
        viewer.end(reset(reason, self.last) if reason else b"")

    def forget(self) -> None:
        """Nobody looks any more: from here on there is a gap, which no id reaches over."""
        self.last += 1
        self._ring.clear()
        self._staged.clear()
        self._held = 0


def _nothing() -> None:
    """Nobody has to be told."""


def frame(kind: str, data: bytes, identity: int) -> bytes:
    """An event as ``text/event-stream`` writes it (html.spec.whatwg.org, section 9.2); ``data`` is one
    line.
    """
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (identity, kind.encode(), data)


def reset(reason: str, identity: int) -> bytes:
    """The event that says: ask for everything anew.  ``reason`` is a text of ours."""
    return frame("reset", b'{"reason": "%s"}' % reason.encode(), identity)

"""One stream for many viewers: ids, the ring, slow ones, and too many."""

from __future__ import annotations

import asyncio

import pytest

from aimux.admin import stream as room
from aimux.admin.stream import Stream, Viewer, frame, reset


def drained(viewer: Viewer) -> bytes:
    """What waits for a viewer now."""
    viewer.ended = True
    return asyncio.run(viewer.next())


def filled(count: int) -> Stream:
    stream = Stream(100)
    for number in range(count):
        stream.add("status", b"%d" % number)
    stream.flush()
    return stream


def test_a_frame() -> None:
    """As a browser reads it."""
    assert frame("alert", b"{}", 7) == b"id: 7\nevent: alert\ndata: {}\n\n"


@pytest.mark.parametrize(
    ("seen", "missed"),
    [
        (103, b""),
        (102, frame("status", b"2", 103)),
        (101, frame("status", b"1", 102) + frame("status", b"2", 103)),
        (100, b"".join(frame("status", b"%d" % n, 101 + n) for n in range(3))),
        (99, None),
        (104, None),
        (0, None),
    ],
)
def test_what_was_missed(seen: int, missed: bytes | None) -> None:
    """All of it or, where the ring does not reach so far, nothing."""
    assert filled(3).since(seen) == missed


@pytest.mark.parametrize(("name", "limit"), [("RING_EVENTS", 2), ("RING_BYTES", 80)])
def test_the_ring_is_bounded(monkeypatch: pytest.MonkeyPatch, name: str, limit: int) -> None:
    """By number and by size."""
    monkeypatch.setattr(room, name, limit)
    stream = filled(50)

    assert stream.since(148) is not None
    assert stream.since(147) is None


def test_a_gap_is_reached_over_by_no_id() -> None:
    """While nobody looked nothing was kept."""
    stream = filled(3)
    stream.forget()

    assert stream.since(103) is None
    assert stream.since(stream.last) == b""
    assert not stream.flush()


async def test_everybody_gets_the_same_bytes() -> None:
    """Written once, whoever looks."""
    stream = Stream(0)
    one, other = stream.enter(None), stream.enter(b"session")
    stream.add("alert", b"{}")
    stream.add("alert", b"[]")

    assert stream.flush()
    assert await one.next() == await other.next() == stream.since(0)
    assert not stream.flush()


async def test_who_waits_is_woken() -> None:
    """A viewer with nothing to read sleeps until there is something, or the end."""
    stream = Stream(0)
    viewer = stream.enter(None)
    reading = asyncio.ensure_future(viewer.next())
    await asyncio.sleep(0)
    stream.say(b": x\n\n")

    assert await reading == b": x\n\n"
    stream.leave(viewer)
    assert await viewer.next() == b""
    assert not stream.viewers


def test_who_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it is dropped, and it is told to ask for everything anew; others go on."""
    monkeypatch.setattr(room, "MOST_WAITING", 100)
    stream = Stream(0)
    slow, quick = stream.enter(None), stream.enter(None)
    told: list[str] = []
    slow.on_end = lambda: told.append("slow")
    stream.say(b"x" * 60)
    quick._pieces.clear()
    quick._waiting = 0
    stream.say(b"y" * 60)

    assert told == ["slow"]
    stream.leave(slow)
    assert told == ["slow"]
    assert list(stream.viewers) == [quick]
    assert drained(slow) == reset("you did not keep up", 0)


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one has to go."""
    monkeypatch.setattr(room, "MOST_VIEWERS", 2)
    stream = Stream(0)
    first, *others = (stream.enter(None) for _ in range(3))

    assert list(stream.viewers) == others
    assert drained(first) == reset("too many others look", 0)

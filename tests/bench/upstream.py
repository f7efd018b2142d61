"""A fake upstream that costs next to nothing: a bare protocol on uvloop, answers made beforehand.

    python -m tests.bench.upstream [PORT]      prints the port it listens on

It answers every POST with 1 KB of JSON, or, when the body ends in ``"stream":true}``, with a stream of
200 events; a POST to Chat Completions always gets a stream of its format.  Four events are one write and
one write is one turn of the loop: about what a fast model's stream looks like on the wire, and cheap
enough that the gateway is what limits the throughput.  A request for the model ``bench-short`` gets nine
events, one a write: what the time to the first byte is measured with, since the two hundred keep three
processes on two cores waiting for one another.  The first write ends with the first piece of text: a
gateway that waits for it before it commits (so that it can still ask somebody else) is not to be measured
by the upstream's pace.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final, cast

import uvloop

from tests.bench.workload import (
    EVENTS,
    HUGE_MODEL,
    HUGE_WRITE_EVENTS,
    OPENING_EVENTS,
    SHORT_EVENTS,
    SHORT_MODEL,
    answer_body,
    answer_events,
    chat_events,
)

_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\nrequest-id: req_bench\r\n"
    b"anthropic-ratelimit-requests-remaining: 999\r\n%b\r\n\r\n"
)


def whole_answer() -> bytes:
    """The JSON answer with its head."""
    body = answer_body()
    return _HEAD % (b"application/json", b"content-length: %d" % len(body)) + body


def streamed_answer(events: list[bytes], events_per_write: int) -> list[bytes]:
    """The writes of a stream: its head with the first, its end with the last."""
    chunks = [b"%x\r\n%b\r\n" % (len(event), event) for event in events]
    chunks[0] = (
        _HEAD % (b"text/event-stream; charset=utf-8", b"transfer-encoding: chunked") + chunks[0]
    )
    chunks[-1] += b"0\r\n\r\n"
    chunks[:OPENING_EVENTS] = [b"".join(chunks[:OPENING_EVENTS])]
    starts = range(0, len(chunks), events_per_write)
    return [b"".join(chunks[start : start + events_per_write]) for start in starts]


WHOLE: Final = whole_answer()
LONG: Final = streamed_answer(answer_events(EVENTS), events_per_write=4)
SHORT: Final = streamed_answer(answer_events(SHORT_EVENTS), events_per_write=1)
CHAT_LONG: Final = streamed_answer(chat_events(EVENTS), events_per_write=4)
HUGE: Final = b"".join(CHAT_LONG[1:3]) * (HUGE_WRITE_EVENTS // 8)
CHAT_SHORT: Final = streamed_answer(chat_events(SHORT_EVENTS), events_per_write=1)


class Upstream(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by class
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_bytes = self._received.find(b"\r\n\r\n") + 4
        if head_bytes < 4:
            return
        body_bytes = _content_length(bytes(self._received[:head_bytes]))
        if len(self._received) < head_bytes + body_bytes:
            return
        streams = self._received.endswith(b'"stream":true}')
        short = SHORT_MODEL in self._received
        _, huge, writes = bytes(self._received).partition(HUGE_MODEL.encode())
        chat = self._received.startswith(b"POST /v1/chat/")
        self._received.clear()
        if chat and huge:
            self._transport.write(CHAT_LONG[0])
            self._pour(int(writes[: writes.index(b'"')]))
        elif chat:
            self._send(CHAT_SHORT if short else CHAT_LONG, 0)
        elif streams:
            self._send(SHORT if short else LONG, 0)
        else:
            self._transport.write(WHOLE)

    def _pour(self, writes: int) -> None:
        """So many large writes, each when the one before has been taken."""
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > len(HUGE):
            self._loop.call_later(0.001, self._pour, writes)
        elif writes:
            self._transport.write(HUGE)
            self._loop.call_soon(self._pour, writes - 1)
        else:
            self._transport.write(CHAT_LONG[-1])

    def _send(self, writes: list[bytes], index: int) -> None:
        """One write, and the next in the next turn of the loop."""
        if self._transport.is_closing():
            return
        self._transport.write(writes[index])
        if index + 1 < len(writes):
            self._loop.call_soon(self._send, writes, index + 1)


def _content_length(head: bytes) -> int:
    lower = head.lower()
    place = lower.find(b"\r\ncontent-length:")
    if place < 0:
        assert b"transfer-encoding" not in lower, "a gateway knows the length of what it read"
        return 0
    return int(lower[place + 17 : lower.index(b"\r\n", place + 2)])


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))

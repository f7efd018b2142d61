"""The provider that ``aimux bench`` measures with: a process of its own that answers at once.

    python -m aimux.cli.bench.provider      prints its port; ends when its stdin does

It costs next to nothing: a bare protocol, and answers made beforehand.  A POST is answered with 1 KB of
JSON, or, when its body ends in ``"stream":true}``, with a stream of 200 events; a POST to Chat
Completions always with a stream of that format.  One write is one turn of the loop.  It reads no more of
a request than it must to find its end, and takes any key: it has nothing to protect.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Final, cast

from aimux.cli.bench.answers import (
    EVENTS,
    EVENTS_PER_WRITE,
    answer_events,
    chat_events,
    streamed_answer,
    whole_answer,
)

WHOLE: Final = (whole_answer(),)
STREAM: Final = streamed_answer(answer_events(EVENTS), EVENTS_PER_WRITE)
CHAT_STREAM: Final = streamed_answer(chat_events(EVENTS), EVENTS_PER_WRITE)

CHAT_LINE: Final = b"POST /v1/chat/"
"""How a request to Chat Completions begins."""
STREAMS: Final = b'"stream":true}'
"""How a body ends that asks for a stream."""

_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"


class Answering(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by class
        self.loop = asyncio.get_running_loop()
        self._received = bytearray()

    def data_received(self, data: bytes) -> None:
        """Answers when the request is whole."""
        self._received += data
        head, end, body = self._received.partition(_END_OF_HEAD)
        if end and len(body) >= _content_length(bytes(head)):
            request = bytes(self._received)
            self._received.clear()
            self.answer(request)

    def answer(self, request: bytes) -> None:
        """Writes the answer to a whole request, head and body."""
        if request.startswith(CHAT_LINE):
            self.send(CHAT_STREAM)
        else:
            self.send(STREAM if request.endswith(STREAMS) else WHOLE)

    def send(self, writes: Sequence[bytes], index: int = 0) -> None:
        """One write, and the next in the next turn of the loop."""
        if self.transport.is_closing():
            return
        self.transport.write(writes[index])
        if index + 1 < len(writes):
            self.loop.call_soon(self.send, writes, index + 1)


def _content_length(head: bytes) -> int:
    """The length of the body; 0 where the head names none, as of a GET."""
    _, found, rest = head.lower().partition(_LENGTH)
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def listening(protocol: type[Answering], port: int = 0) -> asyncio.Server:
    """Opens the socket on loopback and prints its port, any that is free for 0."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", port, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    return server


async def _serve() -> None:
    """Answers until whoever started this process is gone, however it went."""
    async with await listening(Answering):
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve())

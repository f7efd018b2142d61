"""One connection of the fake upstream: reads requests byte for byte, plays their answers."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Protocol

from tests.support.patience import PATIENCE_S
from tests.support.script import Answer, End, Pause, Piece


@dataclass(eq=False, slots=True)
class Received:
    """One request as it came, and what became of its answer."""

    method: str
    target: str
    """Path and query as the client wrote them."""
    headers: list[tuple[str, str]]
    """Names and values in the order and the case in which they came."""
    head: bytes
    """The same as bytes, up to and including the empty line."""
    connection: int
    """Counts accepted connections from 1: equal numbers mean a connection that was used again."""
    body: bytes = b""
    """Without the framing of a chunked body."""
    sent_bytes: int = 0
    """Bytes of the answer that went out; it stands still while the client does not read."""
    answered: bool = False
    _gone: threading.Event = field(default_factory=threading.Event)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def client_gone(self) -> bool:
        """Whether the client closed before its answer was complete."""
        return self._gone.is_set()

    def header(self, name: str) -> str | None:
        """The value of a header that may come once; None when it is not there."""
        values = self.header_values(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def header_values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def mark_gone(self) -> None:
        """Notes that the client closed too early; for the connection."""
        self._gone.set()

    def wait_gone(self, limit_s: float = PATIENCE_S) -> None:
        """Blocks until the client has closed before its answer was complete."""
        assert self._gone.wait(limit_s), "the client is still there"

    async def departure(self, limit_s: float = PATIENCE_S) -> None:
        """The same for async tests."""
        await asyncio.to_thread(self.wait_gone, limit_s)


class Server(Protocol):
    """What a connection needs of the server it belongs to."""

    def answer_to(self, path: str) -> Answer:
        """Takes the answer that is next for a path."""

    def record(self, received: Received) -> None:
        """Keeps a request that has come."""

    def join(self, connection: Connection) -> int:
        """Counts a connection in and numbers it."""

    def leave(self, connection: Connection) -> None:
        """Counts it out."""


class Connection(asyncio.Protocol):
    """One accepted connection: reads a request, answers it, reads the next."""

    def __init__(self, upstream: Server) -> None:
        self._upstream = upstream
        self._buffer = bytearray()
        self._more = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._current: Received | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(0)  # "written" then means "taken by the kernel"
        self._transport = transport
        self._number = self._upstream.join(self)
        self._task = asyncio.get_running_loop().create_task(self._converse())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._more.set()

    def eof_received(self) -> None:
        self._client_left()
        self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._client_left()
        self._task.cancel()
        self._upstream.leave(self)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def drop(self) -> None:
        self._current = None
        self._transport.abort()

    def _client_left(self) -> None:
        if self._current is None:
            return
        if not self._current.answered or self._transport.get_write_buffer_size():
            self._current.mark_gone()

    async def _converse(self) -> None:
        while True:
            received = _parse_head(await self._until(b"\r\n\r\n"), self._number)
            answer = self._upstream.answer_to(received.path)
            if answer.reads_body:
                received.body = await self._body(received)
            self._current = received
            self._upstream.record(received)
            await self._answer(received, answer)
            if not answer.keep_alive or answer.framing in {"close", "bare"}:
                self._transport.close()
                return

    async def _until(self, mark: bytes) -> bytes:
        """The next bytes up to and including a mark."""
        while (place := self._buffer.find(mark)) < 0:
            await self._receive()
        return self._cut_off(place + len(mark))

    async def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._receive()
        return self._cut_off(count)

    async def _receive(self) -> None:
        self._more.clear()
        await self._more.wait()

    def _cut_off(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _body(self, received: Received) -> bytes:
        if "chunked" not in (received.header("transfer-encoding") or "").lower():
            return await self._exactly(int(received.header("content-length") or 0))
        chunks: list[bytes] = []
        while size := int((await self._until(b"\r\n")).partition(b";")[0], 16):
            chunks.append((await self._exactly(size + 2))[:-2])
        while await self._until(b"\r\n") != b"\r\n":  # trailers
            pass
        return b"".join(chunks)

    async def _answer(self, received: Received, answer: Answer) -> None:
        """Plays an answer; ``answered`` once its last byte has been handed to the transport."""
        for piece in answer.before:
            await self._play(received, piece, chunked=False)
        self._write(received, answer.head())
        bodiless = received.method == "HEAD" or answer.status in {204, 304}
        for piece in () if bodiless else answer.pieces:
            await self._play(received, piece, chunked=answer.framing == "chunked")
        if answer.framing == "chunked" and not bodiless:
            self._write(received, b"0\r\n\r\n")
        received.answered = True
        await self._writable.wait()

    async def _play(self, received: Received, piece: Piece, *, chunked: bool) -> None:
        match piece:
            case bytes():
                self._write(received, b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await self._writable.wait()
            case Pause():
                await piece.wait()
            case End.CUT:
                self._end(reset=False)
                raise asyncio.CancelledError
            case End.RESET:
                self._end(reset=True)
                raise asyncio.CancelledError

    def _write(self, received: Received, data: bytes) -> None:
        if self._transport.is_closing():  # the client has left; connection_lost is on its way
            raise asyncio.CancelledError
        self._transport.write(data)
        received.sent_bytes += len(data)

    def _end(self, *, reset: bool) -> None:
        self._current = None  # it is the upstream that leaves
        if not reset:
            self._transport.close()
            return
        raw: socket.socket = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _parse_head(head: bytes, connection: int) -> Received:
    request_line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _version = request_line.split(" ", 2)
    pairs = [line.partition(":") for line in lines]
    headers = [(name, value.strip(" \t")) for name, _, value in pairs]
    return Received(method, target, headers, head, connection)

"""The load: N keep-alive connections, each sending its next request when an answer is complete.

A closed loop says how much a server can do and, with one connection, how long one request takes.  The
client is bare sockets, so that it costs far less than what it measures, and has no event loop, so that
an interrupt ends it wherever it is.  It checks every answer (status 200, complete, and for streams the
last event), since a server that fails fast must not look fast.
"""

from __future__ import annotations

import math
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from aimux.cli.bench.shots import Shot
from aimux.errors import ConnectFailed, StreamCut, UpstreamProtocol, UpstreamTimeout
from aimux.vault.secret import Secret

HEADERS: Final = (
    b"accept: application/json\r\n"
    b"anthropic-version: 2023-06-01\r\n"
    b"anthropic-beta: interleaved-thinking-2025-05-14,context-management-2025-06-27\r\n"
    b"content-type: application/json\r\n"
    b"user-agent: claude-cli/2.1.330 (external, sdk-cli)\r\n"
    b"x-app: cli\r\n"
    b"x-stainless-lang: js\r\n"
    b"x-stainless-retry-count: 0\r\n"
)
"""What a coding agent sends with each request."""

PATIENCE_S: Final = 60.0
"""No answer is silent for so long."""

_READ_BYTES: Final = 2**18
_TAIL_BYTES: Final = 64
"""The last event and the last chunk of a stream are within so many."""
_LAST_CHUNK: Final = b"\r\n0\r\n\r\n"
_READ, _BOTH = selectors.EVENT_READ, selectors.EVENT_READ | selectors.EVENT_WRITE


@dataclass(frozen=True, slots=True)
class Target:
    """A server on 127.0.0.1 and the token it wants."""

    port: int
    token: Secret

    def request(self, shot: Shot) -> bytes:
        """The bytes of one request."""
        line = f"POST {shot.path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n"
        rest = f"x-api-key: {self.token.reveal()}\r\ncontent-length: {len(shot.body)}\r\n\r\n"
        return line.encode() + HEADERS + rest.encode() + shot.body


@dataclass(slots=True)
class Sample:
    """What one measurement saw; times in milliseconds, one per request."""

    seconds: float = 0.0
    first_byte_ms: list[float] = field(default_factory=list)
    total_ms: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Answers that came whole."""
        return len(self.total_ms)

    @property
    def requests_per_s(self) -> float:
        """Throughput."""
        return self.requests / self.seconds


def measure(target: Target, shot: Shot, *, connections: int, seconds: float) -> Sample:
    """Keeps so many connections busy for a while, with one request at least; each connection sends one
    before that, which is not counted.

    Raises:
        UpstreamError: an answer was not whole, or none came.
    """
    with _opened(target, shot, connections) as clients:
        _drive(clients, _Budget(count=len(clients)))
        return _drive(clients, _Budget(count=1, deadline=time.perf_counter() + seconds))


def send(target: Target, shot: Shot, *, count: int, connections: int) -> Sample:
    """Sends so many requests and no more.

    Raises:
        UpstreamError: an answer was not whole, or none came.
    """
    with _opened(target, shot, connections) as clients:
        return _drive(clients, _Budget(count=count))


@dataclass(slots=True)
class _Budget:
    """Says whether another request may be sent: so many, and more until the deadline."""

    count: int
    deadline: float = -math.inf

    def spend(self) -> bool:
        self.count -= 1
        return self.count >= 0 or time.perf_counter() < self.deadline


@contextmanager
def _opened(target: Target, shot: Shot, connections: int) -> Iterator[list[_Client]]:
    """So many connections, closed again whatever happens."""
    request, address = target.request(shot), ("127.0.0.1", target.port)
    with ExitStack() as stack:
        try:
            sockets = [
                stack.enter_context(socket.create_connection(address, PATIENCE_S))
                for _ in range(connections)
            ]
        except OSError as problem:
            raise ConnectFailed(f"port {target.port} takes no connection: {problem}") from problem
        yield [_Client(each, request, shot.end) for each in sockets]


def _drive(clients: list[_Client], budget: _Budget) -> Sample:
    """Keeps every client at work until the budget is spent and the last answer is complete."""
    sample, start = Sample(), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            if budget.spend():
                client.begin()
                selector.register(client.socket, client.wanted, client)
        while selector.get_map():
            ready = selector.select(PATIENCE_S)
            if not ready:
                raise UpstreamTimeout(f"nothing came for {PATIENCE_S:g} s", phase="idle")
            for key, events in ready:
                if not _served(key.data, events, sample, budget):
                    selector.unregister(key.fileobj)
                elif key.data.wanted != key.events:
                    selector.modify(key.fileobj, key.data.wanted, key.data)
    sample.seconds = time.perf_counter() - start
    return sample


def _served(client: _Client, events: int, sample: Sample, budget: _Budget) -> bool:
    """Does what can be done with a connection; whether there is more to come."""
    if events & selectors.EVENT_WRITE:
        client.push()
    if not events & selectors.EVENT_READ or not client.pull(sample):
        return True
    if not budget.spend():
        return False
    client.begin()
    return True


class _Client:
    """One connection: sends, and reads to the end of the answer."""

    def __init__(self, connection: socket.socket, request: bytes, end: bytes) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        self.socket = connection
        self._request, self._end = request, end
        self._unsent = memoryview(b"")

    @property
    def wanted(self) -> int:
        """What the selector is to wait for."""
        return _BOTH if self._unsent else _READ

    def begin(self) -> None:
        """Sends the request, or as much of it as the system takes now."""
        self._head = b""
        self._tail = b""
        self._missing_bytes: int | None = None
        self._unsent = memoryview(self._request)
        self._sent_s = time.perf_counter()
        self.push()

    def push(self) -> None:
        """Sends more of it."""
        try:
            with suppress(BlockingIOError):  # the selector says when there is room
                self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except OSError as problem:
            raise StreamCut(f"the connection was closed: {problem}") from problem

    def pull(self, sample: Sample) -> bool:
        """Reads what is there; whether the answer is complete with it."""
        try:
            data = self.socket.recv(_READ_BYTES)
        except OSError as problem:
            raise StreamCut(f"the connection was closed: {problem}") from problem
        if not data:
            raise StreamCut("the connection was closed before the answer was complete")
        if not self._head:
            sample.first_byte_ms.append(self._since_ms())
        if not self._completed_by(data):
            return False
        sample.total_ms.append(self._since_ms())
        return True

    def _since_ms(self) -> float:
        return (time.perf_counter() - self._sent_s) * 1000

    def _completed_by(self, data: bytes) -> bool:
        if not self._tail:
            data = self._behind_head(data)
            if not data:
                return False
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        if self._missing_bytes is not None:
            self._missing_bytes -= len(data)
            return self._missing_bytes <= 0
        if not self._tail.endswith(_LAST_CHUNK):
            return False
        if self._end not in self._tail:
            raise StreamCut(f"a stream without its last event: {self._tail!r}")
        return True

    def _behind_head(self, data: bytes) -> bytes:
        """The bytes behind the head; none while the head is not complete."""
        self._head += data
        head, end, body = self._head.partition(b"\r\n\r\n")
        if not end:
            return b""
        if not head.startswith(b"HTTP/1.1 200 "):
            raise UpstreamProtocol(f"{head[:200]!r} {body[:300]!r}")
        lower = head.lower()
        place = lower.find(b"\r\ncontent-length:")
        if place >= 0:
            self._missing_bytes = int((lower[place + 17 :] + b"\r\n").partition(b"\r\n")[0])
        return body

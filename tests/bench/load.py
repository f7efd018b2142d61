"""The load generator: N connections on uvloop, each sending its next request when an answer is complete.

A closed loop says how much a server can do and, with one connection, how long one request takes.  The
client is a bare protocol so that it costs far less than what it measures; it checks every answer (status
200, complete, and for streams the last event), since a server that fails fast must not look fast.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final, cast

import uvloop

from tests.bench.workload import Shot

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
PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """A server on 127.0.0.1 and the token it wants."""

    port: int
    token: str = "sk-test-bench"

    def request(self, shot: Shot) -> bytes:
        """The bytes of one request."""
        line = f"POST {shot.path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n"
        rest = f"x-api-key: {self.token}\r\ncontent-length: {len(shot.body)}\r\n\r\n"
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


class BadAnswer(Exception):
    """The server under test answered something else than the whole answer."""


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def measure(target: Target, shot: Shot, *, connections: int, seconds: float) -> Sample:
    """Keeps so many connections busy for a while."""
    budget = _Budget(deadline=time.perf_counter() + seconds)
    return uvloop.run(_run(target, shot, connections, budget))


def send(target: Target, shot: Shot, *, count: int, connections: int) -> Sample:
    """Sends so many requests and no more."""
    return uvloop.run(_run(target, shot, connections, _Budget(count=count)))


@dataclass(slots=True)
class _Budget:
    """Says whether another request may be sent."""

    deadline: float | None = None
    count: int = 0

    def spend(self) -> bool:
        if self.deadline is not None:
            return time.perf_counter() < self.deadline
        self.count -= 1
        return self.count >= 0


async def _run(target: Target, shot: Shot, connections: int, budget: _Budget) -> Sample:
    loop = asyncio.get_running_loop()
    request, sample, start = target.request(shot), Sample(), time.perf_counter()
    clients = [
        _Client(request, shot.end, sample, budget, loop.create_future()) for _ in range(connections)
    ]
    for client in clients:
        await loop.create_connection(lambda made=client: made, "127.0.0.1", target.port)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    limit_s = PATIENCE_S + max(0.0, (budget.deadline or start) - start)
    try:
        await asyncio.wait_for(asyncio.gather(*(client.done for client in clients)), limit_s)
    finally:
        for client in clients:
            client.close()
    sample.seconds = time.perf_counter() - start
    return sample


class _Client(asyncio.Protocol):
    """One connection: sends, reads to the end of the answer, sends again."""

    def __init__(
        self,
        request: bytes,
        end: bytes,
        sample: Sample,
        budget: _Budget,
        done: asyncio.Future[None],
    ) -> None:
        self.done = done
        self._request, self._end, self._sample, self._budget = request, end, sample, budget

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by class
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(BadAnswer("the connection was closed"))

    def close(self) -> None:
        self._transport.close()

    def _send(self) -> None:
        if not self._budget.spend():
            self.done.set_result(None)
            return
        self._head = b""
        self._missing_bytes: int | None = None
        self._tail = b""
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self.done.done():
            return
        try:
            complete = self._take(data)
        except BadAnswer as error:
            self.done.set_exception(error)
            return
        if complete:
            self._sample.total_ms.append((time.perf_counter() - self._sent) * 1000)
            self._send()

    def _take(self, data: bytes) -> bool:
        """Whether the answer is complete with these bytes."""
        if not self._tail:
            data = self._take_head(data)
            if not data:
                return False
        self._tail = (self._tail + data)[-64:]
        if self._missing_bytes is not None:
            self._missing_bytes -= len(data)
            return self._missing_bytes <= 0
        if not self._tail.endswith(b"\r\n0\r\n\r\n"):
            return False
        if self._end not in self._tail:
            raise BadAnswer(f"a stream without its last event: {self._tail!r}")
        return True

    def _take_head(self, data: bytes) -> bytes:
        """The bytes behind the head; none while the head is not complete."""
        if not self._head:
            self._sample.first_byte_ms.append((time.perf_counter() - self._sent) * 1000)
        self._head += data
        head, end, body = self._head.partition(b"\r\n\r\n")
        if not end:
            return b""
        if not head.startswith(b"HTTP/1.1 200 "):
            raise BadAnswer(f"{head[:200]!r} {body[:300]!r}")
        lower = head.lower()
        place = lower.find(b"\r\ncontent-length:")
        if place >= 0:
            self._missing_bytes = int((lower[place + 17 :] + b"\r\n").partition(b"\r\n")[0])
        return body

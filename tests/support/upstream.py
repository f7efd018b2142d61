r"""A fake upstream: a real server on a real socket that answers what a test tells it to, byte by byte.

    with FakeUpstream() as upstream:                       # `async with` does as well
        gate = Gate()
        upstream.script("/v1/messages", Answer(pieces=(b"data: 1\n\n", Pause(gate), b"data: 2\n\n")))
        ...                                            # point a client at upstream.url, send, read
        gate.open()                                    # only now does the second piece go out
        received = upstream.wait(1)                    # async: `await upstream.arrival(1)`
        assert received.header("x-api-key") == "sk-test-1"
        assert received.body == b'{"model":"m"}'
        assert not received.client_gone

The server runs in a thread with an event loop of its own, so that the same object serves async tests,
tests without a loop, and daemons in other processes.  It is written on the bare transport because it
must be able to misbehave where a library would not let it: close in the middle, reset, lie about the
length, never answer.

What it says is a script: for each path a queue of answers, taken one by request, then the default that
``always`` set for the path.  Paths are compared without the query and may hold ``*``.  A path that was
never scripted gets a 404 that says so.  What it heard stands in ``requests`` as it came.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import fnmatch
import ssl
import threading
from collections import deque
from typing import Self

from tests.support.accepting import stop_accepting
from tests.support.connection import Connection, Received
from tests.support.script import (
    CUT,
    FOREVER,
    PATIENCE_S,
    RESET,
    SILENCE,
    Answer,
    End,
    Gate,
    Pause,
    Piece,
)

__all__ = [
    "CUT", "FOREVER", "PATIENCE_S", "RESET", "SILENCE",
    "Answer", "End", "FakeUpstream", "Gate", "Pause", "Piece", "Received",
]  # fmt: skip


class FakeUpstream:
    """The server.  ``url`` is where it listens; a second start on the same port is a restart."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.requests: list[Received] = []
        self.connections = 0
        self._tls = tls
        self._queues: dict[str, deque[Answer]] = {}
        self._defaults: dict[str, Answer] = {}
        self._news = threading.Condition()
        self._open: set[Connection] = set()

    @property
    def url(self) -> str:
        """Scheme, host and port, without a path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def script(self, path: str, *answers: Answer) -> None:
        """Queues answers for a path; each is given once."""
        with self._news:
            self._queues.setdefault(path, deque()).extend(answers)

    def always(self, path: str, answer: Answer) -> None:
        """Sets what a path gets when its queue is empty."""
        with self._news:
            self._defaults[path] = answer

    def wait(self, count: int = 1, limit_s: float = PATIENCE_S) -> Received:
        """Blocks until so many requests have come, and returns the last of them."""
        with self._news:
            there = self._news.wait_for(lambda: len(self.requests) >= count, limit_s)
        assert there, f"{len(self.requests)} of {count} requests came"
        return self.requests[count - 1]

    async def arrival(self, count: int = 1, limit_s: float = PATIENCE_S) -> Received:
        """The same for async tests."""
        return await asyncio.to_thread(self.wait, count, limit_s)

    def forget(self) -> None:
        """Forgets every script and every request, for the next test of a server that several share."""
        with self._news:
            self._queues.clear()
            self._defaults.clear()
            self.requests.clear()

    def drop_connections(self) -> None:
        """Closes every connection, idle ones too, as a restarted server would."""
        self._loop.call_soon_threadsafe(self._drop_all)

    def start(self) -> Self:
        """Listens; returns when it does."""
        listening: concurrent.futures.Future[int] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)), name="upstream", daemon=True
        )
        self._thread.start()
        self.port = listening.result(PATIENCE_S)
        return self

    def close(self) -> None:
        """Drops all connections and stops listening."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the upstream does not end"

    async def _serve(self, listening: concurrent.futures.Future[int]) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await self._loop.create_server(
                lambda: Connection(self), "127.0.0.1", self.port, ssl=self._tls, backlog=1024
            )
        except OSError as error:
            listening.set_exception(error)
            return
        listening.set_result(server.sockets[0].getsockname()[1])
        await self._closing.wait()
        await stop_accepting(server)
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for each in others:  # conversations, and TLS handshakes: those are in no set of ours
            each.cancel()
        self._drop_all()
        await asyncio.gather(*others, return_exceptions=True)
        while self._open:
            await asyncio.sleep(0)

    def _drop_all(self) -> None:
        for connection in self._open:
            connection.drop()

    def answer_to(self, path: str) -> Answer:
        """Takes the answer that is next for a path."""
        with self._news:
            for pattern, queue in self._queues.items():
                if queue and fnmatch.fnmatchcase(path, pattern):
                    return queue.popleft()
            for pattern, answer in self._defaults.items():
                if fnmatch.fnmatchcase(path, pattern):
                    return answer
        return Answer(404, pieces=(f"no answer is scripted for {path}".encode(),))

    def record(self, received: Received) -> None:
        """Keeps a request that has come."""
        with self._news:
            self.requests.append(received)
            self._news.notify_all()

    def join(self, connection: Connection) -> int:
        """Counts a connection in; for the connection."""
        self._open.add(connection)
        self.connections += 1
        return self.connections

    def leave(self, connection: Connection) -> None:
        """Counts it out."""
        self._open.discard(connection)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

"""The client's side of an exchange: the response, its heartbeat, its end.

Two tasks may want to write: the exchange relays, and a heartbeat breaks a silence.  The exchange waits
for a heartbeat under way before it writes, so that their bytes never mix; since it only ever writes
whole events, a heartbeat always stands between two of them.

A heartbeat is not a byte of an answer: it is a comment or a ping that every reader skips.  The first one
brings the head of the response with it (status 200).  Candidates can still be tried after that; if all
fail, the error comes as an event.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import ClientConnectionResetError, web

from aimux.errors import AimuxError, ClientGone
from aimux.gateway.record import Record
from aimux.gateway.watchdog import Watchdog
from aimux.wire.codec import Codec

Headers = Sequence[tuple[str, str]]

_EVENT_STREAM: Headers = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-cache"),
)


class Answer:
    """The response to one client."""

    __slots__ = (
        "_beating", "_codec", "_record", "_request", "_response", "_watchdog", "committed",
        "ended", "failing",
    )  # fmt: skip

    def __init__(
        self, request: web.Request, codec: Codec, watchdog: Watchdog, record: Record
    ) -> None:
        self._request = request
        self._codec = codec
        self._watchdog = watchdog
        self._record = record
        self._response: web.StreamResponse | None = None
        self._beating: asyncio.Task[None] | None = None
        self.failing = codec.error_event
        """Writes the last event of a stream that breaks off; set anew by whoever commits."""
        self.committed = False
        """The first byte of an answer is about to go: nobody else can answer from here on."""
        self.ended = False
        """The last byte has gone."""

    @property
    def started(self) -> bool:
        """Whether a head has been sent, by a commit or by a heartbeat."""
        return self._response is not None or self._beating is not None

    @property
    def response(self) -> web.StreamResponse:
        """The response; there is one after a commit, a heartbeat or a reply."""
        assert self._response is not None  # noqa: S101 -- the caller has seen to it
        return self._response

    def reply(self, status: int, headers: Headers, body: bytes) -> None:
        """A whole response, sent when the exchange returns it; only where nothing has been sent."""
        headers = [*headers, *self._record.headers()]
        self._response = web.Response(status=status, headers=headers, body=body)

    async def commit(self, status: int, headers: Headers) -> None:
        """Sends the head, unless a heartbeat has."""
        if self._beating is not None:
            await self._heartbeat_done()
        self.committed = True
        if self._response is not None:
            return
        headers = [*headers, *self._record.headers()]
        self._response = response = web.StreamResponse(status=status, headers=headers)
        await _sent(response.prepare(self._request))

    async def commit_whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Sends head and body at once, or the body behind the heartbeats that have been sent."""
        if self._beating is not None:
            await self._heartbeat_done()
        self.committed = True
        if self._response is None:
            headers = [*headers, *self._record.headers()]
            self._response = web.Response(status=status, headers=headers, body=body)
            body = b""
        await _sent(self._response.prepare(self._request))
        await self.end(body)

    async def say(self, piece: bytes) -> None:
        """Sends a piece of the answer; waits while the client does not read.

        Raises:
            ClientGone: it has left.
        """
        watchdog = self._watchdog
        watchdog.writing = True
        if self._beating is not None:
            await self._heartbeat_done()
        await _sent(self.response.write(piece))
        watchdog.writing = False
        watchdog.told = watchdog.heard = self._watchdog.loop.time()

    async def end(self, last: bytes) -> None:
        """Sends what is left and ends the response in good order."""
        await self._settle()
        await _sent(self.response.write_eof(last))
        self.ended = True

    async def break_off(self, error: AimuxError) -> None:
        """Ends a response that will not be completed, so that nobody takes it for complete.

        A stream gets an error event of its dialect.  Then the connection is closed without the chunk
        that ends a response in good order: some SDKs overlook the event (Responses' plain streams,
        Gemini CLI's), none overlooks that.  Closed, not aborted, so that the event still arrives; a
        client that has stopped reading is not waited for.
        """
        stuck = self._watchdog.writing
        await self._settle()
        response = self.response
        self._record.status = response.status
        transport = self._request.transport
        if transport is None:
            return
        if stuck:
            transport.abort()
            return
        if response.content_type == "text/event-stream":
            await _sent(response.write(self.failing(error, self._record.id)))
        transport.close()

    async def _settle(self) -> None:
        self._watchdog.rest()
        if self._beating is not None:
            await self._heartbeat_done()

    def adopt(self, watchdog: Watchdog) -> None:
        """From now on the client's silence is another watchdog's: that of the attempt that answers."""
        before, self._watchdog = self._watchdog, watchdog
        watchdog.on_silence, watchdog.told = before.on_silence, before.told
        before.rest()

    # ------------------------------------------------------------ silence

    def break_silence(self) -> None:
        """The client has heard nothing for as long as it may; called by the watchdog's timer."""
        if self._beating is None or self._beating.done():
            self._beating = self._watchdog.loop.create_task(self._beat())

    async def _beat(self) -> None:
        with contextlib.suppress(ClientConnectionResetError, ConnectionError):
            if self._response is None:
                response = web.StreamResponse(headers=[*_EVENT_STREAM, *self._record.headers()])
                await response.prepare(self._request)
                self._response = response
            await self._response.write(self._codec.heartbeat)

    async def _heartbeat_done(self) -> None:
        assert self._beating is not None  # noqa: S101 -- asked before, to save the common case a call
        await self._beating
        self._beating = None

    def close(self) -> None:
        """Ends the heartbeat; the response itself belongs to the server."""
        if self._beating is not None:
            self._beating.cancel()


Answering = Callable[[web.Request, Codec, Watchdog, Record], Answer]


async def _sent(write: Awaitable[object]) -> None:
    """Waits for a write to the client.

    Raises:
        ClientGone: it has closed its connection.
    """
    try:
        await write
    except ConnectionError as problem:
        raise ClientGone("the client has closed its connection") from problem

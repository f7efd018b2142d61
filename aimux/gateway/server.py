"""The HTTP server under the application: aiohttp's, with three things done differently.

What is not valid HTTP never becomes a request, so no middleware sees it.  aiohttp answers it in plain
text and writes a traceback into the log; here it is answered with JSON that the readers of Anthropic's
and of OpenAI's errors both understand (the path, and with it the dialect, is not known then), and it is
not an event for the log: anybody can send garbage.

A connection on which no request comes is closed: aiohttp waits for a first one for ever.

And a request to one of the few addresses that get nearly all of them does not go through the router:
it is looked up by its path alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from aimux.wire import jsontext

logger = logging.getLogger("aimux.http")

Serve = Callable[[Any], Awaitable[web.StreamResponse]]

SHORT_WAYS: Final = web.AppKey("short_ways", Mapping[str, Serve])
"""By path, what answers a POST to it, with the door around it: nothing else stands before it."""

FIRST_HEAD_S: Final = 15.0
"""From a connection to the end of its first request's head; between requests the keep-alive limit counts."""

MAX_HEAD_BYTES: Final = 2**15
"""One header, or the request line: agents send metadata of some KB, nobody sends more than this."""

OPTIONS: Final[dict[str, Any]] = {
    "handler_cancellation": True,  # a client that leaves ends its exchange, and the upstream's bill
    "access_log": None,
    "auto_decompress": False,  # done where the limit on what it expands to is known
    "keepalive_timeout": 90.0,  # longer than the pools of the SDKs keep a connection
    "read_bufsize": 2**18,
    "max_line_size": MAX_HEAD_BYTES,
    "max_field_size": MAX_HEAD_BYTES,
}


class Connection(web.RequestHandler):
    """One connection of a client."""

    __slots__ = ("_leaving", "_patience")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to wait for the first request."""
        super().connection_made(transport)
        self._leaving = False
        self._patience = self._loop.call_later(FIRST_HEAD_S, self._give_up)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Ends the wait."""
        self._patience.cancel()
        super().connection_lost(exc)

    def leave(self) -> None:
        """The next answer closes the connection, and says so."""
        make = self._request_factory
        if make is not None and not self._leaving:
            self._leaving = True
            self._request_factory = lambda message, *rest: make(
                message._replace(should_close=True), *rest
            )

    def _give_up(self) -> None:
        if self._request_count == 0:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is not HTTP; the connection is closed behind it.

        Raises:
            ConnectionError: a response had begun; there is nothing left to say.
        """
        logger.debug("not HTTP: %s", type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("a response has begun already")
        text = (message or "it cannot be read").partition("\n")[0].strip().rstrip(":")[:200]
        body = {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": f"the request is not valid HTTP: {text}",
                "param": None,
                "code": "bad_http",
            },
        }
        response = web.Response(
            status=status, body=jsontext.dumps(body), content_type="application/json"
        )
        response.force_close()
        return response


class _Server(web.Server):
    """Makes our connections instead of aiohttp's."""

    def __init__(
        self, server: web.Server, options: dict[str, Any], short_ways: Mapping[str, Serve]
    ) -> None:
        super().__init__(
            _short(server.request_handler, short_ways) if short_ways else server.request_handler,
            request_factory=server.request_factory,
            handler_cancellation=server.handler_cancellation,
            loop=server._loop,  # noqa: SLF001 -- aiohttp has no other way to pass it on
            **options,
        )
        self._options = options

    def __call__(self) -> Connection:
        return Connection(self, loop=self._loop, **self._options)


class Runner(web.AppRunner):
    """Runs the gateway's application with OPTIONS; ``shutdown_timeout`` is in seconds."""

    def __init__(self, app: web.Application, *, shutdown_timeout: float) -> None:
        super().__init__(app, handle_signals=False, shutdown_timeout=shutdown_timeout, **OPTIONS)

    def leave(self) -> int:
        """Each connection is closed behind its next answer; how many are left."""
        connections = self.server.connections if self.server else []
        for connection in connections:
            if isinstance(connection, Connection):
                connection.leave()
        return len(connections)

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        options = {key: value for key, value in OPTIONS.items() if key != "handler_cancellation"}
        return _Server(server, options, self._app.get(SHORT_WAYS, {}))


def _short(handle: Serve, short_ways: Mapping[str, Serve]) -> Serve:
    """Answers a POST to one of the paths without the router; all else goes through it."""

    def handler(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        serve = short_ways.get(request.path) if request.method == "POST" else None
        if serve is None or "expect" in request.headers:
            return handle(request)
        return serve(request)

    return handler

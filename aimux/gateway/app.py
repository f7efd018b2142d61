"""The gateway as an aiohttp application: its routes, its door, and what it counts."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from aimux.admin.shapes import ProviderStatusShape
from aimux.errors import (
    AimuxError,
    ClientGone,
    Draining,
    InternalError,
    MethodNotAllowed,
    UnknownPath,
)
from aimux.gateway import guard, models
from aimux.gateway.carried import Carried
from aimux.gateway.dialect import dialect, error_headers, status_for
from aimux.gateway.exchange import Exchange
from aimux.gateway.fleet import Fleet
from aimux.gateway.ingress import agent_of, read_request
from aimux.gateway.record import Recent, Record
from aimux.gateway.server import SHORT_WAYS, Serve
from aimux.gateway.snapshot import Snapshot
from aimux.gateway.standing import provider_status
from aimux.model.request import WireFormat
from aimux.routing.candidates import Asked
from aimux.telemetry.lines import Fact
from aimux.wire import jsontext
from aimux.wire.codec import Operation
from aimux.wire.formats import CODECS
from aimux.wire.inquiry import Caller

logger = logging.getLogger("aimux.exchange")

FAREWELL_S: Final = 1.0
"""How long the last words to clients whose exchanges are cut may take, all together."""

CLIENT_CLOSED: Final = 499
"""Written into the record of an exchange whose client left; never sent, there is nobody to read it."""

CLIENT: Final = web.RequestKey("client", str)
REQUEST_ID: Final = web.RequestKey("request_id", str)

# Method, path, and what is wanted there; the same path below /anthropic or /openai for clients whose
# base URL is set so.
_GENERATING: Final = (
    ("/v1/messages", WireFormat.ANTHROPIC, Operation.GENERATE),
    ("/v1/messages/count_tokens", WireFormat.ANTHROPIC, Operation.COUNT_TOKENS),
    ("/anthropic/v1/messages", WireFormat.ANTHROPIC, Operation.GENERATE),
    ("/anthropic/v1/messages/count_tokens", WireFormat.ANTHROPIC, Operation.COUNT_TOKENS),
    ("/v1/chat/completions", WireFormat.OPENAI_CHAT, Operation.GENERATE),
    ("/openai/v1/chat/completions", WireFormat.OPENAI_CHAT, Operation.GENERATE),
    ("/v1/responses", WireFormat.OPENAI_RESPONSES, Operation.GENERATE),
    ("/openai/v1/responses", WireFormat.OPENAI_RESPONSES, Operation.GENERATE),
    ("/v1/embeddings", WireFormat.OPENAI_CHAT, Operation.EMBED),
    ("/openai/v1/embeddings", WireFormat.OPENAI_CHAT, Operation.EMBED),
)
_GEMINI: Final = "models/{model:.+}:{method:generateContent|streamGenerateContent|countTokens}"


class Gateway:
    """The data plane of one daemon."""

    def __init__(
        self, snapshot: Snapshot, *, instance: str, carried: Carried | None = None
    ) -> None:
        """``instance`` names this daemon for as long as it lives."""
        self._carried = carried or Carried()
        self.snapshot = snapshot
        self.instance = instance
        self.fleet = Fleet()
        self.recent = Recent(time.monotonic)
        self.in_flight = 0
        self.requests = 0
        self.failures = 0
        self.draining = False
        self._open: set[Exchange] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def swap(self, snapshot: Snapshot) -> None:
        """Requests that come from now on see the new snapshot; those under way keep theirs.

        A provider whose address or keys have changed starts with a clean slate.
        """
        before, self.snapshot = self.snapshot, snapshot
        for name in before.providers:
            same_keys = before.credentials.get(name) == snapshot.credentials.get(name)
            if not same_keys or before.providers[name] != snapshot.providers.get(name):
                self.fleet.health.forget(name)

    def application(self, *register: Callable[[web.Application], None]) -> web.Application:
        """The application with the guard around all of it; ``register`` adds further routes."""
        door = self._door()
        app = web.Application(middlewares=[door], client_max_size=0)
        short_ways: dict[str, Serve] = {}
        for path, format_, operation in _GENERATING:
            handler = self._exchange(format_, operation)
            app.router.add_post(path, handler)
            short_ways[path] = _behind(door, handler)
        app[SHORT_WAYS] = short_ways
        app.router.add_post("/v1beta/" + _GEMINI, self._gemini)
        app.router.add_post("/v1/" + _GEMINI, self._gemini)  # google-genai's default since 3
        for prefix in ("/v1", "/anthropic/v1", "/openai/v1", "/v1beta"):
            app.router.add_get(f"{prefix}/models", self._models)
            app.router.add_get(prefix + "/models/{model:.+}", self._model)
        app.router.add_get("/health", self._health)
        app.router.add_get("/health/ready", self._ready)
        app.router.add_head("/", self._probe)
        app.router.add_head("/api/hello", self._probe)
        for add in register:
            add(app)
        app.on_shutdown.append(self._on_shutdown)
        return app

    # ------------------------------------------------------------ the door

    def _door(self) -> Middleware:
        @web.middleware
        async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
            """Whoever may not come in is answered here, and so is every error that comes out."""
            request_id = request[REQUEST_ID] = new_request_id()
            try:
                request[CLIENT] = guard.admit(request, self.snapshot)
                return await handler(request)
            except AimuxError as error:
                return _error_response(request, error, request_id)
            except web.HTTPException as http:
                return _error_response(request, _of_http(request, http), request_id)
            except Exception:
                logger.exception(
                    "a request ended in a bug", extra={"fields": {"request_id": request_id}}
                )
                bug = InternalError("aimux has a bug", hint=f"aimux logs --request {request_id}")
                return _error_response(request, bug, request_id)

        return door

    # ------------------------------------------------------------ exchanges

    def _exchange(self, format_: WireFormat, operation: Operation) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await self._run(request, format_, operation)

        return handler

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        counts = request.match_info["method"] == "countTokens"
        operation = Operation.COUNT_TOKENS if counts else Operation.GENERATE
        return await self._run(request, WireFormat.GEMINI, operation)

    async def _run(
        self, request: web.Request, format_: WireFormat, operation: Operation
    ) -> web.StreamResponse:
        """One exchange from accept to record."""
        record = Record(request[REQUEST_ID], time.monotonic(), time.time(), format=format_)
        record.client = agent_of(request) or request[CLIENT]
        self.recent.add(record)
        self._enter()
        try:
            return await self._answer(request, format_, operation, record)
        except ClientGone as gone:
            record.status = CLIENT_CLOSED
            record.failed("client_gone", gone)
            return web.Response(status=CLIENT_CLOSED)
        except AimuxError as error:
            record.status = status_for(error, format_)
            record.failed("rejected", error)
            raise
        except asyncio.CancelledError:
            record.status = record.status or CLIENT_CLOSED
            record.outcome = "client_gone"
            raise
        finally:
            record.ended = time.monotonic()
            self._leave(record)

    async def _answer(
        self, request: web.Request, format_: WireFormat, operation: Operation, record: Record
    ) -> web.StreamResponse:
        if self.draining:
            raise Draining("the daemon is about to end", hint="send the request again in a moment")
        snapshot = self.snapshot
        limit_bytes = snapshot.config.server.max_body_mb * 2**20
        ingress = await read_request(request, format_, operation, limit_bytes)
        record.asked_model, record.stream = ingress.model, ingress.stream
        carries = self._carried.ever
        started_s = int(record.started_at)
        ingress.caller = Caller(record.id, started_s, record.client, self.fleet.memory, carries)
        translates = operation is not Operation.EMBED
        planned = snapshot.plan(Asked(ingress.model, format_, ingress.target, translates))
        record.decision = planned.decision
        if planned.translates:
            self._carried.note()
        exchange = Exchange(self.fleet, snapshot, request, ingress, record)
        self._open.add(exchange)
        try:
            return await exchange.run(planned)
        finally:
            self._open.discard(exchange)

    def _enter(self) -> None:
        self.requests += 1
        self.in_flight += 1
        self._empty.clear()

    def _leave(self, record: Record) -> None:
        self.in_flight -= 1
        if self.in_flight == 0:
            self._empty.set()
        if record.outcome not in {"ok", "client_gone"}:
            self.failures += 1
        if logger.isEnabledFor(logging.INFO):
            logger.handle(Fact(logger, logging.INFO, "exchange", record))

    # ------------------------------------------------------------ the end

    def begin_drain(self) -> None:
        """From now on new requests are refused with ``retry-after``; those under way go on."""
        self.draining = True

    async def drained(self, limit_s: float) -> int:
        """Waits until no exchange is open, at most so long; how many are open then."""
        try:
            async with asyncio.timeout(limit_s):
                await self._empty.wait()
        except TimeoutError:
            pass
        return self.in_flight

    async def close(self) -> None:
        """Cuts what is still open, each told so in its client's dialect, and closes all connections."""
        for exchange in tuple(self._open):
            exchange.cut()
        await self.drained(FAREWELL_S)
        await self.fleet.close()

    async def _on_shutdown(self, _: web.Application) -> None:
        self.begin_drain()

    # ------------------------------------------------------------ small answers

    async def _models(self, request: web.Request) -> web.StreamResponse:
        shown = models.listing(models.offers(self.snapshot), _asker(request))
        return _json(shown)

    async def _model(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["model"]
        return _json(models.one(models.offers(self.snapshot), name, _asker(request)))

    async def _health(self, _: web.Request) -> web.StreamResponse:
        return _json({"status": "ok"})

    async def _ready(self, _: web.Request) -> web.StreamResponse:
        """Whether a request could be sent somewhere: 200, or 503 with the reason of each provider."""
        snapshot = self.snapshot
        ready = not self.draining and len(snapshot.problems) < len(snapshot.providers)
        body = {
            "status": "ready"
            if ready
            else "draining"
            if self.draining
            else "no provider is usable",
            "providers": {
                name: snapshot.problems.get(name, "usable") for name in snapshot.providers
            },
        }
        return _json(body, status=200 if ready else 503)

    async def _probe(self, _: web.Request) -> web.StreamResponse:
        """Agents warm up their connection with a HEAD request before they need it."""
        return web.Response()

    def provider_status(self) -> list[ProviderStatusShape]:
        """Each provider as ``aimux status`` shows it."""
        now = time.monotonic()
        return [
            provider_status(each, self.snapshot, self.fleet, now)
            for each in self.snapshot.providers.values()
        ]


def _behind(door: Middleware, handler: Handler) -> Serve:
    """A handler with the door around it, as the application puts it there."""
    return lambda request: door(request, handler)


def new_request_id() -> str:
    """An id that no other request has, to grep for; it opens nothing, so it need not be a secret."""
    return f"ax_{random.getrandbits(80):020x}"  # the system's source costs 100 times as much


def _asker(request: web.Request) -> WireFormat:
    return dialect(request.path, request.headers)


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=jsontext.dumps(body), status=status, content_type="application/json")


def _of_http(request: web.Request, http: web.HTTPException) -> AimuxError:
    """The refusals of aiohttp as ours."""
    if http.status == MethodNotAllowed.http_status:
        return MethodNotAllowed(f"{request.method} is not answered at {request.path}")
    if http.status == UnknownPath.http_status:
        return UnknownPath(
            f"there is nothing at {request.path[:200]!r}",
            hint="a base URL ends before /v1 for Anthropic's SDK and with /v1 for OpenAI's",
        )
    return InternalError(f"the request ended with status {http.status}")


def _error_response(request: web.Request, error: AimuxError, request_id: str) -> web.Response:
    format_ = _asker(request)
    return web.Response(
        status=status_for(error, format_),
        body=CODECS[format_].error_body(error, request_id),
        headers=[("x-aimux-request-id", request_id), *error_headers(error)],
    )

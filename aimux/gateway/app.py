"""The gateway as an aiohttp application: its routes, its door, and what it counts."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from aimux.admin.problems import error_shape
from aimux.admin.rehearsed import rehearsal_shape
from aimux.admin.shapes import API, BudgetShape, ProviderStatusShape, RehearsalShape, ResetShape
from aimux.errors import (
    AimuxError,
    ClientGone,
    Draining,
    Forbidden,
    ForeignHost,
    InternalError,
    MethodNotAllowed,
    TooLarge,
    Unauthorized,
    UnknownPath,
)
from aimux.gateway import guard, models
from aimux.gateway.answer import Answer
from aimux.gateway.carried import Carried
from aimux.gateway.dialect import dialect, error_headers, status_for
from aimux.gateway.exchange import Exchange
from aimux.gateway.fleet import Fleet
from aimux.gateway.ingress import agent_of, features_of, read_request
from aimux.gateway.kept import kept_answer
from aimux.gateway.record import Recent, Record
from aimux.gateway.server import SHORT_WAYS, Serve
from aimux.gateway.snapshot import Snapshot
from aimux.gateway.standing import budget_status, forget_troubles, provider_status
from aimux.model.request import WireFormat
from aimux.routing.planning import plan
from aimux.routing.rehearsal import Script, rehearse, understudy
from aimux.routing.state import MemoryState
from aimux.telemetry.bodies import Bodies
from aimux.telemetry.lines import Fact
from aimux.upstream.reach import reachable
from aimux.wire import jsontext
from aimux.wire.codec import Operation
from aimux.wire.formats import CODECS
from aimux.wire.inquiry import Caller

logger = logging.getLogger("aimux.exchange")

LOOK_EVERY_S: Final = 3.0
"""How often it is looked whether the network is back."""

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

_REJECTS: Final[Mapping[type[AimuxError], str]] = {
    ForeignHost: "host",
    Forbidden: "origin",
    Unauthorized: "token",
    TooLarge: "size",
}

Observer = Callable[[Record], None]
Counter = Callable[[], None]


class Gateway:
    """The data plane of one daemon."""

    def __init__(  # noqa: PLR0913 -- each is a part of the daemon that has its own life
        self,
        snapshot: Snapshot,
        *,
        instance: str,
        carried: Carried | None = None,
        state: MemoryState | None = None,
        observers: Sequence[Observer] = (),
        counters: Sequence[Counter] = (),
        bodies: Bodies | None = None,
    ) -> None:
        """``instance`` names this daemon for as long as it lives; ``state`` is what routing remembers
        from the one before.  ``observers`` are shown each exchange when it has ended, after the last
        byte; they take microseconds, and what needs longer they hand over.  ``counters`` are called
        when one begins, before anything of it is done.  ``bodies`` takes what is said in those exchanges
        that the configuration wants kept.
        """
        self._observers = tuple(observers)
        self._counters = tuple(counters)
        self._bodies = bodies
        self._carried = carried or Carried()
        self.snapshot = snapshot
        self.instance = instance
        self.fleet = Fleet(state)
        self.recent = Recent(time.monotonic)
        self.in_flight = 0
        self.requests = 0
        self.failures = 0
        self.rejects = dict.fromkeys(("host", "origin", "token", "size"), 0)
        """Requests that were refused at the door, by reason."""
        self.draining = False
        self.followers: list[Callable[[Snapshot], None]] = []
        """Who is told of a new snapshot."""
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
                self.fleet.router.reset(name, self.fleet.now_s())
        for follow in self.followers:
            follow(snapshot)

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
                reason = _REJECTS.get(type(error))
                if reason is not None:
                    self.rejects[reason] += 1
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
        record.operation = operation
        record.token = request[CLIENT]
        record.client = agent_of(request) or record.token
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
        read_at = time.perf_counter()
        record.parse_s = read_at - ingress.whole_at
        record.asked_model, record.stream = ingress.model, ingress.stream
        carries = self._carried.ever
        started_s = int(record.started_at)
        ingress.caller = Caller(record.id, started_s, record.client, self.fleet.memory, carries)
        ingress.features = features_of(request, ingress, record.client, record.token)
        record.project = ingress.features.project
        fleet = self.fleet
        moment = fleet.moment()
        planned = plan(fleet.router, snapshot.routes, ingress.features, moment, random.random)
        record.decision = planned.decision
        record.route_s = time.perf_counter() - read_at
        if planned.translates:
            self._carried.note()
        keeps = snapshot.keeps
        answering = Answer if keeps is None else kept_answer(self._bodies, keeps, ingress, moment)
        exchange = Exchange(self.fleet, snapshot, request, ingress, record, answering=answering)
        self._open.add(exchange)
        try:
            return await exchange.run(planned)
        finally:
            self._open.discard(exchange)

    def _enter(self) -> None:
        self.requests += 1
        self.in_flight += 1
        self._empty.clear()
        for count in self._counters:
            count()

    def _leave(self, record: Record) -> None:
        self.in_flight -= 1
        if self.in_flight == 0:
            self._empty.set()
        if record.outcome not in {"ok", "client_gone"}:
            self.failures += 1
        if logger.isEnabledFor(logging.INFO):
            logger.handle(Fact(logger, logging.INFO, "exchange", record))
        for observe in self._observers:
            observe(record)

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

    # ------------------------------------------------------------ the network

    async def watch_network(self, every_s: float = LOOK_EVERY_S) -> None:
        """Looks for the network while there is none, for as long as the daemon lives."""
        network = self.fleet.router.network
        while True:
            await asyncio.sleep(every_s)
            if not network.offline(self.fleet.now_s()):
                continue
            outside = [
                each for each in self.snapshot.providers.values() if each.enabled and not each.local
            ]
            if any(await asyncio.gather(*map(reachable, outside))):
                network.reached()
                logger.info("the network is back")

    # ------------------------------------------------------------ small answers

    async def _models(self, request: web.Request) -> web.StreamResponse:
        shown = models.listing(self._offers(request), _asker(request))
        return _json(shown)

    def _offers(self, request: web.Request) -> list[models.Offer]:
        """What the caller's token permits of all that can be asked for."""
        permits, token = self.snapshot.routes.permits, request[CLIENT]
        return [each for each in models.offers(self.snapshot) if permits.allows(token, each.id)]

    async def _model(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["model"]
        return _json(models.one(self._offers(request), name, _asker(request)))

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

    def budget_status(self) -> list[BudgetShape]:
        """Each budget as ``aimux status`` shows it."""
        return budget_status(self.snapshot, self.fleet)

    def budget_used(self) -> float | None:
        """The largest used share of a budget; None where there is none."""
        shares = (each["spent_usd"] / each["limit_usd"] for each in self.budget_status())
        return max(shares, default=None)

    def provider_status(self) -> list[ProviderStatusShape]:
        """Each provider as ``aimux status`` shows it."""
        now_s = self.fleet.now_s()
        return [
            provider_status(each, self.snapshot, self.fleet, now_s)
            for each in self.snapshot.providers.values()
        ]

    # ------------------------------------------------------------ what the admin API asks

    async def rehearse(self, script: Script, minute_of_week: int | None) -> RehearsalShape:
        """What would become of a request; planned aside, over a copy of what is known now.

        Raises:
            ClientError, NoCandidate: what its client would be told.
        """
        fleet, snapshot = self.fleet, self.snapshot
        moment = fleet.moment()
        if minute_of_week is not None:
            moment = moment._replace(minute_of_week=minute_of_week)
        rehearsal = await asyncio.to_thread(
            rehearse,
            understudy(fleet.router, fleet.state),
            snapshot.routes,
            script,
            moment,
            snapshot.config.server.max_body_mb * 2**20,
        )
        return rehearsal_shape(rehearsal, live=True)

    def reset(self, provider: str) -> ResetShape | None:
        """Forgets that anything is wrong with a provider; None where there is none of that name."""
        if provider not in self.snapshot.providers:
            return None
        return forget_troubles(provider, self.fleet, self.fleet.now_s())


def _behind(door: Middleware, handler: Handler) -> Serve:
    """A handler with the door around it, as the application puts it there."""
    return lambda request: door(request, handler)


def new_request_id() -> str:
    """An id that no other request has, to grep for; it opens nothing, so it need not be a secret.

    It begins with the time in milliseconds: ids sort as they were given out, and an index of many of them
    grows at its end instead of everywhere, which is most of what writing the ledger costs.
    """
    # The system's source of chance costs 100 times as much.
    return f"ax_{(time.time_ns() // 1_000_000 << 36) | random.getrandbits(36):020x}"


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
    if request.path.startswith(API + "/") and not isinstance(error, UnknownPath):
        return web.json_response(error_shape(error), status=error.http_status)
    format_ = _asker(request)
    return web.Response(
        status=status_for(error, format_),
        body=CODECS[format_].error_body(error, request_id),
        headers=[("x-aimux-request-id", request_id), *error_headers(error)],
    )

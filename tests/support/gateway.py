"""A gateway on a real socket in the test's own loop, without a daemon around it.

async with open_gateway([provider("a", upstream)]) as served:
    reply = await served.post("/v1/messages", b'{"model":"m"}')
    assert reply.status == 200 and reply.body == ...
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDictProxy

from aimux.admin.shapes import ExchangeShape
from aimux.catalogue.provider import AuthStyle, Endpoint, ModelFacts, Provider, TimeLimits
from aimux.config.keyref import KeyReference
from aimux.config.schema import Config
from aimux.gateway.app import Gateway, Observer
from aimux.gateway.meters import Meters
from aimux.gateway.meters import routes as metrics_routes
from aimux.gateway.server import Runner
from aimux.gateway.snapshot import Snapshot
from aimux.model.request import WireFormat
from aimux.telemetry.bodies import Bodies
from aimux.vault.secret import Credential, Secret
from aimux.vault.tokens import token_hash
from tests.support.accepting import stop_accepting
from tests.support.patience import PATIENCE_S
from tests.support.upstream import FakeUpstream

TOKEN: Final = "client-token-of-a-test"
ADMIN_TOKEN: Final = "admin-token-of-a-test"
PATIENT: Final = TimeLimits(PATIENCE_S, PATIENCE_S, PATIENCE_S, PATIENCE_S)

_AUTH: Final[Mapping[WireFormat, AuthStyle]] = {
    WireFormat.ANTHROPIC: "x-api-key",
    WireFormat.OPENAI_CHAT: "bearer",
    WireFormat.OPENAI_RESPONSES: "bearer",
    WireFormat.GEMINI: "x-goog-api-key",
}
_SUFFIX: Final = {WireFormat.OPENAI_CHAT: "/v1", WireFormat.OPENAI_RESPONSES: "/v1"}


@dataclass(frozen=True, slots=True)
class Body:
    """A response read to its end; ``broken`` when the connection ended before the response did."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    broken: bool = False


def provider(
    name: str,
    upstream: FakeUpstream | str,
    format_: WireFormat = WireFormat.ANTHROPIC,
    **more: Any,
) -> Provider:
    """A provider at a fake upstream (or an address), with one key ``default``."""
    root = upstream if isinstance(upstream, str) else upstream.url
    host = root.removeprefix("http://")
    endpoint = Endpoint(format_, root + _SUFFIX.get(format_, ""), host, _AUTH[format_])
    more.setdefault("keys", (KeyReference("env", f"{name.upper()}_KEY"),))
    more.setdefault("timeouts", PATIENT)
    models = {each: ModelFacts(each) for each in more.pop("models", ())}
    return Provider(name, None, {format_: endpoint}, models=models, **more)


def credentials_of(each: Provider, *labels: str) -> tuple[Credential, ...]:
    """Keys such as ``sk-test-a-default``, one a label."""
    hosts = frozenset(endpoint.host for endpoint in each.endpoints.values())
    return tuple(
        Credential(each.name, label, each.keys[0], Secret(f"sk-test-{each.name}-{label}"), hosts)
        for label in labels
    )


def snapshot_of(
    providers: Iterable[Provider],
    settings: Mapping[str, Any] | None = None,
    labels: tuple[str, ...] = ("default",),
) -> Snapshot:
    """A snapshot of these providers and a configuration's other sections."""
    known = {each.name: each for each in providers}
    return Snapshot(
        generation=1,
        config=Config.model_validate(settings or {}),
        providers=known,
        credentials={
            name: credentials_of(each, *labels) for name, each in known.items() if each.keys
        },
        client_tokens={token_hash(TOKEN): "tester"},
        admin_token=token_hash(ADMIN_TOKEN),
    )


@dataclass(slots=True)
class Served:
    """A gateway that listens at ``url``, and a client that has its token."""

    gateway: Gateway
    url: str
    session: aiohttp.ClientSession
    meters: Meters

    async def post(self, path: str, body: bytes, **headers: str) -> Body:
        """Sends a request with the token and reads the whole response, however it ends."""
        async with self.send(path, body, **headers) as response:
            pieces: list[bytes] = []
            broken = False
            try:
                while piece := await response.content.readany():
                    pieces.append(piece)
            except (aiohttp.ClientPayloadError, ConnectionError):
                broken = True
            return Body(response.status, response.headers, b"".join(pieces), broken=broken)

    def send(self, path: str, body: bytes, **headers: str) -> Any:
        """A request whose response the test reads itself."""
        given = {"x-api-key": TOKEN, "content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.post(self.url + path, data=io.BytesIO(body), headers=given)

    async def get(self, path: str, **headers: str) -> Body:
        """Fetches an address with the token."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given.setdefault("authorization", f"Bearer {TOKEN}")
        async with self.session.get(self.url + path, headers=given) as response:
            return Body(response.status, response.headers, await response.read())

    async def settled(self) -> ExchangeShape:
        """The record of the latest exchange, once it is closed: a client may have its answer a moment
        before.
        """
        async with asyncio.timeout(PATIENCE_S):
            while self.gateway.in_flight:
                await asyncio.sleep(0)
        return self.last

    @property
    def last(self) -> ExchangeShape:
        """The record of the latest exchange."""
        found = self.gateway.recent.find("last")
        assert found is not None
        return found


@asynccontextmanager
async def open_gateway(
    providers: Iterable[Provider] = (),
    settings: Mapping[str, Any] | None = None,
    labels: tuple[str, ...] = ("default",),
    bodies: Bodies | None = None,
    *,
    around: Callable[[Gateway], Iterable[Callable[[web.Application], None]]] = lambda _: (),
    observers: Iterable[Observer] = (),
    **changes: Any,
) -> AsyncIterator[Served]:
    """Serves a gateway with its meters; ``around`` gives what else is served beside it, ``changes``
    replace fields of its snapshot.
    """
    snapshot = dataclasses.replace(snapshot_of(providers, settings, labels), **changes)
    meters = Meters(snapshot)
    gateway = Gateway(
        snapshot, instance="test", observers=[meters.observe, *observers], bodies=bodies
    )
    application = gateway.application(metrics_routes(meters, gateway), *around(gateway))
    runner = Runner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    session = aiohttp.ClientSession(auto_decompress=False)
    try:
        yield Served(gateway, f"http://{host}:{port}", session, meters)
    finally:
        await session.close()
        assert isinstance(site._server, asyncio.Server)
        await stop_accepting(site._server)
        await runner.cleanup()
        await gateway.close()

"""A gateway with the dashboard's side around it, and a browser that has logged in.

async with open_face(folder) as face:
    await face.log_in()
    reply = await face.get("/aimux/v1/status")
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from aimux.admin import api, login, pages
from aimux.admin.live import Live, Pace
from aimux.admin.visitors import Visitors
from aimux.catalogue.provider import Provider
from aimux.gateway.app import Gateway
from aimux.telemetry.redact import Redactor
from tests.support.gateway import ADMIN_TOKEN, Served, open_gateway
from tests.support.patience import PATIENCE_S

QUICK = Pace(tick_s=0.01, status_s=0.02, heartbeat_s=60, linger_s=60, slow_s=0.05)

Register = Callable[[web.Application], None]


@dataclass
class Control:
    """What a daemon tells of itself; a test changes it."""

    told: dict[str, Any] = field(default_factory=lambda: {"state": "running", "providers": []})
    firing: list[Any] = field(default_factory=list)

    def ping(self) -> Any:
        return {"aimux": "1", "instance": "i", "pid": 1}

    def status(self) -> Any:
        return dict(self.told)

    def alerts(self) -> Any:
        return list(self.firing)

    async def reload(self) -> Any:
        return {"generation": 2, "changes": [], "restart_needed": []}


@dataclass
class Face:
    """The served gateway and one browser."""

    served: Served
    visitors: Visitors
    live: Live
    control: Control
    cookie: str = ""

    @property
    def url(self) -> str:
        return self.served.url

    async def log_in(self) -> None:
        """Gets a code as the command does and gives it back as the page does."""
        made = await self.send("POST", "/aimux/v1/login-codes", {}, token=ADMIN_TOKEN)
        status, headers, _ = await self.full("POST", "/aimux/v1/login", {"code": made[1]["code"]})
        assert status == 200
        self.cookie = headers["set-cookie"].partition(";")[0]

    def headers(self, token: str = "", **more: str) -> dict[str, str]:
        """As a browser sends them from our page: with the cookie, and where it comes from."""
        given = {"sec-fetch-site": "same-origin"}
        if token:
            given = {"authorization": f"Bearer {token}"}
        elif self.cookie:
            given["cookie"] = self.cookie
        return given | {name.replace("_", "-"): value for name, value in more.items()}

    async def full(
        self, method: str, path: str, body: object = None, token: str = "", **headers: str
    ) -> tuple[int, Any, bytes]:
        """Status, headers and body."""
        given = self.headers(token, **headers)
        data = None
        if body is not None:
            data = json.dumps(body)
            given.setdefault("content-type", "application/json")
        session = self.served.session
        async with session.request(method, self.url + path, data=data, headers=given) as got:
            return got.status, got.headers, await got.read()

    async def send(
        self, method: str, path: str, body: object = None, token: str = "", **headers: str
    ) -> tuple[int, Any]:
        """Status and decoded body."""
        status, _, content = await self.full(method, path, body, token, **headers)
        return status, json.loads(content)

    async def get(self, path: str, token: str = "", **headers: str) -> tuple[int, Any]:
        """Fetches an address."""
        return await self.send("GET", path, None, token, **headers)

    @asynccontextmanager
    async def looking(self, **headers: str) -> AsyncIterator[Events]:
        """An open stream of events."""
        given = self.headers(**headers)
        session = self.served.session
        async with session.get(self.url + "/aimux/v1/events", headers=given) as got:
            assert got.status == 200, await got.text()
            assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
            yield Events(got)


@dataclass
class Events:
    """The events of a stream, as a browser would see them."""

    response: aiohttp.ClientResponse
    raw: list[str] = field(default_factory=list)

    async def next(self, kind: str = "") -> tuple[int, str, Any]:
        """The next event, or the next one of a kind: its id, kind and data."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                text = (await self.response.content.readuntil(b"\n\n")).decode()
                self.raw.append(text)
                fields = dict(line.split(": ", 1) for line in text.strip().split("\n"))
                if "data" in fields and kind in {"", fields["event"]}:
                    return int(fields["id"]), fields["event"], json.loads(fields["data"])

    async def ends(self) -> bool:
        """Reads to the end of the stream; whether it came in good order."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                self.raw.append((await self.response.content.read()).decode())
            except (aiohttp.ClientPayloadError, ConnectionError):
                return False
        return True


@asynccontextmanager
async def open_face(
    folder: Path,
    providers: Iterable[Provider] = (),
    *,
    pace: Pace = QUICK,
    settings: dict[str, Any] | None = None,
    more: Callable[[Gateway], Iterable[Register]] = lambda _: (),
    visitors: Visitors | None = None,
) -> AsyncIterator[Face]:
    """Serves the gateway with pages from a folder, login, events and the admin API."""
    visitors = visitors or Visitors()
    redactor = Redactor()
    live, control = Live(visitors, redactor, pace), Control()

    def around(gateway: Gateway) -> Iterable[Register]:
        def shown() -> bool:
            return gateway.snapshot.config.server.dashboard

        live.follow(gateway.recent, control)
        yield api.routes(gateway, control, redactor.value)  # type: ignore[arg-type]  # as much as is asked
        yield pages.routes(folder, shown)
        yield login.routes(visitors, shown, late_s=0.01)
        yield live.register
        yield from more(gateway)

    async with open_gateway(providers, settings, around=around, observers=[live.observe]) as served:
        redactor.hide(
            each.secret for found in served.gateway.snapshot.credentials.values() for each in found
        )
        yield Face(served, visitors, live, control)

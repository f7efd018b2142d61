"""The admin API: what the command line and the dashboard ask of the daemon.

Addresses and shapes stand in ``admin.shapes``.  Who may ask is the guard's business, which stands
before every route; here a state-changing request has to be JSON, so that no page of a browser can
send one without being asked first.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from aiohttp import web

from aimux.admin.problems import error_shape
from aimux.admin.shapes import API, ExchangeShape, PingShape, ReloadShape, StatusShape
from aimux.errors import (
    AimuxError,
    ConfigError,
    InternalError,
    InvalidRequest,
    UnknownPath,
    UnsupportedEncoding,
)
from aimux.vault.secret import Secret

logger = logging.getLogger(__name__)

MOST_EXCHANGES: Final = 1000
LIKELY_EXCHANGES: Final = 50

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control(Protocol):
    """What the daemon lets itself be told."""

    def ping(self) -> PingShape:
        """Who answers."""
        ...

    async def reload(self) -> ReloadShape:
        """Applies the configuration on the disk; ConfigError when it has problems."""
        ...

    def shutdown(self, drain_s: float | None) -> float:
        """Begins the end and returns at once: the seconds it waits at most for open exchanges."""
        ...

    def status(self) -> StatusShape:
        """The whole state."""
        ...

    async def unlock(self, passphrase: Secret) -> None:
        """Opens the vault; VaultLocked when the passphrase is wrong."""
        ...


class Recent(Protocol):
    """The exchanges that are still remembered."""

    def newest(self, most: int, /) -> list[ExchangeShape]:
        """The newest first."""
        ...

    def find(self, identity: str, /) -> ExchangeShape | None:
        """One of them."""
        ...


class Observed(Protocol):
    """What is asked of the gateway itself."""

    @property
    def in_flight(self) -> int:
        """Exchanges that are open."""
        ...

    @property
    def recent(self) -> Recent:
        """The exchanges that are still remembered."""
        ...


def routes(gateway: Observed, control: Control) -> Callable[[web.Application], None]:
    """Registers the admin API on an application."""
    api = _Api(gateway, control)

    def register(app: web.Application) -> None:
        app.router.add_get(f"{API}/ping", _answering(api.ping))
        app.router.add_get(f"{API}/status", _answering(api.status))
        app.router.add_post(f"{API}/reload", _answering(api.reload))
        app.router.add_post(f"{API}/shutdown", _answering(api.shutdown))
        app.router.add_get(f"{API}/exchanges", _answering(api.exchanges))
        app.router.add_get(f"{API}/exchanges/{{id}}", _answering(api.exchange))
        app.router.add_post(f"{API}/vault/unlock", _answering(api.unlock))

    return register


class _Api:
    def __init__(self, gateway: Observed, control: Control) -> None:
        self._gateway = gateway
        self._control = control

    async def ping(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        return self._control.ping()

    async def status(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        return self._control.status()

    async def reload(self, request: web.Request) -> object:
        await _body(request)
        return await self._control.reload()

    async def shutdown(self, request: web.Request) -> object:
        drain_s = _seconds((await _body(request)).get("drain_s"))
        in_flight = self._gateway.in_flight
        return {"in_flight": in_flight, "drain_s": self._control.shutdown(drain_s)}

    async def exchanges(self, request: web.Request) -> object:
        return {"exchanges": self._gateway.recent.newest(_limit(request))}

    async def exchange(self, request: web.Request) -> object:
        wanted = request.match_info["id"]
        if wanted == "last":
            newest = self._gateway.recent.newest(1)
            found = newest[0] if newest else None
        else:
            found = self._gateway.recent.find(wanted)
        if found is None:
            raise UnknownPath(
                "no request yet" if wanted == "last" else f"no request {wanted!r} is remembered",
                hint="aimux requests lists those that are",
            )
        return found

    async def unlock(self, request: web.Request) -> object:
        passphrase = (await _body(request)).get("passphrase")
        if not isinstance(passphrase, str) or not passphrase:
            raise InvalidRequest("passphrase must be a text", param="passphrase")
        await self._control.unlock(Secret(passphrase))
        return {"unlocked": True}


def _answering(handler: Callable[[web.Request], Awaitable[object]]) -> Handler:
    """A handler whose result and whose errors are answered as JSON."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return _json(await handler(request), 200)
        except AimuxError as problem:
            status = 409 if isinstance(problem, ConfigError) else problem.http_status
            return _json(error_shape(problem), status)
        except Exception:  # the boundary of the API: a bug of ours is told as one
            logger.exception("the admin API failed at %s", request.path)
            return _json(error_shape(InternalError("aimux has a bug; its log says more")), 500)

    return answer


def _json(body: object, status: int) -> web.Response:
    return web.json_response(body, status=status, headers={"cache-control": "no-store"})


async def _body(request: web.Request) -> Mapping[str, Any]:
    """The object that was posted; nothing at all is an empty one.

    Raises:
        UnsupportedEncoding: it is not said to be JSON.
        InvalidRequest: it is no JSON object.
    """
    if request.content_type != "application/json":
        raise UnsupportedEncoding(
            f"content-type must be application/json, not {request.content_type!r}"
        )
    content = await request.read()
    try:
        body = json.loads(content) if content else {}
    except ValueError as problem:
        raise InvalidRequest("the body is no JSON") from problem
    if not isinstance(body, dict):
        raise InvalidRequest("the body must be a JSON object")
    return body


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise InvalidRequest("drain_s must be a number of seconds or null", param="drain_s")
    return float(value)


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", str(LIKELY_EXCHANGES))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest(f"limit must be a whole number, not {text!r}", param="limit")
    return min(int(text), MOST_EXCHANGES)

"""The admin API: what the command line and the dashboard ask of the daemon.

Addresses and shapes stand in ``admin.shapes``.  Who may ask is the guard's business, which stands
before every route; here a state-changing request has to be JSON, so that no page of a browser can
send one without being asked first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from aiohttp import web

from aimux.admin.answers import Hide, answering, json_body, whole_number
from aimux.admin.rehearsed import script_from
from aimux.admin.shapes import (
    API,
    AlertShape,
    ExchangeShape,
    PingShape,
    RehearsalShape,
    ReloadShape,
    ResetShape,
    StatusShape,
    ToldShape,
)
from aimux.errors import InvalidRequest, UnknownPath
from aimux.routing.rehearsal import Script
from aimux.vault.secret import Secret

MOST_EXCHANGES: Final = 1000
LIKELY_EXCHANGES: Final = 50


class Control(Protocol):
    """What the daemon lets itself be told."""

    def ping(self) -> PingShape:
        """Who answers."""
        ...

    async def reload(self) -> ReloadShape:
        """Applies the configuration on the disk; ConfigError when it has problems."""
        ...

    async def reload_tokens(self) -> int:
        """Reads the client tokens anew: how many there are; VaultError when the file is no good."""
        ...

    def shutdown(self, drain_s: float | None) -> float:
        """Begins the end and returns at once: the seconds it waits at most for open exchanges."""
        ...

    def status(self) -> StatusShape:
        """The whole state."""
        ...

    def alerts(self) -> list[AlertShape]:
        """All alerts, in the order of the configuration."""
        ...

    async def test_alert(self, number: int | None) -> list[ToldShape]:
        """Sends a test to the places of an alert, or of all; UsageError when there is no such alert."""
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

    async def rehearse(self, script: Script, minute_of_week: int | None) -> RehearsalShape:
        """What would become of a request now, or at that minute of the week.

        Raises:
            ClientError, NoCandidate: what its client would be told.
        """
        ...

    def reset(self, provider: str) -> ResetShape | None:
        """Forgets that anything is wrong with a provider; None where there is none of that name."""
        ...


def routes(
    gateway: Observed, control: Control, hide: Hide = lambda value: value
) -> Callable[[web.Application], None]:
    """Registers the admin API on an application.

    ``hide`` is applied to what is told of exchanges: providers repeat keys in their errors.
    """
    api = _Api(gateway, control, hide)

    def register(app: web.Application) -> None:
        app.router.add_get(f"{API}/ping", answering(api.ping))
        app.router.add_get(f"{API}/status", answering(api.status))
        app.router.add_post(f"{API}/reload", answering(api.reload))
        app.router.add_post(f"{API}/tokens/reload", answering(api.reload_tokens))
        app.router.add_post(f"{API}/shutdown", answering(api.shutdown))
        app.router.add_get(f"{API}/exchanges", answering(api.exchanges))
        app.router.add_get(f"{API}/exchanges/{{id}}", answering(api.exchange))
        app.router.add_get(f"{API}/alerts", answering(api.alerts))
        app.router.add_post(f"{API}/alerts/test", answering(api.test_alert))
        app.router.add_post(f"{API}/vault/unlock", answering(api.unlock))
        app.router.add_post(f"{API}/routes/test", answering(api.test))
        app.router.add_post(f"{API}/providers/{{name}}/reset", answering(api.reset))

    return register


class _Api:
    def __init__(self, gateway: Observed, control: Control, hide: Hide) -> None:
        self._hide = hide
        self._gateway = gateway
        self._control = control

    async def ping(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        return self._control.ping()

    async def status(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        return self._control.status()

    async def reload(self, request: web.Request) -> object:
        await json_body(request)
        return await self._control.reload()

    async def reload_tokens(self, request: web.Request) -> object:
        await json_body(request)
        return {"tokens": await self._control.reload_tokens()}

    async def shutdown(self, request: web.Request) -> object:
        drain_s = _seconds((await json_body(request)).get("drain_s"))
        in_flight = self._gateway.in_flight
        return {"in_flight": in_flight, "drain_s": self._control.shutdown(drain_s)}

    async def exchanges(self, request: web.Request) -> object:
        return self._hide(
            {
                "exchanges": self._gateway.recent.newest(
                    whole_number(request, "limit", LIKELY_EXCHANGES, MOST_EXCHANGES)
                )
            }
        )

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
        return self._hide(found)

    async def alerts(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        return {"alerts": self._control.alerts()}

    async def test_alert(self, request: web.Request) -> object:
        number = (await json_body(request)).get("alert")
        if isinstance(number, bool) or not isinstance(number, int | None):
            raise InvalidRequest("alert must be a whole number or null", param="alert")
        return {"told": await self._control.test_alert(number)}

    async def unlock(self, request: web.Request) -> object:
        passphrase = (await json_body(request)).get("passphrase")
        if not isinstance(passphrase, str) or not passphrase:
            raise InvalidRequest("passphrase must be a text", param="passphrase")
        await self._control.unlock(Secret(passphrase))
        return {"unlocked": True}

    async def test(self, request: web.Request) -> object:
        script, minute_of_week = script_from(await json_body(request))
        return await self._gateway.rehearse(script, minute_of_week)

    async def reset(self, request: web.Request) -> object:
        await json_body(request)
        name = request.match_info["name"]
        done = self._gateway.reset(name)
        if done is None:
            raise UnknownPath(
                f"the running daemon has no provider {name!r}",
                hint="see which there are: aimux status; after a change: aimux reload",
            )
        return done


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise InvalidRequest("drain_s must be a number of seconds or null", param="drain_s")
    return float(value)

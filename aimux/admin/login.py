"""Logging in to the dashboard and out again.

A wrong code is answered late, so that guessing is slow; a right one never has to wait, so that nobody
who guesses can keep the owner out.  Codes have 128 random bits: the delay is for the log's sake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from aimux.admin.answers import answering, as_json, json_body
from aimux.admin.pages import switched_off
from aimux.admin.shapes import API, LoginCodeShape
from aimux.admin.visitors import (
    CODE_S,
    SESSION_S,
    VISITORS,
    Visitors,
    cookie_name,
    visitor_of,
)
from aimux.errors import InvalidRequest, Unauthorized

LATE_S: Final = 0.5
MOST_WAITING: Final = 16
"""Wrong ones that are answered late at a time; more than these are answered at once."""

MOST_BYTES: Final = 4096


def routes(
    visitors: Visitors, shown: Callable[[], bool], *, late_s: float = LATE_S
) -> Callable[[web.Application], None]:
    """Registers the addresses, and makes the guard know these visitors.  ``shown`` is whether the
    configuration wants a dashboard.
    """
    login = _Login(visitors, shown, late_s)

    def register(app: web.Application) -> None:
        app[VISITORS] = visitors
        app.router.add_post(f"{API}/login-codes", answering(login.new_code))
        app.router.add_post(f"{API}/login", answering(login.enter))
        app.router.add_post(f"{API}/logout", answering(login.leave))

    return register


class _Login:
    def __init__(self, visitors: Visitors, shown: Callable[[], bool], late_s: float) -> None:
        self._visitors = visitors
        self._shown = shown
        self._late_s = late_s
        self._waiting = 0

    async def new_code(self, request: web.Request) -> object:
        await json_body(request, MOST_BYTES)
        if not self._shown():
            raise switched_off()
        if visitor_of(request) is not None:
            raise Unauthorized("a session makes no other one", hint="aimux dashboard makes one")
        return LoginCodeShape(code=self._visitors.new_code(), expires_s=CODE_S)

    async def enter(self, request: web.Request) -> object:
        code = (await json_body(request, MOST_BYTES)).get("code")
        if not isinstance(code, str) or not code:
            raise InvalidRequest("code must be a text", param="code")
        session = self._visitors.enter(code)
        if session is None:
            await self._delay()
            raise Unauthorized(
                "the code is wrong, used or too old", hint="get another: aimux dashboard"
            )
        response = as_json({"expires_s": SESSION_S}, 200)
        _set_cookie(request, response, session, round(SESSION_S))
        return response

    async def leave(self, request: web.Request) -> object:
        await json_body(request, MOST_BYTES)
        session = visitor_of(request)
        if session is not None:
            self._visitors.leave(session)
        response = as_json({"left": session is not None}, 200)
        _set_cookie(request, response, "", 0)
        return response

    async def _delay(self) -> None:
        if self._waiting >= MOST_WAITING:
            return
        self._waiting += 1
        try:
            await asyncio.sleep(self._late_s)
        finally:
            self._waiting -= 1


def _set_cookie(request: web.Request, response: web.Response, value: str, age_s: int) -> None:
    """No ``Secure``: the address is http on loopback, where some browsers would drop it then."""
    response.set_cookie(
        cookie_name(request), value, max_age=age_s, path=API, httponly=True, samesite="Strict"
    )

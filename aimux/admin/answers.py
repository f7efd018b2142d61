"""How the admin API answers and reads: results and errors as JSON, bodies and queries with care."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

from aiohttp import web

from aimux.admin.problems import error_shape
from aimux.errors import (
    AimuxError,
    ConfigError,
    InternalError,
    InvalidRequest,
    TooLarge,
    UnsupportedEncoding,
)
from aimux.wire import jsontext

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Hide = Callable[[object], object]
"""Gives a value for JSON back without secrets."""

Result = TypeVar("Result")

_UNDER_WAY: Final[set[asyncio.Future[Any]]] = set()
"""What would be forgotten in the middle if nobody held it."""

MOST_BYTES: Final = 2**28
"""Of a body: ``routes test`` sends whole requests, and whoever posts here has the token."""

HEADERS: Final = {
    "cache-control": "no-store",
    "content-type": "application/json; charset=utf-8",
    "x-content-type-options": "nosniff",
}
"""No browser keeps an answer, or takes a text in it for a page."""

LONGEST_TEXT: Final = 500
"""Characters of a text in a query."""


def answering(handler: Callable[[web.Request], Awaitable[object]]) -> Handler:
    """A handler whose result and whose errors are answered as JSON; a response goes through as it is."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            result = await handler(request)
        except AimuxError as problem:
            status = 409 if isinstance(problem, ConfigError) else problem.http_status
            return as_json(error_shape(problem), status)
        except Exception:  # the boundary of the API: a bug of ours is told as one
            logger.exception("the admin API failed at %s", request.path)
            return as_json(error_shape(InternalError("aimux has a bug; its log says more")), 500)
        return result if isinstance(result, web.StreamResponse) else as_json(result, 200)

    return answer


def as_json(body: object, status: int) -> web.Response:
    """An answer that nobody may keep."""
    return web.Response(
        body=jsontext.dumps(body),
        status=status,
        headers=HEADERS,
    )


async def json_body(request: web.Request, most_bytes: int = MOST_BYTES) -> Mapping[str, Any]:
    """The object that was posted; nothing at all is an empty one.

    Raises:
        UnsupportedEncoding: it is not said to be JSON.
        InvalidRequest: it is no JSON object.
        TooLarge: it is longer than ``most_bytes``.
    """
    if request.content_type != "application/json":
        raise UnsupportedEncoding(
            f"content-type must be application/json, not {request.content_type!r}"
        )
    content = bytearray()
    async for chunk in request.content.iter_any():
        content += chunk
        if len(content) > most_bytes:
            raise TooLarge(f"the body is longer than {most_bytes} bytes")
    try:
        body = json.loads(content) if content else {}
    except ValueError as problem:
        raise InvalidRequest("the body is no JSON") from problem
    if not isinstance(body, dict):
        raise InvalidRequest("the body must be a JSON object")
    return body


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What the work returns; it is done to its end also where whoever asked for it has left."""
    task = asyncio.ensure_future(work)
    _UNDER_WAY.add(task)
    task.add_done_callback(_over)
    return await asyncio.shield(task)


def _over(task: asyncio.Future[Any]) -> None:
    _UNDER_WAY.discard(task)
    if not task.cancelled():
        task.exception()  # somebody has looked at it


def whole_number(request: web.Request, name: str, usual: int, most: int) -> int:
    """A whole number of the query, ``most`` at most.

    Raises:
        InvalidRequest: it is none.
    """
    text = request.query.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest(f"{name} must be a whole number, not {text[:40]!r}", param=name)
    return min(int(text), most)


def one_of(request: web.Request, name: str, usual: str, allowed: tuple[str, ...]) -> str:
    """A word of the query.

    Raises:
        InvalidRequest: it is not among those allowed.
    """
    word = request.query.get(name) or usual
    if word not in allowed:
        raise InvalidRequest(f"{name} {word[:40]!r} is none of {', '.join(allowed)}", param=name)
    return word


def text_of(request: web.Request, name: str) -> str:
    """A text of the query, cut where nobody would write more; empty where there is none."""
    return request.query.get(name, "")[:LONGEST_TEXT]

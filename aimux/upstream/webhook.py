"""Tells a web address of an alert: one POST of JSON, signed, over TLS, tried a few times.

    x-aimux-delivery    the same for every try of one alert, so that it is not told twice
    x-aimux-timestamp   Unix seconds of the try
    x-aimux-signature   sha256=<hex>: HMAC-SHA256 with the secret over timestamp, a dot and the body

Whoever receives it computes the signature over the body as it came and refuses an old timestamp.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from aimux import __version__
from aimux.vault.secret import Secret
from aimux.wire.jsontext import dumps

PAUSES_S: Final = (1.0, 5.0, 25.0)
"""Before the second, third and fourth try."""
LIMIT_S: Final = 10.0
MOST_READ_BYTES: Final = 2**16
_AGAIN: Final = frozenset({408, 425, 429})


def signature(secret: Secret, timestamp: str, body: bytes) -> str:
    """The value of ``x-aimux-signature``."""
    signed = timestamp.encode("ascii") + b"." + body
    return "sha256=" + hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()


class Webhook:
    """Sends to web addresses; each delivery has a connection of its own, which is rare and short."""

    def __init__(
        self,
        secret: Secret,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """``trust`` replaces the system's certificate authorities."""
        self._secret = secret
        self._pause = pause
        self._trust = trust

    async def send(
        self, url: str, message: Mapping[str, Any], pauses_s: tuple[float, ...] = PAUSES_S
    ) -> str:
        """Sends a message until it has arrived or there is no use; in words what went wrong, else
        nothing.  Never raises, and never says more of the address than its host.
        """
        if urlsplit(url).scheme != "https":
            return "only https:// is sent to"
        body, delivery = dumps(message), secrets.token_hex(8)
        problem = ""
        for pause_s in (0.0, *pauses_s):
            if pause_s:
                await self._pause(pause_s)
            problem, again = await self._try(url, body, delivery)
            if not again:
                break
        return problem

    async def _try(self, url: str, body: bytes, delivery: str) -> tuple[str, bool]:
        """Sends once: what went wrong, and whether it is worth another try."""
        timestamp = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "user-agent": f"aimux/{__version__}",
            "x-aimux-delivery": delivery,
            "x-aimux-timestamp": timestamp,
            "x-aimux-signature": signature(self._secret, timestamp, body),
        }
        try:
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(ssl=self._trust or True),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    timeout=aiohttp.ClientTimeout(total=LIMIT_S),
                    trust_env=False,
                ) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                status = answer.status
                await answer.content.read(MOST_READ_BYTES)  # so that the connection ends in order
        except aiohttp.ClientSSLError:
            return "TLS failed, or its certificate is not trusted", False
        except aiohttp.InvalidURL:
            return "the address is none", False
        except TimeoutError:
            return f"it did not answer within {LIMIT_S:g} s", True
        except (aiohttp.ClientError, OSError) as problem:
            return f"it cannot be reached ({type(problem).__name__})", True
        if 200 <= status < 300:
            return "", False
        if 300 <= status < 400:
            return f"it redirects (status {status}), which is not followed", False
        return f"it answered with status {status}", status >= 500 or status in _AGAIN


def place_of(url: str) -> str:
    """An address as it may be shown: what stands behind the host may be a secret."""
    parts = urlsplit(url)
    host = parts.hostname or "?"
    return f"{parts.scheme}://{host}{'/...' if parts.path.strip('/') or parts.query else ''}"

"""Outbound HTTP: one request to one address, its head back, its body still on the way.

Sessions are kept by way out (proxy, certificate authorities), because that is what decides whether a
connection can be used again.  Redirects are not followed: a key must not travel.  Cookies are not
kept: an account is its key and nothing else.  Bodies are not decompressed: a relay passes bytes on.
"""

from __future__ import annotations

import io
import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import aiohttp
from yarl import URL

from aimux.errors import ConnectFailed, StreamCut, UpstreamError, UpstreamProtocol, UpstreamTimeout

KEEP_ALIVE_S: Final = 60.0
"""Shorter than the idle limits of the vendors' load balancers, which close at 60 s and more."""

READ_BUFFER_BYTES: Final = 2**17

LARGE_BYTES: Final = 2**20
"""A body from this size on is written piece by piece, so that other exchanges get their turn."""

_NOT_OURS: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


@dataclass(frozen=True, slots=True)
class Egress:
    """A way out: sessions are shared by calls that have the same one."""

    proxy: str | None = None
    ca_file: str | None = None


@lru_cache(maxsize=256)
def egress(proxy: str | None, ca_file: str | None) -> Egress:
    """The way out with this proxy and these authorities."""
    return Egress(proxy, ca_file)


class Call(NamedTuple):
    """One request to an upstream.  ``provider`` is for the texts of errors."""

    provider: str
    url: URL
    headers: tuple[tuple[str, str], ...]
    body: bytes
    egress: Egress = Egress()
    connect_s: float = 5.0


class UpstreamClient:
    """Sends calls.  To be closed when the daemon ends."""

    def __init__(self) -> None:
        self._sessions: dict[Egress, aiohttp.ClientSession] = {}
        self._no_limit = aiohttp.ClientTimeout(total=None)

    async def send(self, call: Call) -> aiohttp.ClientResponse:
        """The head of the answer; the caller reads the body and must close the response.

        Raises:
            ConnectFailed: nothing was sent.
            UpstreamTimeout: no connection within ``connect_s``; nothing was sent.
            StreamCut: the connection broke before a head came; the request may have been accepted.
            UpstreamProtocol: what came back is not HTTP.
        """
        session = self._sessions.get(call.egress) or self._open(call.egress)
        try:
            return await session.request(
                "POST",
                call.url,
                data=call.body if len(call.body) < LARGE_BYTES else io.BytesIO(call.body),
                headers=call.headers,
                allow_redirects=False,
                timeout=_limits(call.connect_s),
            )
        except (aiohttp.ClientError, OSError) as problem:
            raise explained(problem, call.provider) from problem

    def _open(self, egress: Egress) -> aiohttp.ClientSession:
        context = ssl.create_default_context(cafile=egress.ca_file) if egress.ca_file else True
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S, ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_NOT_OURS,
            timeout=self._no_limit,
            read_bufsize=READ_BUFFER_BYTES,
            max_line_size=2**15,
            max_field_size=2**15,
            trust_env=False,
            proxy=egress.proxy,
        )
        self._sessions[egress] = session
        return session

    async def close(self) -> None:
        """Closes all connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()


@lru_cache(maxsize=64)
def _limits(connect_s: float) -> aiohttp.ClientTimeout:
    """Only connecting is limited here; the other limits belong to the exchange's one timer."""
    return aiohttp.ClientTimeout(total=None, connect=connect_s)


@lru_cache(maxsize=4096)
def address(base_url: str, path: str, query: str) -> URL:
    """The URL of a call, taken as it is written: nothing in it is quoted a second time."""
    text = base_url + path
    return URL(f"{text}?{query}" if query else text, encoded=True)


def explained(problem: aiohttp.ClientError | OSError, provider: str) -> UpstreamError:
    """A failure of the transport in our words; the address is left out, it may hold a key."""
    match problem:
        case aiohttp.ClientConnectorCertificateError():
            return ConnectFailed(
                f"{provider}: its certificate is not trusted",
                provider=provider,
                hint="for a private authority set ca_file; see aimux doctor",
            )
        case aiohttp.ClientSSLError():
            return ConnectFailed(f"{provider}: TLS failed", provider=provider)
        case aiohttp.ClientConnectorDNSError():
            return ConnectFailed(f"{provider}: its name cannot be looked up", provider=provider)
        case aiohttp.ConnectionTimeoutError() | TimeoutError():
            return UpstreamTimeout(
                f"{provider}: no connection within the time limit",
                phase="connect",
                provider=provider,
            )
        case aiohttp.ClientConnectorError():
            reason = problem.os_error.strerror or type(problem.os_error).__name__
            return ConnectFailed(f"{provider}: cannot connect: {reason.lower()}", provider=provider)
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            return StreamCut(f"{provider}: it closed the connection", provider=provider)
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return UpstreamProtocol(f"{provider}: its answer is not valid HTTP", provider=provider)
        case _:
            return StreamCut(f"{provider}: the connection broke", provider=provider)

"""One short question to a provider, asked from the command line.

This is not the gateway's road: no retry, no pool, no translation.  It says whether a provider can be
reached with a key, and never raises for one that cannot: see :mod:`aimux.upstream.outcome`.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp

from aimux import __version__
from aimux.catalogue.provider import Endpoint, Provider
from aimux.catalogue.resolve import endpoint_host
from aimux.model.request import WireFormat
from aimux.upstream.auth import auth_headers
from aimux.upstream.outcome import Answer, judged, not_reached, too_slow
from aimux.vault.secret import Credential
from aimux.wire.jsontext import dumps

MAX_BODY_BYTES: Final = 8 * 2**20  # a list of several hundred described models is about 1 MiB
DEFAULT_LIMIT_S: Final = 15.0
ANTHROPIC_VERSION: Final = "2023-06-01"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a GET, or with a body a POST of it as JSON."""

    url: str
    body: Mapping[str, Any] | None = None


async def ask(
    provider: Provider,
    credential: Credential | None,
    question: Question,
    *,
    timeout_s: float = DEFAULT_LIMIT_S,
) -> Answer:
    """Asks a provider something and says what came of it; a failure is an answer, never raised.

    The key goes only to a host that it is bound to; redirects are not followed.
    """
    host = endpoint_host(question.url)
    if credential is not None and host not in credential.hosts:
        hint = f"store it again for this address: aimux keys set {provider.name}"
        return Answer("wrong-host", f"the key is not meant for {host}", hint)
    try:
        return await _asked(provider, credential, question, timeout_s)
    except TimeoutError as problem:
        return too_slow(problem, host, timeout_s)
    except (aiohttp.ClientError, OSError) as problem:
        return not_reached(problem, provider, host)
    except ValueError:  # its text may hold the header, and so the key
        return Answer("unsendable", "the address, a header or the key holds what HTTP cannot carry")


async def _asked(
    provider: Provider, credential: Credential | None, question: Question, timeout_s: float
) -> Answer:
    started = time.monotonic()
    async with (
        _session(provider, timeout_s) as session,
        session.request(
            "GET" if question.body is None else "POST",
            question.url,
            data=None if question.body is None else dumps(question.body),
            headers=_headers(provider, credential, question),
            proxy=provider.proxy,
            allow_redirects=False,
        ) as response,
    ):
        latency_ms = (time.monotonic() - started) * 1000
        body = await _bounded(response)
    answer = judged(provider, credential, response, body)
    return replace(
        answer,
        status=response.status,
        latency_ms=latency_ms,
        clock_ahead_s=_clock_ahead_s(response.headers.get("date", "")),
    )


def _clock_ahead_s(date: str) -> float | None:
    """How far our clock is ahead of a server's ``date`` (RFC 9110, 6.6.1), which counts whole seconds."""
    try:
        return time.time() - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _session(provider: Provider, timeout_s: float) -> aiohttp.ClientSession:
    trusted = ssl.create_default_context(cafile=provider.ca_file) if provider.ca_file else True
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=trusted),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(
            total=timeout_s, sock_connect=min(provider.timeouts.connect_s, timeout_s)
        ),
        trust_env=False,
    )


def _headers(
    provider: Provider, credential: Credential | None, question: Question
) -> dict[str, str]:
    endpoint = _endpoint_of(provider, question.url)
    headers = {
        "user-agent": f"aimux/{__version__}",
        "accept": "application/json",
        "accept-encoding": "identity",
    }
    if question.body is not None:
        headers["content-type"] = "application/json"
    if endpoint.format is WireFormat.ANTHROPIC:
        headers["anthropic-version"] = ANTHROPIC_VERSION
    own = {name.lower(): value for name, value in provider.headers.items()}
    return headers | own | dict(auth_headers(endpoint, credential))


def _endpoint_of(provider: Provider, url: str) -> Endpoint:
    """The endpoint with the longest base URL that the address begins with; else the main one."""
    endpoints = list(provider.endpoints.values())
    under = [each for each in endpoints if url.startswith(each.base_url)]
    return max(under, key=lambda each: len(each.base_url), default=endpoints[0])


async def _bounded(response: aiohttp.ClientResponse) -> bytes | None:
    """The body, or ``None`` when it is longer than anything we would read."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)

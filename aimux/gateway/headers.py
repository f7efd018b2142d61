"""Which headers cross the gateway: two tables, and nothing that is not in them.

Toward a provider go the headers that say how a request is to be understood, and those by which
vendors and agents know each other.  Credentials never cross: the client's stay here, the provider's
are set here.  Toward a client go the headers that say how an answer is to be read, how long to wait,
and what is left of a limit; never cookies, never whose account it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from multidict import CIMultiDictProxy

from aimux.model.request import WireFormat

_TO_PROVIDER: Final = frozenset(
    {
        "accept", "accept-language", "content-type", "user-agent", "x-app",
        # OpenAI's SDK and Codex
        "idempotency-key", "openai-beta", "originator", "version", "session-id", "session_id",
        "thread-id", "conversation-id", "conversation_id", "x-client-request-id",
        # Google's SDK
        "x-server-timeout",
        # OpenRouter
        "http-referer", "x-title",
        # W3C Trace Context
        "traceparent", "tracestate",
    }
)  # fmt: skip
_TO_PROVIDER_PREFIXES: Final = (
    "anthropic-",  # an open list: a beta and its body field travel together
    "x-stainless-",
    "x-claude-code-",
    "x-codex-",
    "x-openai-",
    "x-goog-api-client",
    "x-goog-request-",
)

_FOR_ALL: Final = frozenset({"user-agent", "traceparent", "tracestate"})
_FROM_ALL: Final = frozenset({"request-id", "x-request-id", "retry-after", "retry-after-ms"})
_OF_FORMAT: Final[Mapping[WireFormat, tuple[tuple[str, str], ...]]] = {
    WireFormat.ANTHROPIC: (("anthropic-version", "2023-06-01"),),
}
"""What a format's own clients always send.  The later version of Anthropic's refuses sampling."""

_TO_CLIENT: Final = frozenset(
    {
        "content-type", "content-encoding", "cache-control", "request-id", "x-request-id",
        "retry-after", "retry-after-ms", "x-should-retry", "openai-processing-ms",
        "openai-version", "openai-model",
    }
)  # fmt: skip
_TO_CLIENT_PREFIXES: Final = (
    "anthropic-ratelimit-",
    "anthropic-priority-",
    "x-ratelimit-",
    "x-codex-",
)


@lru_cache(maxsize=1024)
def goes_to_provider(name: str) -> bool:
    """Whether a request's header is passed on."""
    name = name.lower()
    return name in _TO_PROVIDER or name.startswith(_TO_PROVIDER_PREFIXES)


@lru_cache(maxsize=1024)
def goes_to_client(name: str) -> bool:
    """Whether an answer's header is passed on."""
    name = name.lower()
    return name in _TO_CLIENT or name.startswith(_TO_CLIENT_PREFIXES)


def request_headers(
    client: CIMultiDictProxy[str],
    auth: Iterable[tuple[str, str]],
    configured: Mapping[str, str] = MappingProxyType({}),
    dropped: str = "",
) -> tuple[tuple[str, str], ...]:
    """The headers of a call: the client's that cross, the configuration's over them, the key; without
    the one that the provider does not take, which the configuration may set all the same.

    Identity is asked for, so that usage can be read beside the answer and no proxy holds a stream
    back to fill a compression window.
    """
    headers = [pair for pair in client.items() if goes_to_provider(pair[0])]
    if dropped:
        headers = [pair for pair in headers if pair[0].lower() != dropped]
    if configured:
        names = {name.lower() for name in configured}
        headers = [pair for pair in headers if pair[0].lower() not in names]
        headers += configured.items()
    headers.append(("accept-encoding", "identity"))
    headers += auth
    return tuple(headers)


def foreign_headers(
    format_: WireFormat,
    client: CIMultiDictProxy[str],
    auth: Iterable[tuple[str, str]],
    configured: Mapping[str, str] = MappingProxyType({}),
) -> tuple[tuple[str, str], ...]:
    """The headers of a translated call: what the client's vendor would understand stays here."""
    headers = [pair for pair in client.items() if pair[0].lower() in _FOR_ALL]
    headers.append(("content-type", "application/json"))
    headers += _OF_FORMAT.get(format_, ())
    if configured:
        names = {name.lower() for name in configured}
        headers = [pair for pair in headers if pair[0].lower() not in names]
        headers += configured.items()
    headers.append(("accept-encoding", "identity"))
    headers += auth
    return tuple(headers)


def response_headers(upstream: CIMultiDictProxy[str]) -> list[tuple[str, str]]:
    """The headers of an answer that cross."""
    return [(name, value) for name, value in upstream.items() if goes_to_client(name)]


def foreign_response_headers(upstream: CIMultiDictProxy[str]) -> list[tuple[str, str]]:
    """The headers of an answer that was translated: only those all clients know."""
    return [pair for pair in upstream.items() if pair[0].lower() in _FROM_ALL]

"""What is wrong with an address or a header that somebody wrote into a provider."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from aimux.config.faults import Fault
from aimux.config.keypath import KeyPath
from aimux.model.request import WireFormat

_ADDED: Final[dict[WireFormat | None, tuple[str, ...]]] = {
    WireFormat.ANTHROPIC: ("/v1/messages", "/v1/models", "/messages", "/v1"),
    WireFormat.OPENAI_CHAT: ("/chat/completions", "/completions", "/models"),
    WireFormat.OPENAI_RESPONSES: ("/responses", "/models"),
    WireFormat.GEMINI: ("/v1beta/models", "/v1/models", "/models", "/v1beta", "/v1"),
    None: ("/v1/messages", "/chat/completions", "/responses"),
}
"""Ends of a path that aimux adds itself, longest first."""

_CREDENTIAL_HEADERS: Final = frozenset(
    {
        "authorization", "proxy-authorization", "cookie", "x-api-key", "x-goog-api-key", "api-key",
        "x-auth-token",
    }
)  # fmt: skip
_OWN_HEADERS: Final = frozenset(
    {
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding",
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect",
        "accept-encoding",
    }
)  # fmt: skip
"""Headers of the connection and the body (RFC 9110, 7.6.1), which aimux sets for each request."""

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
    r"(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?",
    re.IGNORECASE,
)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_host(text: str) -> bool:
    """Whether a text is a host name or an IP address, without port and brackets."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _HOST_NAME.fullmatch(text) is not None
    return True


def base_url_faults(path: KeyPath, url: str, wire_format: WireFormat | None) -> Iterator[Fault]:
    """What is wrong with a provider's base URL."""
    parts = _split(url)
    if parts is None:
        yield Fault(path, "is not an address that can be called")
        return
    if parts.username is not None or parts.password is not None:
        yield Fault(path, "holds a user name or password; keys do not stand in this file")
    if "?" in url or "#" in url:
        yield Fault(path, "ends in a query or fragment; a base address has neither")
        return
    stem = url.rstrip("/")
    for end in _ADDED[wire_format]:
        if stem.lower().endswith(end):
            shorter = stem[: -len(end)]
            right = None if "@" in url else shorter
            yield Fault(path, f"must not end in {end!r}: aimux adds that", suggestion=right)
            return


def base_url_warnings(path: KeyPath, url: str, wire_format: WireFormat | None) -> Iterator[Fault]:
    """What is doubtful about a base URL."""
    parts = _split(url)
    if parts is None:
        return
    host = parts.hostname or ""
    if parts.scheme == "http" and not is_loopback(host):
        yield Fault(path, f"prompts and keys go to {host!r} unencrypted; use https:// if it can")
    openai = {WireFormat.OPENAI_CHAT, WireFormat.OPENAI_RESPONSES}
    if wire_format in openai and parts.path in {"", "/"}:
        yield Fault(path, "has no path; most servers of this format want /v1 at its end")


def proxy_faults(path: KeyPath, url: str) -> Iterator[Fault]:
    """What is wrong with the address of a proxy."""
    parts = _split(url)
    if parts is None:
        yield Fault(path, "is not an address that can be called")
    elif parts.username is not None or parts.password is not None:
        yield Fault(path, "holds a user name or password, which do not stand in this file")


def header_faults(path: KeyPath, name: str, value: object, provider: str) -> Iterator[Fault]:
    """What is wrong with a header that a provider's requests should have."""
    folded = name.lower()
    if folded in _CREDENTIAL_HEADERS:
        cure = f"put the key in the keyring: aimux keys set {provider}"
        yield Fault(path, f"a header does not hold the key; {cure}", at="key")
    elif folded in _OWN_HEADERS:
        yield Fault(path, "aimux sets this header itself for each request", at="key")
    elif not _HEADER_NAME.fullmatch(name):
        yield Fault(path, f"{name!r} is no name of a header", at="key")
    elif isinstance(value, str) and not _HEADER_VALUE.fullmatch(value):
        yield Fault(path, "holds a character that no header may hold")


def _split(url: str) -> SplitResult | None:
    """The parts of an address, or None when it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and parts.port != 0 else None

"""In which format a caller is to be answered when there is no request yet to tell: errors come first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from aimux.errors import AimuxError, BudgetSpent, ErrorKind, UpstreamError
from aimux.model.request import WireFormat
from aimux.wire.ratelimits import MAX_WAIT_S

_GEMINI_METHODS: Final = (":generateContent", ":streamGenerateContent", ":countTokens")


def dialect(path: str, headers: Mapping[str, str]) -> WireFormat:
    """The format of a path, else of the headers that only one vendor's SDK sends."""
    if path.startswith("/v1beta/") or path.endswith(_GEMINI_METHODS):
        return WireFormat.GEMINI
    if path.startswith(("/v1/messages", "/anthropic/")):
        return WireFormat.ANTHROPIC
    if path.removeprefix("/openai").startswith("/v1/responses"):
        return WireFormat.OPENAI_RESPONSES
    if path.removeprefix("/openai").startswith(("/v1/chat/", "/v1/embeddings")):
        return WireFormat.OPENAI_CHAT
    if "anthropic-version" in headers or "x-api-key" in headers:
        return WireFormat.ANTHROPIC
    if "x-goog-api-key" in headers:
        return WireFormat.GEMINI
    return WireFormat.OPENAI_CHAT


def status_for(error: AimuxError, format_: WireFormat) -> int:
    """The status an error has in a format: the vendors do not agree on what overload is."""
    if format_ is WireFormat.ANTHROPIC and error.kind is ErrorKind.OVERLOADED:
        return 529
    return error.http_status


_TRANSLATED: Final[Mapping[ErrorKind, int]] = {
    ErrorKind.INVALID_REQUEST: 400,
    ErrorKind.CONTEXT_OVERFLOW: 400,
    ErrorKind.REFUSED: 400,
    ErrorKind.AUTH_UPSTREAM: 403,  # a bare 401 lets Claude Code ask again for 80 seconds (measured)
    ErrorKind.PERMISSION: 403,
    ErrorKind.BILLING: 402,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.RATE_LIMIT: 429,
    ErrorKind.OVERLOADED: 503,
    ErrorKind.TIMEOUT: 504,
    ErrorKind.BAD_CALL: 500,
}


def translated_status(error: AimuxError, format_: WireFormat) -> int:
    """The status that a provider's error has in the client's format, which is not the provider's.

    OpenAI's clients know an empty account as a 429 of its own code.
    """
    if format_ is WireFormat.ANTHROPIC and error.kind is ErrorKind.OVERLOADED:
        return 529
    openai = format_ in {WireFormat.OPENAI_CHAT, WireFormat.OPENAI_RESPONSES}
    if openai and error.kind is ErrorKind.BILLING:
        return 429
    return _TRANSLATED.get(error.kind, error.http_status if error.http_status >= 500 else 502)


def error_headers(error: AimuxError) -> list[tuple[str, str]]:
    """The headers of an error of ours.

    ``x-should-retry: false`` tells SDKs and agents that all there was to try has been tried, or that
    trying again would be answered alike; a wait that makes sense is given as ``retry-after``.
    """
    headers = [("content-type", "application/json")]
    wait_s = error.retry_after_s if isinstance(error, UpstreamError | BudgetSpent) else None
    if error.code == "draining":
        wait_s = 1.0
    if wait_s is None:
        headers.append(("x-should-retry", "false"))
    else:
        wait_s = min(wait_s, MAX_WAIT_S)
        headers.append(("retry-after", str(max(1, math.ceil(wait_s)))))
        if 0 < wait_s < 1:  # SDKs look at this one first
            headers.append(("retry-after-ms", str(math.ceil(wait_s * 1000))))
    return headers

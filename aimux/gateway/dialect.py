"""In which format a caller is to be answered when there is no request yet to tell: errors come first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aimux.errors import AimuxError, ErrorKind, UpstreamError
from aimux.model.request import WireFormat

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


def error_headers(error: AimuxError) -> list[tuple[str, str]]:
    """The headers of an error of ours.

    ``x-should-retry: false`` tells SDKs and agents that all there was to try has been tried, or that
    trying again would be answered alike; a wait that makes sense is given as ``retry-after``.
    """
    headers = [("content-type", "application/json")]
    wait_s = error.retry_after_s if isinstance(error, UpstreamError) else None
    if error.code == "draining":
        wait_s = 1.0
    if wait_s is None:
        headers.append(("x-should-retry", "false"))
    else:
        headers.append(("retry-after", str(max(1, round(wait_s)))))
    return headers

"""One error of every kind, as aimux raises them."""

from __future__ import annotations

from typing import Final

from aimux import errors
from aimux.errors import AimuxError, ErrorKind, UpstreamStatus


class _Of(AimuxError):
    """An error of a kind that no class has for its own."""

    code = "of-a-kind"

    def __init__(self, kind: ErrorKind, status: int) -> None:
        super().__init__(f"it is {kind.value}", hint="type this")
        self.kind = kind
        self.http_status = status


_STATUSES: Final = {
    ErrorKind.INVALID_REQUEST: 400,
    ErrorKind.CONTEXT_OVERFLOW: 400,
    ErrorKind.REFUSED: 400,
    ErrorKind.AUTH_CLIENT: 401,
    ErrorKind.AUTH_UPSTREAM: 403,
    ErrorKind.PERMISSION: 403,
    ErrorKind.BILLING: 402,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.RATE_LIMIT: 429,
    ErrorKind.OVERLOADED: 529,
    ErrorKind.TIMEOUT: 504,
    ErrorKind.UPSTREAM: 502,
    ErrorKind.BAD_CALL: 500,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.NOT_IMPLEMENTED: 501,
    ErrorKind.INTERNAL: 500,
}

OF_EVERY_KIND: Final[dict[ErrorKind, AimuxError]] = {
    kind: _Of(kind, _STATUSES[kind]) for kind in ErrorKind
}

RAISED: Final[tuple[AimuxError, ...]] = (
    errors.InvalidRequest("the request names no model", param="model"),
    errors.Unauthorized("no client token", hint="aimux env"),
    errors.UnknownPath("no such address: '/v2'"),
    errors.UnknownModel("'x' is no model", hint="aimux models"),
    errors.NotTranslatable("formats differ"),
    errors.NoCandidate("no provider is configured"),
    errors.StreamCut("the stream ended before it was complete"),
    UpstreamStatus("a: slow down", status=429, kind=ErrorKind.RATE_LIMIT, provider="a"),
    errors.KeyMissing("no key", hint="aimux keys set a"),
    errors.Draining("the daemon is about to end"),
    errors.InternalError('quotes " \\ \N{SNOWMAN} \ud83d and\nlines'),
)
"""Some errors with their own classes, and a text that is hard to write."""

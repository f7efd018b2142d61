"""Anthropic's error types, both ways (platform.claude.com, errors page, 2026-11)."""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import ErrorKind
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import kind_of, mapping

TYPES: Final = {
    ErrorKind.INVALID_REQUEST: "invalid_request_error",
    ErrorKind.CONTEXT_OVERFLOW: "invalid_request_error",
    ErrorKind.AUTH_CLIENT: "authentication_error",
    ErrorKind.AUTH_UPSTREAM: "permission_error",
    ErrorKind.PERMISSION: "permission_error",
    ErrorKind.BILLING: "billing_error",
    ErrorKind.NOT_FOUND: "not_found_error",
    ErrorKind.TOO_LARGE: "request_too_large",
    ErrorKind.RATE_LIMIT: "rate_limit_error",
    ErrorKind.OVERLOADED: "overloaded_error",
    ErrorKind.TIMEOUT: "timeout_error",
    ErrorKind.UPSTREAM: "api_error",
    ErrorKind.UNAVAILABLE: "overloaded_error",
    ErrorKind.NOT_IMPLEMENTED: "api_error",
    ErrorKind.INTERNAL: "api_error",
}

# The status that each type has when it comes as a response; inside a stream it says what the status
# would have said.
_STATUS: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def reported(error: dict[str, Any], status: int) -> Reported:
    """An error object of the vendor; ``status`` below 400 means it came inside a stream."""
    type_ = str(error.get("type") or "")
    message = str(error.get("message") or type_ or "an error without words")
    code = str(error.get("code") or mapping(error.get("details")).get("error_code") or "")
    effective = status if status >= 400 else _STATUS.get(type_, 500)
    return Reported(kind_of(effective, f"{type_} {code} {message}"), message, code or type_)

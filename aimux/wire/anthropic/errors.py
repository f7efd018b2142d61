"""Anthropic's errors, both ways (platform.claude.com, errors page, 2026-11)."""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.errors import AimuxError, ErrorKind
from aimux.wire import jsontext
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import excerpt, kind_of, mapping

TYPES: Final = {
    ErrorKind.INVALID_REQUEST: "invalid_request_error",
    ErrorKind.CONTEXT_OVERFLOW: "invalid_request_error",
    ErrorKind.REFUSED: "invalid_request_error",
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
    ErrorKind.BAD_CALL: "api_error",
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

_TOO_LONG: Final = "prompt is too long"
"""What Claude Code looks for at the beginning of the text before it compacts (measured, 2.1.330)."""

_ASKED: Final = re.compile(
    r"(?:too long: |requested:? |resulted in |contains |count of |token count \(?|request \("
    r"|first |prompt \(|has )([\d,]{4,12})",
    re.IGNORECASE,
)
_LIMIT: Final = re.compile(
    r"(?:> |context length (?:is|of) (?:only )?|prompt length is |limit of |token limit:? \(?"
    r"|context size \(|tokens allowed \(?|large for model with |context window (?:of|is|size) \(?"
    r"|maximum of )([\d,]{4,12})",
    re.IGNORECASE,
)


def error_object(error: AimuxError, request_id: str) -> dict[str, Any]:
    """An error of ours as the vendor writes one, as a body and in a stream."""
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    if error.kind is ErrorKind.CONTEXT_OVERFLOW:
        text = _overflow(text)
    return {
        "type": "error",
        "error": {"type": TYPES[error.kind], "message": text, "code": error.code},
        "request_id": request_id,
    }


def _overflow(text: str) -> str:
    """The vendor's phrase, with the numbers of whoever says it if they can be read, and then their
    own words.
    """
    if text.startswith(_TOO_LONG):
        return text
    asked, limit = _ASKED.search(text), _LIMIT.search(text)
    phrase = _TOO_LONG
    if asked and limit:
        tokens, maximum = (int(each[1].replace(",", "") or 0) for each in (asked, limit))
        if tokens > maximum > 0:
            phrase = f"{_TOO_LONG}: {tokens} tokens > {maximum} maximum"
    return f"{phrase}; {text}"


def read_error(status: int, body: bytes) -> Reported:
    """What an upstream's error body says."""
    try:
        error = mapping(mapping(jsontext.loads(body)).get("error"))
    except ValueError:
        error = {}
    if not error:
        text = excerpt(body)
        return Reported(kind_of(status, text), text)
    return reported(error, status)


def reported(error: dict[str, Any], status: int) -> Reported:
    """An error object of the vendor; ``status`` below 400 means it came inside a stream."""
    type_ = str(error.get("type") or "")
    message = jsontext.mended(str(error.get("message") or type_ or "an error without words"))
    code = str(error.get("code") or mapping(error.get("details")).get("error_code") or "")
    effective = status if status >= 400 else _STATUS.get(type_, 500)
    return Reported(kind_of(effective, f"{type_} {code} {message}"), message, code or type_)

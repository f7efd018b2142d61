"""Google's error object, both ways (google.rpc.Status as JSON; google-genai 3.4, 2026-11)."""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import AimuxError, ErrorKind
from aimux.wire import jsontext, sse
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import counts_quota, delay_in, excerpt, kind_of, mapping, number

_STATUSES: Final = {
    ErrorKind.INVALID_REQUEST: "INVALID_ARGUMENT",
    ErrorKind.CONTEXT_OVERFLOW: "INVALID_ARGUMENT",
    ErrorKind.REFUSED: "INVALID_ARGUMENT",
    ErrorKind.AUTH_CLIENT: "UNAUTHENTICATED",
    ErrorKind.AUTH_UPSTREAM: "PERMISSION_DENIED",
    ErrorKind.PERMISSION: "PERMISSION_DENIED",
    ErrorKind.BILLING: "RESOURCE_EXHAUSTED",
    ErrorKind.NOT_FOUND: "NOT_FOUND",
    ErrorKind.TOO_LARGE: "INVALID_ARGUMENT",
    ErrorKind.RATE_LIMIT: "RESOURCE_EXHAUSTED",
    ErrorKind.OVERLOADED: "UNAVAILABLE",
    ErrorKind.TIMEOUT: "DEADLINE_EXCEEDED",
    ErrorKind.UPSTREAM: "INTERNAL",
    ErrorKind.BAD_CALL: "INTERNAL",
    ErrorKind.UNAVAILABLE: "UNAVAILABLE",
    ErrorKind.NOT_IMPLEMENTED: "UNIMPLEMENTED",
    ErrorKind.INTERNAL: "INTERNAL",
}


def error_body(error: AimuxError, request_id: str) -> bytes:
    """An error of ours as the body of a response."""
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": error.code.upper().replace("-", "_"),
        "domain": "aimux",
        "metadata": {"request_id": request_id},
    }
    status = {
        "code": error.http_status,
        "message": text,
        "status": _STATUSES[error.kind],
        "details": [detail],
    }
    return jsontext.dumps({"error": status})


def error_event(error: AimuxError, request_id: str) -> bytes:
    """An error of ours as the stream's last event."""
    return sse.event(error_body(error, request_id))


def read_error(status: int, body: bytes) -> Reported:
    """What an upstream's error body says."""
    error = error_in(body)
    if not error:
        text = excerpt(body)
        return Reported(kind_of(status, text), text)
    return reported(error, status)


def error_in(body: bytes) -> dict[str, Any]:
    """The error object of a body, which may come in an array of one; empty where there is none."""
    try:
        whole = jsontext.loads(body)
    except ValueError:
        return {}
    if isinstance(whole, list) and whole:
        whole = whole[0]
    return error_of(mapping(whole).get("error"))


def error_of(error: object) -> dict[str, Any]:
    """What stands under ``error``: an object, or with some proxies a text."""
    return {"message": error} if isinstance(error, str) else mapping(error)


def reported(error: dict[str, Any], status: int = 200) -> Reported:
    """An error object of the vendor; ``status`` below 400 means it came inside an answer."""
    code = number(error.get("code")) or 0
    effective = next((each for each in (status, code) if 400 <= each < 600), 500)
    said = error.get("message") or error.get("status") or "an error without words"
    message = jsontext.mended(str(said))
    words = f"{error.get('status', '')} {message} {error.get('details', '')}"
    code_ = str(error.get("status") or "")
    details = error.get("details")
    kind = ErrorKind.RATE_LIMIT if counts_quota(details) else kind_of(effective, words)
    return Reported(kind, message, code_, delay_in(details))

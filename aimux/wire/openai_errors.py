"""OpenAI's error object, which Chat Completions and Responses share (SDK types 3.54, 2026-11)."""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import AimuxError, ErrorKind, InvalidRequest
from aimux.wire import jsontext
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import counts_quota, delay_in, excerpt, kind_of, mapping, wait_in

_NAMES: Final = {  # kind -> (type, code)
    ErrorKind.INVALID_REQUEST: ("invalid_request_error", None),
    ErrorKind.CONTEXT_OVERFLOW: ("invalid_request_error", "context_length_exceeded"),
    ErrorKind.REFUSED: ("invalid_request_error", "content_policy_violation"),
    ErrorKind.AUTH_CLIENT: ("invalid_request_error", "invalid_api_key"),
    ErrorKind.AUTH_UPSTREAM: ("permission_error", "upstream_key_refused"),
    ErrorKind.PERMISSION: ("permission_error", None),
    ErrorKind.BILLING: ("insufficient_quota", "insufficient_quota"),
    ErrorKind.NOT_FOUND: ("invalid_request_error", "model_not_found"),
    ErrorKind.TOO_LARGE: ("invalid_request_error", "request_too_large"),
    ErrorKind.RATE_LIMIT: ("rate_limit_exceeded", "rate_limit_exceeded"),
    ErrorKind.OVERLOADED: ("server_error", "slow_down"),
    ErrorKind.TIMEOUT: ("server_error", "timeout"),
    ErrorKind.UPSTREAM: ("server_error", "server_error"),
    ErrorKind.BAD_CALL: ("server_error", "tool_use_failed"),
    ErrorKind.UNAVAILABLE: ("service_unavailable_error", "service_unavailable"),
    ErrorKind.NOT_IMPLEMENTED: ("server_error", "not_implemented"),
    ErrorKind.INTERNAL: ("server_error", "server_error"),
}

_OWN_CODES: Final = frozenset({ErrorKind.INVALID_REQUEST, ErrorKind.PERMISSION})
"""Kinds for which the vendor has no one code: ours says more."""

_BAD_CALL: Final = "tool_use_failed"
"""Groq's code for a call that its model wrote badly (groq/groq-typescript 28, 2024-05)."""

_MAX_GENERATION_CHARS: Final = 4000
"""Of what the model wrote instead, in our message; it may have gone on for long."""

_STATUS_OF: Final = {
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "slow_down": 503,
    "service_unavailable": 503,
    "service_unavailable_error": 503,
    "overloaded": 503,
    "overloaded_error": 503,
    "invalid_api_key": 401,
    "authentication_error": 401,
    "permission_error": 403,
    "unsupported_country_region_territory": 403,
    "model_not_found": 404,
}


def error_object(error: AimuxError) -> dict[str, Any]:
    """An error of ours as the vendor writes one."""
    type_, code = _NAMES[error.kind]
    if error.kind in _OWN_CODES or error.code == "unknown-path":
        code = error.code.replace("-", "_")
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    param = error.param if isinstance(error, InvalidRequest) else None
    return {"message": text, "type": type_, "param": param, "code": code}


def error_body(error: AimuxError, request_id: str) -> bytes:
    """An error of ours as the body of a response."""
    return jsontext.dumps({"error": error_object(error), "request_id": request_id})


def reported(error: dict[str, Any], status: int) -> Reported:
    """An error object of an upstream; ``status`` below 400 means it came inside an answer."""
    type_ = str(error.get("type") or "")
    code = error.get("code")
    said = _words(error.get("message")) or type_ or code or "an error without words"
    message = jsontext.mended(str(said))
    if code == _BAD_CALL:
        return Reported(ErrorKind.BAD_CALL, message + _generation(error), _BAD_CALL)
    words = f"{type_} {code or ''} {message}"
    kind = kind_of(_effective_status(status, type_, code), words)
    details = error.get("details")  # of Google, whose OpenAI layer leaves its errors as they are
    if counts_quota(details):
        kind = ErrorKind.RATE_LIMIT
    wait_s = delay_in(details)
    if wait_s is None and kind is ErrorKind.RATE_LIMIT:
        wait_s = wait_in(message)
    return Reported(kind, message, str(code or type_), wait_s)


def _generation(error: dict[str, Any]) -> str:
    """What the model had written in place of a call, behind the words about it (edge 311)."""
    written = error.get("failed_generation")
    if not written:
        return ""
    text = written if isinstance(written, str) else jsontext.text_of(written)
    return f"; failed_generation: {jsontext.mended(text)[:_MAX_GENERATION_CHARS]}"


def _words(said: object) -> str:
    """What an error says, also where it says it in a list of faults (Mistral, FastAPI)."""
    match said:
        case str():
            return said
        case list():
            return "; ".join(filter(None, map(_words, said)))
        case dict():
            return _words(said.get("msg") or said.get("message") or said.get("detail"))
        case _:
            return "" if said is None else str(said)


def _effective_status(status: int, type_: str, code: object) -> int:
    if status >= 400:
        return status
    if isinstance(code, int) and 400 <= code < 600:  # OpenRouter puts the status there
        return code
    known = _STATUS_OF.get(str(code)) or _STATUS_OF.get(type_)
    return known or (400 if "invalid" in f"{type_} {code}" else 500)


def read_error(status: int, body: bytes) -> Reported:
    """What an error body says.

    Takes the vendor's form and what others make of it: ``{"error": "text"}``, ``{"message": ...}``,
    ``{"detail": ...}``, the same in an array of one.
    """
    try:
        whole = jsontext.loads(body)
    except ValueError:
        whole = None
    if isinstance(whole, list) and len(whole) == 1:
        whole = whole[0]
    error = mapping(whole).get("error", whole)
    if isinstance(error, dict) and error.get("message"):
        return reported(error, status)
    said = error if isinstance(error, str) else mapping(whole).get("detail")
    text = jsontext.mended(_words(said)) or excerpt(body)
    return Reported(kind_of(status, text), text)

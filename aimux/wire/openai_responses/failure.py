"""How a client of this format is told that its answer breaks off."""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import AimuxError, ErrorKind, UpstreamError
from aimux.wire import jsontext, openai_errors, sse

_CODES: Final = {
    ErrorKind.CONTEXT_OVERFLOW: "context_length_exceeded",
    ErrorKind.RATE_LIMIT: "rate_limit_exceeded",
    ErrorKind.BILLING: "insufficient_quota",
    ErrorKind.INVALID_REQUEST: "invalid_prompt",
    ErrorKind.TOO_LARGE: "invalid_prompt",
    ErrorKind.REFUSED: "invalid_prompt",
}
"""What Codex acts on (codex-api/src/sse/responses.rs): it gives up, compacts or waits; after any other
code it asks again at once.
"""


def error_event(error: AimuxError, request_id: str, number: int = 0) -> bytes:
    """An error as an event of its own.

    The vendor's fields are flat, and with them alone its SDK hands the event to a program that may not
    look for it.  It raises only where there is an ``error`` object too (measured with 3.54), so both
    are said.
    """
    said = openai_errors.error_object(error)
    body = {
        "type": "error",
        "code": said["code"],
        "message": said["message"],
        "param": said["param"],
        "error": said,
        "sequence_number": number,
        "request_id": request_id,
    }
    return sse.event(jsontext.dumps(body), "error")


def failed(error: AimuxError) -> dict[str, Any]:
    """The ``error`` of a response that failed."""
    message = openai_errors.error_object(error)["message"]
    if isinstance(error, UpstreamError) and error.retry_after_s is not None:
        message += f"; try again in {error.retry_after_s:g}s"  # where Codex looks for it
    return {"code": _CODES.get(error.kind, "server_error"), "message": message}

"""Gemini generateContent, as far as a relay has to know it."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final
from urllib.parse import quote

from aimux.errors import AimuxError, ErrorKind
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.wire import jsontext, sse
from aimux.wire.codec import Operation, Reported
from aimux.wire.errorkinds import excerpt, kind_of, mapping, number

_TELLING: Final = re.compile(rb'"(?:finishReason|blockReason)"\s*:\s*"')
_ERROR: Final = re.compile(rb'\s*\[?\s*\{\s*"error"\s*:\s*[{"]')

_STATUSES: Final = {
    ErrorKind.INVALID_REQUEST: "INVALID_ARGUMENT",
    ErrorKind.CONTEXT_OVERFLOW: "INVALID_ARGUMENT",
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
    ErrorKind.UNAVAILABLE: "UNAVAILABLE",
    ErrorKind.NOT_IMPLEMENTED: "UNIMPLEMENTED",
    ErrorKind.INTERNAL: "INTERNAL",
}


class Gemini:
    """The codec of generateContent (google-genai types 3.4, 2026-11)."""

    format: ClassVar = WireFormat.GEMINI
    heartbeat: ClassVar = b"\n"  # the SDKs take a comment for broken JSON (measured, genai 3.4)
    usage_key: ClassVar = "usageMetadata"

    def path(self, operation: Operation, model: str, *, stream: bool) -> str | None:
        """Where such a request goes below ``base_url``, which has no version."""
        if operation is Operation.EMBED:
            return None
        method = "streamGenerateContent" if stream else "generateContent"
        if operation is Operation.COUNT_TOKENS:
            method = "countTokens"
        return f"/v1beta/models/{quote(model, safe='')}:{method}"

    def error_body(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the body of a response."""
        return jsontext.dumps(_error(error, request_id))

    def error_event(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the stream's last event."""
        return sse.event(jsontext.dumps(_error(error, request_id)))

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says."""
        error = _error_in(body)
        if not error:
            text = excerpt(body)
            return Reported(kind_of(status, text), text)
        return _reported(error, status)

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports; of a stream written as an array, the last ones."""
        if isinstance(whole, list):
            whole = whole[-1] if whole else None
        return usage_of(mapping(mapping(whole).get(self.usage_key)))

    def tap(self) -> GeminiTap:
        """A fresh tap for one streamed answer."""
        return GeminiTap()


def _error(error: AimuxError, request_id: str) -> dict[str, Any]:
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": error.code.upper().replace("-", "_"),
        "domain": "aimux",
        "metadata": {"request_id": request_id},
    }
    return {
        "error": {
            "code": error.http_status,
            "message": text,
            "status": _STATUSES[error.kind],
            "details": [detail],
        }
    }


def _error_in(body: bytes) -> dict[str, Any]:
    """The error object of a body, which may come in an array of one; empty where there is none."""
    try:
        whole = jsontext.loads(body)
    except ValueError:
        return {}
    if isinstance(whole, list) and whole:
        whole = whole[0]
    error = mapping(whole).get("error")
    return {"message": error} if isinstance(error, str) else mapping(error)


def _reported(error: dict[str, Any], status: int) -> Reported:
    """An error object of the vendor; ``status`` below 400 means it came inside an answer."""
    code = number(error.get("code")) or 0
    effective = next((each for each in (status, code) if 400 <= each < 600), 500)
    message = str(error.get("message") or error.get("status") or "an error without words")
    words = f"{error.get('status', '')} {message} {error.get('details', '')}"
    return Reported(kind_of(effective, words), message, str(error.get("status") or ""))


def usage_of(usage: dict[str, Any]) -> Usage:
    """Usage in our convention: the vendor's output leaves out its thoughts, and its prompt the
    prompts of its own tools.
    """
    prompt = number(usage.get("promptTokenCount"))
    tools = number(usage.get("toolUsePromptTokenCount"))
    answer = number(usage.get("candidatesTokenCount"))
    thoughts = number(usage.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=None if prompt is None else prompt + (tools or 0),
        output_tokens=None
        if answer is None and thoughts is None
        else (answer or 0) + (thoughts or 0),
        cache_read_tokens=number(usage.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )


class GeminiTap:
    """Watches a stream of whole responses, each with new parts and running usage.

    Decoded are only errors, the event that seems to be the last, and usage once, from the last event
    that has it.
    """

    __slots__ = ("_last", "begun", "complete", "error")

    def __init__(self) -> None:
        self._last = b""
        self.begun = False
        self.complete = False
        self.error: Reported | None = None

    def watch(self, block: bytes) -> None:
        """Looks at one block."""
        data = sse.fields(block)[1]
        if not data.strip():
            return
        if _ERROR.match(data):
            self.error = _reported(_error_in(data), 200)
            return
        self.begun = True
        if b'"usageMetadata"' in data:
            self._last = data
        if not self.complete and _TELLING.search(data):
            self.complete = _is_last(data)

    def usage(self) -> Usage:
        """The tokens reported so far."""
        if not self._last:
            return Usage()
        try:
            event = mapping(jsontext.loads(self._last))
        except ValueError:
            return Usage()
        return usage_of(mapping(event.get("usageMetadata")))


def _is_last(data: bytes) -> bool:
    """Whether a response says why it ends; a call's arguments may hold the same words."""
    try:
        response = mapping(jsontext.loads(data))
    except ValueError:
        return False
    candidates = response.get("candidates")
    reasons = [mapping(response.get("promptFeedback")).get("blockReason")]
    if isinstance(candidates, list):
        reasons += [mapping(each).get("finishReason") for each in candidates]
    return any(reasons)

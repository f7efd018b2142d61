"""OpenAI Responses, as far as a relay has to know it."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from aimux.errors import AimuxError
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.wire import jsontext, openai_errors, sse
from aimux.wire.codec import Operation, Reported
from aimux.wire.errorkinds import mapping, number

_TYPE: Final = re.compile(
    rb'^event: *(response\.[a-z_.]+|error)\b|"type"\s*:\s*"(response\.[a-z_.]+|error)"'
)
_BEFORE_CONTENT: Final = frozenset(
    {b"response.created", b"response.in_progress", b"response.queued"}
)
_LAST: Final = frozenset(
    {b"response.completed", b"response.incomplete", b"response.failed", b"error"}
)


class OpenAIResponses:
    """The codec of Responses (SDK types 3.54, 2026-11)."""

    format: ClassVar = WireFormat.OPENAI_RESPONSES
    heartbeat: ClassVar[bytes] = sse.KEEP_ALIVE
    usage_key: ClassVar = "usage"

    def path(self, operation: Operation, model: str, *, stream: bool) -> str | None:
        """Where such a request goes below ``base_url``, which ends in ``/v1``."""
        del model, stream
        return "/responses" if operation is Operation.GENERATE else None

    def error_body(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the body of a response."""
        return openai_errors.error_body(error, request_id)

    def error_event(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the stream's last event.

        ``error`` and not ``response.failed``: the latter repeats the whole response object, which a
        relay has not kept.  The vendor's fields are flat; the SDKs raise only where there is an
        ``error`` object too (measured with 3.54), so both are said.
        """
        said = openai_errors.error_object(error)
        body = {
            "type": "error",
            "code": said["code"],
            "message": said["message"],
            "param": said["param"],
            "error": said,
            "sequence_number": 0,
            "request_id": request_id,
        }
        return sse.event(jsontext.dumps(body), "error")

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says."""
        return openai_errors.read_error(status, body)

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports."""
        return usage_of(mapping(mapping(whole).get(self.usage_key)))

    def tap(self) -> OpenAIResponsesTap:
        """A fresh tap for one streamed answer."""
        return OpenAIResponsesTap()


def usage_of(usage: dict[str, Any]) -> Usage:
    """Usage in our convention, which for input is the vendor's: the whole prompt."""
    read = mapping(usage.get("input_tokens_details"))
    written = mapping(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=number(usage.get("input_tokens")),
        output_tokens=number(usage.get("output_tokens")),
        cache_read_tokens=number(read.get("cached_tokens")),
        cache_write_tokens=number(read.get("cache_write_tokens")),
        reasoning_tokens=number(written.get("reasoning_tokens")),
    )


class OpenAIResponsesTap:
    """Watches a Responses stream.

    The answer begins with the first output item: ``response.created`` and its like are said before
    the model has done anything.
    """

    __slots__ = ("_usage", "begun", "complete", "error")

    def __init__(self) -> None:
        self._usage = Usage()
        self.begun = False
        self.complete = False
        self.error: Reported | None = None

    def watch(self, block: bytes) -> None:
        """Looks at one block; only the last event is decoded."""
        kind = _event_type(block)
        if not kind or kind in _BEFORE_CONTENT:
            return
        if kind not in _LAST:
            self.begun = True
            return
        try:
            event = mapping(jsontext.loads(sse.fields(block)[1]))
        except ValueError:
            return
        self._end(kind, event)

    def _end(self, kind: bytes, event: dict[str, Any]) -> None:
        response = mapping(event.get("response"))
        usage = response.get("usage")
        if isinstance(usage, dict):
            self._usage = usage_of(usage)
        if kind in {b"response.failed", b"error"}:
            error = mapping(response.get("error")) or mapping(event.get("error"))
            flat = {"code": event.get("code"), "message": event.get("message")}
            self.error = openai_errors.reported(error or flat, 200)
        else:
            self.begun = self.complete = True

    def usage(self) -> Usage:
        """The tokens reported so far."""
        return self._usage


def _event_type(block: bytes) -> bytes:
    """The event's type: its name, or what its data say where it has no name."""
    found = _TYPE.search(block)
    return found[1] or found[2] if found else b""

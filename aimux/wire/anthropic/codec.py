"""Anthropic Messages, as far as a relay has to know it."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from aimux.errors import AimuxError
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.wire import jsontext, sse
from aimux.wire.anthropic.errors import TYPES, reported
from aimux.wire.codec import Operation, Reported
from aimux.wire.errorkinds import excerpt, kind_of, mapping, number

_PATHS: Final = {
    Operation.GENERATE: "/v1/messages",
    Operation.COUNT_TOKENS: "/v1/messages/count_tokens",
}


class Anthropic:
    """The codec of Anthropic Messages (platform.claude.com, read through November 2026)."""

    format: ClassVar = WireFormat.ANTHROPIC
    heartbeat: ClassVar[bytes] = sse.event(b'{"type":"ping"}', "ping")
    usage_key: ClassVar = "usage"

    def path(self, operation: Operation, model: str, *, stream: bool) -> str | None:
        """Where such a request goes below ``base_url``, which has no ``/v1``."""
        del model, stream
        return _PATHS.get(operation)

    def error_body(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the body of a response."""
        return jsontext.dumps(_error(error, request_id))

    def error_event(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the last event; no ``message_stop`` follows it."""
        return sse.event(jsontext.dumps(_error(error, request_id)), "error")

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says."""
        try:
            error = mapping(mapping(jsontext.loads(body)).get("error"))
        except ValueError:
            error = {}
        if not error:
            text = excerpt(body)
            return Reported(kind_of(status, text), text)
        return reported(error, status)

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports."""
        return usage_of(mapping(mapping(whole).get(self.usage_key)))

    def tap(self) -> AnthropicTap:
        """A fresh tap for one streamed answer."""
        return AnthropicTap()


def _error(error: AimuxError, request_id: str) -> dict[str, Any]:
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    return {
        "type": "error",
        "error": {"type": TYPES[error.kind], "message": text, "code": error.code},
        "request_id": request_id,
    }


def usage_of(usage: dict[str, Any]) -> Usage:
    """Usage in our convention: the vendor's ``input_tokens`` leave out what touched the cache."""
    fresh = number(usage.get("input_tokens"))
    read = number(usage.get("cache_read_input_tokens"))
    written = number(usage.get("cache_creation_input_tokens"))
    details = mapping(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=number(usage.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=number(details.get("thinking_tokens")),
    )


class AnthropicTap:
    """Watches a Messages stream.

    The answer begins with the first block of content: ``message_start`` only repeats the request's
    side, and an overloaded server sends it before it gives up.
    """

    __slots__ = ("_usage", "begun", "complete", "error")

    def __init__(self) -> None:
        self._usage: dict[str, Any] = {}
        self.begun = False
        self.complete = False
        self.error: Reported | None = None

    def watch(self, block: bytes) -> None:
        """Looks at one block; content passes without being decoded."""
        if block.startswith(b"event: content_block_"):
            self.begun = True
            return
        name, data = sse.fields(block)
        if not data or name == b"ping":
            return
        try:
            event = mapping(jsontext.loads(data))
        except ValueError:
            return
        match event.get("type") or name.decode("ascii", "replace"):
            case "message_start":
                self._note(mapping(event.get("message")).get("usage"))
            case "message_delta":
                self.begun = True
                self._note(event.get("usage"))
            case "message_stop":
                self.begun = self.complete = True
            case "error":
                self.error = reported(mapping(event.get("error")), 200)
            case "ping":
                pass
            case _:
                self.begun = True

    def _note(self, usage: object) -> None:
        """Later totals overwrite earlier ones; what is left out keeps its value."""
        self._usage.update({k: v for k, v in mapping(usage).items() if v is not None})

    def usage(self) -> Usage:
        """The tokens reported so far."""
        return usage_of(self._usage)

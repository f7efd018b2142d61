"""Anthropic Messages, all of it in one place."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from aimux.errors import AimuxError
from aimux.model.events import collect
from aimux.model.request import Request, WireFormat
from aimux.model.response import Response, Usage
from aimux.wire import jsontext, sse
from aimux.wire.anthropic.errors import error_object, read_error
from aimux.wire.anthropic.paused import PausingReader
from aimux.wire.anthropic.read_request import read_request
from aimux.wire.anthropic.reader import AnthropicReader
from aimux.wire.anthropic.response import write_response
from aimux.wire.anthropic.tap import AnthropicTap
from aimux.wire.anthropic.usage import usage_of
from aimux.wire.anthropic.write_request import rules, write_request
from aimux.wire.anthropic.writer import AnthropicWriter
from aimux.wire.codec import Operation, Reported
from aimux.wire.errorkinds import mapping
from aimux.wire.jsontext import Document
from aimux.wire.rules import Rules
from aimux.wire.target import Audience, Target, Written

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
        return jsontext.dumps(error_object(error, request_id))

    def error_event(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the last event; no ``message_stop`` follows it."""
        return sse.event(self.error_body(error, request_id), "error")

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says."""
        return read_error(status, body)

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports."""
        return usage_of(mapping(mapping(whole).get(self.usage_key)))

    def tap(self) -> AnthropicTap:
        """A fresh tap for one streamed answer."""
        return AnthropicTap()

    # ------------------------------------------------------------ translation

    def rules(self, target: Target) -> Rules:
        """What a conversation must be like."""
        return rules(target)

    def read_request(self, document: Document, model: str, *, stream: bool) -> Request:
        """A client's request."""
        return read_request(document, model, stream=stream)

    def write_request(self, request: Request, target: Target) -> Written:
        """A request for the provider."""
        return write_request(request, target)

    def read_response(self, whole: Any, target: Target) -> Response:
        """A provider's whole answer."""
        return collect(self.reader(target).whole(whole))

    def write_response(self, response: Response, audience: Audience) -> bytes:
        """A whole answer for the client."""
        return write_response(response, audience)

    def reader(self, target: Target, asked: bytes = b"") -> AnthropicReader:
        """A fresh reader of one provider's stream."""
        return PausingReader(target, asked) if asked else AnthropicReader(target)

    def writer(self, audience: Audience) -> AnthropicWriter:
        """A fresh writer of one client's stream."""
        return AnthropicWriter(audience)

    def write_count(self, tokens: int) -> bytes | None:
        """The answer to a question for a count of tokens."""
        return jsontext.dumps({"input_tokens": tokens})

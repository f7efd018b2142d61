"""The codec of OpenAI Chat Completions."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from aimux.errors import AimuxError
from aimux.model.events import collect
from aimux.model.request import Request, WireFormat
from aimux.model.response import Response, Usage
from aimux.wire import openai_errors, sse
from aimux.wire.codec import Operation, Reported
from aimux.wire.errorkinds import mapping
from aimux.wire.jsontext import Document
from aimux.wire.openai_chat.read_request import read_request
from aimux.wire.openai_chat.reader import Reader
from aimux.wire.openai_chat.response import write_response
from aimux.wire.openai_chat.tap import OpenAIChatTap
from aimux.wire.openai_chat.usage import usage_of
from aimux.wire.openai_chat.write_request import rules, write_request
from aimux.wire.openai_chat.writer import Writer
from aimux.wire.rules import Rules
from aimux.wire.target import Audience, Target, Written

_PATHS: Final = {Operation.GENERATE: "/chat/completions", Operation.EMBED: "/embeddings"}


class OpenAIChat:
    """The codec of Chat Completions (SDK types 3.54, 2026-11)."""

    format: ClassVar = WireFormat.OPENAI_CHAT
    heartbeat: ClassVar[bytes] = sse.KEEP_ALIVE
    usage_key: ClassVar = "usage"

    def path(self, operation: Operation, model: str, *, stream: bool) -> str | None:
        """Where such a request goes below ``base_url``, which ends in ``/v1``."""
        del model, stream
        return _PATHS.get(operation)

    def error_body(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the body of a response."""
        return openai_errors.error_body(error, request_id)

    def error_event(self, error: AimuxError, request_id: str) -> bytes:
        """An error in the stream; ``[DONE]`` behind it only ends the reading, the error stands."""
        return sse.event(self.error_body(error, request_id)) + sse.event(b"[DONE]")

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says."""
        return openai_errors.read_error(status, body)

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports."""
        return usage_of(mapping(mapping(whole).get(self.usage_key)))

    def tap(self) -> OpenAIChatTap:
        """A fresh tap for one streamed answer."""
        return OpenAIChatTap()

    def rules(self, target: Target) -> Rules:
        """What a conversation must be like for a provider of this format."""
        return rules(target)

    def read_request(self, document: Document, model: str, *, stream: bool) -> Request:
        """A client's request."""
        return read_request(document, model, stream=stream)

    def write_request(self, request: Request, target: Target) -> Written:
        """A request for a provider."""
        return write_request(request, target)

    def read_response(self, whole: Any, target: Target) -> Response:
        """A provider's whole answer."""
        return collect(self.reader(target).whole(whole))

    def write_response(self, response: Response, audience: Audience) -> bytes:
        """A whole answer for a client."""
        return write_response(response, audience)

    def reader(self, target: Target, asked: bytes = b"") -> Reader:
        """A fresh reader of one provider's stream."""
        del asked
        return Reader(target)

    def writer(self, audience: Audience) -> Writer:
        """A fresh writer of one client's stream."""
        return Writer(audience, self.error_event)

    def write_count(self, tokens: int) -> bytes | None:
        """The format has no such question."""
        del tokens
        return None

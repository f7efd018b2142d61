"""OpenAI Responses: how a gateway speaks it to clients and to providers."""

from __future__ import annotations

from typing import Any, ClassVar

from aimux.errors import AimuxError
from aimux.model.events import collect
from aimux.model.request import Request, WireFormat
from aimux.model.response import Response, Usage
from aimux.wire import jsontext, openai_errors, sse
from aimux.wire.codec import Operation, Reported
from aimux.wire.errorkinds import mapping
from aimux.wire.jsontext import Document
from aimux.wire.openai_responses import failure
from aimux.wire.openai_responses.read_request import read_request
from aimux.wire.openai_responses.reader import Reader
from aimux.wire.openai_responses.response import write_response
from aimux.wire.openai_responses.tap import OpenAIResponsesTap
from aimux.wire.openai_responses.usage import usage_of
from aimux.wire.openai_responses.write_request import rules, write_request
from aimux.wire.openai_responses.writer import Writer
from aimux.wire.rules import Rules
from aimux.wire.target import Audience, Target, Written


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
        """An error as the last event of a stream that a relay has passed on.

        ``error`` and not ``response.failed``: the latter repeats the whole response object, which a
        relay has not kept.
        """
        return failure.error_event(error, request_id)

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says."""
        return openai_errors.read_error(status, body)

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports."""
        return usage_of(mapping(mapping(whole).get(self.usage_key)))

    def tap(self) -> OpenAIResponsesTap:
        """A fresh tap for one streamed answer."""
        return OpenAIResponsesTap()

    # ------------------------------------------------------------ translation

    def rules(self, target: Target) -> Rules:
        """What a conversation must be like for a provider of this format."""
        return rules(target)

    def read_request(self, document: Document, model: str, *, stream: bool) -> Request:
        """A client's request.

        Raises:
            InvalidRequest: a type is wrong or something required is missing.
            UnsupportedContent: it builds on something that the vendor keeps.
        """
        return read_request(document, model, stream=stream)

    def write_request(self, request: Request, target: Target) -> Written:
        """A request for a provider.

        Raises:
            UnsupportedContent: it holds content that the format or the target cannot say.
        """
        return write_request(request, target)

    def read_response(self, whole: Any, target: Target) -> Response:
        """A provider's whole answer.

        Raises:
            UpstreamProtocol: it is no answer of this format.
            UpstreamStatus: it says that the provider failed.
        """
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
        return Writer(audience)

    def write_count(self, tokens: int) -> bytes:
        """The answer to ``POST /responses/input_tokens``."""
        return jsontext.dumps({"object": "response.input_tokens", "input_tokens": tokens})

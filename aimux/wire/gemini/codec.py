"""Gemini generateContent: the codec, which only says where everything is."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final
from urllib.parse import quote

from aimux.errors import AimuxError
from aimux.model.events import collect
from aimux.model.request import Request, WireFormat
from aimux.model.response import Response, Usage
from aimux.wire import jsontext
from aimux.wire.codec import Operation, Reported
from aimux.wire.errorkinds import mapping
from aimux.wire.gemini import errors
from aimux.wire.gemini.families import family_of
from aimux.wire.gemini.read_request import read_request
from aimux.wire.gemini.reader import StreamReader
from aimux.wire.gemini.response import write_response
from aimux.wire.gemini.tap import GeminiTap
from aimux.wire.gemini.usage import usage_of
from aimux.wire.gemini.write_request import write_request
from aimux.wire.gemini.writer import StreamWriter
from aimux.wire.jsontext import Document
from aimux.wire.rules import Rules
from aimux.wire.target import Audience, Target, Written

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]+")


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
        return errors.error_body(error, request_id)

    def error_event(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the stream's last event."""
        return errors.error_event(error, request_id)

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says."""
        return errors.read_error(status, body)

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports; of a stream written as an array, the last ones."""
        if isinstance(whole, list):
            whole = whole[-1] if whole else None
        return usage_of(mapping(mapping(whole).get(self.usage_key)))

    def tap(self) -> GeminiTap:
        """A fresh tap for one streamed answer."""
        return GeminiTap()

    # ------------------------------------------------------------ translation

    def rules(self, target: Target) -> Rules:
        """What Google asks of a conversation.  128 characters of a name are newer than some models."""
        return Rules(
            name=_NAME,
            name_limit=64,
            id=_ID,
            id_limit=64,
            merges=True,
            first_user=True,
            prefill=False,
            thinking=frozenset(),
            signed_text=True,
            result_media=family_of(target.model).is_third,
            web_search=target.can("web-search"),
            needs_user=True,
        )

    def read_request(self, document: Document, model: str, *, stream: bool) -> Request:
        """A client's request."""
        return read_request(document, model, stream=stream)

    def write_request(self, request: Request, target: Target) -> Written:
        """A request for Google."""
        return write_request(request, target)

    def read_response(self, whole: Any, target: Target) -> Response:
        """A provider's whole answer, also a stream of them in an array."""
        return collect(self.reader(target).whole(whole))

    def write_response(self, response: Response, audience: Audience) -> bytes:
        """A whole answer for the client."""
        return write_response(response, audience)

    def reader(self, target: Target, asked: bytes = b"") -> StreamReader:
        """A fresh reader of one provider's stream."""
        return StreamReader(target, asked)

    def writer(self, audience: Audience) -> StreamWriter:
        """A fresh writer of one client's stream."""
        return StreamWriter(audience)

    def write_count(self, tokens: int) -> bytes | None:
        """The answer to a question for a count of tokens."""
        return jsontext.dumps({"totalTokens": tokens})

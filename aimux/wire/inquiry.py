"""A client's request as a transcoder needs it: its bytes, and what they mean if anybody asks."""

from __future__ import annotations

from typing import Final, NamedTuple

from aimux.errors import InvalidRequest
from aimux.model.request import Request, WireFormat
from aimux.wire.codec import Operation
from aimux.wire.formats import CODECS
from aimux.wire.jsontext import Document
from aimux.wire.memory import Memory


class Caller(NamedTuple):
    """Who asks and when.  ``id`` tells this exchange from all others and ``created_s`` is the time,
    seconds since 1970; both end up in what is written for the client.  ``memory`` has what ``client``
    does not keep of its conversations.  ``carries`` is whether these may hold state of other providers.
    """

    id: str = ""
    created_s: int = 0
    client: str = ""
    memory: Memory | None = None
    carries: bool = True


NOBODY: Final = Caller()


class Inquiry:
    """One request, read once however many providers are asked.

    ``array`` is Gemini's form of a stream for clients that do not ask for events: one JSON array that
    is written piece by piece.
    """

    __slots__ = (
        "_request",
        "array",
        "caller",
        "document",
        "format",
        "model",
        "operation",
        "stream",
    )

    def __init__(  # noqa: PLR0913 -- the facts of a request are six
        self,
        format_: WireFormat,
        document: Document,
        model: str,
        *,
        operation: Operation = Operation.GENERATE,
        stream: bool = False,
        array: bool = False,
    ) -> None:
        self.format = format_
        self.document = document
        self.model = model
        self.operation = operation
        self.stream = stream
        self.array = array
        self.caller = NOBODY
        self._request: Request | None = None

    @property
    def request(self) -> Request:
        """What the client asks for; read when it is first asked for.

        Raises:
            InvalidRequest: a type is wrong or something required is missing.
        """
        if self._request is None:
            codec = CODECS[self.format]
            self._request = codec.read_request(self.document, self.model, stream=self.stream)
        return self._request


def named_model(document: Document) -> str:
    """The model that a request names in its body.

    Raises:
        InvalidRequest: it names none.
    """
    model = document.get("model")
    if model is None:
        raise InvalidRequest("the request names no model", param="model")
    if not isinstance(model, str) or not model.strip():
        raise InvalidRequest("model must be a text that is not empty", param="model")
    return model


def wants_stream(document: Document) -> bool:
    """Whether a request asks in its body for a stream.

    Raises:
        InvalidRequest: what stands there is neither true nor false.
    """
    stream = document.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise InvalidRequest("stream must be true or false", param="stream")
    return bool(stream)

"""What each wire format has to know: the protocols that the four packages fill in.

For a relay a format needs to know little: where its requests go, how an error is said, how silence is
broken, and how to read usage and completeness off an answer that passes by (a :class:`Tap`).  For a
translation it reads and writes requests, whole answers and streams, to and from the neutral model.

Reading is tolerant: whatever a client or a provider writes that can be understood is understood, and
what cannot is an ``InvalidRequest`` of the client, a :class:`Failure` of the provider, or a Loss; never
another exception.  Writing is strict: only what the vendor's own server would write or take.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol

from aimux.errors import AimuxError, ErrorKind
from aimux.model.events import Event
from aimux.model.loss import Losses
from aimux.model.request import Request, WireFormat
from aimux.model.response import Response, Usage
from aimux.wire.jsontext import Document
from aimux.wire.rules import Rules
from aimux.wire.target import Audience, Target, Written


class Mode(StrEnum):
    """How a request crosses from the client's format to the provider's."""

    RELAY = "relay"
    """The same format: bytes as they came but for the model's name."""
    PATCH = "patch"
    """The same format with named edits."""
    TRANSLATE = "translate"
    """Another format, by way of the neutral model."""


class Operation(StrEnum):
    """What a request wants done."""

    GENERATE = "generate"
    COUNT_TOKENS = "count_tokens"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class Reported:
    """An error that an upstream reports inside an answer, in our words.

    ``code`` is the vendor's own, for telling cases apart that share a status.  ``wait_s`` is how long it
    asks to wait, where its words and not a header say so.
    """

    kind: ErrorKind
    message: str
    code: str = ""
    wait_s: float | None = None


MAX_CONTINUATIONS: Final = 5
"""How often a provider is asked to go on with one answer."""


class Tap(Protocol):
    """Watches an answer go by.  Fed whole SSE blocks in order; changes nothing.

    ``begun`` turns true at the first event that carries a part of the answer: from then on another
    provider cannot take over.  ``complete`` turns true at the event that ends an answer properly.
    ``error`` is an error event, whenever it comes.
    """

    begun: bool
    complete: bool
    error: Reported | None

    def watch(self, block: bytes) -> None:
        """Looks at one block."""

    def usage(self) -> Usage:
        """The tokens reported so far."""


class StreamReader(Protocol):
    """Reads one provider's stream into neutral events.  Fed whole SSE blocks in order.

    What it gives is a word of the grammar in :mod:`aimux.model.events`, under any input: a stream that
    never says how it ends, or whose calls are cut, ends in a Failure.  ``lost`` is what it has left out
    or mended on the way.
    """

    @property
    def lost(self) -> Losses:
        """All of the answer so far."""

    def read(self, block: bytes) -> list[Event]:
        """The events that a block completes, often none."""

    def end(self) -> list[Event]:
        """The upstream has closed the stream in good order: what is still to be said, Finish or
        Failure the last of it; nothing where that has been said already, or where there is :meth:`more`.
        """

    def whole(self, answer: Any) -> list[Event]:
        """The events of an answer that came whole, decoded from JSON; Finish is the last of them, unless
        there is :meth:`more`.

        Raises:
            UpstreamProtocol: it is no answer of this format.
            UpstreamStatus: it says that the provider failed.
        """

    def more(self) -> bytes | None:
        """The request that goes on with an answer that has paused; None where it has not, and where there
        is no going on, or not any more after MAX_CONTINUATIONS: then its Finish says that it paused.
        """

    def resume(self) -> None:
        """What is read from now on answers that request, and belongs to the same answer: there is no
        second Start, numbers of blocks go on rising, and the usage at the end is that of all requests.
        """


class StreamWriter(Protocol):
    """Writes neutral events as one client's stream."""

    def write(self, events: Iterable[Event]) -> bytes:
        """The bytes of these events, whole SSE events only; empty where the client need not know.

        A Failure is not written here: :meth:`fail` says it.
        """

    def fail(self, error: AimuxError, request_id: str) -> bytes:
        """The last event for a client whose stream breaks off, whatever was open."""


class Codec(Protocol):
    """One wire format."""

    format: ClassVar[WireFormat]
    heartbeat: ClassVar[bytes]
    """An event that means nothing, to be put between two others."""

    def path(self, operation: Operation, model: str, *, stream: bool) -> str | None:
        """Where such a request goes below an endpoint's ``base_url``; None where it has no place."""

    def error_body(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the body of a response."""

    def error_event(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the last event of a stream that has begun."""

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says; never raises, whatever the body is."""

    usage_key: ClassVar[str]
    """Where a whole answer has its usage on its top level."""

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports; unknown ones where it is no such answer."""

    def tap(self) -> Tap:
        """A fresh tap for one streamed answer."""

    # ------------------------------------------------------------ translation

    def rules(self, target: Target) -> Rules:
        """What a conversation must be like for a target of this format."""

    def read_request(self, document: Document, model: str, *, stream: bool) -> Request:
        """A client's request.  ``model`` and ``stream`` are known already: Gemini has them in its path.

        Raises:
            InvalidRequest: a type is wrong or something required is missing; ``param`` says where.
        """

    def write_request(self, request: Request, target: Target) -> Written:
        """A request for the provider.  It has been adapted to :meth:`rules`, so names, ids, roles,
        pairs of calls and results are valid; what is left is spelling.

        Raises:
            UnsupportedContent: it holds content that the format or the target cannot say.
        """

    def read_response(self, whole: Any, target: Target) -> Response:
        """A provider's whole answer, decoded from JSON.

        Raises:
            UpstreamProtocol: it is no answer of this format.
            UpstreamStatus: it says that the provider failed.
        """

    def write_response(self, response: Response, audience: Audience) -> bytes:
        """A whole answer for the client."""

    def reader(self, target: Target, asked: bytes = b"") -> StreamReader:
        """A fresh reader of one provider's stream.  ``asked`` is the request that it answers, where the
        answer may pause and is to be gone on with.
        """

    def writer(self, audience: Audience) -> StreamWriter:
        """A fresh writer of one client's stream."""

    def write_count(self, tokens: int) -> bytes | None:
        """The answer to a question for a count of tokens; None where the format knows no such one."""

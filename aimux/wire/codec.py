"""What each wire format has to know: the protocols that the four packages fill in.

For a relay a format needs to know little: where its requests go, how an error is said, how silence is
broken, and how to read usage and completeness off an answer that passes by (a :class:`Tap`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from aimux.errors import AimuxError, ErrorKind
from aimux.model.request import WireFormat
from aimux.model.response import Usage


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

    ``code`` is the vendor's own, for telling cases apart that share a status.
    """

    kind: ErrorKind
    message: str
    code: str = ""


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

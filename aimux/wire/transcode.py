"""One attempt, both ways: the client's request to the upstream's bytes, its answer to the client's.

In RELAY, the request's bytes go out with the model's name spliced in place, and the answer's bytes
come back as they were, with a tap beside them that reads usage and completeness.

Three kinds of answer are told apart by the first bytes, since labels lie:

    events    a stream of SSE blocks; only whole blocks go on to the client, because half an event is
              of no use to any reader, and holding it back is what makes a heartbeat or an honest error
              possible at every moment
    body      one JSON document; held until it is complete or too large to hold, so that a failure
              before that can still go to another provider
    opaque    compressed although we asked for identity: passed on unread, usage unknown

The caller feeds what arrives, looks at ``begun`` and ``error`` until the answer has begun, and ends
with exactly one of :meth:`Transcoder.finish` or :meth:`Transcoder.fail`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

from aimux.errors import AimuxError, NotTranslatable, StreamCut, UpstreamError, UpstreamProtocol
from aimux.model.request import WireFormat
from aimux.model.response import UNKNOWN, Usage
from aimux.wire.codec import Mode, Operation, Reported
from aimux.wire.errorkinds import excerpt, mapping
from aimux.wire.formats import CODECS
from aimux.wire.jsontext import Document, loads, pick
from aimux.wire.sse import BOM, BlockReader, BlockTooLarge, fields

MAX_HELD_BYTES: Final = 2**20
"""Most of a JSON answer that is held back; a larger one goes on as it comes."""

MAX_READ_BYTES: Final = 16 * 2**20
"""Most of a JSON answer that is kept to read its usage from at the end."""

_FIELDS: Final = (b"event:", b"data:", b"id:", b"retry:", b":")


class _Kind(Enum):
    UNKNOWN = auto()
    EVENTS = auto()
    BODY = auto()
    OPAQUE = auto()


def _kind_of(beginning: bytes) -> _Kind:
    """What an answer is by its first bytes; UNKNOWN while they could become either."""
    if beginning.startswith(b"{"):
        return _Kind.BODY
    text = beginning.removeprefix(BOM).lstrip()
    if text.startswith(_FIELDS):
        return _Kind.EVENTS
    if BOM.startswith(text) or any(name.startswith(text) for name in _FIELDS):
        return _Kind.UNKNOWN
    return _Kind.BODY


class Transcoder:
    """The seam between a client and one attempt at an upstream.  Pure; one per attempt."""

    __slots__ = (
        "_blocks", "_codec", "_held", "_kept", "_kept_bytes", "_kind", "_tap", "_usage", "begun",
        "dropped", "error", "mode", "model", "operation", "stream",
    )  # fmt: skip

    def __init__(
        self,
        formats: tuple[WireFormat, WireFormat],
        model: str,
        *,
        operation: Operation = Operation.GENERATE,
        stream: bool,
    ) -> None:
        """``formats`` are the client's and the upstream's.

        Raises:
            NotTranslatable: they differ.
        """
        client, upstream = formats
        if client is not upstream:
            raise NotTranslatable(f"a {client} request cannot be sent to a {upstream} address yet")
        self._codec = CODECS[client]
        self._tap = self._codec.tap()
        self._blocks = BlockReader()
        self._kind = _Kind.UNKNOWN
        self._held: list[bytes] = []
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._usage = UNKNOWN
        self.mode = Mode.RELAY
        self.model = model
        self.operation = operation
        self.stream = stream
        self.dropped: tuple[str, ...] = ()
        self.begun = False
        """The answer has begun: what :meth:`feed` gives may and must go to the client."""
        self.error: Reported | None = None
        """The upstream reported an error inside its answer."""

    # ------------------------------------------------------------ the request

    @property
    def path(self) -> str | None:
        """Where the request goes below the endpoint's address; None where it has no place."""
        return self._codec.path(self.operation, self.model, stream=self.stream)

    def request(self, document: Document) -> bytes:
        """The body for the upstream.  Gemini has the model in its path and nothing to splice."""
        if "model" not in document:
            return document.raw
        return document.splice("model", self.model)

    # ------------------------------------------------------------ the answer

    def begin(self, content_type: str, content_encoding: str = "") -> None:
        """The head of a 2xx answer has come.

        Raises:
            UpstreamProtocol: the answer is a web page; the upstream, or what stands before it, is at
                fault.
        """
        if content_type.lower().startswith("text/html"):
            raise UpstreamProtocol(
                "it answered with a web page",
                hint="is its base_url right, and does a proxy or a login page stand before it?",
            )
        if content_encoding.lower() not in {"", "identity"}:
            self._kind = _Kind.OPAQUE
            self.begun = True

    @property
    def streaming(self) -> bool:
        """Whether the answer is a stream of events, as far as has been seen."""
        return self._kind is _Kind.EVENTS

    def feed(self, chunk: bytes) -> bytes:
        """What the client gets for a chunk: nothing, the chunk itself, or all that was held.

        Raises:
            UpstreamProtocol: an event is too large.
        """
        if self._kind is _Kind.UNKNOWN:
            self._held.append(chunk)
            chunk = self._release()
            self._kind = _kind_of(chunk)
        match self._kind:
            case _Kind.EVENTS:
                return self._feed_events(chunk)
            case _Kind.BODY:
                return self._feed_body(chunk)
            case _Kind.OPAQUE:
                return chunk
            case _:  # not known yet
                self._held.append(chunk)
                return b""

    def _feed_events(self, chunk: bytes) -> bytes:
        try:
            blocks = self._blocks.feed(chunk)
        except BlockTooLarge as problem:
            raise UpstreamProtocol(str(problem)) from problem
        watch = self._tap.watch
        for block in blocks:
            watch(block)
        if self._tap.error and not self.error:
            self.error = self._tap.error
        if not self.begun:
            self._held += blocks
            if not self._tap.begun:
                return b""
            self.begun = True
            blocks, self._held = self._held, []
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)

    def _feed_body(self, chunk: bytes) -> bytes:
        self._kept_bytes += len(chunk)
        if self._kept_bytes <= MAX_READ_BYTES:
            self._kept.append(chunk)
        else:
            self._kept.clear()
        if self.begun:
            return chunk
        self._held.append(chunk)
        if self._kept_bytes <= MAX_HELD_BYTES:
            return b""
        self.begun = True
        return self._release()

    def _release(self) -> bytes:
        held, self._held = self._held, []
        return held[0] if len(held) == 1 else b"".join(held)

    def finish(self) -> bytes:
        """What is left for the client when the upstream has ended in good order.

        For an answer that had not begun it is the whole answer, unless ``error`` is set now.

        Raises:
            StreamCut: the answer ended without its last event, or its last brace; the upstream is at
                fault.
            UpstreamProtocol: it is neither a stream nor JSON.
        """
        match self._kind:
            case _Kind.EVENTS:
                return self._finish_events()
            case _Kind.OPAQUE:
                return b""
            case _Kind.BODY:
                return self._finish_body()
            case _:
                raise StreamCut("the answer ended before it began")

    def _finish_events(self) -> bytes:
        last = self._blocks.rest
        data = fields(last)[1]
        if _is_whole(data):  # an event that the end of the stream closes, not a blank line
            self._tap.watch(last)
            self.error = self.error or self._tap.error
        elif data:
            last = b""  # half an event
        if self.error:
            return last
        if not self._tap.complete:
            raise StreamCut("the stream ended before it was complete")
        self.begun = True
        return self._release() + last

    def _finish_body(self) -> bytes:
        held = self._release()
        if self._kept_bytes > MAX_READ_BYTES:
            return held
        body = b"".join(self._kept)
        try:
            whole = pick(body, "error", self._codec.usage_key)
        except ValueError as problem:
            raise _broken(body) from problem
        self._usage = self._codec.usage_in(whole)
        if not self.begun and _is_error(whole):
            self.error = self._codec.read_error(200, body)
        return held

    def fail(self, error: AimuxError, request_id: str) -> bytes:
        """The last event for a client whose stream has begun and will not be completed."""
        return self._codec.error_event(error, request_id)

    @property
    def usage(self) -> Usage:
        """The tokens reported so far."""
        return self._tap.usage() if self._kind is _Kind.EVENTS else self._usage


def _is_whole(data: bytes) -> bool:
    """Whether an event's data are all there: JSON, or the mark of the end."""
    try:
        loads(data)
    except ValueError:
        return data.strip(b' "') == b"[DONE]"
    return True


def _broken(body: bytes) -> UpstreamError:
    """What is wrong with a body that is not JSON."""
    if body.lstrip().startswith((b"{", b"[")):
        return StreamCut("the answer ended before it was complete")
    return UpstreamProtocol(f"it answered with something that is not JSON: {excerpt(body)!r}")


def _is_error(whole: Any) -> bool:
    """Whether a body says, under a good status, that it is an error; it may come in an array of one."""
    if isinstance(whole, list) and len(whole) == 1:
        whole = whole[0]
    return bool(mapping(whole).get("error"))

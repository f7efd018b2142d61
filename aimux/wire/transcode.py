"""One attempt, both ways: the client's request to the upstream's bytes, its answer to the client's.

    RELAY       the same format: the request's bytes go out with the model's name spliced in place, and
                the answer's bytes come back as they were, with a tap beside them that reads usage and
                completeness
    PATCH       the same format, and the provider has an accent: named edits on the decoded request
    TRANSLATE   another format, by way of the neutral model

Three kinds of answer are told apart by the first bytes, since labels lie:

    events    a stream of SSE blocks; only whole blocks go on to the client, because half an event is
              of no use to any reader, and holding it back is what makes a heartbeat or an honest error
              possible at every moment
    body      one JSON document; held until it is complete or too large to hold, so that a failure
              before that can still go to another provider
    opaque    compressed although we asked for identity: a relay passes it on unread, usage unknown

A client that asked for a stream gets one, whatever the upstream sends, and the other way round: an
answer of the wrong kind is translated, from its format into the same.

The caller feeds what arrives, looks at ``begun`` and ``error`` until the answer has begun, and ends
with exactly one of :meth:`Transcoder.finish` or :meth:`Transcoder.fail`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

from aimux.errors import AimuxError, StreamCut, UpstreamError, UpstreamProtocol, UpstreamStatus
from aimux.model.loss import Loss
from aimux.model.request import WireFormat
from aimux.model.response import UNKNOWN, Usage
from aimux.wire import carriers, opaque, quirks
from aimux.wire.codec import Mode, Operation, Reported
from aimux.wire.crossing import REPAIRS, repaired, to_itself, translated
from aimux.wire.encoding import Unpacker
from aimux.wire.errorkinds import excerpt, mapping
from aimux.wire.formats import CODECS
from aimux.wire.inquiry import Inquiry
from aimux.wire.jsontext import Document, body_of, loads, pick
from aimux.wire.sse import BOM, ArrayForm, BlockReader, BlockTooLarge, fields
from aimux.wire.target import Target
from aimux.wire.translation import Translation, broke_off

MAX_HELD_BYTES: Final = 2**20
"""Most of a JSON answer that a relay holds back; a larger one goes on as it comes."""

MAX_READ_BYTES: Final = 16 * 2**20
"""Most of a JSON answer that is kept to read its usage from at the end."""

MAX_BODY_BYTES: Final = 64 * 2**20
"""Most of a JSON answer that is translated."""

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
        "_array", "_blocks", "_codec", "_format", "_held", "_inquiry", "_kept", "_kept_bytes",
        "_kind", "_losses", "_tap", "_target", "_translation", "_unpack", "_usage", "begun",
        "error", "mode",
    )  # fmt: skip

    def __init__(self, inquiry: Inquiry, format_: WireFormat, target: Target) -> None:
        """``format_`` is the upstream's."""
        self._inquiry = inquiry
        self._format = format_
        self._target = target
        self._codec = CODECS[format_]
        self._tap = self._codec.tap()
        self._blocks = BlockReader()
        self._translation: Translation | None = None
        self._unpack: Unpacker | None = None
        self._array: ArrayForm | None = None
        self._kind = _Kind.UNKNOWN
        self._held: list[bytes] = []
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._usage = UNKNOWN
        self.mode = Mode.RELAY if inquiry.format is format_ else Mode.TRANSLATE
        self._losses: tuple[Loss, ...] = ()
        self.begun = False
        """The answer has begun: what :meth:`feed` gives may and must go to the client."""
        self.error: Reported | None = None
        """The upstream reported an error inside its answer."""

    # ------------------------------------------------------------ the request

    @property
    def path(self) -> str | None:
        """Where the request goes below the endpoint's address; None where it has no place."""
        inquiry = self._inquiry
        return self._codec.path(inquiry.operation, self._target.model, stream=inquiry.stream)

    def query(self, asked: str) -> str:
        """The query of the address; ``asked`` is the client's, which only its own vendor reads."""
        if self.mode is not Mode.TRANSLATE:
            return asked
        streams = self._inquiry.stream and self._format is WireFormat.GEMINI
        return "alt=sse" if streams else ""

    def request(self) -> bytes:
        """The body for the upstream.

        Raises:
            InvalidRequest: what the client sent cannot be read; relaying leaves that to the upstream.
            UnsupportedContent: this upstream cannot be told what the client said; another may.
        """
        document, format_, target = self._inquiry.document, self._format, self._target
        if self.mode is Mode.TRANSLATE:
            body, self._losses, back = translated(self._inquiry, format_, target)
            self._cross(back)
            return body
        if target.quirks & REPAIRS and self._inquiry.operation is Operation.GENERATE:
            self._cross(repaired(self._inquiry, target))
            return self._patched(document)
        carries = self._inquiry.caller.carries
        if self._accented(document) or (carries and opaque.may_hold_carrier(document.raw, format_)):
            return self._patched(document)
        if "model" not in document:  # Gemini has the model in its path and nothing to splice
            return document.raw
        return document.splice("model", target.model)

    def _accented(self, document: Document) -> bool:
        """Whether the provider may want something of the request otherwise."""
        spoken = self._target.quirks
        return bool(spoken) and quirks.touched(document.raw, self._format, spoken, document.keys())

    def _patched(self, document: Document) -> bytes:
        self.mode = Mode.PATCH
        keys = document.keys()
        body = {key: document.exact(key) for key in keys}
        if "model" in body:
            body["model"] = self._target.model
        losses = carriers.without_carriers(body, self._format, self._target)
        losses += quirks.edited(body, self._format, self._target, own=True)
        self._losses = tuple(dict.fromkeys(losses))
        return body_of(body)

    # ------------------------------------------------------------ the answer

    def begin(self, content_type: str, content_encoding: str = "") -> None:
        """The head of a 2xx answer has come.

        Raises:
            UpstreamProtocol: the answer is a web page, or packed in a way nobody asked for; the
                upstream, or what stands before it, is at fault.
        """
        if content_type.lower().startswith("text/html"):
            raise UpstreamProtocol(
                "it answered with a web page",
                hint="is its base_url right, and does a proxy or a login page stand before it?",
            )
        if content_encoding.lower() in {"", "identity"}:
            return
        if self.mode is Mode.TRANSLATE:
            self._unpack = Unpacker(content_encoding)
        else:
            self._kind = _Kind.OPAQUE
            self.begun = True

    @property
    def streaming(self) -> bool:
        """Whether the client gets a stream of events, as far as has been seen."""
        if self._translation is not None:
            return self._inquiry.stream
        return self._kind is _Kind.EVENTS

    @property
    def content_type(self) -> str | None:
        """What the client gets; None where it is what the upstream says it is."""
        if self._translation is None:
            return None
        events = self._inquiry.stream and not self._inquiry.array
        return "text/event-stream; charset=utf-8" if events else "application/json"

    def feed(self, chunk: bytes) -> bytes:
        """What the client gets for a chunk: nothing, the chunk itself, all that was held, or what it
        means in the client's format.

        Raises:
            UpstreamProtocol: an event or a body is too large, or is not packed as it says.
            UpstreamStatus: the upstream broke off earlier, in the middle of a translated stream.
        """
        if self._unpack is not None:
            chunk = self._unpack.feed(chunk)
        if self._kind is _Kind.EVENTS:
            return self._feed_events(chunk)
        if self._kind is _Kind.UNKNOWN:
            self._held.append(chunk)
            chunk = self._release()
            self._kind = _kind_of(chunk)
            if self._kind is _Kind.EVENTS and self._translation is None:
                self._collect_if_unwanted()
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

    def _collect_if_unwanted(self) -> None:
        """A stream for a client that asked for none is collected."""
        inquiry = self._inquiry
        if not inquiry.stream and inquiry.operation is Operation.GENERATE:
            self._cross(to_itself(inquiry))

    def _cross(self, translation: Translation) -> Translation:
        """From here on the answer is translated."""
        self._translation = translation
        if self._inquiry.array:
            self._array = ArrayForm()
        return translation

    def _feed_events(self, chunk: bytes) -> bytes:
        try:
            blocks = self._blocks.feed(chunk)
        except BlockTooLarge as problem:
            raise UpstreamProtocol(str(problem)) from problem
        if self._translation is not None:
            return self._through(self._translation, blocks)
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

    def _through(self, translation: Translation, blocks: list[bytes]) -> bytes:
        if translation.failure is not None and self.begun:
            raise broke_off(translation.failure, self._target.provider)
        out = translation.blocks(blocks)
        self._note(translation)
        return self._framed(out)

    def _note(self, translation: Translation) -> None:
        self.begun = translation.begun
        failure = translation.failure
        if failure is not None and self.error is None:
            self.error = Reported(failure.kind, failure.message, failure.code)

    def _framed(self, events: bytes) -> bytes:
        return events if self._array is None or not events else self._array.feed(events)

    def _feed_body(self, chunk: bytes) -> bytes:
        self._kept_bytes += len(chunk)
        if self._converts:
            if self._kept_bytes > MAX_BODY_BYTES:
                raise UpstreamProtocol(f"its answer is larger than {MAX_BODY_BYTES} bytes")
            self._kept.append(chunk)
            return b""
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

    @property
    def _converts(self) -> bool:
        """Whether a body has to become something else before the client gets it."""
        inquiry = self._inquiry
        return self._translation is not None or (inquiry.stream and not inquiry.array)

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
            UpstreamStatus: it broke off in the middle of a translated stream.
        """
        match self._kind:
            case _Kind.EVENTS if self._translation is not None:
                return self._finish_crossing(self._translation)
            case _Kind.EVENTS:
                return self._finish_events()
            case _Kind.OPAQUE:
                return b""
            case _Kind.BODY:
                return self._finish_body()
            case _:
                raise StreamCut("the answer ended before it began")

    def _finish_crossing(self, translation: Translation) -> bytes:
        last = self._blocks.rest
        out = translation.blocks([last]) if _is_whole(fields(last)[1]) else b""
        if translation.failure is None:
            out += translation.end()
        return self._ended(translation, out)

    def _ended(self, translation: Translation, out: bytes) -> bytes:
        begun = self.begun
        self._note(translation)
        if translation.failure is not None and begun:
            raise broke_off(translation.failure, self._target.provider)
        if translation.failure is not None:
            self.begun = False
            return b""
        out = self._framed(out)
        return out if self._array is None else out + self._array.end()

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
        if self._kept_bytes > MAX_READ_BYTES and not self._converts:
            return held
        body = b"".join(self._kept)
        try:
            whole = pick(body, "error", self._codec.usage_key)
        except ValueError as problem:
            raise _broken(body) from problem
        self._usage = self._codec.usage_in(whole)
        if not self.begun and _is_error(whole):
            self.error = self._codec.read_error(200, body)
        elif self._converts:
            return self._converted(body)
        return held

    def _converted(self, body: bytes) -> bytes:
        """A whole answer as the client wants it."""
        back = self._translation or self._cross(to_itself(self._inquiry))
        try:
            return self._ended(back, back.body(body))
        except UpstreamStatus as problem:
            if self.begun:  # by an earlier answer, which this one should have gone on with
                raise
            self.error = Reported(problem.kind, problem.message, problem.said_code or problem.code)
            return b""

    def continuation(self) -> bytes | None:
        """The request that goes on with an answer that the upstream has paused; None where it is over.

        Asked behind :meth:`finish`.  The answer to that request goes through the same steps as the first
        one, from :meth:`begin` on, and is a part of it to the client.
        """
        more = None if self._translation is None else self._translation.resume()
        if more is not None:
            self._blocks = BlockReader()
            self._unpack = None
            self._kind = _Kind.UNKNOWN
            self._held, self._kept, self._kept_bytes = [], [], 0
        return more

    def fail(self, error: AimuxError, request_id: str) -> bytes:
        """The last event for a client whose stream has begun and will not be completed."""
        if self._translation is None:
            return CODECS[self._inquiry.format].error_event(error, request_id)
        event = self._translation.fail(error, request_id)
        return event if self._array is None else self._framed(event) + self._array.end()

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What did not cross: of the request, known after :meth:`request`, and of the answer, as far as
        it has come.
        """
        if self._translation is None:
            return self._losses
        return tuple(dict.fromkeys((*self._losses, *self._translation.losses)))

    @property
    def usage(self) -> Usage:
        """The tokens reported so far."""
        if self._translation is not None:
            return self._translation.usage
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

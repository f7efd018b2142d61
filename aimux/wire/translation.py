"""One answer on its way from a provider's format to the client's, by way of neutral events.

    block -> reader -> filters -> writer -> bytes        a stream
    block -> reader -> filters -> collector -> bytes     a stream for a client that wants none
    body  -> reader -> as above                          no stream, for whoever wants one

Where the provider pauses its answer and can be asked to go on, what ends is not told to the client: the
next answer belongs to the same.

Nothing is given out before the answer has begun: the head of a stream says nothing yet, and as long as
the client has heard nothing another provider can answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from aimux.errors import AimuxError, UpstreamStatus
from aimux.model.events import (
    BlockStart,
    Collector,
    Delta,
    Event,
    Failure,
    Finish,
    Start,
)
from aimux.model.loss import Loss
from aimux.model.request import Request
from aimux.model.response import UNKNOWN, FinishReason, Usage
from aimux.wire import jsontext
from aimux.wire.codec import Codec
from aimux.wire.errorkinds import status_of_kind
from aimux.wire.estimate import tokens_of_text
from aimux.wire.target import Audience, Target

_SEPARATORS: Final = b"\xe2\x80"
_LINE, _PARAGRAPH = b"\xe2\x80\xa8", b"\xe2\x80\xa9"
"""U+2028 and U+2029, at which some readers of streams end a line; JSON may escape them."""


class Filter(Protocol):
    """Changes the events of one answer; what comes out keeps their grammar."""

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """The events as the next in the row shall see them."""


class Translation:
    """One answer.  ``failure`` is how the provider broke off, if it did; nothing follows it."""

    __slots__ = (
        "_audience", "_characters", "_client", "_collector", "_filters", "_held", "_more",
        "_prompt_tokens", "_reader", "_target", "_upstream", "_writer", "begun", "failure",
        "finished", "usage",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 -- all of them are facts of one crossing
        self,
        codecs: tuple[Codec, Codec],
        target: Target,
        audience: Audience,
        filters: Sequence[Filter],
        *,
        stream: bool,
        prompt_tokens: Callable[[], int],
        asked: bytes = b"",
    ) -> None:
        """``codecs`` are the client's and the provider's; ``stream`` is what the client wants;
        ``prompt_tokens`` guesses what the request took, for a provider that does not say; ``asked`` is
        the request, where its answer may pause.
        """
        self._client, self._upstream = codecs
        self._target = target
        self._audience = audience
        self._filters = tuple(filters)
        self._reader = self._upstream.reader(target, asked)
        self._more: bytes | None = None
        self._writer = self._client.writer(audience) if stream else None
        self._collector = None if stream else Collector()
        self._held: list[bytes] = []
        self._prompt_tokens = prompt_tokens
        self._characters = 0
        self.begun = False
        """What is given from now on must go to the client."""
        self.finished = False
        self.failure: Failure | None = None
        self.usage: Usage = UNKNOWN

    def blocks(self, blocks: Sequence[bytes]) -> bytes:
        """The client's bytes for what has arrived of the provider's stream, whole events."""
        read = self._reader.read
        if len(blocks) == 1:
            return self._pass(read(blocks[0]))
        events: list[Event] = []
        for block in blocks:
            events += read(block)
        return self._pass(events)

    def end(self) -> bytes:
        """The rest, when the provider has closed its stream in good order; the whole answer for a
        client that wants no stream.
        """
        rest = self._pass(self._reader.end())
        self._look_for_more()
        return rest or self._whole()

    def body(self, body: bytes) -> bytes:
        """The client's bytes for an answer that came whole, and that somebody has seen to be JSON.

        Raises:
            UpstreamProtocol: it is no answer.
            UpstreamStatus: it says that the provider failed.
        """
        events = self._reader.whole(jsontext.loads_exactly(body))
        if events and type(first := events[0]) is Start and type(last := events[-1]) is Finish:
            events[0] = first._replace(usage=last.usage)  # all is known at once
        rest = self._pass(events)
        self._look_for_more()
        return rest or self._whole()

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What of the answer did not cross, as far as it has come."""
        return self._reader.lost.all()

    def resume(self) -> bytes | None:
        """The request that goes on with an answer that has paused; None where it has not.  What arrives
        from then on is the answer to that request.
        """
        more, self._more = self._more, None
        if more is not None:
            self._reader.resume()
        return more

    def fail(self, error: AimuxError, request_id: str) -> bytes:
        """The last event for a client whose stream has begun and will not be completed."""
        if self._writer is None:
            return self._client.error_event(error, request_id)
        return self._writer.fail(error, request_id)

    def _pass(self, events: list[Event]) -> bytes:
        for each in self._filters:
            events = each.feed(events)
        if not events:
            return b""
        events = self._noted(events)
        if self._writer is None:
            self._collect(events)
            return b""
        written = self._writer.write(events)
        if _SEPARATORS in written:
            written = written.replace(_LINE, b"\\u2028").replace(_PARAGRAPH, b"\\u2029")
        if not self.begun:
            self._held.append(written)
            if not any(isinstance(event, BlockStart | Finish) for event in events):
                return b""
            self.begun = True
            written = b"".join(self._held)
            self._held.clear()
        return written

    def _noted(self, events: list[Event]) -> list[Event]:
        """Keeps what the exchange must know; the events up to a failure, which is said elsewhere."""
        characters = 0
        for event in events:
            if type(event) is Delta:  # the usual one first, and as cheaply as can be
                characters += len(event[1])
            elif type(event) is Start:
                self.usage = event.usage
        self._characters += characters
        last = events[-1]
        if type(last) is Delta:
            return events
        if type(last) is Failure:
            self.failure = last
            return events[:-1]
        if type(last) is Finish:
            if last.reason is FinishReason.PAUSE_TURN:
                self.usage = self.usage.updated(last.usage)
                self._look_for_more()
                if self._more is not None:
                    return events[:-1]
                last = self._cut_short(last)
            self.finished = True
            self.usage = self._counted(self.usage.updated(last.usage))
            events[-1] = last._replace(usage=self.usage)
        return events

    def _look_for_more(self) -> None:
        """Whether an answer that is not finished has only paused."""
        if self.finished or self.failure is not None or self._more is not None:
            return
        self._more = self._reader.more()
        if self._more is not None:
            self._reader.lost.add("answer.continued")

    def _cut_short(self, finish: Finish) -> Finish:
        """The end of an answer that has paused for good: the client must not take it for complete.  One
        that speaks the provider's own format knows what to do by itself.
        """
        if self._client is self._upstream:
            return finish
        self._reader.lost.add("finish.paused")
        return finish._replace(reason=FinishReason.MAX_TOKENS)

    def _counted(self, usage: Usage) -> Usage:
        """What the provider counted; where it counted nothing, a guess instead of zeros."""
        if usage.input_tokens is not None and usage.output_tokens is not None:
            return usage
        self._reader.lost.add("usage.estimated")
        guess = Usage(self._prompt_tokens(), tokens_of_text(self._characters))
        return guess.updated(usage)

    def _collect(self, events: Iterable[Event]) -> None:
        assert self._collector is not None  # noqa: S101 -- there is one where there is no writer
        for event in events:
            self._collector.add(event)

    def _whole(self) -> bytes:
        if self._collector is None or not self.finished:
            return b""
        self.begun = True
        return self._client.write_response(self._collector.response(), self._audience)


def broke_off(failure: Failure, provider: str) -> UpstreamStatus:
    """The error of a provider that reported a failure inside its answer."""
    return UpstreamStatus(
        f"{provider}: {failure.message}",
        status=status_of_kind(failure.kind),
        kind=failure.kind,
        provider=provider,
    )


def plain_audience(model: str, *, stream: bool) -> Audience:
    """An audience of whom nothing but the model's name is known."""
    return Audience(Request(model=model, messages=(), stream=stream))

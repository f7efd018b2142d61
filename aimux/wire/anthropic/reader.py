"""Reads a Messages stream into neutral events.

    message_start  (content_block_start  content_block_delta*  content_block_stop)*  message_delta+
    message_stop

That is what Anthropic writes.  Others who speak the format leave things out, and this is what stands
in for them:

    no message_start        the answer begins with whatever comes
    no message_stop         an end of the stream behind message_delta is the end of the answer
    no message_delta        behind message_stop, what was said tells why it ended
    no input_json_delta     the input stands in content_block_start
    no content_block_stop   see :mod:`aimux.wire.anthropic.content`

Nearly every event is the one before with another text, and is read by a mould of that (see ``mould``).
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from aimux.errors import ErrorKind, UpstreamProtocol, UpstreamStatus
from aimux.model.events import Delta, Event, Failure, Finish, Start
from aimux.model.loss import Losses
from aimux.model.response import UNKNOWN, Usage
from aimux.wire import sse
from aimux.wire.anthropic.content import Content
from aimux.wire.anthropic.endings import detail_of, reason_of
from aimux.wire.anthropic.errors import reported
from aimux.wire.anthropic.response import said
from aimux.wire.anthropic.usage import usage_of
from aimux.wire.errorkinds import mapping, status_of_kind
from aimux.wire.mould import Mould
from aimux.wire.target import Target

_CUT: Final = Failure(ErrorKind.UPSTREAM, "the stream ended before it was complete", "stream-cut")


class AnthropicReader:
    """One answer's stream."""

    __slots__ = (
        "_before", "_content", "_detail", "_ended", "_mould", "_over", "_reason", "_sequence",
        "_started", "_target", "_usage",
    )  # fmt: skip

    def __init__(self, target: Target) -> None:
        self._content = Content(target)
        self._target = target
        self._mould = Mould("text", "thinking", "partial_json")
        self._usage: dict[str, Any] = {}
        self._before = UNKNOWN
        """What earlier requests took, where the answer has paused."""
        self._started = False
        self._ended = False
        """message_delta has said why the answer ended."""
        self._over = False
        self._reason: object = None
        self._sequence = ""
        self._detail = ""

    @property
    def lost(self) -> Losses:
        """What has been left out or mended."""
        return self._content.lost

    def read(self, block: bytes) -> list[Event]:
        """The events that a block completes."""
        if text := self._mould.text(block):
            return [Delta(self._content.number, text)]
        said = sse.decoded(block)
        self._read(said)
        events = self._content.take()
        if len(said) == len(events) == 1 and type(events[0]) is Delta:
            self._mould.learn(block, events[0].text)
        return events

    def _read(self, said: list[tuple[str, Any]]) -> None:
        for name, value in said:
            if not isinstance(value, dict) or self._over:
                continue
            kind = str(value.get("type") or name)
            part = self._CONTENT.get(kind)
            if part is not None:
                if not self._started:
                    self._begin({})
                part(self._content, value)
            elif (handle := self._HANDLERS.get(kind)) is not None:
                handle(self, value)
            elif value.get("error"):  # some say it without a type
                self._error(value)

    def end(self) -> list[Event]:
        """What is still to be said when the stream has ended."""
        if self._over:
            return []
        if self._ended:
            self._finish({})
        else:
            self._fail(_CUT)
        return self._content.take()

    def whole(self, answer: Any) -> list[Event]:
        """The events of an answer that came whole."""
        message = mapping(answer)
        if message.get("type") == "error" or message.get("error"):
            error = reported(mapping(message.get("error")), 200)
            raise UpstreamStatus(
                f"{self._target.provider}: {error.message}",
                status=status_of_kind(error.kind),
                kind=error.kind,
                provider=self._target.provider,
                said_code=error.code,
            )
        content = message.get("content")
        if not isinstance(content, list):
            raise UpstreamProtocol("it answered with JSON that is no message")
        self._message_start({"message": message})
        for block in content:
            self._content.whole(block)
        self._message_delta({"delta": message})
        self._finish({})
        return self._content.take()

    def more(self) -> bytes | None:
        """Nothing: see :mod:`aimux.wire.anthropic.paused`."""
        return None

    def resume(self) -> None:
        """What comes now belongs to the same answer."""
        self._mould.forget()
        self._before, self._usage = self._total(), {}
        self._over = self._ended = False
        self._reason = None

    def _total(self) -> Usage:
        return self._before.plus(usage_of(self._usage))

    def _begin(self, message: dict[str, Any]) -> None:
        if not self._started:
            self._started = True
            start = Start(
                said(message.get("id")), said(message.get("model")), usage_of(self._usage)
            )
            self._content.say(start)

    def _message_start(self, event: dict[str, Any]) -> None:
        message = mapping(event.get("message"))
        self._note(message.get("usage"))
        self._begin(message)

    def _message_delta(self, event: dict[str, Any]) -> None:
        self._begin({})
        self._note(event.get("usage"))
        delta = mapping(event.get("delta"))
        if delta.get("stop_reason") is not None:
            self._ended = True
            self._content.close_all()
            self._reason = delta["stop_reason"]
        self._sequence = said(delta.get("stop_sequence")) or self._sequence
        self._detail = detail_of(delta.get("stop_details")) or self._detail

    def _finish(self, event: dict[str, Any]) -> None:
        del event
        self._begin({})
        self._content.close_all()
        reason = reason_of(self._reason, self.lost, calls=self._content.called)
        self._content.say(Finish(reason, self._total(), self._sequence, self._detail))
        self._over = True

    def _error(self, event: dict[str, Any]) -> None:
        told = event.get("error")
        error = reported({"message": told} if isinstance(told, str) else mapping(told), 200)
        self._fail(Failure(error.kind, error.message, error.code))

    def _fail(self, failure: Failure) -> None:
        self._begin({})
        self._content.say(failure)
        self._over = True

    def _note(self, usage: object) -> None:
        """Later totals overwrite earlier ones; what is left out keeps its value (edges 99 to 101)."""
        self._usage.update({k: v for k, v in mapping(usage).items() if v is not None})

    _CONTENT: ClassVar = {
        "content_block_delta": Content.grow,
        "content_block_start": Content.start,
        "content_block_stop": Content.stop,
    }
    _HANDLERS: ClassVar = {
        "message_start": _message_start,
        "message_delta": _message_delta,
        "message_stop": _finish,
        "error": _error,
    }
    """By the type of an event; a ping means nothing, and so does what nobody knows."""

"""Neutral events as a Responses stream for a client (protocols 1.3.7, 2.17.9).

    created in_progress item* (completed | incomplete | failed)

The last event repeats all items (edge 135) and always has usage (edge 130).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from aimux.errors import AimuxError
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
)
from aimux.model.parts import Refusal
from aimux.model.response import UNKNOWN, FinishReason
from aimux.wire.openai_responses.answer import Answer, answer_object, ended
from aimux.wire.openai_responses.failure import error_event, failed
from aimux.wire.openai_responses.growing import begun
from aimux.wire.openai_responses.lines import Lines
from aimux.wire.openai_responses.outgoing import Block, Outgoing, Quiet
from aimux.wire.openai_responses.usage import usage_object
from aimux.wire.target import Audience


class Writer:
    """One answer.  Fed events in order; ``answer`` is the response object as the client last got it."""

    __slots__ = ("_audience", "_block", "_ended", "_lines", "_out", "_usage", "answer")

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._lines = Lines()
        self._out = Outgoing(self._lines, audience, "")
        self._block: Block = Quiet(self._out)
        self._usage = UNKNOWN
        self._ended = False
        self.answer: Answer = {}

    def write(self, events: Iterable[Event]) -> bytes:
        """The bytes of these events."""
        for event in events:
            if type(event) is Delta:  # of an answer's events all but a few
                self._block.grow(event[1])
            else:
                self._take(event)
        return self._lines.take()

    def _take(self, event: Event) -> None:
        match event:
            case BlockStart(_, part):
                self._block = begun(self._out, part)
            case BlockStop():
                self._block.stop()
            case Sign(_, state):
                self._block.sign(state)
            case Cite(_, citation):
                self._block.cite(citation)
            case Start():
                self._start(event)
            case Finish():
                self._finish(event)
            case Delta() | Failure():  # written before; said by fail
                pass
            case _:
                assert_never(event)

    def _start(self, start: Start) -> None:
        self.answer = answer_object(self._audience, start.id)
        self._out = Outgoing(self._lines, self._audience, self.answer["id"])
        self._usage = start.usage
        self._lines.event("response.created", response=self.answer)
        self._lines.event("response.in_progress", response=self.answer)

    def _finish(self, finish: Finish) -> None:
        out = self._out
        if finish.reason is FinishReason.REFUSAL and finish.detail and not out.refused:
            begun(out, Refusal(finish.detail)).stop()
        usage = usage_object(self._usage.updated(finish.usage))
        answer = ended(self.answer, finish.reason)
        out.close_message(answer["status"])
        self.answer = {**answer, "output": out.output, "usage": usage}
        self._lines.event(f"response.{self.answer['status']}", response=self.answer)
        self._ended = True

    def fail(self, error: AimuxError, request_id: str) -> bytes:
        """The last event of a stream that breaks off: nothing where it has ended already.

        A response that was created has failed.  The vendor says no more than that, and with it alone a
        program that goes through the SDK's raw stream without looking for the event takes what it got
        for the answer; the SDK raises where the event has an ``error`` too (measured with 3.54).  Codex
        reads the response and nothing else.
        """
        if self._ended:
            return b""
        self._ended = True
        if not self.answer:
            return error_event(error, request_id, self._lines.number)
        said = failed(error)
        self.answer = {
            **self.answer, "status": "failed", "error": said, "output": self._out.output,
        }  # fmt: skip
        self._lines.event("response.failed", response=self.answer, error=said)
        return self._lines.take()

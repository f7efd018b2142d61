r"""Gemini's answers as neutral events, streamed or whole.

Every event is a response of its own with new parts; so is an answer that is not streamed, and an array
of them is a stream for whoever did not ask for events.  ``finishReason`` may stand on every event and
usage comes late, so only the end of the stream ends the answer.  A stream that ends without a reason
was cut.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import ErrorKind, InvalidRequest
from aimux.model.events import Event, Failure, Finish, Start
from aimux.model.response import FinishReason, Usage
from aimux.wire import jsontext, sse
from aimux.wire.errorkinds import mapping
from aimux.wire.gemini.endings import is_broken, reason_of
from aimux.wire.gemini.errors import error_of, reported
from aimux.wire.gemini.read_parts import PartsReader
from aimux.wire.gemini.repeats import Repeats
from aimux.wire.gemini.usage import usage_of
from aimux.wire.target import Target

CUT: Final = Failure(ErrorKind.UPSTREAM, "the stream ended before it was complete", "stream-cut")


class StreamReader:
    """One answer."""

    __slots__ = (
        "_blocked",
        "_detail",
        "_done",
        "_parts",
        "_reason",
        "_repeats",
        "_started",
        "_usage",
    )

    def __init__(self, target: Target) -> None:
        self._parts = PartsReader(target)
        self._repeats = Repeats() if "cumulative" in target.quirks else None
        self._usage: dict[str, Any] = {}
        self._reason = ""
        self._detail = ""
        self._blocked = False
        self._started = False
        self._done = False

    def read(self, block: bytes) -> list[Event]:
        """The events that a block of the stream completes."""
        for _, value in sse.decoded(block):
            if b'"functionCall"' in block and isinstance(value, dict):
                value = {**value, **_spelled(block)}  # noqa: PLW2901 -- the same, exactly
            self.take(value)
        return self._parts.blocks.take()

    def take(self, value: object) -> None:
        """One decoded response, or several in an array; what is none is passed over."""
        if isinstance(value, list):
            for each in value:
                self.take(each)
        elif isinstance(value, dict) and not self._done:
            self._response(value)

    def end(self) -> list[Event]:
        """Finish, or a Failure where the stream was cut."""
        return self._end(cut=not self._reason and not self._blocked)

    def complete(self) -> list[Event]:
        """The same for an answer that is known to be whole: it may leave out why it ended."""
        return self._end(cut=False)

    # ------------------------------------------------------------ responses

    def _response(self, response: dict[str, Any]) -> None:
        if not self._started:
            self._start(response)
        if error := error_of(response.get("error")):
            said = reported(error)
            self._fail(Failure(said.kind, said.message, said.code))
            return
        if usage := mapping(response.get("usageMetadata")):
            self._usage = usage
        self._candidates(response.get("candidates"))
        feedback = mapping(response.get("promptFeedback"))
        if blocked := feedback.get("blockReason"):
            self._blocked = True
            self._detail = jsontext.mended(str(feedback.get("blockReasonMessage") or blocked))

    def _start(self, response: dict[str, Any]) -> None:
        """Says who answers.  Of the usage the prompt alone is known at the beginning."""
        self._started = True
        usage = usage_of(mapping(response.get("usageMetadata")))
        prompt = Usage(usage.input_tokens, cache_read_tokens=usage.cache_read_tokens)
        start = Start(_text(response, "responseId"), _text(response, "modelVersion"), prompt)
        self._parts.blocks.out.append(start)

    def _candidates(self, candidates: object) -> None:
        """The first of them; there are more only for who asks for them."""
        for candidate in candidates if isinstance(candidates, list) else ():
            if isinstance(candidate, dict) and candidate.get("index") in (None, 0):
                self._candidate(candidate)
                return

    def _candidate(self, candidate: dict[str, Any]) -> None:
        reason = _text(candidate, "finishReason")
        if reason and reason != "FINISH_REASON_UNSPECIFIED":
            self._reason = reason
            self._detail = _text(candidate, "finishMessage")
        if "groundingMetadata" in candidate or "citationMetadata" in candidate:
            self._parts.grounding.take(candidate)
            self._parts.tell_search(complete=bool(reason))
        parts = mapping(candidate.get("content")).get("parts")
        if not isinstance(parts, list):
            return
        if self._repeats is not None:
            parts = self._repeats.fresh(parts)
        for part in parts:
            if isinstance(part, dict):
                self._parts.take(part)
            if self._parts.failure is not None:
                self._fail(self._parts.failure)
                return

    # ------------------------------------------------------------ the end

    def _end(self, *, cut: bool) -> list[Event]:
        if not self._started:
            self._start({})
        if not self._done:
            self._conclude(cut=cut)
        return self._parts.blocks.take()

    def _conclude(self, *, cut: bool) -> None:
        broken = is_broken(self._reason) or self._parts.broken
        if cut:
            self._fail(CUT)
        elif broken and not self._parts.answered and not self._blocked:
            words = self._detail or f"the model's answer cannot be used ({self._reason})"
            self._fail(Failure(ErrorKind.UPSTREAM, words, self._reason))
        else:
            self._finish()

    def _finish(self) -> None:
        self._done = True
        self._parts.end()
        reason = reason_of(self._reason, called=self._parts.called)
        if self._blocked:
            reason = FinishReason.REFUSAL
        detail = self._detail or self._reason if reason is FinishReason.REFUSAL else ""
        self._parts.blocks.out.append(Finish(reason, usage_of(self._usage), detail=detail))

    def _fail(self, failure: Failure) -> None:
        self._done = True
        self._parts.blocks.out.append(failure)


def _text(fields: dict[str, Any], name: str) -> str:
    """A field that should be a text; empty where it is none."""
    value = fields.get(name)
    return jsontext.mended(value) if isinstance(value, str) else ""


def _spelled(block: bytes) -> dict[str, Any]:
    """A response's candidates with each number as it is spelled: those of arguments are passed on."""
    try:
        return {"candidates": jsontext.scan(sse.fields(block)[1]).exact("candidates")}
    except InvalidRequest:
        return {}

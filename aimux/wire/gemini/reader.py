r"""Gemini's answers as neutral events, streamed or whole.

Every event is a response of its own with new parts; so is an answer that is not streamed, and an array
of them is a stream for whoever did not ask for events.  ``finishReason`` may stand on every event and
usage comes late, so only the end of the stream ends the answer.  A stream that ends without a reason
was cut.  Nearly every event is the one before with another text, and is read by a mould of that (see
``mould``).

An answer that ends with CONTINUATION has reached the limit of one request, perhaps in the middle of a
word: what is open stays open.  It is gone on with by sending the same request with the token that stands
beside the reason (google-genai 3.6, 2026-11).
"""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import ErrorKind, InvalidRequest, UpstreamProtocol, UpstreamStatus
from aimux.model.events import Delta, Event, Failure, Finish, Start
from aimux.model.loss import Losses
from aimux.model.response import UNKNOWN, FinishReason, Usage
from aimux.wire import jsontext, sse
from aimux.wire.codec import MAX_CONTINUATIONS
from aimux.wire.errorkinds import mapping, status_of_kind
from aimux.wire.gemini.endings import CONTINUATION, is_broken, reason_of
from aimux.wire.gemini.errors import error_of, reported
from aimux.wire.gemini.read_parts import PartsReader
from aimux.wire.gemini.repeats import Repeats
from aimux.wire.gemini.usage import usage_of
from aimux.wire.mould import Mould
from aimux.wire.target import Target

CUT: Final = Failure(ErrorKind.UPSTREAM, "the stream ended before it was complete", "stream-cut")


class StreamReader:
    """One answer."""

    __slots__ = (
        "_asked",
        "_before",
        "_blocked",
        "_detail",
        "_done",
        "_mould",
        "_parts",
        "_reason",
        "_repeats",
        "_resumed",
        "_started",
        "_target",
        "_token",
        "_usage",
        "lost",
    )

    def __init__(self, target: Target, asked: bytes = b"") -> None:
        self._target = target
        self._asked = asked
        self._parts = PartsReader(target)
        self.lost: Losses = self._parts.blocks.lost
        self._mould = Mould("text")
        self._before = UNKNOWN
        """What earlier requests took, where the answer had to be gone on with."""
        self._token: object = None
        self._resumed = 0
        self._repeats = Repeats() if "cumulative" in target.quirks else None
        self._usage: dict[str, Any] = {}
        self._reason = ""
        self._detail = ""
        self._blocked = False
        self._started = False
        self._done = False

    def read(self, block: bytes) -> list[Event]:
        """The events that a block of the stream completes."""
        if text := self._mould.text(block):
            self._parts.go_on(text)
            self._usage = self._mould.usage or self._usage
            return [Delta(self._parts.blocks.number, text)]
        said = sse.decoded(block)
        for _, value in said:
            if b'"functionCall"' in block and isinstance(value, dict):
                value = {**value, **_spelled(block)}  # noqa: PLW2901 -- the same, exactly
            self.take(value)
        events = self._parts.blocks.take()
        is_plain = self._repeats is None and len(said) == len(events) == 1
        if is_plain and type(events[0]) is Delta:
            self._mould.learn(block, events[0].text, mapping(said[0][1]).get("usageMetadata"))
        return events

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

    def whole(self, answer: Any) -> list[Event]:
        """The events of a whole answer, which may leave out why it ended; the responses of a stream in
        an array are one, too.
        """
        provider = self._target.provider
        if not any(map(_answers, answer if isinstance(answer, list) else [answer])):
            raise UpstreamProtocol(
                "its answer has neither candidates nor an error", provider=provider
            )
        self.take(answer)
        events = self._end(cut=False)
        last = events[-1] if events else None
        if isinstance(last, Failure):
            raise UpstreamStatus(
                last.message,
                status=status_of_kind(last.kind),
                kind=last.kind,
                provider=provider,
                said_code=last.code,
            )
        return events

    def more(self) -> bytes | None:
        """The same request with the token of the place where the answer stopped."""
        if not self._pauses:
            return None
        body = jsontext.loads_exactly(self._asked)
        return jsontext.body_of({**body, "continuationToken": self._token})

    def resume(self) -> None:
        """What comes now belongs to the same answer."""
        self._mould.forget()
        self._before, self._usage = self._total(), {}
        self._reason, self._token = "", None
        self._resumed += 1

    @property
    def _pauses(self) -> bool:
        """Whether the answer can be gone on with; asked when the stream has ended."""
        return bool(
            self._reason == CONTINUATION
            and isinstance(self._token, str)
            and self._asked
            and self._resumed < MAX_CONTINUATIONS
            and not self._done
        )

    def _total(self) -> Usage:
        return self._before.plus(usage_of(self._usage))

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
        if not isinstance(candidates, list):
            return
        if len(candidates) > 1:
            self.lost.add("choices.dropped")
        for candidate in candidates:
            if isinstance(candidate, dict) and candidate.get("index") in (None, 0):
                self._candidate(candidate)
                return

    def _candidate(self, candidate: dict[str, Any]) -> None:
        reason = _text(candidate, "finishReason")
        if reason and reason != "FINISH_REASON_UNSPECIFIED":
            self._reason = reason
            self._token = candidate.get("continuationToken")
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
        if not self._done and not self._pauses:
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
        if self._parts.broken:
            self.lost.add("call.nameless")
        reason = FinishReason.REFUSAL
        if not self._blocked:
            reason = reason_of(self._reason, self.lost, called=self._parts.called)
        detail = self._detail or self._reason if reason is FinishReason.REFUSAL else ""
        self._parts.blocks.out.append(Finish(reason, self._total(), detail=detail))

    def _fail(self, failure: Failure) -> None:
        self._done = True
        self._parts.blocks.out.append(failure)


def _text(fields: dict[str, Any], name: str) -> str:
    """A field that should be a text; empty where it is none."""
    value = fields.get(name)
    return jsontext.mended(value) if isinstance(value, str) else ""


def _answers(response: object) -> bool:
    return isinstance(response, dict) and any(
        response.get(name) for name in ("candidates", "promptFeedback", "error")
    )


def _spelled(block: bytes) -> dict[str, Any]:
    """A response's candidates with each number as it is spelled: those of arguments are passed on."""
    try:
        return {"candidates": jsontext.scan(sse.fields(block)[1]).exact("candidates")}
    except InvalidRequest:
        return {}

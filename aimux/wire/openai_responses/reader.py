"""A provider's Responses stream as neutral events: its beginning, its items, its end.

An answer ends with completed, incomplete, failed or error; without one of them it was cut.  Events that
nobody knows are passed over.  Nearly every event is the one before with another text, and is read by a
mould of that (see ``mould``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aimux.errors import ErrorKind, UpstreamProtocol, UpstreamStatus
from aimux.model.events import Delta, Event, Failure, Finish, Start
from aimux.model.loss import Losses
from aimux.model.response import FinishReason
from aimux.wire import openai_errors, sse
from aimux.wire.blocks import Blocks
from aimux.wire.errorkinds import mapping, status_of_kind
from aimux.wire.mould import Mould
from aimux.wire.openai_responses.incoming import Incoming, Told
from aimux.wire.openai_responses.tap import error_in
from aimux.wire.openai_responses.usage import usage_of
from aimux.wire.target import Target

_STEPS: Final[dict[str, Callable[[Incoming, Told], None]]] = {
    "response.output_text.delta": Incoming.text,
    "response.function_call_arguments.delta": Incoming.arguments,
    "response.reasoning_summary_text.delta": Incoming.summary,
    "response.reasoning_text.delta": Incoming.reasoning,
    "response.custom_tool_call_input.delta": Incoming.arguments,
    "response.refusal.delta": Incoming.refusal,
    "response.output_text.annotation.added": Incoming.annotation,
    "response.output_text.done": Incoming.text_done,
    "response.content_part.done": Incoming.part_done,
    "response.function_call_arguments.done": Incoming.arguments_done,
    "response.custom_tool_call_input.done": Incoming.arguments_done,
    "response.output_item.added": Incoming.added,
    "response.output_item.done": Incoming.done,
}
_INCOMPLETE: Final = {
    "max_output_tokens": FinishReason.MAX_TOKENS,
    "content_filter": FinishReason.REFUSAL,
}
"""Any other reason, or none, is how some servers end an answer that is complete (edge 161)."""
_FAILED: Final = ("failed", "cancelled")


class Reader:
    """One answer.  Fed whole SSE blocks in order, then ended."""

    __slots__ = ("_blocks", "_ended", "_incoming", "_mould", "_provider", "_started", "lost")

    def __init__(self, target: Target) -> None:
        self._provider = target.provider
        self._blocks = Blocks()
        self.lost: Losses = self._blocks.lost
        self._incoming = Incoming(self._blocks, target)
        self._mould = Mould("delta")
        self._started = False
        self._ended = False

    def read(self, block: bytes) -> list[Event]:
        """The events that a block completes."""
        if text := self._mould.text(block):
            self._incoming.go_on(text)
            return [Delta(self._blocks.number, text)]
        said = sse.decoded(block)
        kind = ""
        for name, data in said:
            if isinstance(data, dict) and not self._ended:
                kind = type_ if isinstance(type_ := data.get("type"), str) else name
                self._take(kind, data)
        events = self._blocks.take()
        if len(said) == len(events) == 1 and type(events[0]) is Delta and kind.endswith(".delta"):
            self._mould.learn(block, events[0].text)
        return events

    def whole(self, answer: Any) -> list[Event]:
        """The events of an answer that was not streamed."""
        if not isinstance(answer, dict) or not (
            isinstance(answer.get("output"), list) or answer.get("error")
        ):
            raise UpstreamProtocol("its answer is no response object: there is no output")
        if answer.get("status") in ("queued", "in_progress"):
            raise UpstreamProtocol("its answer is not complete yet")
        self._finish({"response": answer})
        events = self._blocks.take()
        last = events[-1]
        if isinstance(last, Failure):
            raise UpstreamStatus(
                last.message,
                status=status_of_kind(last.kind),
                kind=last.kind,
                provider=self._provider,
                said_code=last.code,
            )
        return events

    def more(self) -> bytes | None:
        """Nothing: no answer of this format pauses."""
        return None

    def resume(self) -> None:
        """Nothing comes behind an answer of this format."""

    def end(self) -> list[Event]:
        """What is left when the provider has closed the stream."""
        if not self._ended:
            self._begin({})
            cut = "the stream ended before it was complete"
            self._fail(Failure(ErrorKind.UPSTREAM, cut, "stream-cut"))
        return self._blocks.take()

    def _take(self, kind: str, told: Told) -> None:
        step = _STEPS.get(kind)
        if step is not None:
            if not self._started:
                self._begin(told)
            step(self._incoming, told)
            return
        match kind:
            case "response.created" | "response.in_progress" | "response.queued":
                self._begin(told)
            case "response.completed" | "response.incomplete":
                self._finish(told)
            case "response.failed" | "response.cancelled" | "error":
                self._report(told)
            case _ if told.get("error"):
                self._report(told)
            case _:
                pass

    def _begin(self, told: Told) -> None:
        if self._started:
            return
        self._started = True
        response = mapping(told.get("response"))
        self._blocks.out.append(Start(_text(response.get("id")), _text(response.get("model"))))

    def _finish(self, told: Told) -> None:
        response = mapping(told.get("response"))
        if response.get("status") in _FAILED or response.get("error"):
            self._report(told)
            return
        self._begin(told)
        self._incoming.fill(response.get("output"))
        self._blocks.close_all()
        usage = usage_of(mapping(response.get("usage")))
        self._blocks.out.append(Finish(self._reason(response), usage))
        self._ended = True

    def _reason(self, response: Told) -> FinishReason:
        why = mapping(response.get("incomplete_details")).get("reason")
        if isinstance(why, str) and why in _INCOMPLETE:
            return _INCOMPLETE[why]
        if response.get("status") == "incomplete":
            self.lost.add("finish.unknown", why)
        if self._incoming.called:
            return FinishReason.TOOL_USE
        return FinishReason.REFUSAL if self._incoming.refused else FinishReason.END_TURN

    def _report(self, told: Told) -> None:
        """The provider says that it failed."""
        self._begin(told)
        said = openai_errors.reported(error_in(told), 200)
        self._fail(Failure(said.kind, said.message, said.code))

    def _fail(self, failure: Failure) -> None:
        self._blocks.out.append(failure)
        self._ended = True


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

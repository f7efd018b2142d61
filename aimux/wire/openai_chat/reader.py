"""A provider's chunks as neutral events (reference: protocols, 2.17.3).

What an answer says comes in words (see ``prose``) and in calls (see ``calls``).  A call that begins ends
the words before it; words that come while a call is open wait behind it.

The end is said as late as possible, since usage often comes behind the ``finish_reason``: with
``[DONE]``, or when the stream is closed after a reason was given.  A stream that is closed without
either is cut, whatever it held.

Nearly every chunk is the one before with other words, and is read by a mould of that (see ``mould``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aimux.errors import ErrorKind, UpstreamProtocol, UpstreamStatus
from aimux.model.events import Delta, Event, Failure, Finish, Start
from aimux.model.loss import Losses
from aimux.model.response import UNKNOWN, FinishReason
from aimux.wire import sse
from aimux.wire.blocks import Blocks
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import mapping, status_of_kind
from aimux.wire.jsontext import mended
from aimux.wire.mould import Mould
from aimux.wire.openai_chat.call import Call
from aimux.wire.openai_chat.calls import Calls
from aimux.wire.openai_chat.endings import Ending
from aimux.wire.openai_chat.prose import THOUGHTS, Prose
from aimux.wire.openai_chat.trouble import trouble_in
from aimux.wire.openai_chat.usage import usage_of
from aimux.wire.target import Target

_CUT: Final = Reported(ErrorKind.UPSTREAM, "the stream ended before it was complete", "stream-cut")
_NAMELESS: Final = Reported(
    ErrorKind.UPSTREAM, "the model called a tool without naming it", "nameless-call"
)

_SAID: Final = (*THOUGHTS, "content", "refusal", "arguments", "input")
"""Where a delta, or a fragment of a call in it, has its text."""

TakeCalls = Callable[[list[Any]], None]


class Reader:
    """The reader of one answer."""

    __slots__ = (
        "_blocks", "_by_delta", "_call", "_calls", "_ending", "_id", "_model", "_mould", "_over",
        "_plain", "_prose", "_provider", "_started", "_usage", "lost",
    )  # fmt: skip

    def __init__(self, target: Target) -> None:
        self._provider = target.provider
        self._blocks = Blocks()
        self.lost: Losses = self._blocks.lost
        self._prose = Prose(self._blocks, target)
        self._calls = Calls(self._blocks, target, self._prose.stop)
        self._ending = Ending()
        self._usage = UNKNOWN
        self._id = ""
        self._model = ""
        self._started = False
        self._over = False
        self._by_delta = False
        """Something came as a delta: a whole ``message`` behind it repeats what is known (MiniMax)."""
        self._mould = Mould(*_SAID)
        self._plain = False
        """The last chunk had one thing to say, and another text in its place would be said like it."""
        self._call: Call | None = None
        """The call whose arguments that was."""

    def read(self, block: bytes) -> list[Event]:
        """The events that a block of the stream completes."""
        if text := self._mould.text(block):
            if self._call is not None:
                self._call.go_on(text)
            return [Delta(self._blocks.number, text)]
        chunks = sse.decoded(block)
        for name, chunk in chunks:
            if isinstance(chunk, dict):
                self._chunk(name, chunk)
        if b"[DONE]" in block[-16:] and _says_done(block):
            self._finish()
        events = self._blocks.take()
        if self._plain and len(chunks) == len(events) == 1 and type(events[0]) is Delta:
            self._mould.learn(block, events[0].text)
        return events

    def end(self) -> list[Event]:
        """The stream is closed: its Finish, or a Failure where it never said that it was complete."""
        if self._ending.reason:
            self._finish()
        else:
            self._fail(_CUT)
        return self._blocks.take()

    def whole(self, answer: Any) -> list[Event]:
        """The events of an answer that is not streamed: a stream of one chunk, whose delta is
        everything.  Nothing may be fed before or after it.
        """
        if not isinstance(answer, dict):
            raise UpstreamProtocol(
                "it answered with JSON that is no object", provider=self._provider
            )
        self._chunk("", answer)
        self._finish()
        events = self._blocks.take()
        last = events[-1]
        if isinstance(last, Failure):
            raise UpstreamStatus(
                f"{self._provider}: {last.message}",
                status=status_of_kind(last.kind),
                kind=last.kind,
                provider=self._provider,
                said_code=last.code,
            )
        choices = answer.get("choices")
        if not choices:
            raise UpstreamProtocol("its answer has no choices", provider=self._provider)
        if len(choices) > 1:
            self.lost.add("choices.dropped")
        return events

    def more(self) -> bytes | None:
        """Nothing: no answer of this format pauses."""
        return None

    def resume(self) -> None:
        """Nothing comes behind an answer of this format."""

    def _chunk(self, name: str, chunk: dict[str, Any]) -> None:
        self._plain = False
        if self._over:
            return
        choice = _first(chunk.get("choices"))
        if not choice or name or "error" in chunk or "error" in choice:
            trouble = trouble_in(name, chunk)
            if trouble is not None:
                self._fail(trouble)
                return
            if not choice and chunk.get("choices"):
                self.lost.add("choices.dropped")
        if not self._started:
            self._identify(chunk, begins=bool(choice))
        usage = chunk.get("usage")
        if not usage and "usage" in choice:  # Kimi
            usage = choice["usage"]
        if not usage and "x_groq" in chunk:  # Groq, older deployments
            usage = mapping(chunk["x_groq"]).get("usage")
        if usage and isinstance(usage, dict):
            self._usage = self._usage.updated(usage_of(usage))
        if choice:
            self._choice(choice)

    def _identify(self, chunk: dict[str, Any], *, begins: bool) -> None:
        """Who answers.  A first chunk without choices (Azure's) often does not know."""
        id_, model = chunk.get("id"), chunk.get("model")
        self._id = mended(id_) if isinstance(id_, str) and id_ else self._id
        self._model = mended(model) if isinstance(model, str) and model else self._model
        if begins:
            self._start()

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._blocks.out.append(Start(self._id, self._model))

    def _choice(self, choice: dict[str, Any]) -> None:
        delta, message = choice.get("delta"), choice.get("message")
        if delta and isinstance(delta, dict):
            self._by_delta = True
            self._delta(delta, self._calls.fragments)
        elif isinstance(message, dict) and not self._by_delta:
            self._delta(message, self._calls.whole)
        if choice.get("finish_reason"):
            self._ending.note(choice)
            failure = self._ending.failure(empty=self._blocks.number < 0)
            if failure is not None:
                self._fail(failure)

    def _delta(self, delta: dict[str, Any], take_calls: TakeCalls) -> None:
        """What a delta adds: words, or calls behind them."""
        said = [field for field, value in delta.items() if value and field != "role"]
        self._plain, self._call = len(said) == 1 and self._prose.is_plain, None
        self._words(delta)
        if isinstance(entries := delta.get("tool_calls"), list):
            take_calls(entries)
        if isinstance(function_call := delta.get("function_call"), dict):
            self._calls.legacy(function_call)
        if "tool_calls" in said or "function_call" in said:
            self._call = self._calls.going_on
            self._plain = self._plain and self._call is not None

    def _words(self, delta: dict[str, Any]) -> None:
        """Thinking before text before refusal, whatever the order of the fields; sources behind."""
        prose, content = self._prose, delta.get("content")
        prose.think(delta)
        if isinstance(content, str):
            prose.speak(content)
        elif isinstance(content, list):
            prose.parts(content)
        if isinstance(refusal := delta.get("refusal"), str):
            prose.refuse(refusal)
        if isinstance(images := delta.get("images"), list):
            prose.images(images)
        if isinstance(annotations := delta.get("annotations"), list):
            prose.cite(annotations)

    def _finish(self) -> None:
        if self._over:
            return
        self._start()
        self._prose.stop()
        calls = self._calls
        calls.finish()
        if calls.nameless and self._blocks.number < 0:
            self._fail(_NAMELESS)
            return
        reason = self._ending.meant(
            calls=bool(calls.made), refused=self._prose.refused, lost=self.lost
        )
        sequence = self._ending.sequence if reason is FinishReason.STOP_SEQUENCE else ""
        self._blocks.out.append(Finish(reason, self._usage, sequence))
        self._over = True

    def _fail(self, trouble: Reported) -> None:
        if self._over:
            return
        self._start()
        message, code = mended(trouble.message), mended(trouble.code)
        self._blocks.out.append(Failure(trouble.kind, message, code))
        self._over = True


def _first(choices: object) -> dict[str, Any]:
    """The choice that is the answer: the one of index 0, or of none."""
    if isinstance(choices, list):
        for choice in choices:
            if isinstance(choice, dict) and not choice.get("index"):
                return choice
    return {}


def _says_done(block: bytes) -> bool:
    """Whether one of a block's lines is the mark of the end; text may hold its letters too."""
    return any(line.strip(b' "') == b"[DONE]" for line in sse.fields(block)[1].split(b"\n"))

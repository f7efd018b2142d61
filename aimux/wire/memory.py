"""State of a conversation that its client does not keep.

Clients of Chat Completions send back what the assistant said and called, and nothing else: a signature
or encrypted reasoning that came with a call is gone with the next request, and a provider that needs it
refuses the turn, or thinks anew.  So what came before a call is remembered here under the call's id,
which every client sends back, and put in its place again when the request is read.

Gemini signs texts too, and no format has a place for that beside a text: what a text came with is
remembered under the text itself, for clients of every format.

A memory is bounded, and its loss costs quality, never correctness: whoever needs a signature takes a
documented stand-in for one that is gone.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from aimux.model.events import BlockStart, BlockStop, Delta, Event, Sign
from aimux.model.parts import Opaque, Part, Text, Thinking, ToolCall
from aimux.model.request import Message, Request, Role
from aimux.model.response import AnswerPart

MAX_CALLS: Final = 10_000
MAX_CHARS: Final = 64 * 2**20
MAX_BLOCK_CHARS: Final = 2**20
"""A text or a thought longer than this is not kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a call came with: the thinking before it and its own state."""

    thinking: Thinking | None
    state: Opaque | None

    @property
    def size(self) -> int:
        """Characters, for the bound."""
        states = (self.state, self.thinking.state if self.thinking else None)
        text = len(self.thinking.text) if self.thinking else 0
        return text + sum(len(state.value) + len(state.text) for state in states if state)


class Memory:
    """What calls and texts came with, by the client's name and the call's id or a hash of the text; the
    oldest is forgotten first.
    """

    __slots__ = ("_chars", "_kept", "_texts")

    def __init__(self) -> None:
        self._texts = False
        """There has been a signed text: before, none needs to be looked up."""
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._chars = 0

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, client: str, call_id: str, kept: Kept) -> None:
        """Remembers a call."""
        before = self._kept.pop((client, call_id), None)
        self._chars += kept.size - (before.size if before else 0)
        self._kept[client, call_id] = kept
        while len(self._kept) > MAX_CALLS or self._chars > MAX_CHARS:
            _, oldest = self._kept.popitem(last=False)
            self._chars -= oldest.size

    def keep_text(self, client: str, text: str, state: Opaque) -> None:
        """Remembers a text that was signed."""
        self._texts = True
        self.keep(client, _name_of(text), Kept(None, state))

    def recall(self, client: str, call_id: str) -> Kept | None:
        """What a call came with; None where that is not known, or not any more."""
        kept = self._kept.get((client, call_id))
        if kept is not None:
            self._kept.move_to_end((client, call_id))
        return kept

    def completed(self, client: str, request: Request) -> Request:
        """A request with everything in its place again that its client has not kept."""
        messages = tuple(self._completed(client, message) for message in request.messages)
        return replace(request, messages=messages)

    def _completed(self, client: str, message: Message) -> Message:
        if message.role is not Role.ASSISTANT:
            return message
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, Text) and self._texts and part.text and part.state is None:
                signed = self.recall(client, _name_of(part.text))
                parts.append(replace(part, state=signed.state) if signed else part)
                continue
            kept = self.recall(client, part.id) if isinstance(part, ToolCall) else None
            if isinstance(part, ToolCall) and kept is not None:
                if kept.thinking is not None:
                    _put_back(parts, kept.thinking)
                parts.append(part if part.state else replace(part, state=kept.state))
            else:
                parts.append(part)
        return Message(message.role, tuple(parts))


def _put_back(parts: list[Part], thinking: Thinking) -> None:
    """Thinking before a call: in the place of what the client kept of it, its text alone."""
    for position, part in enumerate(parts):
        if isinstance(part, Thinking) and (part.state is None or part.state == thinking.state):
            parts[position] = thinking
            return
    if thinking.text or thinking.state:
        parts.append(thinking)


def _name_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Remembering:
    """Watches one answer go by and keeps what its texts, and for a client that ``forgets`` also what its
    calls come with.  The signatures of texts go no further.
    """

    __slots__ = (
        "_block", "_call", "_characters", "_client", "_forgets", "_memory", "_pieces", "_signs",
        "_state", "_thinking",
    )  # fmt: skip

    def __init__(self, memory: Memory, client: str, *, forgets: bool, signs: bool) -> None:
        """``forgets`` is the client, ``signs`` the provider that puts signatures on texts."""
        self._signs = signs
        self._characters = 0
        self._memory = memory
        self._client = client
        self._forgets = forgets
        self._block: Text | Thinking | None = None
        """The text or the thinking under way."""
        self._pieces: list[str] = []
        self._thinking: Thinking | None = None
        """Complete, and not kept with a call yet."""
        self._state: Opaque | None = None
        self._call: ToolCall | None = None

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """The events, without the signatures of texts."""
        out: list[Event] = []
        for event in events:
            if type(event) is Delta:
                if self._block is not None:
                    self._grow(event[1])
                out.append(event)
                continue
            match event:
                case BlockStart(_, part):
                    self._start(part)
                case Sign(_, state):
                    self._state = state
                    if isinstance(self._block, Text):
                        continue
                case BlockStop():
                    self._stop()
                case _:
                    pass
            out.append(event)
        return out

    def _grow(self, text: str) -> None:
        """More of a block that may have to be kept; one that is too long for that is let go."""
        self._pieces.append(text)
        self._characters += len(text)
        if self._characters > MAX_BLOCK_CHARS:
            self._block = None
            self._pieces = []

    def _start(self, part: AnswerPart) -> None:
        match part:
            case Text() if not self._signs:
                pass
            case Thinking() if not self._forgets:
                pass
            case Text() | Thinking():
                self._block = part
                self._pieces = [part.text]
                self._characters = len(part.text)
                self._state = part.state
            case ToolCall():
                self._call = part
                self._state = part.state
            case _:
                pass

    def _stop(self) -> None:
        block, call, state = self._block, self._call, self._state
        self._block = self._call = self._state = None
        match block:
            case Thinking():
                self._thinking = Thinking("".join(self._pieces), state)
            case Text() if state is not None:
                self._memory.keep_text(self._client, "".join(self._pieces), state)
            case _:
                pass
        if call is not None and self._forgets and (self._thinking or state):
            self._memory.keep(self._client, call.id, Kept(self._thinking, state))
        if call is not None:
            self._thinking = None

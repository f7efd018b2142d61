"""An answer that may be shorter than its provider can be told: it is cut here.

Some providers refuse a limit below 16 tokens, and clients ask for one token to see whether they are
heard at all.  So the provider gets its least limit, and what is said beyond the client's is passed over;
the end says that the limit was reached, as the client's own vendor would.  How many tokens a text takes
is a guess by its length.  A call is told whole or not at all: half of one is of no use.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import Final

from aimux.model.events import BlockStart, BlockStop, Delta, Event, Failure, Finish, Start
from aimux.model.parts import ToolCall
from aimux.model.response import UNKNOWN, FinishReason
from aimux.wire.estimate import CHARS_PER_TOKEN

CALL_CHARS: Final = 12
"""What a call takes beside its name and its arguments."""


class Limit:
    """One answer of at most so many ``tokens``."""

    __slots__ = ("_call", "_left", "_over")

    def __init__(self, tokens: int) -> None:
        self._left = ceil(tokens * CHARS_PER_TOKEN)
        """Characters."""
        self._over = False
        self._call: list[Event] | None = None
        """The events of a call that is not complete."""

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """The events as far as the answer goes."""
        out: list[Event] = []
        for event in events:
            if isinstance(event, Start):
                out.append(event)
            elif isinstance(event, Finish | Failure):
                out.append(self._ended(event))
            elif not self._over:
                self._take(event, out)
        return out

    def _ended(self, event: Finish | Failure) -> Finish | Failure:
        """A failure behind the cut is none of the client's."""
        if not self._over:
            return event
        return Finish(
            FinishReason.MAX_TOKENS, event.usage if isinstance(event, Finish) else UNKNOWN
        )

    def _take(self, event: Event, out: list[Event]) -> None:
        if self._call is not None:
            self._hold(self._call, event, out)
            return
        match event:
            case BlockStart(_, ToolCall()):
                self._call = [event]
            case BlockStart() if self._left <= 0:
                self._over = True
            case Delta(block, text) if len(text) > self._left:
                if self._left > 0:
                    out.append(Delta(block, text[: self._left]))
                out.append(BlockStop(block))
                self._over = True
            case Delta(_, text):
                self._left -= len(text)
                out.append(event)
            case _:
                out.append(event)

    def _hold(self, call: list[Event], event: Event, out: list[Event]) -> None:
        """A call goes on once it is complete, if there is room for all of it."""
        call.append(event)
        if not isinstance(event, BlockStop):
            return
        self._call = None
        self._left -= CALL_CHARS + sum(map(_size, call))
        if self._left < 0:
            self._over = True
        else:
            out += call


def _size(event: Event) -> int:
    match event:
        case BlockStart(_, ToolCall(name=name, arguments=arguments)):
            return len(name) + len(arguments)
        case Delta(_, text):
            return len(text)
        case _:
            return 0

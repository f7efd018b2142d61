"""The blocks of an answer, put in order while they come: readers build the grammar with it.

A provider may write two calls at once, piece by piece in turn; the neutral stream has one block open
at a time.  So the block that was opened first is *live*, and what it gets goes on at once; all others
wait with what they have got.  When the live one is closed, the next in the order of opening becomes
live and says in one piece what it has; if it was closed meanwhile too, so does the one behind it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from aimux.model.events import BlockStart, BlockStop, Cite, Delta, Event, Sign
from aimux.model.loss import Losses
from aimux.model.parts import Citation, Opaque
from aimux.model.response import AnswerPart


class _Block:
    """One block under way.  ``waiting`` is what it has got while it was not live."""

    __slots__ = ("citations", "closed", "part", "state", "waiting")

    def __init__(self, part: AnswerPart) -> None:
        self.part = part
        self.waiting: list[str] = []
        self.citations: list[Citation] = []
        self.state: Opaque | None = None
        self.closed = False


class Blocks:
    """The blocks of one answer.  ``out`` collects the events; :meth:`take` empties it.

    A block is known by any key of its reader's choice; a key may be used again once its block is
    closed.
    """

    __slots__ = ("_by_key", "_live", "_order", "lost", "number", "out")

    def __init__(self) -> None:
        self._by_key: dict[Hashable, _Block] = {}
        self._order: list[_Block] = []
        self._live: _Block | None = None
        self.number = -1
        """Of the live block, or of the last one that was; -1 before the first."""
        self.out: list[Event] = []
        self.lost = Losses()
        """What of the provider's answer becomes no event, or becomes another one than it was."""

    def __contains__(self, key: Hashable) -> bool:
        return key in self._by_key

    def take(self) -> list[Event]:
        """The events since the last time."""
        out, self.out = self.out, []
        return out

    def open(self, key: Hashable, part: AnswerPart) -> None:
        """A block begins; one that is open under the same key is closed first."""
        if key in self._by_key:
            self.close(key)
        block = self._by_key[key] = _Block(part)
        if self._live is None:
            self._begin(block)
        else:
            self._order.append(block)

    def whole(self, part: AnswerPart) -> None:
        """A part that comes in one piece: opened and closed."""
        key = object()
        self.open(key, part)
        self.close(key)

    def add(self, key: Hashable, text: str) -> None:
        """A block grows."""
        block = self._by_key[key]
        if block is self._live:
            if text:
                self.out.append(Delta(self.number, text))
        else:
            block.waiting.append(text)

    def cite(self, key: Hashable, citation: Citation) -> None:
        """A source of what a block of text says."""
        block = self._by_key[key]
        if block is self._live:
            self.out.append(Cite(self.number, citation))
        else:
            block.citations.append(citation)

    def sign(self, key: Hashable, state: Opaque) -> None:
        """A block's opaque state; it is said when the block is closed, and the last one counts."""
        self._by_key[key].state = state

    def close(self, key: Hashable) -> None:
        """A block is complete; nothing happens where there is none of that key."""
        block = self._by_key.pop(key, None)
        if block is None:
            return
        block.closed = True
        while self._live is not None and self._live.closed:
            self._end(self._live)
            self._live = None
            if self._order:
                self._begin(self._order.pop(0))

    def close_all(self) -> None:
        """All blocks are complete."""
        for key in tuple(self._by_key):
            self.close(key)

    def _begin(self, block: _Block) -> None:
        self._live = block
        self.number += 1
        self.out.append(BlockStart(self.number, block.part))
        if text := "".join(block.waiting):
            self.out.append(Delta(self.number, text))
        self.out.extend(Cite(self.number, citation) for citation in block.citations)

    def _end(self, block: _Block) -> None:
        if block.state is not None:
            self.out.append(Sign(self.number, block.state))
        self.out.append(BlockStop(self.number))


LIVE: Final = "live"
"""A key for readers that have one block open at a time."""

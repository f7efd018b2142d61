"""Stop sequences for a provider that takes none, or fewer: the answer is cut here.

Text is held back as far as it could still become a stop sequence.  Where one stands the answer ends for
the client: its block is closed, whatever the provider still says is passed over, and the end says which
sequence it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from aimux.model.events import BlockStart, BlockStop, Delta, Event, Failure, Finish
from aimux.model.parts import Text
from aimux.model.response import UNKNOWN, FinishReason


class Stops:
    """One answer.  ``sequences`` are not empty."""

    __slots__ = ("_found", "_held", "_in_text", "_longest", "_sequences")

    def __init__(self, sequences: tuple[str, ...]) -> None:
        self._sequences = sequences
        self._longest = max(map(len, sequences))
        self._in_text = False
        self._held = ""
        self._found = ""

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """The events as far as the answer goes."""
        out: list[Event] = []
        for event in events:
            match event:
                case Finish() | Failure() if self._found:
                    usage = event.usage if isinstance(event, Finish) else UNKNOWN
                    out.append(Finish(FinishReason.STOP_SEQUENCE, usage, self._found))
                case _ if self._found:
                    continue
                case BlockStart(_, part):
                    self._in_text = isinstance(part, Text)
                    out.append(event)
                case Delta(block, text) if self._in_text:
                    self._look(block, text, out)
                case BlockStop(block):
                    if self._held:
                        out.append(Delta(block, self._held))
                        self._held = ""
                    out.append(event)
                case _:
                    out.append(event)
        return out

    def _look(self, block: int, text: str, out: list[Event]) -> None:
        text = self._held + text
        found = [
            (at + len(each), at, each) for each in self._sequences if (at := text.find(each)) >= 0
        ]
        if found:  # the one that was complete first, as if the text had come letter by letter
            _, at, self._found = min(found)
            self._held = ""
            if at:
                out.append(Delta(block, text[:at]))
            out.append(BlockStop(block))
            return
        keep = self._beginning_at(text)
        self._held = text[keep:]
        if keep:
            out.append(Delta(block, text[:keep]))

    def _beginning_at(self, text: str) -> int:
        """Where the longest ending of the text begins that a stop sequence could begin with."""
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            if any(each.startswith(text[start:]) for each in self._sequences):
                return start
        return len(text)

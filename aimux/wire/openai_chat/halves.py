r"""Characters that a server has cut in two.

Some cut their text between the two escapes of an emoji (``"\ud83d"``, then ``"\ude00"``); decoded, each
piece has half a character.  The first half waits for the next piece, and one that stays alone is a
replacement character.
"""

from __future__ import annotations

from aimux.wire.jsontext import mended


class Halves:
    """Pieces of one text, put together where they were cut badly."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting = ""
        """Half a character, or nothing."""

    def whole(self, piece: str) -> str:
        """A piece without a half at its end and without any other that is alone."""
        text = self.waiting + piece
        self.waiting = ""
        if "\ud800" <= text[-1:] <= "\udbff":
            self.waiting = text[-1]
            text = text[:-1]
        return mended(text)

    def rest(self) -> str:
        """What stands for a half whose other half never came."""
        waiting, self.waiting = self.waiting, ""
        return "\ufffd" if waiting else ""

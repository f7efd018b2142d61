"""What an answer has said so far, for places in it: Google counts UTF-8 bytes, everybody else
characters.

Of a block's text the first MiB is kept and no more, so that a stream of any length takes the same
memory; places beyond are not known.
"""

from __future__ import annotations

from typing import Final

MAX_KEPT_CHARS: Final = 2**20

Span = tuple[int, int]
WHOLE: Final[Span] = (-1, -1)
"""A place that nobody knows, which is the whole text."""


class Spoken:
    """The texts of an answer, one after the other; thoughts are none of them."""

    __slots__ = ("_before", "_bytes", "_chars", "_pieces", "_raw")

    def __init__(self) -> None:
        self._before = 0
        self._bytes = 0
        self._chars = 0
        self._pieces: list[str] = []
        self._raw: bytes | None = None

    def begin(self) -> None:
        """Another text."""
        self._before += self._bytes
        self._bytes = self._chars = 0
        self._pieces.clear()
        self._raw = None

    def add(self, text: str) -> None:
        """A piece of the text that is open."""
        self._bytes += len(text) if text.isascii() else len(_encoded(text))
        self._chars += len(text)
        self._raw = None
        if self._chars <= MAX_KEPT_CHARS:
            self._pieces.append(text)
        else:
            self._pieces.clear()

    def characters(self, start: int, end: int, said: str) -> Span | None:
        """Where a stretch of bytes stands in the open text, in characters; None where it is not there.

        The vendor counts from the beginning of the answer, some from that of the part.  ``said`` are
        the stretch's words, which decide; where they are somewhere else in the text they are found.
        """
        raw = self._text()
        for base in (self._before, 0):
            first, last = start - base, end - base
            if 0 <= first < last <= len(raw):
                words = _decoded(raw[first:last])
                if not said or words == said:
                    at = len(_decoded(raw[:first]))
                    return at, at + len(words)
        at = _decoded(raw).find(said) if said else -1
        return None if at < 0 else (at, at + len(said))

    def stretch(self, start: int, end: int) -> tuple[int, int, str]:
        """A stretch of the open text in bytes from the beginning of the answer, with its words."""
        text = _decoded(self._text())
        if not 0 <= start < end <= len(text):
            return self._before, self._before + self._bytes, text
        first = self._before + len(_encoded(text[:start]))
        words = text[start:end]
        return first, first + len(_encoded(words)), words

    def _text(self) -> bytes:
        if self._raw is None:
            self._raw = _encoded("".join(self._pieces))
        return self._raw


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "ignore")

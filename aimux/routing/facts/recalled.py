"""What was read in a text, remembered for when the same text comes again.

An agent declares the same tools with every turn, tens of thousands of bytes, and with them it can be seen
at each turn anew what was seen before.  To compare a text takes a tenth of the time of reading it.  Of
several texts of one length the last is remembered: comparing with one of them is all that is ever done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from aimux.wire.jsontext import Document

T = TypeVar("T")

LEAST_BYTES: Final = 1_024
"""What is shorter is read as quickly."""
MOST_BYTES: Final = 256 * 1024
MANY: Final = 16
"""Texts: an agent with its subagents has some three or four lists of tools.  With the bound on their
length this is 4 MB at most, and mostly a fifth of that."""


class Recalled(Generic[T]):
    """A function of the text of a document's value, with what it gave for the last few texts.

    ``read`` gives a value that nobody changes.  For one thread, as all planning is.
    """

    __slots__ = ("_known", "_read")

    def __init__(self, read: Callable[[bytes], T]) -> None:
        self._read = read
        self._known: dict[int, tuple[bytes, T]] = {}

    def __call__(self, document: Document, key: str) -> T:
        """What is read in a value of a document's top level; in an empty text where there is none.

        Raises:
            Exception: as ``read`` does, and nothing is remembered then.
        """
        start, end = document.span(key)
        length = end - start
        known = self._known.get(length)
        if known is not None and document.raw.startswith(known[0], start):  # compared where it is
            return known[1]
        text = document.raw[start:end]
        value = self._read(text)
        if LEAST_BYTES <= length <= MOST_BYTES:
            if known is None and len(self._known) >= MANY:
                del self._known[next(iter(self._known))]  # the one that has been there longest
            self._known[length] = (text, value)
        return value

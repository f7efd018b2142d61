"""When each piece of an answer is said.

A text is cut into pieces of one or two words, each after a pause of 15 to 32 ms, about as a quick
model speaks.  The beat comes from the request's own digest and not from chance, so that the same
request is answered the same way to the last byte.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"\S{1,24}\s*|\s+")
"""A word with the space behind it; what has no spaces (JSON, Chinese) is cut as well."""

SHORTEST_PAUSE_S: Final = 0.015
LONGEST_PAUSE_S: Final = 0.032
_ONE_WORD_BELOW: Final = 48
"""Of 256: about every fifth piece is a single word."""


class Piece(NamedTuple):
    """A few words, and the seconds of silence before them."""

    text: str
    pause_s: float


def pieces(text: str, seed: str) -> Iterator[Piece]:
    """The text in pieces; together they are the text, and an empty text has none."""
    words = iter(_WORD.findall(text))
    beat = cycle(hashlib.sha256(seed.encode()).digest())
    for word in words:
        step = next(beat)
        second = "" if step < _ONE_WORD_BELOW else next(words, "")
        yield Piece(word + second, _pause_s(step))


def _pause_s(step: int) -> float:
    return SHORTEST_PAUSE_S + (LONGEST_PAUSE_S - SHORTEST_PAUSE_S) * step / 255

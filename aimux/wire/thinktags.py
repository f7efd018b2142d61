"""Thinking that a model writes into its text, between ``<think>`` and ``</think>``, taken apart again.

A tag counts only where a message begins: an answer about XML may hold one anywhere.  So a message goes
through four places, and never back:

    BEGINNING   white space, or part of the opening tag: held, since it may become either
    INSIDE      thinking, up to the closing tag; without one, all the rest is thinking
    BEHIND      the line ends after the closing tag, which belong to neither
    OUTSIDE     text, passed on as it comes

Held back is never more than part of a tag and the white space in front of it.  A template that writes
the opening tag itself leaves a message that begins INSIDE: ``implicit_open``.  Thinking that is nothing
but white space is none; some models write that when their thinking is off.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

OPENING: Final = "<think>"
CLOSING: Final = "</think>"

_MOST_WHITE: Final = 1024
"""White space longer than this is nobody's beginning: it is not held any longer."""


class _Place(Enum):
    BEGINNING = auto()
    INSIDE = auto()
    BEHIND = auto()
    OUTSIDE = auto()


class ThinkTags:
    """Splits the text of one message, however it is cut, into thinking and the rest."""

    __slots__ = ("_held", "_implicit", "_place", "_white")

    def __init__(self, *, implicit_open: bool = False) -> None:
        """``implicit_open``: the message begins inside the tag, whether or not it says so."""
        self._implicit = implicit_open
        self._place = _Place.BEGINNING
        self._held = ""
        self._white: str | None = ""
        """White space that thinking has begun with so far; None once it is more than that."""

    def feed(self, text: str) -> list[tuple[bool, str]]:
        """What can be told of the text now: pairs of whether it is thinking, and the piece of it."""
        if self._place is _Place.OUTSIDE:
            return [(False, text)] if text else []
        text, self._held = self._held + text, ""
        pieces: list[tuple[bool, str]] = []
        if self._place is _Place.BEGINNING:
            text = self._begin(text)
        if self._place is _Place.INSIDE:
            text = self._think(text, pieces)
        if self._place is _Place.BEHIND:
            text = self._leave(text)
        if text:
            pieces.append((False, text))
        return pieces

    def end(self) -> list[tuple[bool, str]]:
        """What was held back, when the message is over."""
        text, self._held = self._held, ""
        thinking = self._implicit or self._place is _Place.INSIDE
        if thinking and self._place is not _Place.OUTSIDE:
            text = self._thought(text)
        self._place = _Place.OUTSIDE
        return [(thinking, text)] if text else []

    def _begin(self, text: str) -> str:
        """What stands behind the opening tag, or all of it where there is none."""
        bare = text.lstrip()
        white = len(text) - len(bare)
        if white <= _MOST_WHITE and bare.startswith(OPENING):
            self._place = _Place.INSIDE
            return bare[len(OPENING) :]
        if white <= _MOST_WHITE and OPENING.startswith(bare):
            self._held = text
            return ""
        self._place = _Place.INSIDE if self._implicit else _Place.OUTSIDE
        return text

    def _think(self, text: str, pieces: list[tuple[bool, str]]) -> str:
        """Adds the thinking to the pieces; gives what stands behind the closing tag."""
        thought, tag, rest = text.partition(CLOSING)
        if tag:
            self._place = _Place.BEHIND
        elif size := beginning_at_end(thought, CLOSING):
            thought, self._held = thought[:-size], thought[-size:]
        if thought := self._thought(thought):
            pieces.append((True, thought))
        return rest

    def _thought(self, text: str) -> str:
        """Thinking that is known to be more than white space."""
        if self._white is None:
            return text
        text, self._white = self._white + text, None
        if len(text) <= _MOST_WHITE and not text.strip():
            text, self._white = "", text
        return text

    def _leave(self, text: str) -> str:
        rest = text.lstrip("\r\n")
        if rest:
            self._place = _Place.OUTSIDE
        return rest


def beginning_at_end(text: str, mark: str) -> int:
    """How many characters at the end of a text may be the beginning of a mark."""
    for size in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:size]):
            return size
    return 0

"""The messages of a request: as they are written, and read when a fact rests on what is in them.

Most facts are seen by a look for a word: where none of the words stands that a fact needs, there is nothing
to read.
"""

from __future__ import annotations

import re
from typing import Final

from aimux.routing.facts.looks import Fields
from aimux.wire.jsontext import Document, objects, stands_in

_ESCAPE: Final = b"\\u00"
_ESCAPED_LETTER: Final = re.compile(rb"\\u00(?:[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff])")
"""Or underscore.  Nobody has a reason to write one so, but what is said not to be there must not be."""


class History:
    """The messages under ``key`` in a document; they are looked through where they stand."""

    __slots__ = ("_body", "_end", "_has_escapes", "_messages", "_start")

    def __init__(self, document: Document, key: str) -> None:
        self._body = document.raw
        self._start, self._end = document.span(key)
        self._messages: list[Fields] | None = None
        self._has_escapes: bool | None = None

    @property
    def raw(self) -> bytes:
        """The array as it is written, a copy; empty where there is none."""
        return self._body[self._start : self._end]

    def __len__(self) -> int:
        """Bytes of the array."""
        return self._end - self._start

    @property
    def messages(self) -> list[Fields]:
        """The members of each message, not decoded."""
        if self._messages is None:
            self._messages = objects(self.raw)
        return self._messages

    def may_hold(self, *words: bytes) -> bool:
        """Whether any of these words, of letters and quotes, may stand here as JSON's own or in a text;
        letters that are escaped may be any.
        """
        for word in words:
            if self.holds(word):
                return True
        if self._has_escapes is None:
            self._has_escapes = self.holds(_ESCAPE) and bool(
                _ESCAPED_LETTER.search(self._body, self._start, self._end)
            )
        return self._has_escapes

    def holds(self, word: bytes) -> bool:
        """Whether exactly these bytes stand here."""
        return stands_in(self._body, word, self._start, self._end)

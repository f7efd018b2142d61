r"""What the events of a stream have in common: nearly all are the one before with another text.

    data: {"id":"x","choices":[{"index":0,"delta":{"content":"   brown   "},"finish_reason":null}]}
    |________________________ head _________________________|  text   |__________ tail __________|

A reader that has read an event, and found that it did nothing but make a block longer by one text, makes
a mould of it.  An event that fits the mould is then known without being decoded: the same JSON with
another string in one place, which means the same with another text.  Whatever does not fit is read as if
there were no mould.

Why that is exact.  What stands between head and tail is decoded as one JSON string, so that an event fits
only where nothing else differs.  And that it is the right string which was cut out is seen when the mould
is made: head and tail have no backslash, so that every quote in them begins or ends a string, what is cut
out is the value of a key that the reader reads, and its text stands nowhere else, in any spelling.

Some vendors put a serial number, or padding against listeners, into every event.  Nobody reads it, so one
number before the text and one padding behind it may differ too.  Others count in every event what the
answer has taken so far: the numbers of that may differ, and are decoded.
"""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.wire.jsontext import dumps, object_in, string_in

_SERIAL: Final = re.compile(rb'"sequence_number": ?([1-9][0-9]*)(?=,)')
_PADDING: Final = re.compile(rb'"obfuscation": ?"([A-Za-z0-9]+)(?=")')
_USAGE: Final = re.compile(rb'"usageMetadata": ?(\{[^{}]+(?:\{[^{}]*\}[^{}]*)*\})')
_USAGE_KEY: Final = b'"usageMetadata"'
_DIGITS: Final = b"0123456789"
_PATIENCE: Final = 8
"""Moulds that nothing has fitted before no more are made: some servers give each event a new id."""


class Mould:
    """The mould of one stream; it has none until it has learned one.  ``usage`` is what an event that
    fits counts, where that may be other than before; else it is empty.
    """

    __slots__ = (
        "_behind_other", "_behind_serial", "_counts", "_end", "_head", "_keys", "_patience", "_start",
        "_tail", "_varies", "usage",
    )  # fmt: skip

    def __init__(self, *keys: str) -> None:
        """``keys`` are those whose values the reader takes for text as they are."""
        self._keys = frozenset(key.encode() for key in keys)
        self._head = self._tail = b""
        self._start = self._end = 0
        self._varies = False
        self._behind_serial = self._behind_other = b""
        self._counts = b""
        """What the usage is but for its digits; empty where it may not differ."""
        self.usage: dict[str, Any] = {}
        self._patience = _PATIENCE

    def text(self, block: bytes) -> str:
        """The text in which a block differs from the one before; empty where it may mean something else,
        and then there is no mould any more until another is learned.
        """
        if self._head and block.startswith(self._head):
            if self._varies:
                string = self._string_among_others(block)
            else:
                string = block[self._start : self._end] if block.endswith(self._tail) else b""
            if text := string_in(string):
                self._patience = _PATIENCE
                return text
        self._head = b""
        return ""

    def _string_among_others(self, block: bytes) -> bytes:
        """The text's string where what stands beside it differs as well; empty where more does."""
        start, end, last = self._start, self._end, self._tail
        if self._behind_serial:
            at = block.find(self._behind_serial, len(self._head))
            if at < 0 or not _is_serial(block[len(self._head) : at]):
                return b""
            start = at + len(self._behind_serial) - 1
        if self._behind_other:
            at = block.find(self._tail, start)
            last = self._behind_other
            if at < 0 or not self._is_like(block[at + len(self._tail) : -len(last)]):
                return b""
            end = at + 1
        return block[start:end] if block.endswith(last) else b""

    def _is_like(self, other: bytes) -> bool:
        """Whether what stands behind the text is padding, or the usage with other numbers."""
        if not self._counts:
            return other.isalnum()
        if other.translate(None, _DIGITS) != self._counts:
            return False
        self.usage = object_in(other)
        return bool(self.usage)

    def forget(self) -> None:
        """What comes next is read as it stands, though it may look like what came before."""
        self._head = b""

    def learn(self, block: bytes, text: str, usage: object = None) -> None:
        """Makes a mould of a block that did nothing but add this text, and say this ``usage``."""
        if self._patience == 0:
            return
        self._patience -= 1
        string = dumps(text)
        head, cut, tail = block.partition(b'":' + string)
        if not cut:
            head, cut, tail = block.partition(b'": ' + string)
        others = head + tail
        if head.rpartition(b'"')[2] not in self._keys or b"\\" in others or string in others:
            return
        head += cut[: -len(string) + 1]
        tail = b'"' + tail
        serial = _SERIAL.search(head)
        counts = _counts_in(tail, usage) if block.count(_USAGE_KEY) == 1 else None
        other = counts or _PADDING.search(tail)
        self._varies = serial is not None or other is not None
        self._behind_serial = head[serial.end(1) :] if serial else b""
        self._behind_other = tail[other.end(1) :] if other else b""
        self._counts = counts[1].translate(None, _DIGITS) if counts else b""
        self.usage = {}
        self._head = head[: serial.start(1)] if serial else head
        self._tail = tail[: other.start(1)] if other else tail
        self._start, self._end = len(self._head) - 1, 1 - len(self._tail)


def _counts_in(tail: bytes, usage: object) -> re.Match[bytes] | None:
    """Where the usage stands that the reader has read; None where it is not that."""
    found = _USAGE.search(tail)
    return found if found and object_in(found[1]) == usage else None


def _is_serial(digits: bytes) -> bool:
    return digits.isdigit() and not digits.startswith(b"0")

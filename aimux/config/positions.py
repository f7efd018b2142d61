"""Where in the text of a TOML file each key and each value stands.

tomllib gives data without places, so a second reading finds them, and only when there is something
to point at.  The text is known to be valid TOML by then; the scanner need not refuse anything and
knows no types: it must only see where keys, strings, arrays and inline tables begin and end.

A file is a row of statements; each is a header (``[a.b]``, ``[[a.b]]``) or ``key = value``.  A header
sets the path under which the following keys stand.  A name that is an array of tables stands for its
last item, so ``[routes.match]`` after the second ``[[routes]]`` is ``routes.1.match``.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from aimux.config.keypath import KeyPath, key_parts

_SPACE: Final = re.compile(r"[ \t]*")
_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR: Final = re.compile(r"[^,\]}#\r\n]*")


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets into the text: where the key begins, where its value begins and ends.

    For a table with a header of its own the value is the header; for a table that only a longer key
    brought into being, all three are at its name there.
    """

    key: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A header, a line ``key = value``, or such a pair within an inline table.

    ``start`` is where its first character stands, ``end`` is behind its last, comments not counted.
    """

    path: KeyPath
    start: int
    end: int
    kind: Literal["header", "line", "inline"]


class Positions(Mapping[KeyPath, Span]):
    """The spans of every key path of a document, and their lines and columns (both from 1)."""

    def __init__(self, text: str) -> None:
        scanner = _Scanner(text)
        self._spans = scanner.spans
        self.statements = scanner.statements
        """In the order of the text; pairs of an inline table come before the line that holds them."""
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def __getitem__(self, path: KeyPath) -> Span:
        return self._spans[path]

    def __iter__(self) -> Iterator[KeyPath]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def of_key(self, path: KeyPath) -> tuple[int, int]:
        """Line and column of the key; of the nearest table above it when the file lacks it."""
        while path and path not in self._spans:
            path = path[:-1]
        return self.at(self._spans[path].key) if path else (1, 1)

    def of_value(self, path: KeyPath) -> tuple[int, int]:
        """Line and column of the value; of the nearest table above it when the file lacks it."""
        span = self._spans.get(path)
        return self.at(span.start) if span else self.of_key(path)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect.bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


class _Scanner:
    """One pass over a document; ``spans`` and ``statements`` are the result."""

    def __init__(self, text: str) -> None:
        self.spans: dict[KeyPath, Span] = {}
        self.statements: list[Statement] = []
        self._text = text
        self._at = 0
        self._lengths: dict[KeyPath, int] = {}
        self._table: KeyPath = ()
        while self._skip(_BLANK) < len(text):
            if text.startswith("[", self._at):
                self._header()
            else:
                self._pair(self._table, "line")

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        assert match is not None  # noqa: S101 -- each pattern matches the empty text too
        self._at = match.end()
        return self._at

    def _header(self) -> None:
        opening = self._at
        is_array = self._text.startswith("[[", opening)
        parts = list(key_parts(self._text, opening + 1 + is_array))
        self._at = parts[-1][2] + 1 + is_array
        path: KeyPath = ()
        for name, start, _ in parts[:-1]:
            path = self._last(self._mark((*path, name), start))
        name, start, _ = parts[-1]
        path = (*path, name)
        if is_array:
            self._mark(path, start)
            index = self._lengths[path] = self._lengths.get(path, -1) + 1
            path = (*path, index)
        self.spans[path] = Span(start, opening, self._at)
        self.statements.append(Statement(path, opening, self._at, "header"))
        self._table = path

    def _last(self, path: KeyPath) -> KeyPath:
        return (*path, self._lengths[path]) if path in self._lengths else path

    def _mark(self, path: KeyPath, start: int) -> KeyPath:
        self.spans.setdefault(path, Span(start, start, start))
        return path

    def _pair(self, table: KeyPath, kind: Literal["line", "inline"]) -> None:
        path = table
        opening = start = self._at
        for name, start, end in key_parts(self._text, self._at):
            path = self._mark((*path, name), start)
            self._at = end
        self._at += 1  # the equals sign
        self._value(path, start)
        self.statements.append(Statement(path, opening, self._at, kind))

    def _value(self, path: KeyPath, key: int | None = None) -> None:
        start = self._skip(_SPACE)
        match self._text[start]:
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                end = self._skip(_SCALAR)
                self._at = start + len(self._text[start:end].rstrip())
        self.spans[path] = Span(start if key is None else key, start, self._at)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while self._next_item("]"):
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._next_item("}"):
            self._pair(path, "inline")

    def _next_item(self, closing: str) -> bool:
        """Whether another item follows; behind the closing bracket if none does."""
        if self._text[self._skip(_BLANK)] == ",":
            self._at += 1
            self._skip(_BLANK)
        if self._text[self._at] != closing:
            return True
        self._at += 1
        return False

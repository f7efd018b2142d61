"""Makes a table fit the terminal by shortening one of its columns."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import Final

from aimux.cli import output

_BETWEEN: Final = 2
"""Spaces between two columns of :func:`output.table`."""
_LEAST: Final = 16


def fitted(
    headings: Sequence[str], rows: Sequence[tuple[str, ...]], column: int
) -> list[tuple[str, ...]]:
    """The rows with one column cut so that a line fits the terminal; whole in a pipe."""
    if not sys.stdout.isatty():
        return list(rows)
    widths = [max(map(len, cells)) for cells in zip(headings, *rows, strict=True)]
    others = sum(widths) - widths[column] + _BETWEEN * (len(widths) - 1)
    room = max(_LEAST, shutil.get_terminal_size().columns - others)
    return [(*row[:column], shortened(row[column], room), *row[column + 1 :]) for row in rows]


def shortened(text: str, room: int) -> str:
    """The text in so many characters: without its scheme, then without its middle."""
    if len(text) > room:
        text = text.removeprefix("https://")
    if len(text) <= room:
        return text
    tail = room // 2
    return text[: room - tail - 1] + output.ELLIPSIS + text[len(text) - tail :]

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


_WIDE: Final = 110
"""Columns of a terminal from which all of a request fits."""

_TARGET: Final = 20
"""Columns of a target where it does not."""


def is_wide() -> bool:
    """Whether the terminal has room for all that is known of a request in a line."""
    return shutil.get_terminal_size().columns >= _WIDE


def short_target(target: str) -> str:
    """A target, where there is little room."""
    return shortened(target, _TARGET)


def short_error(error_type: str) -> str:
    """What went wrong with a request, where there is little room: that a provider failed is understood."""
    return error_type.removeprefix("provider_")


def fitted(
    headings: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    column: int,
    least: int = _LEAST,
    *,
    at_end: bool = False,
) -> list[tuple[str, ...]]:
    """The rows with one column cut so that a line fits the terminal, though no shorter than ``least``;
    whole in a pipe.  A cell loses its middle, or its end.
    """
    if not sys.stdout.isatty():
        return list(rows)
    widths = [max(map(len, cells)) for cells in zip(headings, *rows, strict=True)]
    others = sum(widths) - widths[column] + _BETWEEN * (len(widths) - 1)
    room = max(least, shutil.get_terminal_size().columns - others)
    cut = ended if at_end else shortened
    return [(*row[:column], cut(row[column], room), *row[column + 1 :]) for row in rows]


def ended(text: str, room: int) -> str:
    """The text in so many characters: without its end."""
    return text if len(text) <= room else text[: room - 1].rstrip() + output.ELLIPSIS


def shortened(text: str, room: int) -> str:
    """The text in so many characters: without its scheme, then without its middle."""
    if len(text) > room:
        text = text.removeprefix("https://")
    if len(text) <= room:
        return text
    tail = room // 2
    return text[: room - tail - 1] + output.ELLIPSIS + text[len(text) - tail :]

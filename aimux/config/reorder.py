"""Moving an item of an array of tables in the text of a file, with its comments.

Each ``[[routes]]`` is a block: the comment lines that stand directly above its header, the header, its
lines, and the tables below it, up to where the next table begins.  Blocks change places; what stands
between them stays, and so do the empty lines behind each place.  Whether the outcome means what was
meant is proved by ``config.edit``.
"""

from __future__ import annotations

from itertools import pairwise

from aimux.config.positions import Positions


def reordered(items: list[object], index: int, to: int) -> list[object]:
    """The list with one item at another place."""
    rest = [*items[:index], *items[index + 1 :]]
    return [*rest[:to], items[index], *rest[to:]]


def moved(text: str, name: str, index: int, to: int) -> str | None:
    """The text with an item of the array at another place; None where it is not written as blocks."""
    blocks = _blocks(text, name)
    if not 0 <= index < len(blocks) or not 0 <= to < len(blocks):
        return None
    order = reordered(list(range(len(blocks))), index, to)
    pieces: list[str] = []
    end = 0
    for place, number in enumerate(order):
        (start, stop), (begin, behind) = blocks[place], blocks[int(str(number))]
        here = text[start:stop]
        gap = here[len(here.rstrip("\n")) :] or "\n"
        pieces += [text[end:start], text[begin:behind].rstrip("\n"), gap]
        end = stop
    return "".join((*pieces, text[end:]))


def _blocks(text: str, name: str) -> list[tuple[int, int]]:
    """Where each item's block begins and ends, in the order of the text."""
    headers = [each for each in Positions(text).statements if each.kind == "header"]
    starts = [_with_comments(text, each.start) for each in headers]
    found: list[tuple[int, int]] = []
    item: tuple[str | int, ...] = ()
    for header, (start, end) in zip(headers, pairwise([*starts, len(text)]), strict=True):
        if header.path[:1] != (name,) or len(header.path) < 2:
            item = ()
        elif header.path[:2] == item:
            found[-1] = found[-1][0], end
        elif len(header.path) == 2 and isinstance(header.path[1], int):
            item = header.path
            found.append((start, end))
    return found


def _with_comments(text: str, offset: int) -> int:
    """The beginning of the line, or of the comment lines that stand directly above it."""
    start = text.rfind("\n", 0, offset) + 1
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip(" \t").startswith("#"):
            break
        start = above
    return start

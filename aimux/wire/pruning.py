"""A conversation of which some parts are left out, as JSON of any vendor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Keep = Callable[[dict[str, Any], str], bool]
"""Whether a part stays; it is told the part, which it may change, and where that stands."""


def filtered(body: dict[str, Any], key: str, held: str, keep: Keep) -> bool:
    """Keeps only some parts of every turn.  A turn emptied by that goes, and the turns beside it become
    one if they are of one role: roles must alternate for some.  Gives whether anything went.
    """
    turns = body.get(key)
    if not isinstance(turns, list):
        return False
    left: list[Any] = []
    before = after = 0
    joins = False
    for at, turn in enumerate(turns):
        parts = turn.get(held) if isinstance(turn, dict) else None
        if isinstance(parts, list) and parts:
            before += len(parts)
            turn[held] = _kept(parts, f"{key}[{at}].{held}", keep)
            after += len(turn[held])
            if not turn[held]:
                joins = True
                continue
        if not (joins and left and _joined(left[-1], turn, held)):
            left.append(turn)
        joins = False
    body[key] = left
    return after < before


def _kept(parts: list[Any], path: str, keep: Keep) -> list[Any]:
    return [
        part
        for at, part in enumerate(parts)
        if not isinstance(part, dict) or keep(part, f"{path}[{at}]")
    ]


def _joined(before: Any, turn: Any, held: str) -> bool:
    """Puts a turn's parts behind those of the one before, if both are of one role."""
    if not isinstance(before, dict) or not isinstance(turn, dict):
        return False
    if before.get("role") != turn.get("role"):
        return False
    parts, more = _parts(before.get(held)), _parts(turn.get(held))
    if parts is None or more is None:
        return False
    before[held] = parts + more
    return True


def _parts(content: object) -> list[Any] | None:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content if isinstance(content, list) else None

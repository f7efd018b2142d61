"""Conversations that are remembered, for people: where each is, what is warm there, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from aimux.routing.affinity import REMEMBERED_S, Last, Warm, warm_places
from aimux.routing.plan import Place


class Pinned(NamedTuple):
    """A conversation at the target that answered it last.

    ``cached_tokens`` are warm there for ``expires_s`` more seconds; None where nothing is.
    """

    session: str
    target: str
    key: str
    cached_tokens: int
    last_used_s: float
    """Seconds ago."""
    expires_s: float | None


def pinned_sessions(rows: Iterable[Sequence[Any]], now_s: float, most: int) -> list[Pinned]:
    """The conversations in what ``MemoryState.dump`` gives, the latest first."""
    lasts: list[tuple[float, str, Last]] = []
    warms: dict[str, dict[Place, Warm]] = {}
    for key, value, until_s in rows:
        if key[0] == "last":
            lasts.append((until_s - REMEMBERED_S, key[1], Last._make(value)))
        elif key[0] == "warm":
            warms[key[1]] = warm_places(tuple(value), now_s)
    lasts.sort(key=lambda each: -each[0])
    return [_pinned(*each, warms, now_s) for each in lasts[:most]]


def _pinned(
    used_s: float,
    session: str,
    last: Last,
    warms: dict[str, dict[Place, Warm]],
    now_s: float,
) -> Pinned:
    warm = warms.get(session, {}).get((last.provider, last.model))
    return Pinned(
        session,
        f"{last.provider}/{last.model}",
        last.label,
        warm.tokens if warm else 0,
        round(max(0.0, now_s - used_s), 1),
        round(warm.until_s - now_s, 1) if warm else None,
    )

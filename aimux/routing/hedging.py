"""How many requests of a route may be asked twice at once.

A hedge is paid for twice, so it is opt-in and bounded: every request of the route earns its share of one,
and a hedge takes a whole one.  What is saved up is bounded too, so that a quiet night is not followed by
an hour in which everything is asked twice.
"""

from __future__ import annotations

from typing import Final

MOST_SAVED: Final = 3.0


class Hedges:
    """What each route has saved up."""

    __slots__ = ("_saved",)

    def __init__(self) -> None:
        self._saved: dict[str, float] = {}

    def earn(self, route: str, share: float) -> None:
        """A request of a route has come."""
        self._saved[route] = min(MOST_SAVED, self._saved.get(route, 1.0) + share)

    def take(self, route: str) -> bool:
        """Takes a hedge; False where none is saved up."""
        saved = self._saved.get(route, 0.0)
        if saved < 1:
            return False
        self._saved[route] = saved - 1
        return True

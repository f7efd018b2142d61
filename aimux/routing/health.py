"""Who rests after a failure, and until when.

A resting candidate is moved behind the others, never taken away: when all rest, the one that rests
least long is tried all the same, because refusing locally helps nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aimux.routing.plan import Candidate
from aimux.routing.verdict import Blame


@dataclass(frozen=True, slots=True)
class Rest:
    """Somebody rests until ``until_s`` (monotonic seconds) because of ``reason``."""

    until_s: float
    reason: str


class Health:
    """Rests by provider, by (provider, model) and by (provider, key label).

    Times are monotonic seconds and are given by the caller.  A success ends the rests of all that
    took part in it.
    """

    __slots__ = ("_rests",)

    def __init__(self) -> None:
        self._rests: dict[tuple[str, ...], Rest] = {}

    def blame(self, who: Blame, candidate: Candidate, label: str, rest: Rest) -> None:
        """Lets the one at fault rest; a rest is prolonged, never shortened."""
        name = candidate.provider.name
        match who:
            case Blame.PROVIDER:
                place: tuple[str, ...] = ("provider", name)
            case Blame.MODEL:
                place = ("model", name, candidate.model)
            case Blame.KEY | Blame.ACCOUNT:
                place = ("key", name, label)
            case _:  # the caller, or nobody: no one to rest
                return
        current = self._rests.get(place)
        if current is None or current.until_s < rest.until_s:
            self._rests[place] = rest

    def succeeded(self, candidate: Candidate, label: str) -> None:
        """An answer came: nobody who took part needs rest."""
        if not self._rests:
            return
        name = candidate.provider.name
        for place in (("provider", name), ("model", name, candidate.model), ("key", name, label)):
            self._rests.pop(place, None)

    def forget(self, provider: str) -> None:
        """Ends every rest of a provider (its keys or address have changed)."""
        for place in [place for place in self._rests if place[1] == provider]:
            del self._rests[place]

    def rest_of_key(self, provider: str, label: str, now_s: float) -> Rest | None:
        """The rest of a key, if it rests now."""
        return self._current(("key", provider, label), now_s)

    def rest_of_provider(self, provider: str, now_s: float) -> Rest | None:
        """The rest of a whole provider, if it rests now."""
        return self._current(("provider", provider), now_s)

    def rest_of(self, candidate: Candidate, labels: Iterable[str], now_s: float) -> Rest | None:
        """The rest of a candidate: its provider's, its model's, or that of the last of its keys."""
        if not self._rests:
            return None
        name = candidate.provider.name
        found = self._current(("provider", name), now_s)
        found = found or self._current(("model", name, candidate.model), now_s)
        if found:
            return found
        keys = [self.rest_of_key(name, label, now_s) for label in labels]
        resting = [rest for rest in keys if rest is not None]
        if not keys or len(resting) < len(keys):
            return None
        return min(resting, key=lambda rest: rest.until_s)

    def _current(self, place: tuple[str, ...], now_s: float) -> Rest | None:
        rest = self._rests.get(place)
        if rest is None:
            return None
        if rest.until_s <= now_s:
            del self._rests[place]
            return None
        return rest

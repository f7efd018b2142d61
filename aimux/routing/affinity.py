"""A conversation stays where its prompt cache is warm.

A vendor keeps the beginning of a prompt for some minutes and then reads it again for a tenth of the
price.  Whoever sends the next turn elsewhere pays for all of it anew, and waits for it.  So a session is
remembered with how much of it is cached at which target, for as long as that vendor's caches live, and a
target where nearly all of it is warm comes before the others.

"Nearly all" is what brings a conversation home.  After a failover the cache of the first target is still
there but for the turns it has missed: as long as that is little, the target that the rules prefer is
preferred again, and nothing is lost.

Leaving has a price: what the lost prefix costs to read anew.  Waiting has one too: what a person's minute
is worth.  Where the warm target rests for a moment, the cheaper of the two is done.

Thinking that a provider has signed can be read by nobody else.  A conversation that holds such returns to
whoever signed it, also after the cache has gone cold; elsewhere it goes on without its thoughts.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Final, NamedTuple

from aimux.routing.plan import Candidate, Place, Ranked, Step
from aimux.routing.state import State, Value

LITTLE: Final = 0.1
LITTLE_TOKENS: Final = 2_000
"""A target that lacks no more of the prefix than this, or than a tenth of it, is as warm as the warmest."""

REMEMBERED_S: Final = 24 * 3600.0
"""How long it is known who signed a conversation's thinking."""

LEAST_TOKENS: Final = 1_024
"""Vendors cache no shorter prefix (Anthropic, OpenAI: prompt caching pages, 2026-10)."""


class Warm(NamedTuple):
    """What of a conversation is cached at a target, and with which of its keys."""

    tokens: int
    until_s: float
    label: str


MOST_PLACES: Final = 8
"""Of one conversation; who answered it longest ago is forgotten first."""

_FIELDS: Final = 5
_UNTIL: Final = 3
"""Of a place in the state's value: how many fields it has, and which of them says until when."""


def warm_places(value: Value | None, now_s: float) -> dict[Place, Warm]:
    """Where a conversation is warm, by what the state holds of it: for each place, the latest last, its
    provider, model, tokens, time and label, one after the other.
    """
    if value is None:
        return {}
    return {
        (value[at], value[at + 1]): Warm(*value[at + 2 : at + _FIELDS])
        for at in range(0, len(value) - _FIELDS + 1, _FIELDS)
        if value[at + _UNTIL] > now_s
    }


class Last(NamedTuple):
    """Who answered a conversation last, and with which key."""

    provider: str
    model: str
    label: str


class Affinity:
    """All conversations."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def places(self, session: str, now_s: float) -> dict[Place, Warm]:
        """Wherever something of a session is warm, who answered it last at the end."""
        return warm_places(self._state.get(("warm", session), now_s), now_s)

    def warm(self, session: str, candidate: Candidate, now_s: float) -> Warm | None:
        """What is warm of a session at a candidate."""
        return self.warm_at(session, candidate.place, now_s)

    def warm_at(self, session: str, place: Place, now_s: float) -> Warm | None:
        """The same at a provider and model by name."""
        return self.places(session, now_s).get(place)

    def warm_tokens(self, session: str, places: Container[Place], now_s: float) -> dict[Place, int]:
        """How many tokens of a session are warm at each of these places; those with none left out."""
        warm = self.places(session, now_s)
        return {place: each.tokens for place, each in warm.items() if place in places}

    def last(self, session: str, now_s: float) -> Last | None:
        """Who answered the session last."""
        value = self._state.get(("last", session), now_s)
        return None if value is None else Last._make(value)

    def left(
        self, session: str, cached: Mapping[Place, int], now_s: float
    ) -> tuple[Place, int] | None:
        """Where a session was last and is warm though it is none of those where it may go now (``cached``):
        another rule holds for it; with the tokens that are warm there.
        """
        if not session:
            return None
        last = self.last(session, now_s)
        if last is None or (last.provider, last.model) in cached:
            return None
        place = (last.provider, last.model)
        warm = self.warm_at(session, place, now_s)
        return (place, warm.tokens) if warm else None

    def answered(
        self, session: str, step: Step, tokens: int, lifetime_s: float, now_s: float
    ) -> None:
        """A step has read so many tokens of a session: for a while they are warm there."""
        place = step.candidate.place
        if tokens >= LEAST_TOKENS:
            warm = self.places(session, now_s)
            warm.pop(place, None)
            warm[place] = Warm(tokens, now_s + lifetime_s, step.label)
            kept = list(warm.items())[-MOST_PLACES:]
            value = tuple([part for where, each in kept for part in (*where, *each)])
            self._state.put(("warm", session), value, max(each.until_s for _, each in kept))
        self._state.put(("last", session), Last(*place, step.label), now_s + REMEMBERED_S)


def settled(ranks: Sequence[Ranked], cached: Mapping[Place, int]) -> tuple[Ranked, ...]:
    """The order with warm candidates first; ``cached`` is how many tokens are warm at a place.

    Those who have nearly all of the warmest prefix come first, in the order that the strategy gave;
    then the others, in that order.  With nothing warm the order stays.
    """
    places = [rank.candidate.place for rank in ranks]
    held = {place: cached[place] for place in cached if place in places}
    most = max(held.values(), default=0)
    enough = max(1, most - max(LITTLE_TOKENS, round(most * LITTLE)))
    near = sorted([places.index(place) for place, tokens in held.items() if tokens >= enough])
    if near == list(range(len(near))):
        return tuple(ranks)
    far = list(ranks)
    for index in reversed(near):
        del far[index]
    return (*[ranks[index] for index in near], *far)


def pinned(ranks: Sequence[Ranked], last: Last) -> tuple[Ranked, ...]:
    """The order with whoever answered last at its head, where that is a candidate at all."""
    place = (last.provider, last.model)
    first = [each for each in ranks if each.candidate.place == place]
    return (*first, *(each for each in ranks if each.candidate.place != place))

"""What a strategy may look at when it puts candidates in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from aimux.routing.performance import Performance
from aimux.routing.plan import Chance, Demand
from aimux.routing.state import State


class View(NamedTuple):
    """The moment of one request.

    ``in_flight`` tells how many requests a provider answers right now, ``cached`` by place how many tokens
    of this prompt are warm there.  ``route`` is the rule's name: turns are taken, and learning is
    rationed, per route.  ``explore`` is the greatest share of requests that the adaptive strategy may
    spend on learning, ``minute_usd`` what a minute of waiting is worth to it.

    Turns, trials and rations are written to ``state``: whoever only wants to know what would happen
    gives a copy.
    """

    demand: Demand
    performance: Performance
    in_flight: Callable[[str], int]
    cached: Mapping[tuple[str, str], int]
    state: State
    now_s: float
    chance: Chance
    route: str
    explore: float
    minute_usd: float

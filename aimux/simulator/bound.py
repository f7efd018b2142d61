"""What the best choice for each request would have given: a bound for somebody who knows the future.

Each of the three is bounded by itself, for each request at the moment at which it was made in a run:

success   it cannot be answered only if no permitted target is well at any moment while its client waits
time      the least time to the first event of any permitted target and any moment to ask it, with as
          much of the prompt in its cache as could be: all that the conversation has sent before, where
          its last answer ended within that cache's lifetime
cost      the least price of any permitted target, with as much in its cache, whoever is well

Limits, plans and places at a provider are left out, outages that not every request meets are met by
none, and no choice needs to be the same for all three: nobody reaches the bound but by luck, and
nobody can be better.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from aimux.model.response import Usage
from aimux.routing.affinity import LEAST_TOKENS
from aimux.routing.cost import usage_cost
from aimux.routing.plan import Candidate
from aimux.simulator.run import Run, Served
from aimux.simulator.trace import Errand, Trace
from aimux.simulator.world import BLOCKING, World


class Best(NamedTuple):
    """The bound of one request; a None is a time or a price that nobody has."""

    success: bool
    first_event_s: float | None
    cost_usd: float | None
    cached_tokens: int


def best(trace: Trace, run: Run) -> tuple[Best, ...]:
    """The bounds of all requests of a run."""
    ended: dict[str, float] = {}
    found: list[Best] = []
    for served in sorted(run.served, key=lambda each: each.errand.number):
        errand = served.errand
        before_s = ended.get(errand.conversation)
        found.append(_best_of(served, before_s, run.world, trace))
        ended[errand.conversation] = served.ended_s
    return tuple(found)


def _best_of(served: Served, before_s: float | None, world: World, trace: Trace) -> Best:
    errand, began_s = served.errand, served.began_s
    first_s: float | None = None
    cost_usd: float | None = None
    most = 0
    for candidate in served.candidates:
        if world.of(candidate.place) is None or not world.takes(candidate, errand):
            continue
        lives = before_s is not None and before_s + world.lifetime_s(candidate) > began_s
        cached = errand.prefix if lives and errand.prefix >= LEAST_TOKENS else 0
        most = max(most, cached)
        cost_usd = _least((cost_usd, _cost(candidate, errand, cached, world)))
        waits = (
            start_s - began_s + world.first_event_s(candidate, errand, cached, start_s, lucky=True)
            for start_s in _starts(candidate, began_s, world, trace)
        )
        first_s = _least((first_s, *waits))
    success = first_s is not None and first_s <= trace.patience_s
    return Best(success, first_s if success else None, cost_usd, most)


def _starts(candidate: Candidate, began_s: float, world: World, trace: Trace) -> Iterable[float]:
    """The moments at which somebody could ask: now, and whenever an outage is over."""
    target = world.of(candidate.place)
    outages = target.outages if target else ()
    later = (trace.begins_s + outage.until_s for outage in outages)
    for start_s in (began_s, *(each for each in later if each > began_s)):
        blocked = any(
            outage.kind in BLOCKING and outage.share >= 1
            for _, outage in world.outages(candidate.place, start_s)
        )
        if not blocked:
            yield start_s


def _cost(candidate: Candidate, errand: Errand, cached: int, world: World) -> float | None:
    price = world.price(candidate)
    return _least(
        usage_cost(
            price,
            Usage(
                errand.row.input_tokens,
                errand.row.output_tokens,
                held,
                errand.row.input_tokens - held if price.cache_write else 0,
            ),
        )
        for held in {0, cached}
    )


def _least(numbers: Iterable[float | None]) -> float | None:
    return min((each for each in numbers if each is not None), default=None)

"""The bound where it can be worked out by hand."""

from __future__ import annotations

import pytest

from aimux.simulator.bound import Best, best
from aimux.simulator.run import simulate
from aimux.simulator.trace import TargetWorld, Trace
from tests.support.simulation import out, routes_of, row, turns, two_plus_one, well, world


def bounds(trace: Trace) -> tuple[Best, ...]:
    return best(trace, simulate(trace, routes_of(two_plus_one()), 1))


def test_each_is_bounded_by_itself() -> None:
    quick = well(first_event_s=0.2)
    (bound,) = bounds(world([row(output_tokens=0)], south=quick))
    assert bound.first_event_s == pytest.approx(0.2)
    assert bound.cost_usd == pytest.approx(10_000 * 2.6 / 1e6)  # west is the cheapest


def test_what_could_be_cached_is() -> None:
    slow = TargetWorld(first_event_s=1.0, per_ktoken_s=1.0, noise=0)
    targets = dict.fromkeys(("north", "south", "west"), slow)
    first, second = bounds(world(turns(2, output_tokens=0), **targets))
    assert (first.cached_tokens, second.cached_tokens) == (0, 10_000)
    assert second.first_event_s == pytest.approx(2.0)
    assert second.cost_usd == pytest.approx((10_000 * 0.33 + 1_000 * 3.3) / 1e6)  # south


def test_no_cache_outlives_its_lifetime() -> None:
    rows = turns(2, think_s=301.0)
    assert bounds(world(rows))[1].cached_tokens == 0


def test_nobody_is_well_before_an_outage_is_over() -> None:
    down = well(outages=(out("error", 0.0, 90.0),))
    targets = dict.fromkeys(("north", "south", "west"), down)
    (bound,) = bounds(world([row(at_s=30.0)], **targets))
    assert (bound.success, bound.first_event_s) == (True, pytest.approx(61.0))


def test_nobody_is_well_while_the_client_waits() -> None:
    down = well(outages=(out("error"),))
    targets = dict.fromkeys(("north", "south", "west"), down)
    (bound,) = bounds(world([row()], **targets))
    assert (bound.success, bound.first_event_s) == (False, None)


def test_what_not_everybody_meets_nobody_does() -> None:
    half = well(outages=(out("error", share=0.99), out("slow", factor=9, share=0.99)))
    targets = dict.fromkeys(("north", "south", "west"), half)
    (bound,) = bounds(world([row()], **targets))
    assert bound.first_event_s == pytest.approx(1.0)


def test_slowness_that_everybody_meets_may_be_waited_out() -> None:
    slow = well(outages=(out("slow", 0.0, 10.0, factor=50),))
    targets = dict.fromkeys(("north", "south", "west"), slow)
    (bound,) = bounds(world([row()], **targets))
    assert bound.first_event_s == pytest.approx(11.0)


def test_a_target_that_cannot_take_the_prompt_is_no_choice() -> None:
    (bound,) = bounds(world([row(input_tokens=250_000)]))
    assert bound == Best(success=False, first_event_s=None, cost_usd=None, cached_tokens=0)

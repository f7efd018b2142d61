"""What holds in every world, shown in worlds that are drawn by lot."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import get_args

import pytest

from aimux.config.schema import Strategy
from aimux.simulator.bound import best
from aimux.simulator.dice import Dice
from aimux.simulator.generate import Workload, generate
from aimux.simulator.report import result
from aimux.simulator.run import Run, simulate
from aimux.simulator.trace import Kind, Outage, PlanWindows, TargetWorld, Trace, VendorLimits
from tests.support.simulation import configured, out, routes_of, turns, two_plus_one, well, world

pytestmark = pytest.mark.untraced  # many worlds, always the same lines

NAMES = ("north", "south", "west")
BAD: Sequence[Kind] = ("error", "overloaded", "hang", "slow", "rate-limit", "drop")
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
SEEDS = range(4)
LOAD = Workload(sessions=6, hours=0.6, most_turns=20)


def outages(dice: Dice) -> tuple[Outage, ...]:
    """Three times in which a target is not well, more or less."""
    found = []
    for _ in range(3):
        from_s = dice.between(0, 2_000)
        found.append(
            Outage(
                from_s=from_s,
                until_s=from_s + dice.between(30, 900),
                kind=BAD[int(dice() * len(BAD))],
                share=1.0 if dice.happens(0.5) else dice.between(0.2, 1.0),
                retry_after_s=round(dice.between(1, 90)) if dice.happens(0.5) else None,
            )
        )
    return tuple(found)


@cache
def drawn(seed: int) -> Trace:
    """A world in which one provider is well, one has limits at times, and two have outages."""
    dice = Dice(seed + 77)
    healthy = NAMES[int(dice() * 3)]
    limits = VendorLimits(tokens_per_minute=400_000) if dice.happens(0.3) else VendorLimits()
    plan = PlanWindows(tokens_5h=600_000) if dice.happens(0.3) else None
    targets = {
        f"{name}/*": TargetWorld(first_event_s=dice.between(0.3, 2.5))
        if name == healthy
        else TargetWorld(outages=outages(dice), limits=limits, plan=plan)
        for name in NAMES
    }
    return Trace(name=f"drawn {seed}", targets=targets, rows=generate(LOAD, seed))


def run_of(seed: int, strategy: Strategy, chance: int | None = None) -> Run:
    routes = routes_of(configured(two_plus_one(), strategy))
    return simulate(drawn(seed), routes, seed if chance is None else chance)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_always_holds(seed: int, strategy: Strategy) -> None:
    trace, run = drawn(seed), run_of(seed, strategy)
    whoever_can_be_served_is(run)
    each_is_served_once_and_in_its_time(trace, run)
    nobody_is_better_than_the_bound(trace, run)


def whoever_can_be_served_is(run: Run) -> None:
    failed = [each for each in run.served if each.end != "ok"]
    assert [(each.error, each.attempts) for each in failed] == []


def each_is_served_once_and_in_its_time(trace: Trace, run: Run) -> None:
    assert [each.errand.number for each in run.served] == list(range(len(trace.rows)))
    lanes: dict[object, float] = {}
    for each in run.served:
        assert each.answers == 1
        assert 1 <= each.attempts <= 8
        assert each.first_event_s is not None
        assert each.began_s >= lanes.get(each.errand.row.lane, trace.begins_s)
        assert each.began_s + each.first_event_s <= each.ended_s
        lanes[each.errand.row.lane] = each.ended_s


def nobody_is_better_than_the_bound(trace: Trace, run: Run) -> None:
    for served, bound in zip(run.served, best(trace, run), strict=True):
        assert bound.success
        assert bound.first_event_s is not None
        assert bound.cost_usd is not None
        assert bound.first_event_s <= (served.first_event_s or 0.0) + 1e-6  # of Unix time
        assert bound.cost_usd <= (served.cost_usd or 0.0) + 1e-12
        assert bound.cached_tokens >= served.cached_tokens
    found = result("any", trace, run)
    for name in ("p50_s", "p95_s", "p99_s", "cost_usd"):
        assert getattr(found.bound, name) <= getattr(found.figures, name) + 0.001001  # of rounding


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_seed_gives_the_same(strategy: Strategy) -> None:
    once = run_of(1, strategy).served
    assert run_of(1, strategy).served == once
    assert run_of(1, strategy, chance=2).served != once


def test_the_same_seed_generates_the_same() -> None:
    assert generate(LOAD, 4) == generate(LOAD, 4) != generate(LOAD, 5)


# ---------------------------------------------------------------- worlds that were found to be hard


@pytest.mark.parametrize("share", [1.0, 0.7])
@pytest.mark.parametrize("kind", ["error", "overloaded", "drop"])
def test_two_in_trouble_do_not_hide_the_third(kind: str, share: float) -> None:
    """A warm target is asked again only as long as an attempt is left for everybody else."""
    rows = [each for n in range(12) for each in turns(3, f"s{n}", 30.0 * n, input_tokens=60_000)]
    trace = world(
        rows,
        north=well(outages=(out("overloaded", 10.0, share=share),)),
        south=well(outages=(out(kind, 10.0, share=share),)),
    )
    served = simulate(trace, routes_of(two_plus_one()), 1).served
    assert [each.error for each in served if each.end != "ok"] == []


def test_two_that_refuse_do_not_hide_the_third() -> None:
    """They look like a lost network, which is no reason not to ask whoever has not been missed."""
    rows = [each for n in range(12) for each in turns(6, f"s{n}", 5.0 * n)]
    refuses = well(outages=(out("refuse", 10.0),))
    trace = world(rows, north=refuses, south=refuses)
    served = simulate(trace, routes_of(two_plus_one()), 1).served
    assert [each.error for each in served if each.end != "ok"] == []

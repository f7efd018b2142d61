"""The three scenarios: what each strategy makes of them, to the last digit.

``figures.json`` holds what came out when it was last looked at.  Everything follows from the seed, so a
difference means that routing decides otherwise than it did, or that the world or the requests of a
scenario were changed.  Neither is wrong by itself: look whether the new figures are better, say in the
change why they moved, and renew them with

    AIMUX_RENEW_FIGURES=1 python -m pytest tests/simulator/test_scenarios.py -n 0

The tests below them say what must hold whatever the digits are.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from time import process_time
from typing import Any, Final, get_args

import pytest

from aimux.config.schema import Strategy
from aimux.simulator.report import Figures
from aimux.simulator.run import Served
from aimux.simulator.scenarios import HOUR_S, SCENARIOS
from tests.support.simulation import replayed

pytestmark = pytest.mark.untraced  # hours of requests go over the same lines

FIGURES: Final = Path(__file__).with_name("figures.json")
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
SLOWEST_S: Final = 3.0
"""Of processor time for one replay, on a machine that is busy; 0.4 s where it is not."""


def figures(name: str, strategy: Strategy, **more: Any) -> Figures:
    return replayed(name, strategy, **more)[2].figures


def away_from(name: str, provider: str, strategy: Strategy) -> list[Served]:
    """The requests that others than a provider answered, as they were made."""
    _, run, _ = replayed(name, strategy)
    served = sorted(run.served, key=lambda each: each.began_s)
    return [each for each in served if each.place is None or each.place[0] != provider]


# ---------------------------------------------------------------- to the last digit


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_figures(name: str, strategy: Strategy) -> None:
    _, _, result = replayed(name, strategy)
    found = {"figures": asdict(result.figures), "bound": asdict(result.bound)}
    known = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    if os.environ.get("AIMUX_RENEW_FIGURES"):
        known.setdefault(name, {})[strategy] = found
        FIGURES.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")
    assert found == known[name][strategy]
    assert result.figures.success == 1.0
    assert result.figures.spent_plans <= 5
    if name == "quiet-day":
        assert (result.figures.lost, result.figures.asked) == (0, 1.0)


# ---------------------------------------------------------------- what must hold


@pytest.mark.parametrize("strategy", ["weighted", "round-robin", "adaptive", "fastest"])
def test_affinity_saves_money(strategy: Strategy) -> None:
    """Where the order changes from request to request; under priority it does not on a quiet day."""
    on, off = figures("quiet-day", strategy), figures("quiet-day", strategy, sticky="none")
    assert on.cost_usd < off.cost_usd
    assert on.cached > off.cached
    assert on.lost == 0 < off.lost


def test_who_adapts_waits_no_longer_in_a_brown_out() -> None:
    """Over several days: on a single one a session may have begun at a slow target, in order to learn."""
    adaptive, priority = (
        sum(figures("brown-out", strategy, seed=seed).p95_s for seed in range(1, 5))
        for strategy in ("adaptive", "priority")
    )
    assert adaptive <= priority * 1.05


def test_a_brown_out_costs_few_attempts() -> None:
    assert figures("brown-out", "priority").asked < 1.1


def test_helpers_leave_a_plan_first() -> None:
    """At ten per cent the small calls go elsewhere, at two the conversations."""
    left = away_from("dry-plan", "plan", "priority")
    assert left[0].errand.row.helper
    talks = next(each for each in left if not each.errand.row.helper)
    assert talks.began_s > left[0].began_s


def test_a_plan_is_used_again_when_it_is_renewed() -> None:
    """Five hours after the first request, which comes within the first one."""
    trace, run, _ = replayed("dry-plan", "priority")
    renewed_s = trace.begins_s + 6 * HOUR_S
    late = [
        each
        for each in run.served
        if renewed_s < each.began_s < renewed_s + 2 * HOUR_S and not each.errand.row.helper
    ]
    assert late
    assert {each.place and each.place[0] for each in late} == {"plan"}


def test_a_replay_is_quick() -> None:
    began_s = process_time()
    replayed.__wrapped__("brown-out", "adaptive")
    assert process_time() - began_s < SLOWEST_S

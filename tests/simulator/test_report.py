"""Figures and tables."""

from __future__ import annotations

import pytest

from aimux.simulator.report import AT_BEST, HEADINGS, as_json, percentile, result, rows
from aimux.simulator.run import simulate
from aimux.simulator.trace import Trace
from tests.support.simulation import out, routes_of, row, turns, two_plus_one, well, world


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.5, 2.0), (0.51, 3.0), (0.95, 4.0), (1.0, 4.0), (0.0, 1.0)]
)
def test_the_nearest_rank(share: float, wanted: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], share) == wanted


def test_no_times_at_all() -> None:
    assert percentile([], 0.5) == 0.0


@pytest.fixture
def trace() -> Trace:
    """Two turns of a conversation, and a request that breaks off."""
    cut = well(outages=(out("cut", 100.0),))
    return world([*turns(2, output_tokens=100), row("b", 200.0)], north=cut)


def test_figures(trace: Trace) -> None:
    run = simulate(trace, routes_of(two_plus_one()), 1)
    found = result("priority", trace, run)
    figures = found.figures
    assert (figures.requests, figures.success) == (3, pytest.approx(2 / 3, abs=1e-6))
    assert (figures.p50_s, figures.p99_s) == (1.0, 1.0)
    assert figures.cached == pytest.approx(10_000 / 31_000, abs=1e-6)
    assert figures.cost_usd == pytest.approx(
        sum(each.cost_usd or 0 for each in run.served), abs=1e-4
    )
    assert (figures.asked, figures.unpriced) == (1.0, 0)
    assert "broke off" in found.first_failure
    assert found.bound.success == 1.0


def test_shown(trace: Trace) -> None:
    found = result("priority", trace, simulate(trace, routes_of(two_plus_one()), 1))
    lines = rows([found, found])
    assert [line[0] for line in lines] == ["priority", AT_BEST] * 2
    assert {len(line) for line in lines} == {len(HEADINGS)}
    assert lines[0][1] == "66.67 %"


def test_for_programs(trace: Trace) -> None:
    found = result("priority", trace, simulate(trace, routes_of(two_plus_one()), 1))
    data = as_json(trace, 1, [found])
    assert data["requests"] == 3
    assert data["strategies"][0]["figures"]["success"] == found.figures.success
    assert data["strategies"][0]["bound"]["cost_usd"] == found.bound.cost_usd


def test_prices_that_nobody_knows() -> None:
    trace = world([row(model="m")])
    figures = result("x", trace, simulate(trace, routes_of(two_plus_one()), 1)).figures
    assert (figures.unpriced, figures.cost_usd) == (1, None)

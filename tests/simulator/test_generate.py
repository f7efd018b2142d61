"""Requests as agents make them."""

from __future__ import annotations

import pytest

from aimux.errors import UsageError
from aimux.simulator.generate import SMALL, Workload, generate
from aimux.simulator.scenarios import SCENARIOS, demo_configuration, scenario
from aimux.simulator.trace import errands, lines_of, parse_trace
from tests.support.simulation import routes_of

ROWS = generate(Workload(sessions=30), 3)


def test_prompts_grow_and_are_shortened() -> None:
    talks = [each for each in errands(ROWS) if not each.row.helper]
    assert max(each.row.input_tokens for each in talks) <= 160_000
    grown = [each for each in talks if each.prefix]
    assert len(grown) > 0.8 * len(talks)
    epochs = {each.conversation for each in talks}
    assert len(epochs) > len({each.row.lane for each in talks})  # some were shortened


def test_there_is_a_bit_of_everything() -> None:
    assert 0.1 < sum(each.helper for each in ROWS) / len(ROWS) < 0.4
    assert any(each.agent for each in ROWS)
    assert any(each.images for each in ROWS)
    assert any(each.thinking for each in ROWS)
    assert any(each.think_s > 300 for each in ROWS)
    assert {each.model for each in ROWS if each.helper} == {SMALL}


def test_sessions_are_spread_over_the_day() -> None:
    begins = [each.at_s for each in ROWS if each.at_s is not None and not each.helper]
    assert max(begins) > 7 * 3600
    assert min(begins) < 1800


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_traces(name: str) -> None:
    trace = scenario(name)
    assert parse_trace("\n".join(lines_of(trace))) == trace
    assert 300 < len(trace.rows) < 1_500
    assert {f"{each}/*" for each in demo_configuration(name).providers} == set(trace.targets)


def test_a_configuration_of_ones_own() -> None:
    """Its first provider has the trouble."""
    routes = routes_of(demo_configuration("dry-plan"))
    trace = scenario("brown-out", routes=routes, model="m")
    assert [bool(each.outages) for each in trace.targets.values()] == [True, False, False]
    assert next(iter(trace.targets)) == "plan/*"
    assert {each.model for each in trace.rows} == {"m"}


def test_one_provider_is_too_few() -> None:
    config = demo_configuration("quiet-day")
    alone = config.routing.model_copy(update={"default": ("west/*",)})
    with pytest.raises(UsageError, match="to west alone"):
        scenario("quiet-day", routes=routes_of(config.model_copy(update={"routing": alone})))


def test_no_such_scenario() -> None:
    with pytest.raises(UsageError) as refused:
        scenario("brownout")
    assert "brown-out" in (refused.value.hint or "")

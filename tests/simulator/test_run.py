"""The event loop: what it does around routing, request by request."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.config.schema import Config
from aimux.errors import UsageError
from aimux.gateway import attempt
from aimux.routing.candidates import Routes
from aimux.simulator import run as run_module
from aimux.simulator.run import Run, Served, simulate
from aimux.simulator.trace import PlanWindows, Trace, VendorLimits
from tests.support.simulation import WELL, out, routes_of, row, turns, two_plus_one, well, world


def run(trace: Trace, config: Config | None = None) -> Run:
    return simulate(trace, routes_of(config or two_plus_one()), 1)


def only(trace: Trace, config: Config | None = None) -> Served:
    (served,) = run(trace, config).served
    return served


def with_provider(name: str, **settings: Any) -> Config:
    """The usual configuration with something set at a provider."""
    data = two_plus_one().model_dump(exclude_defaults=True)
    data["providers"][name] |= settings
    return Config.model_validate(data)


def test_the_first_target_answers() -> None:
    served = only(world([row(output_tokens=100)], north=WELL))
    assert (served.end, served.place) == ("ok", ("north", "claude-sonnet-4-5"))
    assert served.first_event_s == pytest.approx(1.0)
    assert served.ended_s - served.began_s == pytest.approx(2.0)
    assert served.cost_usd == pytest.approx((10_000 * 3.75 + 100 * 15) / 1e6)
    assert (served.attempts, served.answers, served.error) == (1, 1, "")


def test_a_conversation_waits_for_its_answers() -> None:
    trace = world(turns(3, output_tokens=100, think_s=5.0), north=WELL)
    began = [each.began_s - trace.begins_s for each in run(trace).served]
    assert began == pytest.approx([0.0, 7.0, 14.0])


def test_a_time_and_a_pause_are_both_kept() -> None:
    rows = [row(output_tokens=100), row(at_s=1.0), row(at_s=60.0)]
    trace = world(rows, north=WELL)
    began = [each.began_s - trace.begins_s for each in run(trace).served]
    assert began[:2] == pytest.approx([0.0, 2.0])
    assert began[2] == pytest.approx(60.0)


@pytest.mark.parametrize("kind", ["refuse", "error", "overloaded", "drop", "rate-limit"])
def test_failures_go_to_the_next_target(kind: str) -> None:
    served = only(world([row()], north=well(outages=(out(kind),)), south=WELL))
    assert (served.end, served.place) == ("ok", ("south", "claude-sonnet-4-5"))
    assert served.attempts >= 2
    assert served.answers == 1


def test_silence_ends_at_the_limit() -> None:
    config = with_provider("north", timeouts={"first_event": "20s"})
    served = only(world([row()], north=well(outages=(out("hang"),)), south=WELL), config)
    assert served.first_event_s == pytest.approx(21.0)


def test_the_limits_are_the_gateways() -> None:
    assert run_module.FIRST_EVENT_S == attempt.FIRST_EVENT_S
    assert run_module.FIRST_EVENT_THINKING_S == attempt.FIRST_EVENT_THINKING_S
    provider_models = {"claude-sonnet-4-5": {"capabilities": ["tools"]}}
    for config, limit_s in (
        (two_plus_one(), 180.0),
        (with_provider("north", models=provider_models), 60.0),
        (with_provider("north", timeouts={"first_event": "7s"}), 7.0),
    ):
        (served,) = run(world([row()], north=WELL), config).served
        assert run_module.first_event_limit_s(served.candidates[0]) == limit_s


def test_a_client_leaves_when_its_patience_is_over() -> None:
    trace = world([row(), row("b", 5.0)], north=well(outages=(out("hang", 0, 1),)))
    first, second = run(trace.model_copy(update={"patience_s": 30.0})).served
    assert (first.end, first.place) == ("gone", None)
    assert first.ended_s - first.began_s == pytest.approx(30.0)
    assert (second.end, second.place) == ("ok", ("north", "claude-sonnet-4-5"))


def test_patience_ends_pauses_too() -> None:
    down = (out("overloaded", retry_after_s=20),)
    trace = world([row()], **dict.fromkeys(("north", "south", "west"), well(outages=down)))
    served = only(trace.model_copy(update={"patience_s": 5.0}))
    assert (served.end, served.ended_s - served.began_s) == ("gone", pytest.approx(5.0))


def test_an_answer_that_breaks_off_is_nobodys_success() -> None:
    served = only(world([row()], north=well(outages=(out("cut"),))))
    assert (served.end, served.attempts, served.answers) == ("cut", 1, 1)
    assert "broke off" in served.error


def test_nobody_is_left() -> None:
    down = dict.fromkeys(("north", "south", "west"), well(outages=(out("error"),)))
    served = only(world([row()], **down))
    assert (served.end, served.place, served.cost_usd) == ("failed", None, None)
    assert "bad gateway" in served.error


def test_a_model_that_nobody_described() -> None:
    config = with_provider("north")
    changed = config.model_copy(
        update={"routing": config.routing.model_copy(update={"default": ("north/*",)})}
    )
    served = only(world([row(model="nobody/x", input_tokens=100)], north=WELL), changed)
    assert served.place == ("north", "nobody/x")  # the provider may know it


def test_targets_that_the_trace_does_not_know() -> None:
    trace = world([row()]).model_copy(update={"targets": {"east/*": WELL}})
    with pytest.raises(UsageError, match=r"may go to north/.*knows only east/\*"):
        run(trace)


def test_our_own_limit_of_requests_at_a_time_is_waited_for() -> None:
    rows = [row(str(number), output_tokens=100) for number in range(3)]
    served = run(world(rows, north=WELL), with_provider("north", max_concurrent=1)).served
    assert [each.ended_s - each.began_s for each in served] == pytest.approx([2.0, 4.0, 6.0])
    assert {each.place for each in served} == {("north", "claude-sonnet-4-5")}


def test_our_own_limits_of_a_minute_lead_elsewhere() -> None:
    config = with_provider("north", limits={"requests_per_minute": 1})
    served = run(world([row("a"), row("b", 1.0), row("c", 70.0)], north=WELL), config).served
    assert [each.place and each.place[0] for each in served] == ["north", "south", "north"]


def test_what_a_vendor_says_of_its_plan_is_heard() -> None:
    plan = PlanWindows(tokens_5h=10_100)
    rows = [row("a", output_tokens=0), row("b", 60.0), row("c", 5 * 3600 + 1.0)]
    served = run(world(rows, north=well(plan=plan))).served
    assert [each.place and each.place[0] for each in served] == ["north", "south", "north"]
    assert sum(each.spent_plans for each in served) == 0


def test_a_plan_that_says_nothing_is_found_out_once() -> None:
    plan = PlanWindows(tokens_5h=9_000, says="nothing")
    rows = [row(str(number), 60.0 * number, output_tokens=0) for number in range(9)]
    served = run(world(rows, north=well(plan=plan))).served
    assert [each.place and each.place[0] for each in served] == ["north", *["south"] * 8]
    assert sum(each.spent_plans for each in served) == 1


def test_a_warm_cache_that_was_left_for_nothing_is_a_loss() -> None:
    data = two_plus_one().model_dump(exclude_defaults=True)
    data["routing"] |= {"strategy": "round-robin", "sticky": "none"}
    served = run(world(turns(3)), Config.model_validate(data)).served
    assert [each.place and each.place[0] for each in served] == ["north", "south", "west"]
    assert [each.lost_tokens for each in served] == [0, 10_000, 11_000]


def test_a_failure_forces_who_leaves() -> None:
    bad = well(outages=(out("error", 1.5, 1e9),))
    served = run(world(turns(3), north=bad, south=WELL)).served
    assert [each.place and each.place[0] for each in served] == ["north", "south", "south"]
    assert [each.lost_tokens for each in served] == [0, 0, 0]


def test_vendors_limits_are_met_and_learned() -> None:
    limits = VendorLimits(requests_per_minute=1)
    rows = [row(str(number), 2.0 * number) for number in range(5)]
    served = run(world(rows, north=well(limits=limits))).served
    assert [each.end for each in served] == ["ok"] * 5
    assert sum(each.attempts for each in served) == 5  # its headers said that it was used up


def test_nobody_may_be_asked() -> None:
    routes = routes_of(two_plus_one())
    off = Routes.of(routes.config, routes.providers, dict.fromkeys(routes.providers, "off"), {})
    (served,) = simulate(world([row()], north=WELL), off, 1).served
    assert (served.end, served.attempts, served.candidates) == ("failed", 0, ())
    assert "no provider can be used" in served.error

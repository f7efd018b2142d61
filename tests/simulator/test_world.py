"""What the virtual providers do, one behaviour at a time."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.catalogue.resolve import resolve_providers
from aimux.model.request import WireFormat
from aimux.routing.plan import Candidate, Step
from aimux.routing.quota_headers import windows_of
from aimux.routing.verdict import Signal
from aimux.simulator.scenarios import demo_configuration
from aimux.simulator.trace import (
    Errand,
    PlanWindows,
    Row,
    TargetWorld,
    Trace,
    VendorLimits,
    errands,
)
from aimux.simulator.world import Answered, Broken, Outcome, Turned, World
from aimux.wire.codec import Mode
from aimux.wire.formats import CODECS
from tests.support.simulation import out, row, turns, world

PROVIDERS = {
    **resolve_providers(demo_configuration("quiet-day")),
    **resolve_providers(demo_configuration("dry-plan")),
}


def step(name: str = "north", model: str = "claude-sonnet-4-5") -> Step:
    provider = PROVIDERS[name]
    return Step(Candidate(provider, model, next(iter(provider.endpoints)), Mode.RELAY), "")


def asked(target: TargetWorld, at_s: float = 0.0, rows: list[Row] | None = None) -> Outcome:
    trace = world(rows or [row()], north=target)
    return World(trace, 1).ask(errands(trace.rows)[-1], step(), trace.begins_s + at_s)


class Desk:
    """A world in which one request after the other is asked."""

    def __init__(self, rows: list[Row], **targets: TargetWorld) -> None:
        self.trace: Trace = world(rows, **targets)
        self.world = World(self.trace, 1)
        self.errands: list[Errand] = errands(self.trace.rows)

    def ask(self, number: int, at_s: float, name: str = "north") -> Outcome:
        return self.world.ask(self.errands[number], step(name), self.trace.begins_s + at_s)

    def answer(self, number: int, at_s: float, name: str = "north") -> Answered:
        outcome = self.ask(number, at_s, name)
        assert isinstance(outcome, Answered)
        return outcome


CALM = TargetWorld(first_event_s=1.0, per_ktoken_s=0.1, tokens_per_s=100, noise=0)


def calm(**more: Any) -> TargetWorld:
    return CALM.model_copy(update=more)


# ---------------------------------------------------------------- speed


def test_an_answer_takes_what_its_prompt_and_its_tokens_take() -> None:
    outcome = asked(CALM, rows=[row(input_tokens=20_000, output_tokens=400)])
    assert isinstance(outcome, Answered)
    assert (outcome.first_event_s, outcome.ends_s) == pytest.approx((3.0, 7.0))
    assert (outcome.usage.input_tokens, outcome.usage.output_tokens) == (20_000, 400)


def test_noise_belongs_to_the_request_and_the_target() -> None:
    desk = Desk([row("a"), row("b")], north=calm(noise=0.5), south=calm(noise=0.5))
    waits = [desk.answer(0, at_s).first_event_s for at_s in (0, 900)]
    assert waits[0] == waits[1]
    assert len({waits[0], desk.answer(1, 0).first_event_s, desk.answer(0, 0, "south")[0]}) == 3


def test_a_model_may_have_an_entry_of_its_own() -> None:
    trace = world([row()], north=CALM)
    own = {"north/claude-haiku-4-5": calm(first_event_s=9.0)}
    there = World(trace.model_copy(update={"targets": {**trace.targets, **own}}), 1)
    found = [there.of(("north", name)) for name in ("claude-haiku-4-5", "claude-sonnet-4-5")]
    assert [each.first_event_s for each in found if each] == [9.0, 1.0]
    assert there.of(("nobody", "x")) is None


# ---------------------------------------------------------------- outages


@pytest.mark.parametrize(
    ("kind", "signal"),
    [("refuse", Signal.CONNECT), ("hang", Signal.FIRST_EVENT_TIMEOUT), ("drop", Signal.CUT)],
)
def test_broken_connections(kind: str, signal: Signal) -> None:
    outcome = asked(calm(outages=(out(kind),)))
    assert isinstance(outcome, Broken)
    assert outcome.signal is signal
    assert (outcome.after_s > 1e6) is (kind == "hang")


@pytest.mark.parametrize(
    ("kind", "status", "retry_after_s"),
    [("error", 502, None), ("overloaded", 529, 7), ("rate-limit", 429, 30)],
)
@pytest.mark.parametrize("format_", list(WireFormat))
def test_errors(kind: str, status: int, retry_after_s: float | None, format_: WireFormat) -> None:
    trace = world([row()], north=calm(outages=(out(kind, retry_after_s=retry_after_s),)))
    spoken = Candidate(PROVIDERS["north"], "claude-sonnet-4-5", format_, Mode.TRANSLATE)
    outcome = World(trace, 1).ask(errands(trace.rows)[0], Step(spoken, ""), trace.begins_s)
    assert isinstance(outcome, Turned)
    assert outcome.status == status
    assert outcome.headers.get("retry-after") == (retry_after_s and str(retry_after_s))
    assert CODECS[format_].read_error(status, outcome.body).kind.value in {
        "upstream", "overloaded", "rate_limit",
    }  # fmt: skip


def test_a_prompt_that_is_too_long() -> None:
    outcome = asked(CALM, rows=[row(input_tokens=200_001)])
    assert isinstance(outcome, Turned)
    said = CODECS[WireFormat.ANTHROPIC].read_error(outcome.status, outcome.body)
    assert (outcome.status, said.kind.value) == (400, "context_overflow")


def test_slow_and_cut() -> None:
    slow = asked(calm(outages=(out("slow", factor=4),)), rows=[row(output_tokens=100)])
    assert isinstance(slow, Answered)
    assert (slow.first_event_s, slow.ends_s) == pytest.approx((8.0, 12.0))
    cut = asked(calm(outages=(out("cut"),)), rows=[row(output_tokens=100)])
    assert isinstance(cut, Answered)
    assert (cut.cut, cut.ends_s - cut.first_event_s) == (True, pytest.approx(0.5))


@pytest.mark.parametrize(
    ("at_s", "well"), [(99.9, True), (100, False), (199.9, False), (200, True)]
)
def test_outages_begin_and_end(at_s: float, well: bool) -> None:
    target = calm(outages=(out("error", 100, 200),))
    assert isinstance(asked(target, at_s), Answered) is well


def test_a_share_is_met_by_so_many_and_by_each_attempt_anew() -> None:
    desk = Desk([row(str(n)) for n in range(400)], north=calm(outages=(out("error", share=0.3),)))
    met = [isinstance(desk.ask(number, 0), Turned) for number in range(400)]
    again = [isinstance(desk.ask(number, 0), Turned) for number in range(400)]
    assert sum(met) / 400 == pytest.approx(0.3, abs=0.06)
    assert met != again


# ---------------------------------------------------------------- caches


def test_what_was_sent_is_cached_for_a_while() -> None:
    desk = Desk(turns(3), north=calm(cache_lifetime_s=60))
    assert desk.answer(0, 0).usage.cache_read_tokens == 0
    second = desk.answer(1, 30)
    assert second.usage.cache_read_tokens == 10_000
    assert second.usage.cache_write_tokens == 1_000
    assert second.first_event_s == pytest.approx(1.1)
    assert desk.answer(2, 30 + 1.1 + 60).usage.cache_read_tokens == 0


def test_caches_belong_to_a_target_and_a_conversation() -> None:
    desk = Desk([*turns(2), row("b")])
    desk.ask(0, 0)
    assert desk.answer(1, 5, "south").usage.cache_read_tokens == 0
    assert desk.answer(2, 5).usage.cache_read_tokens == 0
    assert desk.world.warm(desk.errands[1], desk.trace.begins_s + 9) == {
        step("north"): 10_000,
        step("south"): 11_000,
    }


def test_short_prompts_are_not_cached() -> None:
    desk = Desk(turns(2, input_tokens=1_023), north=CALM)
    desk.ask(0, 0)
    assert desk.answer(1, 5).usage.cache_read_tokens == 0


# ---------------------------------------------------------------- limits and plans


def test_requests_of_a_minute() -> None:
    limits = VendorLimits(requests_per_minute=2)
    desk = Desk([row(str(n)) for n in range(4)], north=calm(limits=limits))
    first = desk.answer(0, 0)
    assert first.headers["anthropic-ratelimit-requests-remaining"] == "1"
    desk.answer(1, 0)
    refused = desk.ask(2, 0)
    assert isinstance(refused, Turned)
    assert (refused.status, refused.headers["retry-after"]) == (429, "30")
    assert isinstance(desk.ask(3, 30), Answered)


def test_tokens_of_a_minute_in_the_headers_of_the_format() -> None:
    limits = VendorLimits(tokens_per_minute=15_000)
    desk = Desk([row("a"), row("b")], south=calm(limits=limits))
    headers = desk.answer(0, 0, "south").headers
    assert headers["x-ratelimit-remaining-tokens"] == "5000"
    assert headers["x-ratelimit-reset-tokens"] == "40.000s"
    assert isinstance(desk.ask(1, 0, "south"), Turned)


def test_requests_at_the_same_time() -> None:
    desk = Desk([row()], north=calm(limits=VendorLimits(concurrent=1)))
    for _ in range(2):
        desk.world.entered(step(), 1)
    assert isinstance(desk.ask(0, 0), Turned)
    desk.world.entered(step(), -1)
    assert isinstance(desk.ask(0, 0), Answered)


@pytest.mark.parametrize("says", ["anthropic", "codex", "nothing"])
def test_a_plan_that_runs_dry(says: str) -> None:
    plan = PlanWindows(tokens_5h=25_000, tokens_week=1_000_000, says=says)
    asks = [row(str(n), output_tokens=0) for n in range(5)]
    desk = Desk(asks, north=calm(plan=plan))
    begins_s = desk.trace.begins_s
    told = {each.name: each for each in windows_of(desk.answer(0, 100).headers, begins_s + 100)}
    if says != "nothing":
        assert told["5h"].used == pytest.approx(0.4)
        assert told["5h"].resets_at_s == begins_s + 100 + 5 * 3600
        assert told["7d"].used == pytest.approx(0.01)
    desk.answer(1, 200)
    desk.answer(2, 300)  # it began below the limit
    refused = desk.ask(3, 400)
    assert isinstance(refused, Turned)
    assert (refused.status, refused.spent) == (429, True)
    assert refused.headers["retry-after"] == str(5 * 3600 - 300)
    assert isinstance(desk.ask(4, 100 + 5 * 3600), Answered)


def test_what_is_cached_counts_a_tenth_of_a_plan() -> None:
    plan = PlanWindows(tokens_5h=100_000)
    desk = Desk(turns(2, output_tokens=0), north=calm(plan=plan))
    desk.ask(0, 0)
    told = windows_of(desk.answer(1, 1).headers, desk.trace.begins_s + 1)
    assert told[0].used == pytest.approx(0.1 + 0.01 + 0.01)


def test_whether_a_target_would_answer_changes_nothing() -> None:
    limits = VendorLimits(requests_per_minute=1)
    desk = Desk([row()], north=calm(limits=limits), south=calm(outages=(out("error", share=0.1),)))
    begins_s = desk.trace.begins_s
    for _ in range(3):
        assert desk.world.would_answer(desk.errands[0], step("north"), begins_s)
    assert not desk.world.would_answer(desk.errands[0], step("south"), begins_s)
    desk.answer(0, 0)
    assert not desk.world.would_answer(desk.errands[0], step("north"), begins_s)


def test_prices_of_the_world_come_before_those_of_the_configuration() -> None:
    free = {"input": 0.0, "output": 0.0}
    trace = world([row()], north=TargetWorld.model_validate({"price": free}))
    there = World(trace, 1)
    prices = [there.price(step(name).candidate) for name in ("north", "south")]
    assert [(each.input, each.cache_read) for each in prices] == [(0.0, None), (3.3, 0.33)]


def test_not_everybody_meets_a_slowness_that_has_a_share() -> None:
    slow = calm(per_ktoken_s=0.0, outages=(out("slow", share=0.4, factor=5),))
    desk = Desk([row(str(number)) for number in range(300)], north=slow)
    waits = [desk.answer(number, 0).first_event_s for number in range(300)]
    assert set(waits) == {1.0, 5.0}
    assert waits.count(5.0) / 300 == pytest.approx(0.4, abs=0.08)


def test_who_cannot_take_a_prompt_would_not_answer() -> None:
    desk = Desk([row(input_tokens=300_000)])
    assert not desk.world.would_answer(desk.errands[0], step(), desk.trace.begins_s)


def test_a_target_that_nobody_described_is_a_usual_one() -> None:
    trace = world([row()]).model_copy(update={"targets": {"else/*": TargetWorld()}})
    there, errand = World(trace, 1), errands(trace.rows)[0]
    assert isinstance(there.ask(errand, step(), trace.begins_s), Answered)
    assert there.lifetime_s(step().candidate) == 300.0


def test_a_plan_by_the_week_alone() -> None:
    desk = Desk([row("a"), row("b")], north=calm(plan=PlanWindows(tokens_week=9_000)))
    told = windows_of(desk.answer(0, 0).headers, desk.trace.begins_s)
    assert [each.name for each in told] == ["7d"]
    assert isinstance(desk.ask(1, 86_400), Turned)
    assert isinstance(desk.ask(1, 7 * 86_400), Answered)

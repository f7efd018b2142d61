"""Budgets: sums that are right to a billionth of a dollar, windows, scopes, and what is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.catalogue.provider import ModelFacts, PriceFacts, Provider
from aimux.config.schema import Config
from aimux.errors import BudgetSpent
from aimux.model.request import WireFormat
from aimux.routing import state as state_module
from aimux.routing.budget import (
    Account,
    Budget,
    Budgets,
    Hold,
    Purse,
    account_of,
    clock,
    compile_budgets,
)
from aimux.routing.calendar import calendar_at
from aimux.routing.plan import Candidate, Moment
from aimux.routing.state import MemoryState
from aimux.wire.codec import Mode, Operation
from tests.support.gateway import provider
from tests.support.routing import NOW_S, Desk, features, long_body, names

BERLIN = ZoneInfo("Europe/Berlin")
DAY = Budget("daily", "all", "", 10.0)


def candidate(name: str = "a") -> Candidate:
    return Candidate(provider(name, "http://127.0.0.1:1"), "m", WireFormat.ANTHROPIC, Mode.RELAY)


A, B = candidate("a"), candidate("b")


def known(amount: float | None) -> Callable[[Candidate], float | None]:
    return lambda _: amount


def purse(budgets: Budgets, *about: Budget, usd: float | None, now_s: float = NOW_S) -> Purse:
    found = budgets.purse(about, features(), "s", Moment(now_s), known(usd))
    assert found is not None
    return found


def account(budget: Budget = DAY, now_s: float = NOW_S) -> Account:
    found = account_of(budget, "s", Moment(now_s))
    assert found is not None
    return found


# ---------------------------------------------------------------- sums

ACTIONS = st.lists(
    st.tuples(
        st.floats(0, 3, allow_nan=False),
        st.sampled_from(["settle", "release", "keep"]),
        st.floats(0, 4, allow_nan=False),
    ),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(ACTIONS)
def test_no_money_is_lost_or_invented(actions: list[tuple[float, str, float]]) -> None:
    """What is spent is the sum of what was settled, what is held that of what is under way."""
    state = MemoryState()
    budgets = Budgets(state)
    spent = held = 0
    for estimate, end, cost in actions:
        try:
            hold = budgets.reserve(purse(budgets, DAY, usd=estimate), A, NOW_S)
        except BudgetSpent:
            assert spent + held + round(estimate * 1e9) > DAY.limit
            continue
        held += round(estimate * 1e9)
        if end != "keep":
            held -= round(estimate * 1e9)
        if end == "settle":
            budgets.settle(hold, cost, NOW_S)
            spent += round(cost * 1e9)
        elif end == "release":
            budgets.release(hold, NOW_S)
        sums = state.read((account().spent, account().held), NOW_S)
        assert [(each or (0,))[0] for each in sums] == [spent, held]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 3), st.floats(0, 1.5)), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_a_limit_is_passed_by_no_more_than_estimates_were_too_low_by(
    requests: list[tuple[float, float]], chance: Any
) -> None:
    """However many requests are under way at once, and in whatever order they end."""
    budgets = Budgets(MemoryState())
    under_way: list[tuple[Hold, float, float]] = []
    misestimated = 0.0
    for estimate, more in requests:
        try:
            hold = budgets.reserve(purse(budgets, DAY, usd=estimate), A, NOW_S)
        except BudgetSpent:
            continue
        under_way.append((hold, estimate, more))
        if chance.random() < 0.5:
            hold, said, share = under_way.pop(chance.randrange(len(under_way)))
            budgets.settle(hold, said * share, NOW_S)
            misestimated += max(0.0, said * (share - 1))
    for hold, said, more in under_way:
        budgets.settle(hold, said * more, NOW_S)
        misestimated += max(0.0, said * (more - 1))

    assert budgets.spent_usd(account(), NOW_S) <= DAY.limit_usd + misestimated + 1e-6


def test_what_is_reserved_is_told() -> None:
    """As long as it is under way."""
    budgets = Budgets(MemoryState())
    hold = budgets.reserve(purse(budgets, DAY, usd=2), A, NOW_S)
    assert budgets.reserved_usd(account(), NOW_S) == 2

    budgets.release(hold, NOW_S)
    assert budgets.reserved_usd(account(), NOW_S) == 0


def test_several_budgets_pay_all_or_none() -> None:
    """One that has too little gives back what the others have reserved."""
    state = MemoryState()
    budgets = Budgets(state)
    small = Budget("small", "all", "", 0.5)

    with pytest.raises(BudgetSpent, match="'small'"):
        budgets.reserve(purse(budgets, DAY, small, usd=1), A, NOW_S)

    assert state.get(account(DAY).held, NOW_S) == (0,)
    assert state.get(account(small).held, NOW_S) == (0,)


@pytest.mark.parametrize(
    ("spent", "estimate", "fits"),
    [
        (9, 1.0, True),  # to the last cent
        (9, 1.000001, False),
        (10, 0.0, True),  # what costs nothing is always paid
        (12, 0.0, True),
        (9.999, None, True),  # unknown: as long as something is left
        (10, None, False),
        (10, 0.000000001, False),
        (0, 10, True),
        (0, 10.1, False),
    ],
)
def test_what_fits(spent: float, estimate: float | None, fits: bool) -> None:
    """Both sides of the limit, of what is free, and of what is unknown."""
    budgets = Budgets(MemoryState())
    budgets.settle(Hold((account(),), None), spent, NOW_S)
    paid = purse(budgets, DAY, usd=estimate)

    assert (budgets.hindrance(paid, A, NOW_S) is None) is fits
    if fits:
        assert budgets.reserve(paid, A, NOW_S).amount == (
            None if estimate is None else round(estimate * 1e9)
        )
    else:
        with pytest.raises(BudgetSpent):
            budgets.reserve(paid, A, NOW_S)


def test_an_unknown_price_reserves_nothing_and_pays_what_is_told_afterwards() -> None:
    """The vendor's own word comes with the answer; without it nothing is counted."""
    budgets = Budgets(MemoryState())
    hold = budgets.reserve(purse(budgets, DAY, usd=None), A, NOW_S)
    budgets.settle(hold, None, NOW_S)
    assert budgets.spent_usd(account(), NOW_S) == 0

    budgets.settle(hold, 0.25, NOW_S)
    assert budgets.spent_usd(account(), NOW_S) == 0.25


def test_an_unknown_cost_is_paid_as_estimated() -> None:
    """The answer was given and is billed; nobody said what it took."""
    budgets = Budgets(MemoryState())
    hold = budgets.reserve(purse(budgets, DAY, usd=2), A, NOW_S)
    budgets.settle(hold, None, NOW_S)

    assert budgets.spent_usd(account(), NOW_S) == 2


def test_a_reservation_ends_with_its_process_and_what_is_spent_does_not() -> None:
    """The snapshot on the disk has the one and not the other."""
    before = MemoryState()
    budgets = Budgets(before)
    budgets.settle(budgets.reserve(purse(budgets, DAY, usd=2), A, NOW_S), 3, NOW_S)
    budgets.reserve(purse(budgets, DAY, usd=7), A, NOW_S)

    after = MemoryState()
    after.load(before.dump(NOW_S), NOW_S)

    assert Budgets(after).spent_usd(account(), NOW_S) == 3
    Budgets(after).reserve(purse(Budgets(after), DAY, usd=7), A, NOW_S)


def test_what_somebody_edited_counts_as_nothing() -> None:
    """A file of state is no reason to fail."""
    state = MemoryState()
    state.put(account().spent, ("much",), NOW_S + 100)

    assert Budgets(state).spent_usd(account(), NOW_S) == 0


# ---------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("window", "last", "first"),
    [
        ("day", "2026-11-30T23:59:59", "2026-12-01T00:00:00"),
        ("day", "2026-10-25T23:59:59", "2026-10-26T00:00:00"),  # 25 hours
        ("week", "2026-12-06T23:59:59", "2026-12-07T00:00:00"),
        ("month", "2026-11-30T23:59:59", "2026-12-01T00:00:00"),
    ],
)
def test_a_window_begins_anew(window: Any, last: str, first: str) -> None:
    """At the local edge: a second before it nothing is left, at the edge everything."""
    budgets = Budgets(MemoryState())
    budget = Budget("b", "all", "", 1.0, window)

    def moment(text: str) -> Moment:
        now_s = datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()
        return Moment(now_s, 0, calendar_at(now_s, BERLIN))

    for text, left in ((last, False), (first, True)):
        then = moment(text)
        found = account_of(budget, "", then)
        assert found is not None
        if text == last:
            budgets.settle(Hold((found,), None), 1.0, then.now_s)
            assert found.end_s == moment(first).now_s
        asked = Purse((found,), (), known(0.5))
        assert (budgets.hindrance(asked, A, then.now_s) is None) is left


def test_a_request_that_ends_after_its_window_is_paid_from_that_one() -> None:
    """It was reserved there."""
    budgets = Budgets(MemoryState())
    before, after = account(now_s=NOW_S), account(now_s=NOW_S + 86_400)
    hold = budgets.reserve(purse(budgets, DAY, usd=1), A, NOW_S)
    budgets.settle(hold, 2, NOW_S + 86_400)

    assert budgets.spent_usd(before, NOW_S + 86_400) == 2
    assert budgets.spent_usd(after, NOW_S + 86_400) == 0


def test_many_sessions_do_not_make_a_day_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum of a day is kept for less long than a session's, so it would be the first to go."""
    monkeypatch.setattr(state_module, "MAX_ENTRIES", 20)
    budgets = Budgets(MemoryState())
    sessions = Budget("each", "all", "", 1.0, "session")
    budgets.settle(Hold((account(),), None), 0.5, NOW_S)
    for number in range(100):
        found = account_of(sessions, f"s{number}", Moment(NOW_S))
        assert found is not None
        budgets.settle(Hold((found,), None), 0.1, NOW_S)

    assert budgets.spent_usd(account(), NOW_S) == 0.5


def test_each_session_has_its_own() -> None:
    """And a request of no session is not about it."""
    budgets = Budgets(MemoryState())
    budget = Budget("each", "all", "", 1.0, "session")
    for session, usd in (("s1", 0.7), ("s2", 0.9)):
        found = account_of(budget, session, Moment(NOW_S))
        assert found is not None
        assert found.end_s is None
        budgets.settle(Hold((found,), None), usd, NOW_S)
        assert budgets.spent_usd(found, NOW_S) == usd

    assert budgets.dearest_session_usd(budget, NOW_S) == 0.9
    assert budgets.dearest_session_usd(DAY, NOW_S) == 0
    assert account_of(budget, "", Moment(NOW_S)) is None
    assert budgets.purse([budget], features(), "", Moment(NOW_S), known(1)) is None


# ---------------------------------------------------------------- scopes


@pytest.mark.parametrize(
    ("scope", "asked", "holds"),
    [
        ("all", {}, True),
        ("client:codex", {"clients": ("codex", "tester")}, True),
        ("client:tester", {"clients": ("codex", "tester")}, True),
        ("client:other", {"clients": ("codex", "tester")}, False),
        ("project:/w/foo", {"headers": {"x-aimux-project": "/w/foo"}}, True),
        ("project:/w/foo/", {"headers": {"x-aimux-project": "/w/foo/"}}, True),
        ("project:/w/foo", {"headers": {"x-aimux-project": "/w/foo/sub"}}, True),
        ("project:/w/foo", {"headers": {"x-aimux-project": "/w/food"}}, False),
        ("project:/w/*", {"headers": {"x-aimux-project": "/w/food"}}, True),
        ("project:~/foo", {"headers": {"x-aimux-project": "/h/u/foo"}}, True),
        ("project:/w/foo", {}, False),
        ("provider:a", {}, True),
    ],
)
def test_what_a_budget_is_about(scope: str, asked: dict[str, Any], holds: bool) -> None:
    """Names exactly, folders with what is in them, globs."""
    config = Config.model_validate({"budgets": {"b": {"scope": scope, "limit_usd": 1}}})
    (budget,) = compile_budgets(config, "/h/u")

    assert budget.counts(features(**asked)) is holds


def test_a_token_s_budget_is_about_that_token_only() -> None:
    """Not about an agent of the same name."""
    budget = Budget("t", "token", "codex", 1.0)
    asked = features(clients=("codex", "tester"))
    assert not budget.counts(asked)
    asked.token = "codex"
    assert budget.counts(asked)


@pytest.mark.parametrize("kind", ["all", "project"])
def test_a_scope_in_words(kind: Any) -> None:
    """As the configuration writes it."""
    assert Budget("b", kind, "/x" if kind == "project" else "", 1).scope in {"all", "project:/x"}


# ---------------------------------------------------------------- what is told


def test_it_is_told_once_at_eighty_percent_and_once_at_the_limit() -> None:
    """In each window; not below."""
    budgets = Budgets(MemoryState())

    def told(usd: float, now_s: float = NOW_S) -> list[str]:
        return [n.level for n in budgets.settle(Hold((account(now_s=now_s),), None), usd, now_s)]

    assert told(7.99) == []
    assert told(0.01) == ["warning"]
    assert told(1) == []
    assert told(1) == ["spent"]
    assert told(1) == []
    assert told(20, NOW_S + 86_400) == ["spent"]


def test_a_notice_in_words() -> None:
    """Which, how much of what, until when."""
    budgets = Budgets(MemoryState())
    (day,) = budgets.settle(Hold((account(),), None), 8.5, NOW_S)
    session = account(Budget("s", "all", "", 1.0, "session"))
    (whole,) = budgets.settle(Hold((session,), None), 1, NOW_S)

    assert str(day) == f"budget 'daily': $8.50 of $10.00 spent (85%), until {clock(day.end_s or 0)}"
    assert str(whole) == "budget 's': $1.00 of $1.00 spent (100%)"


@pytest.mark.parametrize(("left_s", "wait_s"), [(59, 59), (60, 60), (61, None), (7200, None)])
def test_only_a_near_end_is_waited_for(left_s: float, wait_s: float | None) -> None:
    """A client that is told to wait sits and waits."""
    end_s = account().end_s or 0.0
    budgets = Budgets(MemoryState())
    budgets.settle(Hold((account(),), None), 10, NOW_S)

    error = budgets.refusal([account()], 1, end_s - left_s)

    assert error.retry_after_s == wait_s
    assert "budget 'daily' (all) is spent: $10.00 of $10.00 a day; it begins anew" in error.message


def test_a_session_s_end_is_not_told() -> None:
    """Nobody knows it."""
    session = account(Budget("s", "token", "t", 1.0, "session"))
    budgets = Budgets(MemoryState())
    budgets.reserve(Purse((session,), (), known(0.5)), A, NOW_S)
    error = budgets.refusal([session], 0.7, NOW_S)

    assert error.retry_after_s is None
    assert error.message == (
        "budget 's' (token:t) does not reach for this request, about $0.7000: $0 of $1.00 a session spent,"
        " $0.5000 reserved"
    )


# ---------------------------------------------------------------- plans

CHEAP = PriceFacts(0.1, 0.5)
DEAR = PriceFacts(10, 50)


def priced(name: str, price: PriceFacts, model: str = "m") -> Provider:
    at = provider(name, "http://127.0.0.1:1")
    return dataclasses.replace(at, keys=(), models={model: ModelFacts(model, price=price)})


def desk(*providers: Provider, **budgets: dict[str, Any]) -> Desk:
    for each in budgets.values():
        each.setdefault("scope", "all")
    return Desk(providers, {"budgets": budgets})


def spend(at: Desk, name: str, usd: float) -> None:
    (budget,) = (each for each in at.routes.budgets if each.name == name)
    found = account_of(budget, "", Moment(at.now_s))
    assert found is not None
    at.router.budgets.settle(Hold((found,), None), usd, at.now_s)


BODY = long_body(20_000)


def test_what_does_not_fit_is_left_out() -> None:
    """The cheaper target still does; the reason stands in the decision."""
    at = desk(priced("a", DEAR), priced("b", CHEAP), daily={"limit_usd": 1})
    assert names(at.plan(body=BODY)) == ["a/m", "b/m"]

    spend(at, "daily", 0.9)
    plan = at.plan(body=BODY)

    assert names(plan) == ["b/m"]
    (refusal,) = plan.decision.refusals
    assert refusal.target == "a/m"
    assert "budget 'daily' (all) does not reach for this request" in refusal.reason


def test_when_it_is_spent_all_is_refused() -> None:
    """Which budget, spent of limit, when its window ends."""
    at = desk(priced("a", DEAR), priced("b", CHEAP), daily={"limit_usd": 1})
    spend(at, "daily", 1)

    with pytest.raises(BudgetSpent, match=r"'daily' \(all\) is spent: \$1.00 of \$1.00 a day"):
        at.plan(body=BODY)
    at.now_s += 86_400
    assert names(at.plan(body=BODY)) == ["a/m", "b/m"]


def test_a_model_that_costs_nothing_goes_on() -> None:
    """One on this machine, say."""
    at = desk(priced("a", DEAR), priced("b", PriceFacts(0, 0)), daily={"limit_usd": 1})
    spend(at, "daily", 1)

    assert names(at.plan(body=BODY)) == ["b/m"]


def test_a_provider_s_budget_leaves_out_that_provider() -> None:
    """And stops nobody else; when it was the only one, the request is refused."""
    limit = {"scope": "provider:a", "limit_usd": 1}
    at = desk(priced("a", CHEAP), priced("b", DEAR), of_a=limit)
    spend(at, "of_a", 1)
    assert names(at.plan(body=BODY)) == ["b/m"]

    alone = desk(priced("a", CHEAP), of_a=limit)
    spend(alone, "of_a", 1)
    with pytest.raises(BudgetSpent, match="provider:a"):
        alone.plan(body=BODY)


def degrading(*targets: str, **more: Any) -> dict[str, Any]:
    return {"limit_usd": 1, "at_limit": "degrade", "targets": list(targets), **more}


def test_a_budget_with_targets_of_its_own() -> None:
    """They replace the route's, and are asked though it is spent."""
    at = desk(priced("a", DEAR), priced("b", CHEAP, "small"), daily=degrading("b/small"))
    assert names(at.plan(body=BODY)) == ["a/m", "b/m"]

    spend(at, "daily", 1)
    plan = at.plan(body=BODY)

    assert names(plan) == ["b/small"]
    assert plan.decision.route == "budget daily"
    assert any("its own targets are asked instead" in note for note in plan.decision.notes)
    assert plan.purse is not None
    at.router.budgets.reserve(plan.purse, plan.candidates[0], at.now_s)
    assert names(at.plan(body=BODY)) == ["b/small"]  # from what was worked out before


def test_targets_of_its_own_when_nothing_fits_any_more() -> None:
    """A cent is left, and nothing costs so little."""
    at = desk(priced("a", DEAR), priced("b", CHEAP, "small"), daily=degrading("b/small"))
    spend(at, "daily", 0.9)

    assert names(at.plan(target="a/m", body=BODY)) == ["b/small"]


def test_a_spent_budget_s_own_targets_come_before_what_is_free() -> None:
    """That is what was written; near the limit, what still fits is asked."""
    free = priced("c", PriceFacts(0, 0))
    at = desk(priced("a", DEAR), free, priced("b", CHEAP, "small"), daily=degrading("b/small"))
    spend(at, "daily", 0.9)
    assert "c/m" in names(at.plan(body=BODY))
    assert "a/m" not in names(at.plan(body=BODY))

    spend(at, "daily", 0.1)
    assert names(at.plan(body=BODY)) == ["b/small"]


def test_another_budget_holds_for_those_targets_too() -> None:
    """Degraded by one, stopped by the other."""
    at = desk(
        priced("a", DEAR),
        priced("b", CHEAP, "small"),
        daily=degrading("b/small"),
        hard={"limit_usd": 5, "window": "month"},
    )
    spend(at, "daily", 1)
    spend(at, "hard", 5)

    with pytest.raises(BudgetSpent, match="'hard'"):
        at.plan(body=BODY)


def test_a_provider_s_budget_with_targets_waits_for_nobody_being_left() -> None:
    """As long as another one can be paid, that one is asked."""
    limit = degrading("c/m", scope="provider:a")
    at = desk(priced("a", CHEAP), priced("b", CHEAP), priced("c", CHEAP), of_a=limit)
    spend(at, "of_a", 1)
    assert names(at.plan(body=BODY)) == ["b/m", "c/m"]
    assert names(at.plan(body=BODY, target="a/m")) == ["c/m"]


def test_an_unknown_price_is_said() -> None:
    """Nothing can be reserved for it."""
    at = desk(priced("a", PriceFacts()), daily={"limit_usd": 1})

    assert "a price is unknown: nothing is reserved for it in the budgets" in (
        at.plan(body=BODY).decision.notes
    )


def test_a_count_of_tokens_costs_nothing() -> None:
    """It is answered whatever is spent."""
    at = desk(priced("a", DEAR), daily={"limit_usd": 1})
    spend(at, "daily", 1)

    assert at.plan(operation=Operation.COUNT_TOKENS).purse is None


def test_embeddings_have_no_answer_to_pay() -> None:
    """The input alone is reserved."""
    at = desk(priced("a", PriceFacts(1, None)), daily={"limit_usd": 1})
    asked = features(
        format_=WireFormat.OPENAI_CHAT, operation=Operation.EMBED, target="a/m", body={"input": "x"}
    )
    chat = dataclasses.replace(
        priced("a", PriceFacts(1, None)),
        endpoints=provider("a", "http://127.0.0.1:1", WireFormat.OPENAI_CHAT).endpoints,
    )
    at = desk(chat, daily={"limit_usd": 1})
    plan = at.plan(asked)

    assert plan.purse is not None
    assert (plan.purse.estimate(plan.candidates[0]) or 0) > 0


def test_what_is_warm_is_reserved_at_the_cache_s_price() -> None:
    """A conversation goes on for a tenth of the money."""
    cached = PriceFacts(10, 50, cache_read=1)
    at = desk(priced("a", cached), priced("b", cached), daily={"limit_usd": 1})
    first = at.plan(body=BODY, session="s")
    assert first.purse is not None
    cold = first.purse.estimate(first.candidates[0]) or 0.0
    at.router.affinity.answered(first.session, first.steps[0], 20_000, 300, at.now_s)
    second = at.plan(body=BODY, session="s")
    assert second.purse is not None
    assert 0 < (second.purse.estimate(second.candidates[0]) or 0.0) < cold


def test_no_budget_is_about_it() -> None:
    """Then nothing is worked out."""
    at = desk(priced("a", DEAR), theirs={"limit_usd": 1, "scope": "client:other"})

    assert at.plan(body=BODY).purse is None

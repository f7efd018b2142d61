"""Which candidates of a request the budgets can pay for, and what is done where they cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aimux.routing.budget import Account, Purse
from aimux.routing.candidates import Ladder, Routes
from aimux.routing.cost import request_cost
from aimux.routing.features import Features
from aimux.routing.plan import Candidate, Moment, Refusal
from aimux.routing.prices import price_for
from aimux.routing.router import Router
from aimux.wire.codec import Operation

UNPRICED = "a price is unknown: nothing is reserved for it in the budgets"


@dataclass(slots=True)
class Payable:
    """The candidates that can be paid for, the purse that pays for them (None: no budget is about the
    request), and what is to be told of it.
    """

    ladder: Ladder
    purse: Purse | None = None
    notes: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def payable(  # noqa: PLR0913, PLR0917 -- what a plan is made from
    router: Router, routes: Routes, features: Features, ladder: Ladder, session: str, moment: Moment
) -> Payable:
    """What of a ladder the budgets can pay for.

    A spent budget with targets of its own puts these in the ladder's place; a provider's does so only when
    nobody else is left.

    Raises:
        BudgetSpent: they can pay for nothing, and no budget has targets of its own for that.
    """
    result = Payable(ladder)
    if not routes.budgets or features.operation is Operation.COUNT_TOKENS:
        return result
    estimate = _estimate(router, features, session, moment.now_s)
    purse = router.budgets.purse(routes.budgets, features, session, moment, estimate)
    if purse is None:
        return result
    while True:
        hindered = {
            each: router.budgets.hindrance(purse, each, moment.now_s)
            for each in result.ladder.candidates
        }
        left = _with_targets(router, purse, hindered, moment.now_s)
        if left is None:
            break
        words = router.budgets.words(left, None, moment.now_s)
        result.notes.append(f"{words}: its own targets are asked instead")
        result.ladder = routes.degraded(features, left.budget)
        result.refusals.extend(result.ladder.refusals)
        purse = purse._replace(degraded=purse.degraded | {left.budget.name})
    _leave_out(router, purse, hindered, result, moment.now_s)
    if any(estimate(each) is None for each in result.ladder.candidates):
        result.notes.append(UNPRICED)
    result.purse = purse
    return result


def _with_targets(
    router: Router, purse: Purse, hindered: dict[Candidate, Account | None], now_s: float
) -> Account | None:
    """A budget that is in the way and has targets of its own, which are to be asked instead."""
    nobody = all(hindered.values())
    for account in dict.fromkeys(filter(None, hindered.values())):
        if not account.budget.targets or account.budget.name in purse.degraded:
            continue
        if nobody or (account in purse.general and router.budgets.is_spent(account, now_s)):
            return account
    return None


def _leave_out(
    router: Router,
    purse: Purse,
    hindered: dict[Candidate, Account | None],
    result: Payable,
    now_s: float,
) -> None:
    """Leaves out what cannot be paid for, each with its reason.

    Raises:
        BudgetSpent: that is all.
    """
    paid = tuple(each for each, account in hindered.items() if account is None)
    if not paid:
        accounts = list(dict.fromkeys(filter(None, hindered.values())))
        raise router.budgets.refusal(accounts, purse.estimate(next(iter(hindered))), now_s)
    for each, account in hindered.items():
        if account is not None:
            words = router.budgets.words(account, purse.estimate(each), now_s)
            result.refusals.append(Refusal(each.name, words))
    if len(paid) < len(hindered):
        result.ladder = result.ladder.only(paid)


def _estimate(
    router: Router, features: Features, session: str, now_s: float
) -> Callable[[Candidate], float | None]:
    """What a request will cost at a candidate; the guess of its prompt is corrected by what that
    candidate has billed before.
    """
    known: dict[tuple[str, str], float | None] = {}
    places = router.affinity.places(session, now_s) if session else {}

    def estimate(candidate: Candidate) -> float | None:
        place = candidate.place
        if place not in known:
            known[place] = compute(candidate)
        return known[place]

    def compute(candidate: Candidate) -> float | None:
        demand = features.demand
        if features.operation is Operation.EMBED:
            demand = demand._replace(output_tokens=0)
        tokens = round(demand.input_tokens * router.calibration.factor(candidate.place))
        warm = places.get(candidate.place)
        price = price_for(candidate.facts, tokens, now_s)
        held = warm.tokens if warm else 0
        return request_cost(price, demand._replace(input_tokens=tokens), held)

    return estimate

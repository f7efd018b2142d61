"""What an exchange has cost, as far as that is known, and what leaving a warm cache has cost on top.

Only the attempt that answered is priced, and of a hedge the prompt of the one that was outrun: its provider
has read it.  What a provider may bill for an attempt that failed is told by nobody.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aimux.catalogue.provider import ModelFacts
from aimux.gateway.record import Record
from aimux.model.response import Usage
from aimux.routing.cost import known_loss_usd, request_cost, usage_cost
from aimux.routing.plan import Candidate, Demand, Plan, Task
from aimux.routing.prices import price_for

UNKNOWN: Final = "unknown"
VENDOR: Final = "vendor"

_BILLING: Final = frozenset({"openrouter"})
"""Presets of vendors that say what an answer has cost, in US dollars."""


class Cost(NamedTuple):
    """US dollars and who says so; None is unknown."""

    usd: float | None
    source: str = UNKNOWN


def cost_of(candidate: Candidate, usage: Usage, now_s: float) -> Cost:
    """What a candidate's answer has cost: as its vendor says, else by the prices that hold."""
    if usage.cost_usd is not None and candidate.provider.preset in _BILLING:
        return Cost(usage.cost_usd, VENDOR)
    facts = candidate.facts
    usd = usage_cost(price_for(facts, usage.input_tokens or 0, now_s), usage)
    return Cost(None) if usd is None or not facts.price_source else Cost(usd, facts.price_source)


def bill(record: Record, plan: Plan, now_s: float) -> None:
    """Writes into a record what its answer has cost; ``now_s`` is when it began."""
    place = (record.provider, record.model)
    steps = (*plan.steps, *plan.resort)
    candidate = next((step.candidate for step in steps if step.candidate.place == place), None)
    if candidate is None:
        return
    if candidate.facts.price_source or record.usage.cost_usd is not None:
        record.cost_usd, record.cost_source = cost_of(candidate, record.usage, now_s)
    if len(record.attempts) > 1:
        _add_outrun(record, plan, now_s)
    if plan.cached or plan.left is not None:
        _note_loss(record, plan, candidate.facts, now_s)


def _add_outrun(record: Record, plan: Plan, now_s: float) -> None:
    """A hedge is paid for twice: the prompt of whoever was outrun, as large as the answer's was."""
    outrun = {(each.provider, each.model) for each in record.attempts if each.outcome == "outrun"}
    if not outrun:
        return
    tokens = record.usage.input_tokens or 0
    prices = [
        request_cost(price_for(each.facts, tokens, now_s), Demand(tokens, 0, Task.CHAT))
        for each in plan.candidates
        if each.place in outrun
    ]
    if record.cost_usd is None or None in prices or not tokens:
        record.cost_usd, record.cost_source = None, UNKNOWN
        return
    record.cost_usd += sum(price for price in prices if price is not None)
    record.cost_source += ", with a hedge estimated"


def _note_loss(record: Record, plan: Plan, facts: ModelFacts, now_s: float) -> None:
    """What of the conversation was warm elsewhere and had to be read anew.

    Cause: ``rule`` where the conversation goes by another rule than before, ``failover`` where the warm
    target failed or could not be asked, ``strategy`` where it could have been.
    """
    here = (record.provider or "", record.model or "")
    warm = dict(plan.cached)
    if plan.left is not None:
        warm[plan.left[0]] = plan.left[1]
    home = max(warm, key=lambda place: warm[place])
    lost = warm[home] - max(warm.get(here, 0), record.usage.cache_read_tokens or 0)
    if home == here or lost <= 0:
        return
    price = price_for(facts, record.usage.input_tokens or 0, now_s)
    record.cache_loss_tokens = lost
    record.cache_loss_usd = known_loss_usd(price, lost)
    if plan.left is not None and home == plan.left[0]:
        record.cache_loss_cause = "rule"
    elif _asked(record, home) or all(step.candidate.place != home for step in plan.steps):
        record.cache_loss_cause = "failover"
    else:
        record.cache_loss_cause = "strategy"


def _asked(record: Record, place: tuple[str, str]) -> bool:
    return any((each.provider, each.model) == place for each in record.attempts)

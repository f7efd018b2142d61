"""How each provider stands, for ``aimux status``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from aimux.admin.shapes import (
    BudgetShape,
    KeyState,
    ProviderStatusShape,
    QuotaShape,
    ResetShape,
    TroubleShape,
)
from aimux.catalogue.provider import Provider
from aimux.errors import KeyRefused, KeyringLocked, VaultError, VaultLocked
from aimux.gateway.fleet import Fleet
from aimux.gateway.snapshot import Snapshot
from aimux.routing.budget import WARN_AT, Budget, Budgets, account_of
from aimux.routing.plan import Moment
from aimux.routing.quota import Window, is_stale


def provider_status(
    provider: Provider, snapshot: Snapshot, fleet: Fleet, now_s: float
) -> ProviderStatusShape:
    """One provider; ``now_s`` is Unix time."""
    problem = snapshot.key_problems.get(provider.name)
    load = fleet.load_of(provider.name)
    troubles = list(troubles_of(provider.name, fleet, now_s))
    worst = max(troubles, key=lambda each: each["for_s"], default=None)
    return ProviderStatusShape(
        name=provider.name,
        enabled=provider.enabled,
        usable=provider.name not in snapshot.problems,
        key=_key_state(provider, snapshot, problem),
        key_problem=None if problem is None else problem.message,
        health="cooling" if worst else "ok" if load.requests > load.failures else "unknown",
        health_reason=worst["reason"] if worst else None,
        cooling_s=worst["for_s"] if worst else None,
        troubles=troubles,
        in_flight=load.in_flight,
        requests=load.requests,
        failures=load.failures,
        formats=[format_.value for format_ in provider.endpoints],
        quotas=[
            _quota(label, model, window, now_s)
            for label, model, window in fleet.router.quotas.told(provider.name, now_s)
        ],
    )


def budget_status(snapshot: Snapshot, fleet: Fleet) -> list[BudgetShape]:
    """Every budget, in its present window."""
    moment = fleet.moment()
    return [_budget(each, fleet.router.budgets, moment) for each in snapshot.routes.budgets]


def _budget(budget: Budget, budgets: Budgets, moment: Moment) -> BudgetShape:
    account = account_of(budget, "", moment)
    if account is None:
        spent, reserved = budgets.dearest_session_usd(budget, moment.now_s), 0.0
    else:
        spent = budgets.spent_usd(account, moment.now_s)
        reserved = budgets.reserved_usd(account, moment.now_s)
    share = spent / budget.limit_usd
    return BudgetShape(
        name=budget.name,
        scope=budget.scope,
        window=budget.window,
        limit_usd=budget.limit_usd,
        spent_usd=round(spent, 6),
        reserved_usd=round(reserved, 6),
        ends_at=_iso(account.end_s) if account else None,
        at_limit="degrade" if budget.targets else "stop",
        state="spent" if share >= 1 else "warning" if share >= WARN_AT else "ok",
    )


def troubles_of(name: str, fleet: Fleet, now_s: float) -> Iterator[TroubleShape]:
    """Everything that rests at a provider: models with open circuits, keys that were refused."""
    router = fleet.router
    for model, standing in router.circuits.of_provider(name, now_s).items():
        left_s = max(0.0, standing.until_s - now_s)
        yield _trouble("circuit", model, standing.state, standing.reason, left_s)
    for (room, which), rest in router.rests.of_provider(name, now_s).items():
        yield _trouble(room, which or "(none)", rest.kind, rest.reason, rest.until_s - now_s)


def forget_troubles(name: str, fleet: Fleet, now_s: float) -> ResetShape:
    """Ends everything for which a provider is left alone, and says what that was."""
    ended = list(troubles_of(name, fleet, now_s))
    windows = len(fleet.router.quotas.told(name, now_s))
    fleet.router.reset(name, now_s)
    return ResetShape(provider=name, ended=ended, windows=windows)


def _trouble(what: str, which: str, state: str, reason: str, for_s: float) -> TroubleShape:
    return TroubleShape(what=what, which=which, state=state, reason=reason, for_s=round(for_s, 1))


def _quota(label: str, model: str, window: Window, now_s: float) -> QuotaShape:
    return QuotaShape(
        key=label or None,
        model=model or None,
        window=window.name,
        used=None if window.used is None else round(window.used, 4),
        remaining=window.remaining,
        limit=window.limit,
        resets_at=_iso(window.resets_at_s),
        state=window.state,
        stale=is_stale(window, now_s),
    )


def _iso(seconds: float | None) -> str | None:
    """A time as ISO 8601; None also for one that no calendar has."""
    if seconds is None:
        return None
    try:
        when = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def _key_state(provider: Provider, snapshot: Snapshot, problem: VaultError | None) -> KeyState:
    if not provider.keys:
        return "none-needed"
    if snapshot.credentials.get(provider.name):
        return "ready"
    match problem:
        case KeyringLocked() | VaultLocked():
            return "locked"
        case KeyRefused():
            return "refused"
        case _:
            return "missing"

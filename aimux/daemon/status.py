"""The daemon's account of itself: what ``aimux status`` shows."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aimux import __version__
from aimux.admin.shapes import STATUS_SCHEMA, BudgetShape, ProviderStatusShape, State, StatusShape
from aimux.config.load import Loaded
from aimux.daemon.instance import Instance
from aimux.daemon.watch import Watch, notices
from aimux.errors import AimuxError, ConfigError
from aimux.gateway.app import Gateway
from aimux.routing.cost import usd


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gateway does not know of its own daemon.

    ``refused`` is why the last reload changed nothing, if it did not.
    """

    instance: Instance
    address: str
    url: str
    loaded: Loaded
    draining: bool
    refused: AimuxError | None
    restart_needed: list[str]
    log_lost: int
    watch: Watch
    alerts: list[str]
    ledger: tuple[str, ...] = ()
    """What the ledger has to say of itself."""
    bodies: tuple[str, ...] = ()
    """What those who keep bodies have to say."""


def status_shape(gateway: Gateway, facts: Facts) -> StatusShape:
    """The state of everything, now."""
    providers, budgets = gateway.provider_status(), gateway.budget_status()
    changed = changed_on_disk(facts.loaded)
    process = facts.watch.process()
    return {
        "schema": STATUS_SCHEMA,
        "state": state_of(providers, draining=facts.draining),
        "version": __version__,
        "pid": os.getpid(),
        "instance": facts.instance.id,
        "address": facts.address,
        "url": facts.url,
        "uptime_s": round(facts.instance.uptime_s, 1),
        "started_at": facts.instance.started_at,
        "config_path": str(facts.loaded.path),
        "config_generation": gateway.snapshot.generation,
        "config_changed_on_disk": changed,
        "requests": gateway.requests,
        "failures": gateway.failures,
        "in_flight": gateway.in_flight,
        "memory_mb": process.memory_mb,
        "open_files": process.open_files,
        "most_files": process.most_files,
        "connections": process.connections,
        "tasks": process.tasks,
        "threads": process.threads,
        "loop_lag_ms": round(process.lag_s * 1000, 1),
        "recent": facts.watch.recent(),
        "auth": gateway.snapshot.config.server.auth,
        "providers": providers,
        "budgets": budgets,
        "notices": [
            *_notices(gateway, facts, providers, budgets, changed=changed),
            *notices(process),
            *facts.alerts,
        ],
    }


def state_of(providers: list[ProviderStatusShape], *, draining: bool) -> State:
    """``degraded`` when something that was configured to work does not."""
    if draining:
        return "draining"
    if any(each["enabled"] and not each["usable"] for each in providers):
        return "degraded"
    return "running"


def changed_on_disk(loaded: Loaded) -> bool:
    """Whether the file is another one than the one that was loaded."""
    return _digest(loaded.path) != loaded.digest


def _digest(path: Path) -> str | None:
    """As ``Loaded.digest``; None, which equals none, when there is no file to be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None  # reading a pipe would wait for a writer
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError:
        return None


def _notices(
    gateway: Gateway,
    facts: Facts,
    providers: list[ProviderStatusShape],
    budgets: list[BudgetShape],
    *,
    changed: bool,
) -> Iterator[str]:
    """What a person should know, each with what to do about it."""
    if not any(each["enabled"] for each in providers):
        yield "no provider is configured; add one: aimux providers add NAME"
    if gateway.snapshot.config.server.auth == "none":
        yield 'server.auth is "none": every program and user of this machine can spend your keys'
    if facts.restart_needed:
        keys = ", ".join(facts.restart_needed)
        yield f"changed and waiting for a restart: {keys}; apply with: aimux restart"
    if changed and isinstance(facts.refused, ConfigError):
        yield f"the last reload was refused: {facts.refused.message}; see: aimux config check"
    if gateway.snapshot.tokens_problem:
        yield f"client tokens stay as they were: {gateway.snapshot.tokens_problem}"
    yield from filter(None, map(_of_budget, budgets))
    yield from (str(warning) for warning in facts.loaded.warnings)
    if facts.log_lost:
        yield f"{facts.log_lost} log lines could not be written; is the disk full?"
    yield from facts.ledger
    yield from facts.bodies


def _of_budget(budget: BudgetShape) -> str | None:
    """What a person should know of a budget that is spent or nearly so."""
    if budget["state"] == "ok":
        return None
    spent = f"{usd(budget['spent_usd'])} of {usd(budget['limit_usd'])} a {budget['window']}"
    if budget["state"] == "warning":
        return f"budget {budget['name']!r} is nearly spent: {spent}"
    follows = (
        "its own targets are asked" if budget["at_limit"] == "degrade" else "requests are refused"
    )
    return f"budget {budget['name']!r} is spent: {spent}; {follows}"

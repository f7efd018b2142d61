"""The daemon's account of itself: what ``aimux status`` shows."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aimux import __version__
from aimux.admin.shapes import STATUS_SCHEMA, ProviderStatusShape, State, StatusShape
from aimux.config.load import Loaded
from aimux.daemon.instance import Instance
from aimux.errors import AimuxError, ConfigError
from aimux.gateway.app import Gateway
from aimux.telemetry.resources import memory_mb, open_files


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


def status_shape(gateway: Gateway, facts: Facts) -> StatusShape:
    """The state of everything, now."""
    providers = gateway.provider_status()
    changed = changed_on_disk(facts.loaded)
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
        "memory_mb": memory_mb(),
        "open_files": open_files(),
        "auth": gateway.snapshot.config.server.auth,
        "providers": providers,
        "notices": list(_notices(gateway, facts, providers, changed=changed)),
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
    gateway: Gateway, facts: Facts, providers: list[ProviderStatusShape], *, changed: bool
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
    yield from (str(warning) for warning in facts.loaded.warnings)
    if facts.log_lost:
        yield f"{facts.log_lost} log lines could not be written; is the disk full?"

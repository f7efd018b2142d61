"""How each provider stands, for ``aimux status``."""

from __future__ import annotations

from aimux.admin.shapes import KeyState, ProviderStatusShape
from aimux.catalogue.provider import Provider
from aimux.errors import KeyRefused, KeyringLocked, VaultError, VaultLocked
from aimux.gateway.fleet import Fleet
from aimux.gateway.snapshot import Snapshot


def provider_status(
    provider: Provider, snapshot: Snapshot, fleet: Fleet, now_s: float
) -> ProviderStatusShape:
    """One provider; ``now_s`` is monotonic."""
    problem = snapshot.key_problems.get(provider.name)
    load = fleet.load_of(provider.name)
    rest = fleet.health.rest_of_provider(provider.name, now_s)
    return ProviderStatusShape(
        name=provider.name,
        enabled=provider.enabled,
        usable=provider.name not in snapshot.problems,
        key=_key_state(provider, snapshot, problem),
        key_problem=None if problem is None else problem.message,
        health="cooling" if rest else "ok" if load.requests > load.failures else "unknown",
        health_reason=rest.reason if rest else None,
        cooling_s=round(rest.until_s - now_s, 1) if rest else None,
        in_flight=load.in_flight,
        requests=load.requests,
        failures=load.failures,
        formats=[format_.value for format_ in provider.endpoints],
    )


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

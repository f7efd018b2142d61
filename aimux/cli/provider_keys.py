"""The keys of configured providers, read for a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aimux.errors import KeyMissing, KeyringLocked, KeyringUnavailable, VaultError, VaultLocked

if TYPE_CHECKING:
    from aimux.catalogue.provider import Provider
    from aimux.config.keyref import KeyReference
    from aimux.config.paths import Paths
    from aimux.vault.secret import Credential

UNCHECKED = "not looked at"
"""A program that prints a key is not run only to show a list."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One reference of a provider and what stands behind it: a key, or why there is none."""

    reference: KeyReference
    found: Credential | VaultError | None

    @property
    def state(self) -> str:
        """``ready``, ``missing``, ``locked``, ``no keyring``, ``refused``, or that nobody looked."""
        match self.found:
            case None:
                return UNCHECKED
            case KeyMissing():
                return "missing"
            case KeyringLocked() | VaultLocked():
                return "locked"
            case KeyringUnavailable():
                return "no keyring"
            case VaultError():
                return "refused"
            case _:
                return "ready"


def hosts_of(provider: Provider) -> frozenset[str]:
    """Where a provider's keys may be sent."""
    return frozenset(endpoint.host for endpoint in provider.endpoints.values())


def held_keys(
    providers: Iterable[Provider], paths: Paths, *, run_commands: bool
) -> dict[str, tuple[HeldKey, ...]]:
    """The keys of each provider, in its own order; empty for one that needs none.

    ``run_commands`` also runs the programs of ``command:`` references, which may ask for something.
    """
    from aimux.vault.sources import read_keys

    asked = list(providers)
    wanted: dict[KeyReference, frozenset[str]] = {}
    for provider in asked:
        for reference in provider.keys:
            if run_commands or reference.scheme != "command":
                wanted[reference] = wanted.get(reference, frozenset()) | hosts_of(provider)
    read = read_keys(wanted, paths) if wanted else {}
    return {provider.name: _held(provider, read) for provider in asked}


def _held(provider: Provider, read: Mapping[KeyReference, object]) -> tuple[HeldKey, ...]:
    return tuple(HeldKey(each, _found(provider, each, read)) for each in provider.keys)


def _found(
    provider: Provider, reference: KeyReference, read: Mapping[KeyReference, object]
) -> Credential | VaultError | None:
    from aimux.vault.secret import Credential, Secret

    match read.get(reference):
        case Secret() as secret:
            return Credential(provider.name, str(reference), reference, secret, hosts_of(provider))
        case VaultError() as problem:
            return problem
        case _:
            return None

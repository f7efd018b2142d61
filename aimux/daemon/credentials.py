"""From keys that were read to the credentials of a provider.

A provider has the keys that could be read, in its own order, and the first reason why one is not
among them.  A key we hold already is kept while its keyring is only locked: a screen that locks must
not take providers away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath

from aimux.catalogue.provider import Provider
from aimux.config.keyref import KeyReference
from aimux.errors import KeyMissing, KeyringLocked, VaultError
from aimux.vault.secret import Credential, Secret

Keys = Mapping[KeyReference, Secret | VaultError]


def wanted_keys(providers: Iterable[Provider]) -> dict[KeyReference, frozenset[str]]:
    """The references of enabled providers, each with the hosts its key would be sent to."""
    wanted: dict[KeyReference, frozenset[str]] = {}
    for provider in providers:
        if provider.enabled:
            for reference in provider.keys:
                wanted[reference] = wanted.get(reference, frozenset()) | hosts_of(provider)
    return wanted


def hosts_of(provider: Provider) -> frozenset[str]:
    """Hosts of a provider's addresses: where its keys may go."""
    return frozenset(endpoint.host for endpoint in provider.endpoints.values())


def credentials_of(
    provider: Provider, keys: Keys, held: Iterable[Credential] = ()
) -> tuple[tuple[Credential, ...], VaultError | None]:
    """A provider's credentials, and the first reason why one of its keys is not among them.

    ``held`` are those it had before.
    """
    if not provider.enabled:
        return (), None
    found: list[Credential] = []
    reasons: list[VaultError] = []
    hosts = hosts_of(provider)
    for reference in provider.keys:
        match keys.get(reference):
            case Secret() as secret:
                label = label_of(reference)
                found.append(Credential(provider.name, label, reference, secret, hosts))
            case VaultError() as reason:
                reasons.append(reason)
                found += _still_held(reference, reason, hosts, held)
            case _:
                reasons.append(KeyMissing(f"the key {str(reference)!r} was not read"))
    return tuple(found), next(iter(reasons), None)


def _still_held(
    reference: KeyReference,
    reason: VaultError,
    hosts: frozenset[str],
    held: Iterable[Credential],
) -> list[Credential]:
    """The key from before, if its place is only locked; never for a host it was not for."""
    if not isinstance(reason, KeyringLocked):
        return []
    return [
        replace(each, hosts=hosts)
        for each in held
        if each.reference == reference and hosts <= each.hosts
    ]


def label_of(reference: KeyReference) -> str:
    """A short name for one of a provider's keys; says where it is, never what it is."""
    match reference.scheme:
        case "keyring" | "vault":
            return reference.name.rpartition("/")[2]
        case "file":
            return PurePath(reference.name).name
        case "command":
            return "command"
        case _:
            return reference.name

"""Storing, listing, removing and moving keys.

A key goes into the keyring; where there is none that keeps secrets, into the vault; never anywhere
weaker, and never silently: every function says where it went.  A keyring that is locked is there, so
it is an error and no reason to use the vault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aimux.config.keyref import KeyReference
from aimux.config.paths import Paths
from aimux.errors import (
    KeyMissing,
    KeyRefused,
    KeyringLocked,
    KeyringUnavailable,
    UsageError,
    VaultError,
)
from aimux.vault.access import Access
from aimux.vault.record import StoredKey, pack
from aimux.vault.secret import Secret
from aimux.vault.sources import find_keys, given_out

Place = Literal["keyring", "vault"]
State = Literal["ready", "unbound", "missing", "locked", "refused", "other host", "unavailable"]

_DAEMON = Access()


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key in ``keys list``: where it is kept and whether it can be had, never the key.

    ``hosts`` is ``None`` when it is bound to none, or when that cannot be seen.
    """

    reference: KeyReference
    state: State
    hosts: frozenset[str] | None
    problem: VaultError | None


def store_key(  # noqa: PLR0913 -- four facts about the key, where aimux lives, and how to reach it
    provider: str,
    label: str,
    key: Secret,
    hosts: frozenset[str],
    paths: Paths,
    *,
    access: Access = _DAEMON,
) -> KeyReference:
    """Stores a key for these hosts (host:port) in the keyring, else in the vault; says where.

    Raises:
        KeyringLocked: there is a keyring and it does not open; nothing was stored.
        VaultLocked, VaultCorrupt: there is no keyring, and the vault cannot be used.
    """
    name = f"{provider}/{label}"
    stored = StoredKey(key, hosts)
    try:
        return put(KeyReference("keyring", name), stored, paths, access=access)
    except KeyringUnavailable:
        return put(KeyReference("vault", name), stored, paths, access=access)
    except KeyringLocked as problem:
        problem.hint = f"unlock your login keyring and try again, or: aimux keys set {name} --vault"
        raise


def put(
    reference: KeyReference, stored: StoredKey, paths: Paths, *, access: Access
) -> KeyReference:
    """Stores a key exactly where the reference says.

    Raises:
        KeyringUnavailable, KeyringLocked, VaultLocked, VaultCorrupt: it cannot be kept there.
    """
    if reference.scheme == "keyring":
        access.keyring().write(reference.name, pack(stored))
    else:
        access.vault(paths).write(reference.name, pack(stored))
    return reference


def list_keys(
    wanted: Mapping[KeyReference, frozenset[str]], paths: Paths, *, access: Access = _DAEMON
) -> tuple[KeyEntry, ...]:
    """The keys of these references, in their order, then those in the vault that nobody refers to.

    ``wanted`` says for each the hosts it would be sent to.  The keyring cannot be asked what it
    has; keys in there that no reference names are not seen.
    """
    unreferenced = {
        each: frozenset[str]() for each in _in_vault(paths, access) if each not in wanted
    }
    everything = {**wanted, **unreferenced}
    found = find_keys(everything, paths, access)
    return tuple(_entry(each, found[each], hosts) for each, hosts in everything.items())


def remove_key(reference: KeyReference, paths: Paths, *, access: Access = _DAEMON) -> bool:
    """Removes a key from where the reference says; False if there was none.

    Raises:
        UsageError: a reference to something that aimux does not keep.
        KeyringUnavailable, KeyringLocked, VaultLocked, VaultCorrupt: it cannot be removed.
    """
    match reference.scheme:
        case "keyring":
            return access.keyring().delete(reference.name)
        case "vault":
            return access.vault(paths).remove(reference.name)
        case _:
            raise UsageError(f"aimux keeps no key under {reference.scheme}:")


def move_key(
    source: KeyReference,
    to: KeyReference,
    hosts: frozenset[str],
    paths: Paths,
    *,
    access: Access,
) -> None:
    """Copies a key to another place, bound to the hosts it had or else to these.

    The source is left: it is removed (:func:`remove_key`) after the configuration names the new
    place, so that a crash between the two leaves two copies and not none.

    Raises:
        KeyHostMismatch: it is bound to other hosts than these.
        VaultError: it cannot be read there, or not be kept here, or another key is there already.
    """
    results = find_keys([source, to], paths, access)
    key = given_out(source, results[source], hosts)
    if isinstance(key, VaultError):
        raise key
    bound = results[source]
    kept = hosts if isinstance(bound, VaultError) or bound.hosts is None else bound.hosts
    _must_be_free(to, results[to], key)
    put(to, StoredKey(key, kept), paths, access=access)


def _must_be_free(to: KeyReference, found: StoredKey | VaultError, key: Secret) -> None:
    match found:
        case KeyMissing():
            return
        case StoredKey(secret=secret) if secret == key:
            return
        case StoredKey():
            raise KeyRefused(
                f"another key is already kept as {str(to)!r}",
                hint=f"keep one of them: aimux keys remove {to.name}",
            )
        case _:
            raise found


def _in_vault(paths: Paths, access: Access) -> list[KeyReference]:
    """What the vault has; nothing if there is none, or if it is no vault (its readers say so)."""
    if not paths.vault.exists():
        return []
    try:
        return [KeyReference("vault", name) for name in access.vault(paths).names()]
    except VaultError:
        return []


def _entry(
    reference: KeyReference, found: StoredKey | VaultError, hosts: frozenset[str]
) -> KeyEntry:
    bound = None if isinstance(found, VaultError) else found.hosts
    given = given_out(reference, found, hosts)
    if isinstance(given, VaultError):
        return KeyEntry(reference, _state(given), bound, given)
    kept_by_us = reference.scheme in {"keyring", "vault"}
    return KeyEntry(reference, "unbound" if kept_by_us and bound is None else "ready", bound, None)


def _state(problem: VaultError) -> State:
    match problem.code:
        case "key-missing":
            return "missing"
        case "keyring-locked" | "vault-locked":
            return "locked"
        case "key-host-mismatch":
            return "other host"
        case "keyring-unavailable":
            return "unavailable"
        case _:
            return "refused"

"""Keys of aimux's own: random, made when they are first needed, kept where those of providers are.

They are stored bound to no host at all, so that a configuration that names one as a provider's key never
gets it.
"""

from __future__ import annotations

import secrets
from typing import Final

from aimux.config.keyref import KeyReference
from aimux.config.paths import Paths
from aimux.errors import KeyMissing, KeyRefused, KeyringUnavailable, VaultError
from aimux.vault.access import Access
from aimux.vault.record import StoredKey
from aimux.vault.secret import Secret
from aimux.vault.sources import Result, find_keys
from aimux.vault.store import store_key

BODIES: Final = "aimux/bodies"
"""Encrypts what is kept of what is said (``telemetry.bodies``)."""

KEY_BYTES: Final = 32


def own_keys(name: str, paths: Paths, access: Access) -> list[Secret]:
    """The keys of that name, the keyring's before the vault's; there are two where a keyring came or went.

    Raises:
        VaultError: none can be had, and why; KeyMissing where there is none.
    """
    places = (KeyReference("keyring", name), KeyReference("vault", name))
    results = find_keys(places, paths, access)
    found = [each.secret for place in places if isinstance(each := results[place], StoredKey)]
    if not found:
        raise _reason(results[places[0]], results[places[1]])
    return found


def _reason(keyring: Result, vault: Result) -> VaultError:
    """Why there is no key: a place that is locked may have it, one that is empty has not."""
    for each in (keyring, vault):
        if isinstance(each, VaultError) and not isinstance(each, KeyMissing | KeyringUnavailable):
            return each
    return KeyMissing("the key of what was kept is not there")


def ensure_own_key(name: str, paths: Paths, access: Access) -> Secret:
    """The key of that name, made now if there is none in any place that can be looked into.

    Raises:
        VaultError: a place that may have it is locked, or it cannot be kept anywhere.
    """
    try:
        return own_keys(name, paths, access)[0]
    except KeyMissing:
        key = Secret(secrets.token_hex(KEY_BYTES))
        provider, _, label = name.partition("/")
        store_key(provider, label, key, frozenset(), paths, access=access)
        return key


def own_material(key: Secret) -> bytes:
    """The 32 bytes of a key of our own.

    Raises:
        KeyRefused: somebody has put something else there.
    """
    try:
        material = bytes.fromhex(key.reveal())
    except ValueError:
        material = b""
    if len(material) != KEY_BYTES:
        raise KeyRefused("what is kept as a key of aimux's own is none")
    return material

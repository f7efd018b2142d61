"""What is kept in a keyring's item or a vault's record: the key and the hosts it is for.

    {"aimux": 1, "hosts": ["api.z.ai:443"], "key": "..."}

Binding a key to hosts means that whoever changes a ``base_url`` does not get the key: it is given
out again only after somebody has typed it again.  A bare text, put there by another program, is a
key that is bound to nothing; no key begins with a brace.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from aimux.errors import KeyRefused
from aimux.vault.hygiene import checked_key
from aimux.vault.secret import Secret

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key and where it may be sent; ``hosts`` (host:port) is ``None`` for an unbound one."""

    secret: Secret
    hosts: frozenset[str] | None = None


def pack(stored: StoredKey) -> Secret:
    """The text that is stored; the same key and hosts give the same text."""
    if stored.hosts is None:
        return stored.secret
    fields = {"aimux": _VERSION, "hosts": sorted(stored.hosts), "key": stored.secret.reveal()}
    return Secret(json.dumps(fields, sort_keys=True, separators=(",", ":")))


def unpack(text: str) -> StoredKey:
    """The key of a stored text, bound or bare.

    Raises:
        KeyRefused: it cannot be a key, or is a record of a later version.
    """
    if not text.startswith("{"):
        return StoredKey(checked_key(text))
    match _decoded(text):
        case {"aimux": 1, "key": str(key), "hosts": list(hosts)} if _are_texts(hosts):
            return StoredKey(checked_key(key), frozenset(hosts))
        case _:
            raise KeyRefused(
                "the stored key is of a form that this version of aimux does not know",
                hint="store it again: aimux keys set PROVIDER",
            )


def _decoded(text: str) -> object:
    """The JSON value in a text, None when it is none; the error would hold the text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _are_texts(values: list[object]) -> bool:
    return all(isinstance(value, str) for value in values)

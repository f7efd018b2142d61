"""References to keys: where one is kept, never the key itself.

keyring:<provider>/<label>   the OS keyring
vault:<provider>/<label>     aimux's own AES-256-GCM file
env:<NAME>                   a variable of the daemon's environment
file:<path>                  a file of mode 0600
command:<program args...>    what a program prints, started without a shell
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Scheme = Literal["keyring", "vault", "env", "file", "command"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

DEFAULT_LABEL = "default"


@dataclass(frozen=True, slots=True)
class KeyReference:
    """Where a key is kept: ``scheme`` says what kind of place, ``name`` which one there."""

    scheme: Scheme
    name: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.name}"


def parse_key_reference(text: str) -> KeyReference:
    """The reference a configuration's text means.

    ``keyring:zai`` is short for ``keyring:zai/default``; the same for ``vault:``.

    Raises:
        ValueError: no known scheme, or nothing behind it; the text is not repeated, since it may
            be a key put in the wrong place.
    """
    for scheme in SCHEMES:
        name = text.removeprefix(scheme + ":").strip()
        if name == text or not text.startswith(scheme + ":"):
            continue
        if not name:
            raise ValueError(f"nothing stands behind {scheme}:")
        if scheme in {"keyring", "vault"} and "/" not in name:
            name = f"{name}/{DEFAULT_LABEL}"
        return KeyReference(scheme, name)
    allowed = ", ".join(scheme + ":" for scheme in SCHEMES)
    raise ValueError(f"must begin with one of {allowed}")


def default_reference(provider: str) -> KeyReference:
    """Where a provider's key is looked for when the configuration does not say."""
    return KeyReference("keyring", f"{provider}/{DEFAULT_LABEL}")

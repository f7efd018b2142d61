"""How keys may be reached: by a daemon that nobody watches, or for a person at a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from aimux.config.paths import Paths
from aimux.vault.keyring import DAEMON_LIMIT_S, Keyring
from aimux.vault.secret import Secret

if TYPE_CHECKING:
    from aimux.vault.file import VaultFile


class PassphrasePrompt(Protocol):
    """A person who can be asked; ``None`` is no answer."""

    def existing(self) -> Secret | None:
        """The passphrase of the vault that is there."""

    def chosen(self) -> Secret | None:
        """A passphrase for a vault that is about to be made; ``None`` for a key file instead."""


def _our_environment() -> Mapping[str, str]:
    return os.environ


@dataclass(frozen=True, slots=True)
class Access:
    """The ways that are open; the default is the daemon's.

    ``limit_s`` is how long the keyring may take.  ``dialog`` lets it ask at the screen, and
    ``waiting`` is called once if that takes longer than a second.  ``passphrase`` opens a vault
    that has one; ``prompt`` asks for it when nothing else does.
    """

    environ: Mapping[str, str] = field(default_factory=_our_environment, repr=False)
    limit_s: float = DAEMON_LIMIT_S
    dialog: bool = False
    waiting: Callable[[], None] | None = None
    passphrase: Secret | None = None
    prompt: PassphrasePrompt | None = None

    def keyring(self) -> Keyring:
        """The keyring, reached in this way."""
        return Keyring(self.environ, self.limit_s, self.dialog, self.waiting)

    def vault(self, paths: Paths) -> VaultFile:
        """The vault, opened in this way."""
        from aimux.vault.file import VaultFile  # cryptography costs 5 MB that few daemons need
        from aimux.vault.unlocking import Unlocking

        beside = paths.vault.with_name("vault.key")
        opened_by = Unlocking(beside, self.environ, self.passphrase, self.prompt)
        return VaultFile(paths.vault, opened_by)

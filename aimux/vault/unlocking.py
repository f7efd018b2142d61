"""What opens the vault, and what a new one is closed with.

In this order; the first that fits the vault's header and is right:

    a vault with a key file     AIMUX_VAULT_KEY_FILE, then vault.key beside the vault
    one with a passphrase       AIMUX_VAULT_PASSPHRASE, the passphrase that was handed in, the prompt

A key file that lies beside the vault protects copies of the vault (backups, synchronised folders).
It does not protect against programs of the same user: they can read both.
"""

from __future__ import annotations

import contextlib
import secrets
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aimux.errors import KeyMissing, KeyRefused, VaultLocked
from aimux.vault import derivation
from aimux.vault.access import PassphrasePrompt
from aimux.vault.derivation import Derivation, KeyFile
from aimux.vault.private import create_private, read_private
from aimux.vault.secret import Secret

KEY_FILE_VARIABLE: Final = "AIMUX_VAULT_KEY_FILE"
PASSPHRASE_VARIABLE: Final = "AIMUX_VAULT_PASSPHRASE"  # noqa: S105 -- the variable's name


@dataclass(frozen=True, slots=True)
class Unlocking:
    """The key files and passphrases at hand."""

    beside: Path
    """The key file that is made with a vault for which nobody gave anything else."""
    environ: Mapping[str, str] = field(repr=False)
    passphrase: Secret | None = None
    prompt: PassphrasePrompt | None = None

    def materials(self, wanted: Derivation) -> Iterator[bytes]:
        """What may open a vault of this derivation, in order; each asked for when its turn comes.

        Raises:
            VaultLocked: a key file is there, or named, and cannot be used.
        """
        if isinstance(wanted, KeyFile):
            yield from self._key_files()
        else:
            for passphrase in self._passphrases():
                yield derivation.passphrase_material(passphrase.reveal())

    def hint(self, wanted: Derivation) -> str:
        """What to do when none of the materials opened it."""
        if isinstance(wanted, KeyFile):
            return f"put its key file back at {self.beside}, or name it in {KEY_FILE_VARIABLE}"
        return f"aimux keys unlock, or set {PASSPHRASE_VARIABLE}"

    def uses_beside(self) -> bool:
        """Whether it is the key file beside the vault that would open it, and none elsewhere."""
        return self._named() is None and self.beside.exists()

    def closing(self) -> tuple[Derivation, bytes]:
        """The derivation and the key for a new vault.

        Raises:
            VaultLocked: the key file that was named cannot be used.
        """
        salt = secrets.token_bytes(derivation.SALT_BYTES)
        named = self._named()
        passphrase = None if named else self._for_new_vault()
        if passphrase:
            wanted: Derivation = derivation.passphrase_derivation(salt)
            material = derivation.passphrase_material(passphrase.reveal())
        else:
            wanted = KeyFile(salt)
            material = _required_key_file(named) if named else self._made_key_file()
        return wanted, derivation.derived_key(wanted, material)

    def _key_files(self) -> Iterator[bytes]:
        named = self._named()
        if named is not None:
            yield _required_key_file(named)
        with contextlib.suppress(KeyMissing):
            yield _read_key_file(self.beside)

    def _passphrases(self) -> Iterator[Secret]:
        for passphrase in (self._variable(), self.passphrase):
            if passphrase:
                yield passphrase
        asked = self.prompt.existing() if self.prompt else None
        if asked:
            yield asked

    def _for_new_vault(self) -> Secret | None:
        given = self._variable() or self.passphrase
        return given or (self.prompt.chosen() if self.prompt else None)

    def _named(self) -> Path | None:
        named = self.environ.get(KEY_FILE_VARIABLE)
        return Path(named).expanduser() if named else None

    def _variable(self) -> Secret | None:
        value = self.environ.get(PASSPHRASE_VARIABLE)
        return Secret(value) if value else None

    def _made_key_file(self) -> bytes:
        create_private(self.beside, secrets.token_hex(derivation.KEY_BYTES) + "\n")
        return _read_key_file(self.beside)


def _required_key_file(path: Path) -> bytes:
    """The key in a file that somebody named, so that its absence is an error."""
    try:
        return _read_key_file(path)
    except KeyMissing as problem:
        raise VaultLocked(f"{KEY_FILE_VARIABLE}: {problem.message}") from problem


def _read_key_file(path: Path) -> bytes:
    """The key in a file.

    Raises:
        KeyMissing: there is none.
        VaultLocked: it is not private, or holds no key.
    """
    try:
        material = derivation.key_file_material(read_private(path))
    except KeyRefused as problem:
        raise VaultLocked(problem.message, hint=problem.hint) from problem
    if material is None:
        raise VaultLocked(
            f"the file {str(path)!r} holds no vault key: 32 random bytes, raw or as hex or base64",
            hint=f"make one for a new vault: (umask 077; openssl rand -hex 32 > {shlex.quote(str(path))})",
        )
    return material

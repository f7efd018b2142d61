"""``vault.aimux``: the encrypted keys where there is no keyring.

Read whole and written whole, by replacing the file: a reader needs no lock and sees the old vault or
the new.  Writers take turns through a lock on a file beside it, which the kernel gives back when a
process dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aimux.config.paths import make_private_folder, write_private
from aimux.errors import VaultCorrupt, VaultLocked
from aimux.vault import crypto
from aimux.vault.crypto import Envelope
from aimux.vault.derivation import Derivation, KeyFile, derived_key
from aimux.vault.secret import Secret
from aimux.vault.unlocking import Unlocking

MAX_VAULT_BYTES: Final = 8 * 2**20
LOCK_LIMIT_S: Final = 10.0
_LOCK_LOOK_S: Final = 0.02

Change = Callable[[Mapping[str, bytes]], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class VaultFile:
    """The vault of one aimux and what may open it."""

    path: Path
    unlocking: Unlocking
    lock_limit_s: float = LOCK_LIMIT_S

    def exists(self) -> bool:
        """Whether there is a vault."""
        return self.path.exists()

    def needs_passphrase(self) -> bool:
        """Whether it is opened by a passphrase rather than a key file; False if there is none."""
        envelope = self._envelope()
        return envelope is not None and not isinstance(envelope.derivation, KeyFile)

    def names(self) -> tuple[str, ...]:
        """The names of its records, which need no key; empty if there is no vault.

        Raises:
            VaultCorrupt: the file is not a vault.
        """
        envelope = self._envelope()
        return () if envelope is None else tuple(envelope.records)

    def read(self) -> dict[str, Secret]:
        """Every record by name; empty if there is no vault.

        Raises:
            VaultLocked: nothing at hand opens it.
            VaultCorrupt: it was changed by something that is not aimux, or is not whole.
        """
        envelope = self._envelope()
        if envelope is None:
            return {}
        _, contents = self._open(envelope)
        return {name: Secret(content.decode()) for name, content in contents.items()}

    def write(self, name: str, text: Secret) -> None:
        """Adds or replaces a record, making the vault if there is none.

        Raises:
            VaultLocked, VaultCorrupt: as for :meth:`read`; nothing was changed.
        """
        content = text.reveal().encode()
        self._change(lambda contents: {**contents, name: content})

    def remove(self, name: str) -> bool:
        """Removes a record; False if there was none.  Raises as :meth:`write`."""
        if name not in self.names():
            return False
        self._change(lambda contents: {k: v for k, v in contents.items() if k != name})
        return True

    def _envelope(self) -> Envelope | None:
        try:
            with self.path.open("rb") as file:
                content = file.read(MAX_VAULT_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise VaultLocked(f"the vault cannot be read: {problem.strerror}") from problem
        try:
            if len(content) > MAX_VAULT_BYTES:
                raise VaultCorrupt("the vault's file is too large to be one")
            return crypto.parse(content)
        except VaultCorrupt as problem:
            problem.hint = _start_again(self.path)
            raise

    def _open(self, envelope: Envelope) -> tuple[bytes, dict[str, bytes]]:
        """The key that fits and the contents."""
        refused = VaultLocked("the vault is locked")
        for material in self.unlocking.materials(envelope.derivation):
            key = derived_key(envelope.derivation, material)
            try:
                return key, crypto.unseal(envelope, key)
            except VaultLocked as problem:
                refused = problem
            except VaultCorrupt as problem:
                problem.hint = _start_again(self.path)
                raise
        refused.hint = self.unlocking.hint(envelope.derivation)
        raise refused

    def _change(self, change: Change) -> None:
        while not self._changed(change):
            pass  # another process made the vault meanwhile: its key, not ours, holds from now on

    def _changed(self, change: Change) -> bool:
        """Opens, changes and replaces the vault; nothing is asked of a person under the lock."""
        found = self._envelope()
        derivation, key = self.unlocking.closing() if found is None else self._reopened(found)
        with self._lock():
            envelope = self._envelope()
            if envelope is not None and envelope.derivation != derivation:
                return False
            contents = change({} if envelope is None else crypto.unseal(envelope, key))
            self._sweep()
            write_private(self.path, crypto.dump(crypto.seal(contents, derivation, key, _nonce)))
            written = self._envelope()
            if written is None or crypto.unseal(written, key) != contents:
                raise VaultCorrupt("the vault did not keep what it was given")
        return True

    def _reopened(self, envelope: Envelope) -> tuple[Derivation, bytes]:
        key, _ = self._open(envelope)
        return envelope.derivation, key

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Held while the vault is replaced; two threads exclude each other as two processes do."""
        make_private_folder(self.path.parent)
        beside = self.path.with_name(f"{self.path.name}.lock")
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait_for(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _wait_for(self, descriptor: int) -> None:
        deadline = time.monotonic() + self.lock_limit_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise VaultLocked("another program keeps the vault's lock") from None
                time.sleep(_LOCK_LOOK_S)
            else:
                return

    def _sweep(self) -> None:
        """Removes what a killed writer left; only a holder of the lock may."""
        for leftover in self.path.parent.glob(f".{self.path.name}.*"):
            with contextlib.suppress(OSError):
                leftover.unlink()


def _start_again(path: Path) -> str:
    quoted = shlex.quote(str(path))
    return f"restore {quoted} from a copy, or set the keys again after: mv {quoted} {quoted}.broken"


def _nonce() -> bytes:
    return secrets.token_bytes(crypto.NONCE_BYTES)

"""Asking a person for a key or a passphrase: hidden on a terminal, else through stdin."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Final

from aimux.cli import output
from aimux.errors import KeyRefused, UsageError

if TYPE_CHECKING:
    from aimux.vault.access import Access
    from aimux.vault.secret import Secret

_MAX_STDIN_BYTES: Final = 2**16
_TRIES: Final = 3


def asked_key(provider: str, *, from_stdin: bool) -> Secret:
    """The key that the person gives, checked.

    Raises:
        UsageError: nobody can be asked, or no answer came.
        KeyRefused: what was given cannot be a key.
    """
    from aimux.vault.hygiene import checked_key

    return checked_key(_asked(f"key of {provider} (hidden): ", from_stdin=from_stdin))


def asked_passphrase(*, from_stdin: bool) -> Secret:
    """The passphrase of the vault.  Raises as :func:`asked_key`."""
    from aimux.vault.secret import Secret

    return Secret(
        _asked("passphrase of the vault (hidden): ", from_stdin=from_stdin).rstrip("\r\n")
    )


def access_for_person() -> Access:
    """How keys are reached for whoever typed the command.

    On a terminal the keyring may show its dialog for a minute, and a vault's passphrase is asked
    for; in a script neither happens.
    """
    from aimux.vault.access import Access
    from aimux.vault.keyring import TERMINAL_LIMIT_S

    if not output.is_terminal():
        return Access()
    return Access(
        limit_s=TERMINAL_LIMIT_S, dialog=True, waiting=_tell_waiting, prompt=VaultPrompt()
    )


class VaultPrompt:
    """A person at the terminal who may know the vault's passphrase."""

    def existing(self) -> Secret | None:
        """The passphrase of the vault that is there."""
        return asked_passphrase(from_stdin=False)

    def chosen(self) -> Secret | None:
        """A passphrase typed twice, or None for a key file."""
        from aimux.vault.secret import Secret

        output.words("the key goes into aimux's own encrypted file, which is made now")
        output.words("choose a passphrase for it: aimux then asks for it after each start")
        output.words("or press Enter to keep it openable by a key file that lies beside it")
        for _ in range(_TRIES):
            first = _hidden("new passphrase (hidden): ")
            if not first:
                return None
            if _hidden("the same again: ") == first:
                return Secret(first)
            output.words("these were not the same")
        raise UsageError("no passphrase was chosen")


def _asked(question: str, *, from_stdin: bool) -> str:
    if output.is_terminal():
        return _hidden(question)
    if not from_stdin:
        raise UsageError(
            "there is no terminal to ask on",
            hint="give it through stdin: the same command with --stdin < FILE",
        )
    content = sys.stdin.buffer.read(_MAX_STDIN_BYTES + 1)
    if len(content) > _MAX_STDIN_BYTES:
        raise KeyRefused("what came through stdin is too long")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KeyRefused("what came through stdin is not text") from None


def _hidden(question: str) -> str:
    try:
        return getpass.getpass(question)
    except EOFError as problem:
        raise UsageError("nothing was given") from problem


def _tell_waiting() -> None:
    output.words("waiting for the keyring dialog (Ctrl-C to give up)")

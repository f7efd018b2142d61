"""Keys that somebody else keeps: a variable, a file, a program's answer.

They are not bound to hosts: whoever wrote the reference decides where the key goes.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aimux.config.keyref import KeyReference
from aimux.errors import KeyMissing, KeyRefused
from aimux.keyshapes import REDACTABLE
from aimux.vault.child import Outcome, Patience, environment_without_keys, run_child
from aimux.vault.hygiene import checked_key
from aimux.vault.private import read_private
from aimux.vault.secret import Secret

COMMAND_LIMIT_S: Final = 10.0
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_TOLD_CHARACTERS: Final = 160
_TELLING: Final = re.compile(r"[^\s\"'=:,;()<>]{12,}")
"""A word that may be a key; a sentence's words are shorter."""


def shown(reference: KeyReference) -> str:
    """The reference as it may be printed: of a command only the program, and never a key's shape."""
    if reference.scheme == "command":
        program = reference.name.split(maxsplit=1)[0]
        text = f"command:{program}" + (" ..." if program != reference.name else "")
    else:
        text = str(reference)
    return REDACTABLE.sub("********", text)


def read_variable(name: str, environ: Mapping[str, str]) -> Secret:
    """The key in a variable of this process's environment.

    Raises:
        KeyMissing: it is not set or is empty.
        KeyRefused: what it holds cannot be a key.
    """
    if not _VARIABLE.fullmatch(name):
        raise KeyRefused("what stands behind env: is not the name of a variable")
    value = environ.get(name)
    if not value:
        raise KeyMissing(
            f"the variable {name!r} is not set where aimux was started",
            hint=f"export {name}=... and then: aimux restart",
        )
    return checked_key(value)


def read_file(name: str, folder: Path) -> Secret:
    """The key in a file; a relative name is looked up from ``folder``, the configuration's.

    Raises:
        KeyMissing: there is no such file.
        KeyRefused: others may read it, or what it holds cannot be a key.
    """
    try:
        path = Path(name).expanduser()
    except RuntimeError as problem:
        raise KeyMissing(f"the home folder in {name!r} is not known") from problem
    try:
        return checked_key(read_private(folder / path).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise KeyRefused(f"the file {name!r} does not hold text") from None


def read_command(
    text: str, environ: Mapping[str, str], also_hidden: frozenset[str] = frozenset()
) -> Secret:
    """The one line that a program prints.

    It is started without a shell, without stdin, and without the variables that hold other keys
    (``also_hidden`` are more of them), and is killed after 10 s.

    Raises:
        KeyMissing: it cannot be started, fails, or does not end in time.
        KeyRefused: what it prints cannot be a key.
    """
    argv = _arguments(text)
    surroundings = environment_without_keys(environ, also_hidden)
    try:
        outcome = run_child(argv, surroundings, Patience(COMMAND_LIMIT_S))
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in an argument
        reason = getattr(problem, "strerror", None) or "it cannot be a program's name"
        raise KeyMissing(f"{argv[0]!r} did not start: {reason}") from problem
    return _answer(argv[0], outcome)


def _arguments(text: str) -> list[str]:
    try:
        first, *others = shlex.split(text)
    except ValueError as problem:
        raise KeyRefused(
            "the command's quotation marks do not match", hint="it is split as a shell would"
        ) from problem
    return [str(Path(first).expanduser()) if first.startswith("~") else first, *others]


def _answer(program: str, outcome: Outcome) -> Secret:
    if outcome.end == "timeout":
        raise KeyMissing(f"{program!r} did not end within {COMMAND_LIMIT_S:g} s")
    if outcome.end == "flood":
        raise KeyRefused(f"{program!r} printed far more than a key")
    if outcome.status != 0:
        raise KeyMissing(f"{program!r} ended with status {outcome.status}{_told(outcome)}")
    try:
        return checked_key(outcome.output.decode("utf-8"))
    except UnicodeDecodeError:
        raise KeyRefused(f"{program!r} printed something that is not text") from None


def _told(outcome: Outcome) -> str:
    """The last line of a failed program's stderr, as far as it can hold no key."""
    lines = outcome.errors.decode("utf-8", "replace").strip().splitlines()
    if not lines:
        return ""
    printed = outcome.output.decode("utf-8", "replace").split()
    if any(word in lines[-1] for word in printed):
        return ""
    line = "".join(c if c.isprintable() else " " for c in _TELLING.sub("***", lines[-1]))
    return f": {line.strip()[:_MAX_TOLD_CHARACTERS]}"

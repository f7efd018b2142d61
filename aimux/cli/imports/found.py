"""What was read from another tool's configuration, in aimux's own terms and before anything is written.

Readers fill it; writers turn it into lines and keys.  ``unmapped`` is what the other tool had and aimux
has not, or not so: a place in the file and one clause each.  No text of it ever holds a key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aimux.errors import AimuxError, KeyRefused
from aimux.keyshapes import KEY_SHAPE
from aimux.vault.secret import Secret

Key = Secret | str
"""A key itself, or the reference that leads to it (``env:NAME``)."""

_VARIABLE: Final = re.compile(r"(?:os\.environ/|\$\{?)([A-Za-z_][A-Za-z0-9_]*)\}?")
_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 40


class Unreadable(AimuxError):
    """The file is not what it was said to be."""

    code = "import-unreadable"
    exit_code = 2


@dataclass(slots=True)
class Account:
    """A provider to be; ``settings`` are those of its table but for ``keys`` and ``models``."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    needs_key: bool = True
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Rule:
    """A route to be."""

    name: str
    match: dict[str, Any]
    targets: list[str]
    comment: str = ""


@dataclass(slots=True)
class Found:
    """All that was found."""

    source: str
    accounts: list[Account] = field(default_factory=list)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Public models: their tables by name."""
    rules: list[Rule] = field(default_factory=list)
    routing: dict[str, Any] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)
    file: Path | None = None
    """Where all of it stands, if it is one file."""

    def left(self, place: str, why: str) -> None:
        """Notes what is not taken over."""
        self.unmapped.append(KEY_SHAPE.sub("********", f"{place}: {why}"))

    def account(self, name: str) -> Account | None:
        """The account of that name."""
        return next((each for each in self.accounts if each.name == name), None)

    def free_name(self, wanted: str, also: Sequence[str] = ()) -> str:
        """A name that a provider may have and that none has yet."""
        base = _NAME.sub("-", wanted).strip("._-")[:_LONGEST_NAME] or "provider"
        if KEY_SHAPE.search(base):
            base = "provider"
        taken = {each.name for each in self.accounts} | set(also)
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        return name


def key_of(text: object, place: str, found: Found) -> Key | None:
    """The key in a value of a file: itself, or the variable that it names.

    What cannot be a key is noted, and nothing of it is repeated.
    """
    from aimux.vault.hygiene import checked_key

    if not isinstance(text, str) or not text.strip():
        return None
    variable = _VARIABLE.fullmatch(text.strip())
    if variable:
        return f"env:{variable[1]}"
    try:
        return checked_key(text.strip())
    except KeyRefused as problem:
        found.left(place, problem.message)
        return None


# ---------------------------------------------------------------- values of foreign files


def table(value: object) -> Mapping[str, Any]:
    """The value, if it is a table; else an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> list[Mapping[str, Any]]:
    """The tables in a list; what else is in it is left out."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The texts in a list, or the one text that stands in its place."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def text(value: object) -> str:
    """The value, if it is a text; else an empty one."""
    return value.strip() if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """The value as a number of tokens, if it is a positive one; YAML writes some as 1e6."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(float(value))
    except (ValueError, OverflowError):
        return None
    return number if number > 0 else None

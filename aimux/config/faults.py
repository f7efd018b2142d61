"""What is wrong with a configuration, by key path, before it has a place in a file."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from aimux.config.keypath import KeyPath
from aimux.keyshapes import looks_like_key

_SENSITIVE: Final = frozenset({"keys", "headers", "proxy", "notify"})
"""Settings whose values are not repeated: people put keys there.  Nor is a text with an @, which may
be an address with a password."""

_LONGEST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.  ``at`` says whether the key or its value is to be pointed at."""

    path: KeyPath
    message: str
    at: Literal["key", "value"] = "value"
    allowed: str | None = None
    suggestion: str | None = None


def closest(word: object, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if one is near."""
    if not isinstance(word, str):
        return None
    by_folded = {each.casefold().replace("_", "-"): each for each in known}
    folded = word.casefold().replace("_", "-")
    near = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


def shown(value: object, path: KeyPath = ()) -> str:
    """A value as an error text may show it."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str() if looks_like_key(value) or not _SENSITIVE.isdisjoint(path) or "@" in value:
            return "a text"
        case str():
            short = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 3] + "..."
            return f"the text {short!r}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case dt.date() | dt.time():
            return "a date or time"
        case _:
            return "this"

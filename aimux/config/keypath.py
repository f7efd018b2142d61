"""Key paths: ``providers.local.models."qwen3:30b".context`` as text and as a tuple.

The text is TOML's own form of a dotted key; numbers count the items of arrays from 0.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Final

from aimux.errors import UsageError
from aimux.keyshapes import looks_like_key

KeyPath = tuple[str | int, ...]

HIDDEN: Final = "********"

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_PART: Final = re.compile(
    r"""[ \t]*(?P<raw>[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')[ \t]*(?P<dot>\.?)"""
)


def dotted(path: Iterable[str | int]) -> str:
    """The path as text; a part that has the shape of a key is hidden."""
    names = [str(part) for part in path]
    return ".".join(HIDDEN if looks_like_key(name) else quoted(name) for name in names)


def quoted(part: str) -> str:
    """One part of a path, in quotes where TOML wants them."""
    return part if _BARE.fullmatch(part) else toml_text(part)


def toml_text(text: str) -> str:
    """A text as a TOML basic string."""
    # JSON's escapes are TOML's, but for DEL (TOML forbids it raw) and surrogates (none get here).
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def key_parts(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The parts of the dotted key at an offset: name, where it begins, where reading stopped.

    Ends silently at the first thing that is no key: the caller sees how far it came.
    """
    dot: str | None = "."
    while dot and (match := _PART.match(text, start)):
        start = match.end()
        dot = match["dot"]
        yield _unquoted(match["raw"]), match.start("raw"), start


def parse_key_path(text: str) -> tuple[str, ...]:
    """The path that a dotted key typed by a person means.

    Raises:
        UsageError: it is no dotted key.
    """
    parts = list(key_parts(text, 0))
    end = parts[-1][2] if parts else 0
    if not parts or end != len(text) or text.rstrip().endswith("."):
        if looks_like_key(text):
            raise UsageError("a key of a provider stands where a setting's name belongs")
        raise UsageError(
            f"{text!r} is not the name of a setting",
            hint="names are joined by dots; one with other characters than letters, digits, - and _ "
            "needs quotes: 'models.\"gpt-5.1\".strategy'",
        )
    return tuple(name for name, _, _ in parts)


def _unquoted(raw: str) -> str:
    if raw.startswith("'"):
        return raw[1:-1]
    if not raw.startswith('"'):
        return raw
    if "\\" not in raw:
        return raw[1:-1]
    try:
        return str(tomllib.loads(f"k = {raw}")["k"])
    except tomllib.TOMLDecodeError:
        return raw[1:-1]

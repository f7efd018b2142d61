"""Changes in the text of a ``.env`` file, read as npm's dotenv reads it.

A line that is no assignment means nothing, so that no text is broken.  Of two assignments to a name the
last holds.
"""

from __future__ import annotations

import re
from typing import Any, Final

_QUOTED: Final = "|".join(rf"{mark}(?:\\{mark}|[^{mark}])*{mark}" for mark in "'\"`")
"""A value in quotes may hold line ends, and its own mark behind a backslash (dotenv's README, 2026-12)."""

_LINE: Final = re.compile(
    rf"^[ \t]*(?:export[ \t]+)?(?P<name>[\w.-]+)[ \t]*=[ \t]*(?P<raw>{_QUOTED}|[^#\r\n]*)",
    re.MULTILINE,
)


class DotenvText:
    """``NAME=value`` lines; see :class:`aimux.clients.forms.Form`."""

    def meaning(self, text: str) -> dict[str, Any]:
        """What the text means."""
        return {match["name"]: _value(match["raw"]) for match in _LINE.finditer(text)}

    def raw(self, text: str, path: tuple[str, ...]) -> str | None:
        """The text of a value."""
        match = _last(text, path)
        return match["raw"].rstrip() if match else None

    def put(self, text: str, path: tuple[str, ...], value: object) -> str:
        """The text with a value set."""
        if _last(text, path):
            return self.put_raw(text, path, _quoted(str(value)))
        newline = "\r\n" if "\r\n" in text else "\n"
        gap = "" if not text or text.endswith("\n") else newline
        return f"{text}{gap}{path[0]}={_quoted(str(value))}{newline}"

    def put_raw(self, text: str, path: tuple[str, ...], raw: str) -> str:
        """The text with a value in other words."""
        match = _last(text, path)
        if match is None:
            raise KeyError(path)
        end = match.start("raw") + len(match["raw"].rstrip())
        return text[: match.start("raw")] + raw + text[end:]

    def take(self, text: str, path: tuple[str, ...]) -> str:
        """The text without a line."""
        match = _last(text, path)
        if match is None:
            raise KeyError(path)
        end = text.find("\n", match.end()) + 1 or len(text)
        return text[: match.start()] + text[end:]


def _last(text: str, path: tuple[str, ...]) -> re.Match[str] | None:
    found = [match for match in _LINE.finditer(text) if match["name"] == path[0]]
    return found[-1] if found else None


def _value(raw: str) -> str:
    raw = raw.strip()
    if len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "'\"`":
        return raw[1:-1]
    return raw


def _quoted(value: str) -> str:
    """Bare where nothing in it needs quotes: an address or a token."""
    return value if re.fullmatch(r"[\w.:/@+-]*", value) else f"'{value}'"

"""Changes in the text of a TOML file: values by ``config.splice``, tables of ours as a block at its end.

A table that is not there is written with a header behind everything else, after an empty line; it is
taken out together with that line.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

from aimux.clients.brokentext import BrokenText
from aimux.config.keypath import quoted
from aimux.config.layout import literal
from aimux.config.meaning import ABSENT, value_at
from aimux.config.positions import Positions
from aimux.config.splice import with_value, without

_EMPTY_LINE: Final = re.compile(r"(?<=\n)\r?\n\Z")


class TomlText:
    """TOML; see :class:`aimux.clients.forms.Form`."""

    def meaning(self, text: str) -> dict[str, Any]:
        """What the text means."""
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            raise BrokenText(*_place(str(problem))) from problem

    def raw(self, text: str, path: tuple[str, ...]) -> str | None:
        """The text of a value."""
        span = Positions(text).get(path)
        return text[span.start : span.end] if span else None

    def put(self, text: str, path: tuple[str, ...], value: object) -> str:
        """The text with a value set; in one whose lines all end in CR LF, the new ones do."""
        is_windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
        changed = _put(text.replace("\r\n", "\n") if is_windows else text, path, value)
        return changed.replace("\n", "\r\n") if is_windows else changed

    def put_raw(self, text: str, path: tuple[str, ...], raw: str) -> str:
        """The text with a value in other words."""
        span = Positions(text)[path]
        return text[: span.start] + raw + text[span.end :]

    def take(self, text: str, path: tuple[str, ...]) -> str:
        """The text without a value; an empty table takes the empty line before it along."""
        found = (each for each in Positions(text).statements if each.path == path)
        header = next((each for each in found if each.kind == "header"), None)
        if header is None or value_at(tomllib.loads(text), path) != {}:
            return without(text, path)
        before = text[: header.start]
        if match := _EMPTY_LINE.search(before):
            before = before[: match.start()]
        return before + text[text.find("\n", header.end) + 1 or len(text) :]


def _put(text: str, path: tuple[str, ...], value: object) -> str:
    table = path[:-1]
    if table and value_at(tomllib.loads(text), table) is ABSENT and _may_follow(text, table):
        header = f"[{'.'.join(map(quoted, table))}]"
        return f"{text}{_gap(text)}{header}\n{quoted(path[-1])} = {literal(value)}\n"
    return with_value(text, path, value)


def _may_follow(text: str, table: tuple[str, ...]) -> bool:
    """Whether a header for a table may stand at the end: none of those above it is a value."""
    positions = Positions(text)
    spans = [positions[table[:k]] for k in range(1, len(table)) if table[:k] in positions]
    return all(span.key == span.start == span.end or text[span.start] == "[" for span in spans)


def _gap(text: str) -> str:
    if not text:
        return ""
    return "\n" if text.endswith("\n") else "\n\n"


def _place(message: str) -> tuple[str, int, int]:
    """A message of tomllib's, its line and its column."""
    words, _, place = message.rpartition(" (at ")
    numbers = [
        int(each) for each in place.replace(",", " ").replace(")", " ").split() if each.isdigit()
    ]
    line, column = numbers if len(numbers) == 2 else (1, 1)
    return (words or message).lower(), line, column

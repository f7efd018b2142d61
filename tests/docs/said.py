"""The table of addresses in ``admin.shapes.API``'s docstring, read.

    METHOD  path    [?query ->] [what it takes ->] what it gives  words

What is taken or given is a shape's name, ``{"key": type, ...}``, or words alone.  ``the same`` is the path,
or what is taken, of the line before.
"""

from __future__ import annotations

import functools
import re
from types import ModuleType
from typing import Final, NamedTuple

from tests.docs.shapes import module_docstrings

_SAME: Final = "the same"
_LINE: Final = re.compile(rf"^ {{4}}(GET|POST|PUT|PATCH|DELETE) +(/\S+|{_SAME}) *(.*)$")
_SHAPE: Final = re.compile(r"\b\w+Shape\b")


class Said(NamedTuple):
    """One line: names of the query, body and answer as they are written, and the words beside them."""

    query: tuple[tuple[str, str], ...]
    takes: str
    gives: str
    words: str


@functools.cache
def said(module: ModuleType) -> dict[tuple[str, str], Said]:
    """The table of a module."""
    return lines_of(module_docstrings(module)["API"])


def lines_of(table: str) -> dict[tuple[str, str], Said]:
    """Every line by method and path, in the order of the table."""
    found: dict[tuple[str, str], Said] = {}
    texts: dict[tuple[str, str], str] = {}
    last: tuple[str, str] | None = None
    for line in table.splitlines():
        if match := _LINE.match(line):
            path = last[1] if last and match[2] == _SAME else match[2]
            last = (match[1], path)
            texts[last] = match[3]
        elif last and line.startswith(" " * 8) and line.strip():
            texts[last] += " " + line.strip()
        else:
            last = None
    takes = ""
    for place, text in texts.items():
        line = read(text)
        takes = takes if line.takes == _SAME else line.takes
        found[place] = line._replace(takes=takes)
    return found


def read(text: str) -> Said:
    """One line's right side.

    >>> read('{"a": int} -> PingShape; then it ends')
    Said(query=(), takes='{"a": int}', gives='PingShape', words='Then it ends.')
    """
    query: tuple[tuple[str, str], ...] = ()
    if text.startswith("?"):
        asked, _, text = text.partition(" ")
        query = tuple(each.partition("=")[::2] for each in asked[1:].split("&"))  # type: ignore[misc]
        text = text.strip().removeprefix("->").strip()
    takes, arrow, rest = text.partition("->")
    if not arrow:
        takes, rest = "", text
    takes, aside = (takes.strip(), "") if takes.strip() == _SAME else _value(takes.strip())
    gives, words = _value(rest.strip())
    return Said(query, takes, gives, _sentence(words) or _sentence(aside.strip("() ")))


def _value(text: str) -> tuple[str, str]:
    """What is taken or given, and what is said of it."""
    if text.startswith("{"):
        end = _end_of_object(text)
        return text[:end], text[end:]
    if match := _SHAPE.search(text):
        return match[0], f"{text[: match.start()].rstrip(' :')}{text[match.end() :]}"
    return "", text


def _end_of_object(text: str) -> int:
    depth = 0
    for place, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return place + 1
    return len(text)


def _sentence(words: str) -> str:
    words = words.strip(" ;,:").replace("``", "`")
    if not words or "/" in words.partition(" ")[0]:  # the name of a type has no capital
        return words
    return f"{words[0].upper()}{words[1:]}."

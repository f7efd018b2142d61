"""A problem with the line it stands in and a caret below, without what might be a key."""

from __future__ import annotations

import itertools
import re
from typing import Final

from aimux.config.keypath import HIDDEN
from aimux.errors import Problem
from aimux.keyshapes import REDACTABLE

_WIDTH: Final = 100

_SECRET_SETTING: Final = re.compile(
    r"(?i)(?<![a-z])(?:keys?|headers?|proxy|notify|token|secret|passw\w*|api[-_]?key|authorization)"
    r"\b[\"']?\s*[.=]"
)
_TEXT: Final = re.compile(r"\"(?:\\.|[^\"\\])*\"?|'[^']*'?")
_USER_INFO: Final = re.compile(r"(?<=://)[^/\s\"'@]*@")


def excerpt(text: str, problem: Problem) -> str:
    """Two lines: the line of the file with its number, and a caret; empty for no place."""
    lines = text.split("\n")
    if not 1 <= problem.line <= len(lines):
        return ""
    line = lines[problem.line - 1].rstrip("\r")
    shown = _hidden(line, problem)
    column = problem.column if shown == line else min(problem.column, _first_change(line, shown))
    start = max(0, column - _WIDTH // 2) if len(shown) > _WIDTH else 0
    visible = shown[start : start + _WIDTH]
    number = f"{problem.line:>5} | "
    indent = "".join("\t" if each == "\t" else " " for each in visible[: column - 1 - start])
    return f"{number}{visible}\n{' ' * (len(number) - 2)}| {indent}^"


def _hidden(line: str, problem: Problem) -> str:
    """The line without keys; where keys are usual, without any text that is a value."""
    parts = set(problem.key.split("."))
    if _SECRET_SETTING.search(line) or parts & {"keys", "headers", "proxy"}:
        key, equals, value = line.partition("=")
        line = key + equals + _TEXT.sub(f'"{HIDDEN}"', value)
        if not equals:
            line = _TEXT.sub(f'"{HIDDEN}"', key)
    return REDACTABLE.sub(HIDDEN, _USER_INFO.sub(f"{HIDDEN}@", line))


def _first_change(before: str, after: str) -> int:
    """The column up to which two texts are equal."""
    pairs = zip(before, after, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)) + 1

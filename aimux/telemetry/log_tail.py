"""The end of the log, read backwards: the last lines of a file of any size cost a few blocks.

It goes on in the files before (``aimux.log.1`` ...) until there is enough, or until so much has been read
that nobody would wait for more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
BLOCK: Final = 64 * 1024
MOST_READ: Final = 32 * 2**20
LONGEST_LINE: Final = 2**20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of a level or graver, of one request, with a text somewhere in them."""

    level: str = ""
    request: str = ""
    text: str = ""

    def entry(self, line: str) -> dict[str, Any] | None:
        """The line as it is told; None where it is not wanted."""
        if self.request not in line or self.text.lower() not in line.lower():
            return None
        entry = _decoded(line)
        if self.level and _rank(entry.get("level")) < LEVELS.index(self.level):
            return None
        if self.request and entry.get("request_id", self.request) != self.request:
            return None
        return entry


def newest(log: Path, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
    """The last lines that are wanted, the oldest of them first."""
    found: list[dict[str, Any]] = []
    left = MOST_READ
    for path in _files(log):
        for line, read in _backwards(path):
            left -= read
            entry = wanted.entry(line) if line else None
            if entry is not None:
                found.append(entry)
            if len(found) >= limit or left <= 0:
                return found[::-1]
    return found[::-1]


def _files(log: Path) -> Iterator[Path]:
    """The log and its elder ones, as far as there are any."""
    path, number = log, 0
    while path.exists():
        yield path
        number += 1
        path = log.with_name(f"{log.name}.{number}")


def _backwards(path: Path) -> Iterator[tuple[str, int]]:
    """The complete lines from the last to the first, each with how many bytes were read for it."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        rest = b""
        read = 0
        while end > 0:
            start = max(0, end - BLOCK)
            file.seek(start)
            block = file.read(end - start)
            read += len(block)
            end = start
            first, *lines = (block + rest).split(b"\n")
            for line in reversed(lines):
                yield line.decode("utf-8", "replace"), read
                read = 0
            rest = first[:LONGEST_LINE]
        yield rest.decode("utf-8", "replace"), read


def _decoded(line: str) -> dict[str, Any]:
    """A line's fields; one of ``logging.format = "text"`` is its message."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    words = line.split(maxsplit=2)
    level = words[1].lower() if len(words) > 1 and words[1].lower() in LEVELS else None
    return {"level": level, "message": line} if level else {"message": line}


def _rank(level: object) -> int:
    """How grave a line is; one that does not say is always shown."""
    return LEVELS.index(level) if isinstance(level, str) and level in LEVELS else len(LEVELS)

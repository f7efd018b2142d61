"""Reading the log: its last lines, and those to come, over rotations."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from aimux.cli import output
from aimux.errors import UsageError

LEVELS = ("debug", "info", "warning", "error", "critical")
_STYLES = {"warning": "yellow", "error": "red", "critical": "red", "debug": "dim"}
_KNOWN = frozenset({"ts", "level", "logger", "message", "traceback", "stack"})
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines, and in which form."""

    level: str | None = None
    request: str | None = None
    as_json: bool = False

    def __post_init__(self) -> None:
        if self.level is not None and self.level not in LEVELS[:4]:
            raise UsageError(
                f"--level {self.level!r} is none", hint=f"one of {', '.join(LEVELS[:4])}"
            )

    def takes(self, line: str) -> bool:
        """Whether the line is wanted."""
        if self.level is None and self.request is None:
            return True
        entry = _entry(line)
        if entry is None:
            return self._takes_text(line)
        if self.level and _rank([entry.get("level")]) < LEVELS.index(self.level):
            return False
        return self.request is None or entry.get("request_id") == self.request

    def _takes_text(self, line: str) -> bool:
        """A line of ``logging.format = "text"``, which cannot be told apart as well."""
        level = [word.lower() for word in line.split(maxsplit=2)[1:2]]
        if self.level and _rank(level) < LEVELS.index(self.level):
            return False
        return self.request is None or self.request in line

    def form(self, line: str) -> str:
        """The line as it is printed."""
        if self.as_json:
            return line
        entry = _entry(line)
        return output.printable(line) if entry is None else readable(entry)


def show_logs(log: Path, wanted: Wanted, *, count: int, follow: bool) -> None:
    """Prints the last ``count`` wanted lines, then those that come until Ctrl-C."""
    if not log.exists() and not follow:
        output.words(f"there is no log yet at {str(log)!r}")
        output.hint("aimux start")
        return
    with contextlib.closing(Tail(log)) as tail, contextlib.suppress(KeyboardInterrupt):
        for line in last(log, tail, wanted, count):
            output.data(wanted.form(line))
        if follow:
            _follow(tail, wanted)


def last(log: Path, tail: Tail, wanted: Wanted, count: int) -> list[str]:
    """The last wanted lines, oldest first; older files are read only if the newest is too short."""
    found = deque(filter(wanted.takes, tail.lines()), maxlen=count)
    number = 1
    while len(found) < count and (older := log.with_name(f"{log.name}.{number}")).exists():
        with older.open(encoding="utf-8", errors="replace") as file:
            lines = (line.rstrip("\n") for line in file)
            before = deque(filter(wanted.takes, lines), maxlen=count - len(found))
        found.extendleft(reversed(before))
        number += 1
    return list(found)


def _follow(tail: Tail, wanted: Wanted) -> None:
    while True:
        output.piece("")  # a pipe gets at once what has been said so far
        time.sleep(_POLL_S)
        for line in filter(wanted.takes, tail.lines()):
            output.data(wanted.form(line))


class Tail:
    """The lines of a file from where they were last read; goes on in the file that replaces it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._rest = b""

    def lines(self) -> Iterator[str]:
        """The complete lines that have come since, without their ends."""
        if self._file is not None:
            yield from self._read(self._file)
        while self._changed():
            self._reopen()
            if self._file is None:
                return
            yield from self._read(self._file)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self, file: IO[bytes]) -> Iterator[str]:
        *complete, self._rest = (self._rest + file.read()).split(b"\n")
        for line in complete:
            yield line.decode("utf-8", "replace")

    def _changed(self) -> bool:
        """Whether the name now leads to another file, or to the same one cut short."""
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        current = os.fstat(self._file.fileno())
        return not os.path.samestat(named, current) or named.st_size < self._file.tell()

    def _reopen(self) -> None:
        self.close()
        self._rest = b""
        with contextlib.suppress(FileNotFoundError):  # it may be replaced just now
            self._file = self._path.open("rb")


def readable(entry: dict[str, Any]) -> str:
    """A JSON line for a person: local time, level, message, fields."""
    level = str(entry.get("level", ""))
    text = f"{_local(str(entry.get('ts', '')))} {level.upper():7} {entry.get('message', '')}"
    for name, value in entry.items():
        if name not in _KNOWN and value is not None:
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            text += f" {name}={shown}"
    for name in ("traceback", "stack"):
        if name in entry:
            text += "\n" + str(entry[name]).rstrip("\n")
    text = output.printable(text)
    return output.styled(text, _STYLES[level]) if level in _STYLES else text


def _local(stamp: str) -> str:
    from datetime import datetime

    try:
        return datetime.fromisoformat(stamp).astimezone().strftime("%m-%d %H:%M:%S.%f")[:-3]
    except ValueError:
        return stamp


def _rank(level: Sequence[object]) -> int:
    """How grave a line is; one that does not say is always shown."""
    return LEVELS.index(str(level[0])) if level and level[0] in LEVELS else len(LEVELS)


def _entry(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None

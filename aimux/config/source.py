"""Reading config.toml: from bytes on a disk to data, with every reason why not.

Whoever can write the file can run programs as its reader (``command:`` references), so a file that
others can write is refused, as ssh refuses its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aimux.config.keypath import HIDDEN, KeyPath, dotted
from aimux.config.positions import Positions
from aimux.errors import ConfigError, Problem
from aimux.keyshapes import KEY_SHAPE

_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_BOM: Final = b"\xef\xbb\xbf"

_REASONS: Final = (
    ("Expected '='", "a key needs '=' and a value behind it"),
    ("Expected \"'", "a text is opened and not closed"),
    ("Expected newline", "something stands behind the value; texts need quotes, a line holds one setting"),
    ("Expected ']' at", "a name in a header needs quotes when it holds more than letters, digits, - and _"),
    ("Expected ']]' at", "the header of an array of tables ends in ]]"),
    ("End", "the file ends where a value belongs"),
    ("Invalid value", "no value of TOML; texts need quotes, true and false are in lower case"),
    ("Invalid statement", "neither a setting nor a table's header"),
    ("Invalid initial character", "a key is missing, or needs quotes"),
    ("Invalid date", "no date or time that exists"),
    ("Invalid hex", "no escape that TOML knows; write \\\\ for a backslash"),
    ("Unescaped '\\'", "a backslash in double quotes is doubled, or use single quotes"),
    ("Escaped character", "no character has this number"),
    ("Unterminated string", "a text is opened and not closed"),
    ("Unclosed array", "a list is opened with [ and not closed, or a comma is missing"),
    ("Unclosed inline table", "a table is opened with { and not closed, or a comma is missing"),
    ("Illegal character", "a character that may not stand here; is a quote missing?"),
    ("Found invalid character", "a control character or the end of the line stands within a text"),
    ("Duplicate inline", "a key is given twice"),
    ("Cannot overwrite", "the same key stands above already"),
    ("Cannot redefine", "the same table is written in another way above"),
    ("Cannot mutate", "a table or list in brackets is complete; nothing can be added to it"),
)  # fmt: skip
"""How tomllib's reasons begin, and ours."""

_TOO_LONG: Final = "holds a whole number beyond 64 bits"
_TWICE: Final = re.compile(r"Cannot declare \((.*?),?\) twice")


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration file that could be read.  ``problems`` are about the file as such."""

    path: Path
    exists: bool
    digest: str = ""
    """SHA-256 of the bytes in hexadecimal; empty without a file."""
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_source(path: Path) -> Source:
    """The file's data; an absent file is an empty one.

    Raises:
        ConfigError: it cannot be read, is not text, or not TOML.
    """
    try:
        content, status = _read(path)
    except FileNotFoundError:
        return Source(path, exists=False)
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from None
    problems, warnings = _permissions(path, status)
    return source_of(path, content, problems, warnings)


def source_of(
    path: Path,
    content: bytes,
    problems: tuple[Problem, ...] = (),
    warnings: tuple[Problem, ...] = (),
) -> Source:
    """What a file of this content would be.

    Raises:
        ConfigError: it is not text, or not TOML; ``problems`` are told as well.
    """
    text = _decoded(path, content, problems)
    return Source(
        path,
        exists=True,
        digest=hashlib.sha256(content).hexdigest(),
        text=text,
        data=parse(text, str(path), problems),
        problems=problems,
        warnings=warnings,
    )


def parse(text: str, file: str, before: tuple[Problem, ...] = ()) -> dict[str, Any]:
    """The data of a TOML text.

    Raises:
        ConfigError: it is no TOML, or nested beyond all reason; ``before`` is told as well.
    """
    try:
        data = tomllib.loads(text)
        giant = next(_giants(data), None)
    except tomllib.TOMLDecodeError as error:
        problem = _syntax_problem(error, text, file)
    except RecursionError:
        problem = Problem(file, 0, 0, "", "is nested too deeply")
    except ValueError:  # Python reads no number of more than 4300 digits
        problem = Problem(file, 0, 0, "", _TOO_LONG)
    else:
        if giant is None:
            return data
        problem = Problem(file, *Positions(text).of_value(giant), dotted(giant), _TOO_LONG)
    raise ConfigError(
        (*before, problem), hint="nothing behind this place was read; put it right and check again"
    )


def _giants(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Where whole numbers stand that TOML does not promise to keep."""
    match data:
        case dict():
            for name, value in data.items():
                yield from _giants(value, (*path, name))
        case list():
            for index, value in enumerate(data):
                yield from _giants(value, (*path, index))
        case int() if not -(2**63) <= data < 2**63:
            yield path


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise _refused(path, "is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise _refused(path, "is not a regular file")
    with path.open("rb") as file:
        return file.read(), os.fstat(file.fileno())


def _refused(path: Path, reason: str, line: int = 0, column: int = 0) -> ConfigError:
    return ConfigError((Problem(str(path), line, column, "", reason),))


def _permissions(
    path: Path, status: os.stat_result
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Problems and warnings of who may write the file."""
    if os.name != "posix":
        return (), ()
    if status.st_uid not in {0, os.geteuid()}:
        reason = "belongs to another user, who could run programs through it"
        return (Problem(str(path), 0, 0, "", f"{reason}: chown {os.geteuid()} {path}"),), ()
    if status.st_mode & stat.S_IWOTH:
        reason = "can be written by everybody, who could run programs through it"
        return (Problem(str(path), 0, 0, "", f"{reason}: chmod 600 {path}"),), ()
    if status.st_mode & stat.S_IWGRP and status.st_gid != os.geteuid():
        # A group with its user's own number is that user's private one (umask 002 is usual there).
        reason = "can be written by its group"
        return (), (Problem(str(path), 0, 0, "", f"{reason}: chmod 600 {path}"),)
    return (), ()


def _decoded(path: Path, content: bytes, before: tuple[Problem, ...]) -> str:
    if content.startswith(_BOM):
        raise _refused(path, "begins with a byte order mark; save it as UTF-8 without one", 1, 1)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise _refused(path, "is not UTF-8 here; save it as UTF-8", line, column) from None
    if not text.strip():
        reason = "is empty; remove it to run on defaults, or write version = 1"
        raise ConfigError((*before, Problem(str(path), 0, 0, "", reason)))
    return text


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str, file: str) -> Problem:
    said = str(error)
    lines = text.split("\n")
    if (place := _PLACE.search(said)) and place[1]:
        line, column = int(place[1]), int(place[2])
    else:
        lines = text.rstrip().split("\n")
        line, column = len(lines), len(lines[-1]) + 1
        said = said.replace("Invalid value", "End")
    if said.startswith(("Cannot", "Duplicate")):  # tomllib points behind the repeated thing
        content = lines[line - 1]
        column = len(content) - len(content.lstrip()) + 1
    return Problem(file, line, column, "", _reason(said))


def _reason(said: str) -> str:
    if twice := _TWICE.match(said):
        name = ".".join(part.strip().strip("'") for part in twice[1].split(","))
        return KEY_SHAPE.sub(HIDDEN, f"the table {name} stands above already")
    for beginning, reason in _REASONS:
        if said.startswith(beginning):
            return reason
    return KEY_SHAPE.sub(HIDDEN, _PLACE.sub("", said))

"""The only module that prints.

Data goes to stdout, words to stderr.  Nothing but text from here reaches the terminal, so that
NO_COLOR, pipes, ``--json`` and broken pipes are right everywhere at once.  An error is always three
things: what, why, and what to type next.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TextIO

from aimux.errors import AimuxError, ConfigError

_STYLES: Final = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}
ELLIPSIS: Final = "…"


def coloured(stream: TextIO) -> bool:
    """Whether the stream is a terminal that wants colours (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def styled(text: str, style: str, stream: TextIO | None = None) -> str:
    """The text in a style, where the stream (stdout if not given) shows styles."""
    if not coloured(stream or sys.stdout):
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def printable(text: str) -> str:
    """The text without control characters: what comes from a provider must not drive a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def data(text: str = "") -> None:
    """One line of the result."""
    print(text)


def piece(text: str) -> None:
    """A piece of a line of the result, shown at once."""
    print(text, end="", flush=True)


def data_json(value: object) -> None:
    """The result as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def words(text: str = "") -> None:
    """A line for the person, not for the pipe."""
    print(text, file=sys.stderr)


def warning(text: str) -> None:
    """Something the person should know, that does not stop the command."""
    words(f"{styled('warning', 'yellow', sys.stderr)}: {printable(text)}")


def hint(text: str) -> None:
    """What to type next."""
    words(f"  {styled('hint', 'cyan', sys.stderr)}: {text}")


def error(problem: AimuxError) -> None:
    """An error on stderr: what and why, every problem of a configuration, and the hint."""
    words(f"{styled('error', 'red', sys.stderr)}: {printable(problem.message)}")
    if isinstance(problem, ConfigError):
        for each in problem.problems:
            words(f"  {printable(str(each))}")
    if problem.hint:
        hint(problem.hint)


def error_json(problem: AimuxError) -> None:
    """An error as JSON, in a line of its own: it may stand behind lines of data."""
    from aimux.admin.problems import error_shape

    print(json.dumps(error_shape(problem), ensure_ascii=False))


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows in columns for a terminal; tab-separated, whole and without headings in a pipe."""
    texts = [
        [printable(str(cell)).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows
    ]
    if not sys.stdout.isatty():
        for row in texts:
            print("\t".join(row))
        return
    widths = [max(map(len, column)) for column in zip(list(headings), *texts, strict=True)]
    print(styled(columns(headings, widths), "dim"))
    for row in texts:
        print(columns(row, widths))


def columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    """A line of a table."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def is_terminal() -> bool:
    """Whether a person can be asked something."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


def confirm(question: str, *, default: bool = False) -> bool:
    """Asks a yes-or-no question on the terminal; the default where nobody can be asked."""
    if not is_terminal():
        return default
    words_open = f"{question} [{'Y/n' if default else 'y/N'}] "
    print(words_open, end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip().lower()
    return default if not answer else answer in {"y", "yes"}


def asked(question: str) -> str:
    """The line that a person types on the terminal; empty where nobody can be asked."""
    if not is_terminal():
        return ""
    print(f"{question} ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def silence_stdout() -> None:
    """After a pipe broke or a disk was full: what waits in buffers goes nowhere, also at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_missing_streams() -> None:
    """Where a program is started without stdout or stderr (``>&-``), Python has None there."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 -- lives until exit

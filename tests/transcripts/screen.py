"""What a person sees of a command that runs in this process: both streams, in their order."""

from __future__ import annotations

import contextlib
import getpass
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from aimux.__main__ import main
from tests.transcripts.script import ERR, OUT


@dataclass(slots=True)
class Screen:
    """One command's output; ``wide`` is what is wider than the terminal."""

    pieces: list[tuple[str, str]] = field(default_factory=list)
    code: int = 0

    def text(self, stream: str) -> str:
        """All that went into a stream."""
        return "".join(text for name, text in self.pieces if name == stream)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Each line with its stream; what was written last into another one ends a line."""
        stream, line = OUT, ""
        for name, text in self.pieces:
            if name != stream and line:
                yield stream, line
                line = ""
            stream = name
            *whole, line = (line + text).split("\n")
            for each in whole:
                yield stream, each
        if line:
            yield stream, line


class _Stream(io.StringIO):
    """stdout or stderr."""

    def __init__(self, screen: Screen, name: str, *, terminal: bool) -> None:
        super().__init__()
        self._screen, self._name, self._terminal = screen, name, terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):  # typer finds out in this way that it is no stream of bytes
            raise TypeError(text)
        self._screen.pieces.append((self._name, text))
        return len(text)


class _Keyboard(io.TextIOWrapper):
    """stdin of a terminal: what is typed is seen behind the question."""

    def __init__(self, screen: Screen, answers: Sequence[str]) -> None:
        super().__init__(io.BytesIO("".join(f"{each}\n" for each in answers).encode()), "utf-8")
        self._screen = screen

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1, /) -> str:
        line = super().readline(size)
        self._screen.pieces.append((ERR, line or "\n"))
        return line

    def hidden(self, question: str = "", stream: Any = None) -> str:
        """As ``getpass`` asks: the question is seen, the answer is not."""
        line = super().readline()
        self._screen.pieces.append((ERR, f"{question}\n"))
        if not line:
            raise EOFError
        return line.rstrip("\n")


def run(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    answers: Sequence[str] = (),
    stdin: str | None = None,
    piped: bool = False,
) -> Screen:
    """Runs a command line of ``aimux`` on a terminal; ``piped`` leads its stdout elsewhere."""
    screen = Screen()
    with pytest.MonkeyPatch.context() as patch, _surroundings(patch, environ):
        keyboard = _Keyboard(screen, answers)
        patch.setattr(sys, "stdin", keyboard)
        patch.setattr(getpass, "getpass", keyboard.hidden)
        if stdin is not None:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        patch.setattr(sys, "stdout", _Stream(screen, OUT, terminal=not piped))
        patch.setattr(sys, "stderr", _Stream(screen, ERR, terminal=True))
        patch.setattr(os, "execve", _instead_of_this_process)
        try:
            screen.code = main(list(arguments))
        except SystemExit as end:
            screen.code = int(end.code or 0)
    return screen


@contextlib.contextmanager
def _surroundings(patch: pytest.MonkeyPatch, environ: Mapping[str, str]) -> Iterator[None]:
    for name in list(os.environ):
        patch.delenv(name)
    for name, value in environ.items():
        patch.setenv(name, value)
    yield


def _instead_of_this_process(
    program: str, arguments: Sequence[str], environ: Mapping[str, str]
) -> None:
    """``aimux run`` becomes the client; here the client is run, and its end is the command's."""
    done = subprocess.run(
        [program, *arguments[1:]], env=dict(environ), capture_output=True, text=True, check=False
    )
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    raise SystemExit(done.returncode)

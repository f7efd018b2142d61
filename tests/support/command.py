"""Runs a command line in this process, in a home of its own, as the ``aimux`` program would."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aimux.__main__ import main
from aimux.admin.presence import Presence, write_presence
from aimux.config.paths import Paths

COLUMNS = 80


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Says so."""
        return True


@dataclass(slots=True)
class Command:
    """The command in one AIMUX_HOME; nothing of the developer's own keys or keyring gets in."""

    home: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        """Runs a command line whose output goes into pipes."""
        with self._surroundings() as patch:
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            code = main(list(arguments))
        return Result(code, *self.capture.readouterr())

    def on_terminal(self, *arguments: str) -> Result:
        """Runs a command line whose result a person sees, 80 columns wide."""
        shown = Terminal()
        with self._surroundings() as patch:
            patch.setattr(sys, "stdout", shown)
            code = main(list(arguments))
        return Result(code, shown.getvalue(), self.capture.readouterr().err)

    @property
    def config(self) -> str:
        """The text of config.toml; empty if there is none."""
        path = self.home / "config.toml"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @config.setter
    def config(self, text: str) -> None:
        (self.home / "config.toml").write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[pytest.MonkeyPatch]:
        with self.patch.context() as patch:
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in clean_environment(self.home, **self.environ).items():
                patch.setenv(name, value)
            yield patch


@contextlib.contextmanager
def published(home: Path, url: str = "http://127.0.0.1:4711") -> Iterator[str]:
    """A daemon of this home that has said where it listens; nobody does."""
    paths = Paths(config=home / "config.toml", state=home)
    address = url.removeprefix("http://")
    write_presence(paths, Presence(os.getpid(), "1", "i", address, url, "", ""))
    descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield url
    finally:
        os.close(descriptor)


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """The variables a command runs with in tests: no keyring, no colours, 80 columns."""
    kept = ("PATH", "LANG", "PYTHONPATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "AIMUX_HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "NO_COLOR": "1",
        "COLUMNS": str(COLUMNS),
        **more,
    }

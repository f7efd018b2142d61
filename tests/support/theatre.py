"""A command that opens a stage of its own, as a stranger runs it, and what is left of it afterwards."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]  # it ships no types

from tests.support.patience import PATIENCE_S

INTERRUPTED = {130, -signal.SIGINT}
"""What a shell calls 130.  CPython ends itself by the signal when an interrupt came up through an
``exec`` of text, as in the making of a dataclass, even if it was caught later; and a second interrupt
may come when the interpreter itself is on its way out.
"""

_PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Theatre:
    """A place of its own for one command: its temporary folder, its user's home, its orphans."""

    command: str
    folder: Path
    others: frozenset[int]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def environ(self) -> dict[str, str]:
        kept = ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.temporary),
            "TERM": "xterm",
        }

    def start(
        self,
        *arguments: str,
        extra: Mapping[str, str] | None = None,
        stdout: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "aimux", self.command, *arguments],
            env={**self.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=self.folder,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, extra: Mapping[str, str] | None = None) -> Ran:
        process = self.start(*arguments, extra=extra)
        out, err = process.communicate(timeout=PATIENCE_S)
        return Ran(process.returncode, out.decode(), err.decode())

    def on_terminal(
        self, *arguments: str, columns: int = 80, extra: Mapping[str, str] | None = None
    ) -> Ran:
        """Runs it with a terminal for stdout; its lines end as they do there."""
        reading, writing = pty.openpty()
        fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = self.start(*arguments, extra=extra, stdout=writing)
        os.close(writing)
        out = b""
        with contextlib.suppress(OSError):  # Linux says EIO when the other end is closed
            while piece := os.read(reading, 4096):
                out += piece
        os.close(reading)
        _, err = process.communicate(timeout=PATIENCE_S)
        return Ran(process.returncode, out.decode(), err.decode())

    def sabotage(self, line: str, word: str = "start") -> dict[str, str]:
        """Environment in which the processes with a word in their command line (the daemon, if none is
        given) run a line of Python before anything.
        """
        place = self.folder / "site"
        place.mkdir()
        text = f"import sys\nif {word!r} in sys.orig_argv:\n    import time\n    {line}\n"
        (place / "sitecustomize.py").write_text(text)
        return {"PYTHONPATH": str(place)}

    def home(self) -> Path | None:
        return next(iter(self.temporary.glob(f"aimux-{self.command}-*")), None)

    def daemon_pid(self) -> int:
        home = self.home()
        assert home
        return int(json.loads((home / "daemon.json").read_text())["pid"])

    def has(self, name: str) -> bool:
        home = self.home()
        return bool(home and (home / name).exists())

    def orphans(self) -> list[psutil.Process]:
        known = self.others | {process.pid for process in self.started}
        return [child for child in psutil.Process().children() if child.pid not in known]

    def assert_clean(self) -> None:
        """No file, no folder, and no process but those that the test itself has started."""
        assert [child.cmdline() for child in self.orphans()] == []
        assert list(self.temporary.iterdir()) == []
        assert list((self.folder / "home").iterdir()) == []


@dataclass(frozen=True)
class Ran:
    """What a run printed and how it ended."""

    code: int
    out: str
    err: str


@contextlib.contextmanager
def opened(command: str, folder: Path) -> Iterator[Theatre]:
    """Orphans become children of this process (on Linux), where they can be seen and ended."""
    for name in ("tmp", "home"):
        (folder / name).mkdir()
    others = frozenset(child.pid for child in psutil.Process().children())
    theatre = Theatre(command, folder, others)
    adopts = sys.platform == "linux"
    if adopts:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield theatre
    finally:
        for process in theatre.started:
            process.kill()
            process.communicate()
        for child in theatre.orphans():
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
                child.wait(PATIENCE_S)
        if adopts:
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0)


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def read_until(pipe: IO[bytes] | None, text: bytes) -> bytes:
    """Reads what is printed up to a text; the rest stays in the pipe."""
    assert pipe
    seen = b""
    while text not in seen:
        piece = os.read(pipe.fileno(), 4096)
        assert piece, f"{text!r} was never printed"
        seen += piece
    return seen

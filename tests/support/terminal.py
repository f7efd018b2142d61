"""A program on a terminal of its own, for what behaves differently there: prompts, Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.support.patience import PATIENCE_S


class Terminal:
    """A program that believes that a person sits before it."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self._process = process
        self._descriptor = descriptor
        self.shown = ""
        """All that has appeared so far."""

    def expect(self, text: str, times: int = 1, limit_s: float = PATIENCE_S) -> None:
        """Waits until the text has appeared so many times."""
        deadline = time.monotonic() + limit_s
        while self.shown.count(text) < times:
            assert time.monotonic() < deadline, f"{text!r} did not appear in {self.shown!r}"
            assert self._more(0.1) or self._process.poll() is None, self.shown

    def type(self, line: str) -> None:
        """Types a line and presses Enter."""
        os.write(self._descriptor, line.encode() + b"\n")

    def press(self, control: str) -> None:
        """Presses a key together with Ctrl."""
        os.write(self._descriptor, bytes([ord(control) & 0x1F]))

    def end(self, limit_s: float = PATIENCE_S) -> int:
        """Waits for the end; the exit code."""
        deadline = time.monotonic() + limit_s
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end: {self.shown!r}"
            self._more(0.1)
        while self._more(0.1):
            pass
        return self._process.returncode

    def _more(self, wait_s: float) -> bool:
        if not select.select([self._descriptor], [], [], wait_s)[0]:
            return False
        try:
            piece = os.read(self._descriptor, 4096)
        except OSError:  # Linux says so when the last one on the other side is gone
            return False
        self.shown += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)


@contextlib.contextmanager
def on_terminal(
    argv: Sequence[str], environ: Mapping[str, str], folder: Path
) -> Iterator[Terminal]:
    """Runs a program with a new terminal as its controlling one; killed when the block ends."""
    ours, theirs = pty.openpty()
    # a session's leader that opens a terminal makes it its controlling one
    name = os.ttyname(theirs)
    opened = f"exec {shlex.join(argv)} <{name} >{name} 2>{name}"
    process = subprocess.Popen(
        ["/bin/sh", "-c", opened],
        env={**environ, "TERM": "xterm"},
        cwd=folder,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)

"""Runs a program to its end or to its time limit, and leaves none of its processes behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program left: its exit code (None: it was still running at the limit) and its output."""

    code: int | None
    out: str
    err: str
    seconds: float


def run(command: list[str], environ: Mapping[str, str], folder: Path, limit_s: float) -> Ran:
    """Runs a program in a session of its own, without input."""
    begun = time.monotonic()
    # Files, not pipes: a process that has left the session would hold a pipe open.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command,
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        code: int | None = None
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(limit_s)
        finally:
            _end(process.pid)
            process.wait()
            _end_residents(environ["HOME"])
        return Ran(code, _all(out), _all(err), time.monotonic() - begun)


def _all(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _end(pid: int) -> None:
    """Ends a session's processes."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _end_residents(home: str) -> None:
    """Ends what has left the session: whatever still lives in this home, which no one else has."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("HOME") == home:
                process.kill()

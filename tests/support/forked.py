"""Commands and daemons as forks of one process that has imported aimux before.

A fresh interpreter spends most of a short command's time, and of a daemon's start, on imports.  Most tests of
real processes are about what these do then.  So one process per worker of the tests imports all of aimux and
waits; for each command it forks a child, which gets its own environment, folder, session and descriptors,
runs the program's own ``main`` and ends as an interpreter ends.  Tests of how a process starts use fresh ones
and so do those marked ``measured``, as coverage begins with the interpreter.

A request is one packet: JSON, and with it the descriptors that the child gets, the last of which is where the
mother tells its pid and, when it has ended, its exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BYTES = 200_000
MOST_DESCRIPTORS = 8
_ABOVE = 100
"""Descriptors are moved up here before each gets its number in a child."""


class Forked:
    """A child: ``returncode`` is as :class:`subprocess.Popen` has it, None while it runs."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status
        self.pid = int(self._line(30.0))
        self.returncode: int | None = None

    def wait(self, limit_s: float) -> int:
        """Waits for its end; the exit code, or the negative number of the signal that ended it."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(int(self._line(limit_s)))
            self._status.close()
        return self.returncode

    def leave(self) -> None:
        """Nobody will ask what becomes of it."""
        self._status.close()

    def _line(self, limit_s: float) -> bytes:
        self._status.settimeout(limit_s)
        told = self._status.recv(64)
        assert told, "the mother of all processes is gone"
        return told


class Mother:
    """The process that forks, seen from a test."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(theirs.fileno())],
            cwd=ROOT,
            env={**environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()

    def fork(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        descriptors: Mapping[int, int],
        *,
        session: bool = False,
    ) -> Forked:
        """A child that runs a command line; ``descriptors`` by the number that each has there."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        wanted = {
            "arguments": list(arguments),
            "environ": dict(environ),
            "folder": str(Path.cwd()),
            "numbers": list(descriptors),
            "session": session,
        }
        packet = json.dumps(wanted).encode()
        assert len(packet) < LARGEST_BYTES
        with theirs, self._lock:
            handed = [*descriptors.values(), theirs.fileno()]
            socket.send_fds(self._channel, [packet], handed)
        return Forked(ours)

    def end(self) -> None:
        """Nobody is forked any more; those who are go on."""
        self._channel.close()
        self._process.wait(PATIENCE_S)


@functools.cache
def mother() -> Mother:
    """The one of this process, which ends with it."""
    made = Mother()
    atexit.register(made.end)
    return made


def run(
    arguments: Sequence[str], environ: Mapping[str, str], limit_s: float
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, with nothing to read and its output kept."""
    with (
        open(os.devnull, "rb") as nothing,  # noqa: PTH123
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        descriptors = {0: nothing.fileno(), 1: out.fileno(), 2: err.fileno()}
        child = mother().fork(arguments, environ, descriptors)
        try:
            code = child.wait(limit_s)
        except TimeoutError:
            os.kill(child.pid, signal.SIGKILL)
            raise
        out.seek(0)
        err.seek(0)
        said, complained = out.read().decode(), err.read().decode()
    return subprocess.CompletedProcess(list(arguments), code, said, complained)


# ---------------------------------------------------------------- in the process that forks


def _main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    import_all()
    gc.collect()
    gc.freeze()
    wanted = _serve(channel)
    if wanted is not None:
        from aimux.__main__ import main

        sys.argv = [str(ROOT / "aimux/__main__.py"), *wanted["arguments"]]
        sys.exit(main())


def import_all() -> None:
    """Imports every module of aimux that is not a program."""
    import aimux

    for module in pkgutil.walk_packages(aimux.__path__, "aimux."):
        if module.name.rpartition(".")[2] != "__main__":
            importlib.import_module(module.name)


def _serve(channel: socket.socket) -> dict[str, Any] | None:
    """Forks for whoever asks; in a child what it shall do, None when nobody can ask any more."""
    waking, woken = socket.socketpair()
    for each in (waking, woken):
        each.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(waking.fileno())
    children: dict[int, socket.socket] = {}
    while True:
        readable, _, _ = select.select([channel, woken], [], [])
        if woken in readable:
            with contextlib.suppress(BlockingIOError):
                woken.recv(4096)
            _reap(children)
        if channel not in readable:
            continue
        packet, descriptors, _, _ = socket.recv_fds(channel, LARGEST_BYTES, MOST_DESCRIPTORS)
        if not packet:
            return None
        wanted: dict[str, Any] = json.loads(packet)
        *given, last = descriptors
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (channel, waking, woken, *children.values()):
                each.close()
            os.close(last)
            _become(wanted, given)
            return wanted
        for each_given in given:
            os.close(each_given)
        children[pid] = status = socket.socket(fileno=last)
        status.send(str(pid).encode())


def _reap(children: dict[int, socket.socket]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with children.pop(pid) as told, contextlib.suppress(OSError):
            told.send(str(status).encode())


def _become(wanted: dict[str, Any], given: list[int]) -> None:
    """What an interpreter would find when it starts."""
    if wanted["session"]:
        os.setsid()
    moved = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _ABOVE) for each in given]
    for each in given:
        os.close(each)
    for each, number in zip(moved, wanted["numbers"], strict=True):
        os.dup2(each, number)
        os.close(each)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environ"])
    time.tzset()
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = _writing(1, "strict")
    sys.stderr = sys.__stderr__ = _writing(2, "backslashreplace")


def _writing(number: int, errors: str) -> Any:
    buffering = 1 if number == 2 or os.isatty(number) else -1
    return open(number, "w", buffering, encoding="utf-8", errors=errors, closefd=False)


if __name__ == "__main__":
    _main()

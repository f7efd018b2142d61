"""A child process that is waited for no longer, and read no further, than was agreed.

The keyring and the ``command:`` of a reference run programs that may hang, flood, or leave a
grandchild behind that keeps their pipes open.  So the wait is for the child itself, not for the end
of its output; the output has a limit; and a child that is given up is killed with its whole group.
What a child ended by itself has started (gpg-agent, say) is left alone.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final, Literal, cast

MAX_OUTPUT_BYTES: Final = 2**20
_PIECE_BYTES: Final = 2**16
_LOOK_S: Final = 0.05
"""How often the child is looked at while its pipes are silent."""

_SECRET_ENDINGS: Final = ("_API_KEY", "_AUTH_TOKEN")
_SECRET_BEGINNINGS: Final = ("AIMUX_VAULT_",)

End = Literal["ended", "timeout", "flood"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a child; ``status`` is its exit status, -N when signal N ended it."""

    end: End
    status: int
    output: bytes = field(repr=False)
    errors: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a child is waited for, in seconds; ``waiting`` is called once after a second."""

    limit_s: float
    waiting: Callable[[], None] | None = None


def environment_without_keys(
    environ: Mapping[str, str], also: frozenset[str] = frozenset()
) -> dict[str, str]:
    """The environment that a child may see: without the variables that usually hold keys.

    ``also`` are further names to leave out: those that ``env:`` references are read from.
    """
    return {
        name: value
        for name, value in environ.items()
        if not name.upper().endswith(_SECRET_ENDINGS)
        and not name.startswith(_SECRET_BEGINNINGS)
        and name not in also
    }


def run_child(
    argv: Sequence[str], environ: Mapping[str, str], patience: Patience, stdin: bytes = b""
) -> Outcome:
    """Runs a program to its end, or to the end of the patience.

    Raises:
        OSError: it cannot be started.
    """
    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environ),
        start_new_session=True,  # its own group, to be killed whole
        bufsize=0,
    ) as child:
        try:
            pipes = _Pipes(child, stdin)
            end = pipes.follow(patience)
        except BaseException:
            _kill(child)
            raise
        if end != "ended":
            _kill(child)
        return Outcome(end, child.wait(), bytes(pipes.output), bytes(pipes.errors))


class _Pipes:
    """The three pipes of a child, moved on as each becomes ready."""

    def __init__(self, child: subprocess.Popen[bytes], stdin: bytes) -> None:
        self._child = child
        self._stdin = memoryview(stdin)
        self.output = bytearray()
        self.errors = bytearray()
        self._selector = selectors.DefaultSelector()
        for stream, into in ((child.stdout, self.output), (child.stderr, self.errors)):
            self._selector.register(cast("IO[bytes]", stream), selectors.EVENT_READ, into)
        if child.stdin is not None:
            os.set_blocking(child.stdin.fileno(), False)
            self._selector.register(child.stdin, selectors.EVENT_WRITE, child.stdin.close)

    def follow(self, patience: Patience) -> End:
        with self._selector:
            return self._follow(patience)

    def _follow(self, patience: Patience) -> End:
        started = time.monotonic()
        waiting = patience.waiting
        while True:
            moved = self._move(_LOOK_S)
            passed_s = time.monotonic() - started
            if max(len(self.output), len(self.errors)) > MAX_OUTPUT_BYTES:
                return "flood"
            if not moved and self._child.poll() is not None:
                return "ended"
            if passed_s >= patience.limit_s:
                return "timeout"
            if waiting is not None and passed_s >= 1:
                waiting()
                waiting = None

    def _move(self, wait_s: float) -> bool:
        """Moves what is ready; False when nothing was, within ``wait_s``."""
        if not self._selector.get_map():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(wait_s)
            return False
        ready = self._selector.select(wait_s)
        for key, _ in ready:
            if isinstance(key.data, bytearray):
                self._read(key.fd, key.data)
            else:
                self._write(key.fd, close=key.data)
        return bool(ready)

    def _read(self, descriptor: int, into: bytearray) -> None:
        piece = os.read(descriptor, _PIECE_BYTES)
        into += piece
        if not piece:
            self._selector.unregister(descriptor)

    def _write(self, descriptor: int, *, close: Callable[[], None]) -> None:
        try:
            written = os.write(descriptor, self._stdin)
        except BrokenPipeError:  # it ended without listening; its status tells more
            written = len(self._stdin)
        self._stdin = self._stdin[written:]
        if not self._stdin:
            self._selector.unregister(descriptor)
            close()


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kills the child and its group; it has not been waited for yet, so the number is still its."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)

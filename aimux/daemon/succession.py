"""One daemon after the other without a gap: the socket and the lock change hands.

    the new one                                   the old one
    hello                                  ->
                                           <-     the listening socket, the lock
    reads its keys, builds its gateway            serves
    yield                                  ->     writes down what routing remembers, counts apart
                                           <-     yielded
    is ready but for listening                    serves
    taken, drain N                         ->     tells the service manager whose pid counts from now on,
                                                  listens no more, lets go of the lock
                                           <-     gone
    publishes itself, listens, serves             answers what is open, and ends

They speak over a socket of the state folder.  What is passed are descriptors (unix(7), SCM_RIGHTS): both
have the *same* socket and the *same* lock.  So the lock is held at every moment, and who connects while
neither listens waits in the socket's queue for the few milliseconds and is not refused.  If the new one
fails at any point before ``taken``, the old one goes on as if nothing had been.

The old one cuts nothing: what is open goes on, and a connection that is kept alive is closed behind its next
answer, with ``connection: close``, so that no request can cross with the closing.  It ends when no
connection is left, or at the drain limit.  (To close idle connections at once would lose the requests that
are under way to them just then.)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

logger = logging.getLogger(__name__)

SUCCEED: Final = "AIMUX_SUCCEED"
"""In the environment of a daemon that shall take over: the drain limit of the old one in seconds, or
``configured``.
"""
CONFIGURED: Final = "configured"

ANSWER_S: Final = 5.0
"""For each answer of the old one: it has nothing to do but to give it."""

START_S: Final = 60.0
"""How long the new one may take between hello and taken: it reads keys."""

_HELLO, _YIELD, _YIELDED, _TAKEN, _GONE, _NOW = (
    b"hello", b"yield", b"yielded", b"taken", b"gone", b"now",
)  # fmt: skip
_CREDENTIALS: Final = struct.Struct("3i")


class Gone(Exception):
    """The other side has left, or says something else."""


# ---------------------------------------------------------------- the new one


@dataclass(slots=True)
class Predecessor:
    """The daemon that runs and is about to be followed; blocking calls, made before anything is served."""

    line: socket.socket
    listening: socket.socket
    lock: int
    drain: str

    @classmethod
    def asked(cls, path: Path, drain: str) -> Self | None:
        """The daemon to take over from, if there is one that answers.

        ``drain`` is how many seconds it may go on with what it has open, or ``configured``.
        """
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(ANSWER_S)
        try:
            with _short(path) as short:
                line.connect(short)
            line.sendall(_HELLO + b"\n")
            _, descriptors, _, _ = socket.recv_fds(line, 64, 2)
            listening, lock = descriptors
            os.set_inheritable(listening, False)
            os.set_inheritable(lock, False)
        except (OSError, ValueError) as problem:
            logger.warning("the daemon that runs does not hand over: %s", problem)
            line.close()
            return None
        return cls(line, socket.socket(fileno=listening), lock, drain)

    def yielding(self) -> None:
        """What it remembers is on the disk then.

        Raises:
            Gone: it is not there any more.
        """
        self._ask(_YIELD, _YIELDED)

    def taken(self) -> None:
        """It listens no more then, and the lock is ours alone.

        Raises:
            Gone: it is not there any more.
        """
        self._ask(_TAKEN + b" " + self.drain.encode(), _GONE)

    def hurry(self) -> None:
        """Nobody waits for what it still has open."""
        with contextlib.suppress(OSError):
            self.line.sendall(_NOW + b"\n")

    def close(self) -> None:
        """Ends the conversation; before ``taken`` it goes on as it was."""
        self.line.close()

    def _ask(self, what: bytes, wanted: bytes) -> None:
        try:
            self.line.sendall(what + b"\n")
            answer = self.line.recv(64)
        except OSError as problem:
            raise Gone(str(problem)) from problem
        if answer != wanted + b"\n":
            raise Gone(f"it answers {answer!r}")


# ---------------------------------------------------------------- the old one


class Estate(Protocol):
    """What the old daemon does at each step."""

    def yield_up(self) -> None:
        """Writes down what the successor needs, and writes no more of it."""
        ...

    def resume(self) -> None:
        """The successor has failed: everything is as before."""
        ...

    async def hand_over(self, pid: int, drain_s: float | None) -> None:
        """Listens no more and lets go of the lock; ``drain_s`` is None for the configured limit."""
        ...

    def hurry(self) -> None:
        """What is open is to be cut."""
        ...


@dataclass(slots=True)
class Offer:
    """The readiness to be followed; ``lock`` and ``listening`` are what is handed over."""

    path: Path
    listening: socket.socket
    lock: int
    handed_over: bool = False

    async def stand(self, estate: Estate) -> None:
        """Waits for successors, one after the other, until one has taken over."""
        try:
            server = _server(self.path)
        except OSError as problem:
            logger.info("a restart will not be seamless: %s", problem)
            return
        loop = asyncio.get_running_loop()
        with server:
            while not self.handed_over:
                line, _ = await loop.sock_accept(server)
                with line:
                    line.setblocking(False)
                    await self._converse(line, estate)

    def withdraw(self) -> None:
        """Takes the address away, unless it is a successor's by now."""
        if not self.handed_over:
            self.path.unlink(missing_ok=True)

    async def _converse(self, line: socket.socket, estate: Estate) -> None:
        pid = _peer(line)
        if pid is None:
            return
        yielded = False
        try:
            async with asyncio.timeout(START_S):
                await _heard(line, _HELLO)
                socket.send_fds(line, [b"here\n"], [self.listening.fileno(), self.lock])
                await _heard(line, _YIELD)
                estate.yield_up()
                yielded = True
                await _said(line, _YIELDED)
                drain = await _heard(line, _TAKEN)
        except (OSError, TimeoutError, Gone) as problem:
            logger.warning(
                "a successor (pid %d) has given up: %s", pid, str(problem) or "no answer"
            )
            if yielded:
                estate.resume()
            return
        self.handed_over = True
        await estate.hand_over(pid, None if drain == CONFIGURED else float(drain))
        with contextlib.suppress(OSError):
            await _said(line, _GONE)
        with contextlib.suppress(OSError, Gone):
            await _heard(line, _NOW)
            estate.hurry()


def spawn_successor(environ: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Starts a daemon that takes over from this one, in this one's surroundings; ``given`` are the
    variables of the service manager.  What becomes of it is told by itself.
    """
    successor = subprocess.Popen(
        [sys.executable, "-P", "-m", "aimux", "start", "--foreground"],
        env={**environ, **given, SUCCEED: CONFIGURED},
        stdin=subprocess.DEVNULL,
        cwd="/",
    )
    successor.returncode = 0  # it is meant to outlive us


# ---------------------------------------------------------------- the line between them


async def _heard(line: socket.socket, wanted: bytes) -> str:
    """What stands behind the word that is wanted.

    Raises:
        Gone: another word, or none any more.
    """
    told = await asyncio.get_running_loop().sock_recv(line, 64)
    word, _, rest = told.rstrip(b"\n").partition(b" ")
    if word != wanted:
        raise Gone(f"it says {told!r}" if told else "it has ended")
    return rest.decode("ascii", "replace")


async def _said(line: socket.socket, word: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(line, word + b"\n")


def _server(path: Path) -> socket.socket:
    """A listening socket for our user alone, in place of whatever has that name."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    before = os.umask(0o177)
    try:
        with _short(fresh) as short:
            server.bind(short)
        server.listen(4)
        server.setblocking(False)
        fresh.replace(path)
    except OSError:
        server.close()
        raise
    finally:
        os.umask(before)
    return server


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """The path in a form that fits into the hundred bytes that an address has, where there is one."""
    if len(os.fsencode(path)) < 100 or not Path("/proc/self/fd").is_dir():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _peer(line: socket.socket) -> int | None:
    """The other side's pid, 0 where the system does not tell; None if it is somebody else's process."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0  # the address is for our user alone
    told = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(told)
    return pid if uid == os.getuid() else None

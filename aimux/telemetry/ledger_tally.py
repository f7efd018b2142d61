"""How many exchanges have begun: a count that survives the death of the process.

Twenty-four bytes in the kernel's memory: the daemon's instance, and how many exchanges it has let in.  The
number is written as each begins, and no disk can hold that up: the file lies in a file system that is
memory (``/dev/shm``) and is mapped.  Where there is none it lies on the state's own disk and is written
to: when a disk is full, an error can be borne, while a map of it would end the process.
A kill -9 leaves them as they were, so that whoever comes next knows how many exchanges there were, and
hence how many of them the ledger lacks.  Only when the whole machine dies they are gone, too.

What a daemon finds there stays behind its own bytes until the ledger has it in its books: that takes a
moment, in which it may be killed as well.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import stat
import struct
from pathlib import Path
from typing import Final, NamedTuple, Self

_FORM: Final = struct.Struct("<16sQ")
_COUNT: Final = struct.Struct("<Q")
_COUNT_AT: Final = 16
MOST_LEFT: Final = 16
"""Daemons that were killed one after the other, each before it came to open the ledger."""
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- opened without following links, and only if ours


class Count(NamedTuple):
    """What was counted under one daemon."""

    instance: str
    begun: int


class Tally:
    """The count of the daemon that runs."""

    def __init__(self, state: Path, instance: str, memory: Path = _MEMORY) -> None:
        """Begins at zero.  ``left`` is what daemons that did not end well have left, the last one first."""
        self.begun = 0
        self.left = read_counts(state, memory)[:MOST_LEFT]
        self._instance = instance
        self._map: mmap.mmap | None = None
        self._left = False
        self._path, self._descriptor = _opened(state, memory)
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                content = b"".join(map(_packed, (Count(instance, 0), *self.left)))
                os.pwrite(self._descriptor, content, 0)
                os.ftruncate(self._descriptor, len(content))
                if self._path.parent == memory:
                    self._map = mmap.mmap(self._descriptor, _FORM.size)

    def begin(self) -> None:
        """One more has begun."""
        self.begun += 1
        if self._map is not None:
            _COUNT.pack_into(self._map, _COUNT_AT, self.begun)
        elif self._descriptor is not None:
            try:
                os.pwrite(self._descriptor, _COUNT.pack(self.begun), _COUNT_AT)
            except OSError:  # full: the count lives on in this process
                self.close()

    def settled(self) -> None:
        """The ledger has what others left behind in its books."""
        self.left = ()
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, _FORM.size)

    def remove(self) -> None:
        """Takes the file away: everything that was counted is in the ledger."""
        self.close()
        if not self._left:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def leave(self) -> None:
        """Leaves the file to another daemon; what begins from now on is counted in this process only."""
        self.close()
        self._left = True

    def close(self) -> None:
        """Leaves the file for whoever comes next."""
        descriptor, self._descriptor, mapped, self._map = self._descriptor, None, self._map, None
        if mapped is not None:
            mapped.close()
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_counts(state: Path, memory: Path = _MEMORY) -> tuple[Count, ...]:
    """The count of the daemon that runs, or of one that has died; behind it those of others whose books
    are not closed yet.
    """
    for path in _places(state, memory):
        with contextlib.suppress(OSError, ValueError, struct.error):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                if _is_ours(descriptor):
                    content = os.read(descriptor, _FORM.size * (MOST_LEFT + 1))
                    counts = tuple(map(_count, _FORM.iter_unpack(content)))
                    if counts:
                        return counts
            finally:
                os.close(descriptor)
    return ()


def _packed(count: Count) -> bytes:
    return _FORM.pack(count.instance.encode()[:16], count.begun)


def _count(fields: tuple[bytes, int]) -> Count:
    instance, begun = fields
    return Count(instance.rstrip(b"\0").decode("ascii"), begun)


def _opened(state: Path, memory: Path) -> tuple[Path, int | None]:
    places = _places(state, memory)
    for path in places:
        with contextlib.suppress(OSError):
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(path, flags, 0o600)
            if _is_ours(descriptor):
                return path, descriptor
            os.close(descriptor)
    return places[-1], None


def _places(state: Path, memory: Path) -> tuple[Path, ...]:
    """In memory, where others may have put something of that name; else beside the ledger."""
    own = state / "ledger.count"
    if not memory.is_dir():
        return (own,)
    name = hashlib.blake2b(str(state).encode(), digest_size=8).hexdigest()
    return (memory / f"aimux-{os.getuid()}-{name}", own)


def _is_ours(descriptor: int) -> bool:
    """Whether an open file is a plain one that nobody else can write."""
    found = os.fstat(descriptor)
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077

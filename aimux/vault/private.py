"""Files that only their owner may read: key files, tokens, and what ``file:`` leads to.

The rule of ssh holds: a key that others can read is refused, not used with a warning.  The file is opened
first and judged by its descriptor, so that what is judged is what is read.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
import tempfile
from pathlib import Path
from typing import Final

from aimux.config.paths import make_private_folder
from aimux.errors import KeyMissing, KeyRefused

MAX_PRIVATE_BYTES: Final = 2**16


def read_private(path: Path) -> bytes:
    """The content of a regular file of ours (or root's) that nobody else may read.

    Raises:
        KeyMissing: there is no such file, or it cannot be read.
        KeyRefused: others may read it, it belongs to somebody else, it is no file or too large.
    """
    try:
        # O_NONBLOCK: opening a pipe must not wait for somebody to write into it
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _judge(path, os.fstat(descriptor))
            content = os.read(descriptor, MAX_PRIVATE_BYTES + 1)  # whole: it is a regular file
        finally:
            os.close(descriptor)
    except FileNotFoundError as problem:
        raise KeyMissing(f"there is no file {str(path)!r}") from problem
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in the name
        reason = problem.strerror if isinstance(problem, OSError) else "not a file's name"
        raise KeyMissing(f"the file {str(path)!r} cannot be read: {reason}") from problem
    if len(content) > MAX_PRIVATE_BYTES:
        raise KeyRefused(f"the file {str(path)!r} is too large to hold a key")
    return content


def _judge(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise KeyRefused(f"{str(path)!r} is not a file")
    if facts.st_uid not in {os.geteuid(), 0}:
        raise KeyRefused(
            f"the file {str(path)!r} belongs to another user", hint="use a file of your own"
        )
    if facts.st_mode & 0o077:
        raise KeyRefused(
            f"the file {str(path)!r} can be read by other users of this machine",
            hint=f"chmod 600 {shlex.quote(str(path))}",
        )


def create_private(path: Path, text: str) -> None:
    """Makes a file (0600) with this text, unless there is one already; never a part of it.

    It is written under another name and linked into place, which is how exactly one of several
    processes wins.
    """
    make_private_folder(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()

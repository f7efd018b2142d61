"""A private file that is appended to and set aside when it has grown.

``aimux.log`` is the newest, ``aimux.log.1`` the one before it, and so on up to ``keep_files``.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from aimux.config.paths import make_private_folder

PRIVATE = 0o600


class RotatingFile:
    """Appends bytes; every failure is an ``OSError`` of ``write`` and the next one tries anew.

    A file that somebody else moved or deleted is made again; one that was written only in part
    (full disk) is continued on a new line.
    """

    def __init__(self, path: Path, max_bytes: int, keep_files: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self.keep_files = keep_files
        self._descriptor: int | None = None
        self._torn = False

    def write(self, content: bytes) -> None:
        """Appends whole lines; rotates before, if they would make the file too large.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        descriptor = self._opened()
        size = os.fstat(descriptor).st_size
        if size and size + len(content) > self.max_bytes:
            self._rotate()
            descriptor = self._opened()
        if self._torn:
            content = b"\n" + content
        self._torn = True
        _write_all(descriptor, content)
        self._torn = False

    def close(self) -> None:
        """Closes the file; a later ``write`` opens it again."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        if self._descriptor is not None:
            if self._is_current(self._descriptor):
                return self._descriptor
            self.close()
        make_private_folder(self.path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(self.path, flags, PRIVATE)
        return self._descriptor

    def _is_current(self, descriptor: int) -> bool:
        try:
            named = self.path.lstat()
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(descriptor))

    def _rotate(self) -> None:
        self.close()
        for number in range(self.keep_files, 0, -1):
            older = self._numbered(number)
            newer = self._numbered(number - 1) if number > 1 else self.path
            with contextlib.suppress(FileNotFoundError):
                newer.replace(older)
        if not self.keep_files:
            self.path.unlink()
        self._forget_beyond()

    def _forget_beyond(self) -> None:
        """Deletes files left from a larger ``keep_files``."""
        number = self.keep_files + 1
        while (path := self._numbered(number)).exists():
            path.unlink()
            number += 1

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]

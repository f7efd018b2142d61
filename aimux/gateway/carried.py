"""Whether conversations may hold state of other providers: remembered for ever, in a file of no content.

Only translation puts carriers (:mod:`aimux.wire.opaque`) into a conversation, and conversations outlive
the daemon.  Where nothing was ever translated no request needs to be searched for them, which is felt
with large ones.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class Carried:
    """``ever`` is whether something was translated since the file's folder exists."""

    __slots__ = ("_path", "ever")

    def __init__(self, path: Path | None = None) -> None:
        """Without a path, as if something had been."""
        self._path = path
        self.ever = path is None or path.exists()

    def note(self) -> None:
        """Something is about to be translated; written down the first time."""
        if self.ever:
            return
        self.ever = True
        if self._path is not None:
            with contextlib.suppress(OSError):  # a full disk: then it is searched from now on only
                os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))

"""What makes the process harder to read for others, done before it holds any key."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
"""prctl(2)"""

WANTED_FILES: Final = 8192
"""Two for each exchange, and more for what else is open."""


def harden() -> None:
    """Private files, no core dumps; on Linux no debugger and no reader of ``/proc/PID/environ``.

    A failure is no reason not to start: each of these is a second wall.
    """
    os.umask(0o077)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def raise_open_files() -> None:
    """Lifts the soft limit of open files, as far as the hard one lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

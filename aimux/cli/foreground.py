"""``aimux start --foreground``: this process becomes the daemon."""

from __future__ import annotations

import gc
import os
from typing import Final

from aimux.cli import output

LAUNCHD: Final = "io.aimux.daemon"
"""How launchd names our agent to its process."""


def be_the_daemon(overrides: dict[str, object]) -> int:
    """Is the daemon until it is told to end; its exit code."""
    gc.disable()  # what is imported stays; the daemon looks for garbage from when it serves
    from aimux.config.paths import find_paths
    from aimux.daemon.run import run_foreground
    from aimux.errors import AlreadyRunning, ConfigError

    try:
        return run_foreground(find_paths(), overrides)
    except AlreadyRunning as found:
        output.words(found.message)
        return 0
    except ConfigError as problem:
        if os.environ.get("XPC_SERVICE_NAME") != LAUNCHD:
            raise
        output.error(problem)  # launchd would start whatever fails again, every ten seconds
        return 0

"""Which kind of service this machine has."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

from aimux.config.paths import Paths
from aimux.daemon.service.kinds import Service

KINDS: Final = ("systemd", "launchd")


def service_of(
    paths: Paths, kind: str | None = None, environ: Mapping[str, str] = os.environ
) -> Service:
    """The service of a home, installed or not; ``kind`` is this platform's when left out."""
    environ = {"HOME": os.path.expanduser("~"), **environ}  # noqa: PTH111 -- a variable, not a path
    chosen = kind or ("launchd" if sys.platform == "darwin" else "systemd")
    if chosen == "launchd":  # each start asks: only what this machine has is imported
        from aimux.daemon.service.launchd import Launchd

        return Launchd(paths, environ)
    from aimux.daemon.service.systemd import Systemd

    return Systemd(paths, environ)


def serving(paths: Paths) -> Service | None:
    """The service that runs the daemon of this home, if one is installed for it."""
    service = service_of(paths)
    return service if service.serves() else None

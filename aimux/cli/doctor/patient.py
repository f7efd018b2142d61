"""Who is looked at: the files, the configuration and the daemon of one home, gathered once.

The checks run side by side and read the same facts; what could not be had is there as its reason.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aimux.errors import AimuxError, ConfigError

if TYPE_CHECKING:
    from aimux.admin.shapes import StatusShape
    from aimux.catalogue.provider import Provider
    from aimux.config.load import Loaded
    from aimux.config.paths import Paths
    from aimux.config.schema import Config


@dataclass(frozen=True, slots=True)
class Patient:
    """One aimux, as a command sees it.

    ``home`` is the user's home folder, ``folder`` where one stands: agents read settings there too.
    """

    paths: Paths
    environ: Mapping[str, str] = field(repr=False)
    home: Path
    folder: Path
    loaded: Loaded | ConfigError
    daemon: StatusShape | AimuxError

    @property
    def config(self) -> Config | None:
        """The configuration, if it holds."""
        return None if isinstance(self.loaded, ConfigError) else self.loaded.config

    @property
    def providers(self) -> list[Provider]:
        """The enabled providers; none where the configuration does not hold."""
        from aimux.catalogue.resolve import resolve_providers

        if self.config is None:
            return []
        return [each for each in resolve_providers(self.config).values() if each.enabled]

    @property
    def status(self) -> StatusShape | None:
        """What the daemon says of itself, if it answers."""
        return None if isinstance(self.daemon, AimuxError) else self.daemon

    @property
    def url(self) -> str | None:
        """Where the daemon listens, or would; None where nobody can tell."""
        if self.status is not None:
            return self.status["url"]
        server = self.config.server if self.config else None
        if server is None or server.port == 0:
            return None
        return f"http://127.0.0.1:{server.port}"


def gathered() -> Patient:
    """The aimux of this environment; asks the daemon, if there is one, and never raises for it."""
    from aimux.config.paths import find_paths

    paths = find_paths()
    return Patient(
        paths=paths,
        environ=dict(os.environ),
        home=Path.home(),
        folder=Path.cwd(),
        loaded=_loaded(paths),
        daemon=_daemon(paths),
    )


def _loaded(paths: Paths) -> Loaded | ConfigError:
    from aimux.config.load import load_config

    try:
        return load_config(paths.config)
    except ConfigError as problem:
        return problem


def _daemon(paths: Paths) -> StatusShape | AimuxError:
    from aimux.admin.client import AdminClient

    try:
        return AdminClient.connect(paths).status()
    except AimuxError as problem:
        return problem
    except OSError as problem:  # the lock or the token is somebody else's
        return AimuxError(f"{problem.filename!r} cannot be read: {problem.strerror}")

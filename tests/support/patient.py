"""A patient for the looks of ``aimux doctor``: a home of real files, with or without a daemon's word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from aimux.admin.shapes import StatusShape
from aimux.cli.doctor.patient import Patient
from aimux.config.load import load_config
from aimux.config.paths import Paths
from aimux.errors import AimuxError, ConfigError, NotRunning

URL = "http://127.0.0.1:24689"

STATUS: dict[str, Any] = {
    "state": "running",
    "version": "",
    "pid": 4711,
    "instance": "i",
    "address": "127.0.0.1:24689",
    "url": URL,
    "uptime_s": 5.0,
    "config_changed_on_disk": False,
    "most_files": 8192,
    "open_files": 20,
    "auth": "token",
    "providers": [],
    "notices": [],
}


def patient_in(
    home: Path,
    config: str = "",
    *,
    environ: Mapping[str, str] | None = None,
    daemon: AimuxError | None = None,
    status: Mapping[str, Any] | None = None,
) -> Patient:
    """A patient whose files all lie in one folder; without ``status`` its daemon does not run."""
    from aimux import __version__

    home.chmod(0o700)
    paths = Paths(config=home / "config.toml", state=home)
    if config:
        paths.config.write_text(config, "utf-8")
        paths.config.chmod(0o600)
    try:
        loaded: Any = load_config(paths.config, environ={})
    except ConfigError as problem:
        loaded = problem
    told: StatusShape | AimuxError = daemon or NotRunning("aimux is not running")
    if status is not None:
        told = cast("StatusShape", {**STATUS, "version": __version__, **status})
    surroundings = {
        "PATH": "/usr/bin:/bin",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        **(environ or {}),
    }
    return Patient(paths, surroundings, home, home / "project", loaded, told)

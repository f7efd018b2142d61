"""Looks at config.toml: every problem and every doubt of it, and who may read it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from aimux.cli.doctor.finding import Finding, failed, note, ok, warning
from aimux.cli.doctor.patient import Patient
from aimux.errors import ConfigError

SUBJECT = "config"


def look(patient: Patient) -> Iterator[Finding]:
    """What there is to say of the configuration."""
    loaded, path = patient.loaded, patient.paths.config
    if isinstance(loaded, ConfigError):
        for problem in loaded.problems:
            yield failed(SUBJECT, str(problem), "aimux config edit")
        return
    if not loaded.exists:
        yield note(SUBJECT, f"there is no {path}; the defaults hold", "aimux init")
    else:
        yield ok(SUBJECT, f"{path} holds")
    for doubt in loaded.warnings:
        yield warning(SUBJECT, str(doubt), _mend(doubt.message))
    if loaded.exists and path.stat().st_mode & 0o077:
        yield note(SUBJECT, "other users may read it", f"chmod 600 {shlex.quote(str(path))}")
    if not patient.providers:
        yield warning(SUBJECT, "no provider is configured and enabled", "aimux init")
    status = patient.status
    if status is not None and status["config_changed_on_disk"]:
        yield warning(SUBJECT, "the running daemon does not know its newest state", "aimux reload")


def _mend(message: str) -> str:
    """A doubt may say itself what to type."""
    _, chmod, rest = message.rpartition("chmod ")
    return chmod + rest if chmod else "aimux config edit"

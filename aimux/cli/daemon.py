"""``aimux start, stop, restart, reload, status, logs``: the background process."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""

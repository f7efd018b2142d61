"""``aimux doctor``: what is wrong, and what to type against it.

finding        what a look has found
patient        the files, the configuration and the daemon that are looked at
examination    all looks, side by side
configuration daemon files accounts records clients machine      one look each
surface        ``--security``: attacks of the running daemon's own door
leaks          ``--leaks``: its own files searched for keys
report         ``--report``: all of it without secrets, to be pasted somewhere
page           how it is shown
"""

from __future__ import annotations

from typing import Annotated

import typer

FLAG_OFF = False


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("doctor")(_doctor)


def _doctor(
    security: Annotated[
        bool, typer.Option("--security", help="Attack the running daemon's own door.")
    ] = FLAG_OFF,
    leaks: Annotated[
        bool, typer.Option("--leaks", help="Search aimux's own files for keys.")
    ] = FLAG_OFF,
    report: Annotated[
        bool, typer.Option("--report", help="Print all of it as text without secrets.")
    ] = FLAG_OFF,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = FLAG_OFF,
) -> None:
    """Look for what is wrong, and say what to type against it.

    Exit code 0 when all is well, 1 otherwise. Providers are asked for their lists of models only,
    which is free of charge.
    """
    from aimux.cli.doctor.consultation import consult

    if not consult(security=security, leaks=leaks, report=report, as_json=as_json):
        raise typer.Exit(1)

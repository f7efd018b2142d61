"""The command tree.

Every command is a small function in the module of its group: it has the signature and the help text,
and imports what it needs inside, so that ``aimux --help`` stays light.  A command returns nothing on
success and raises an AimuxError otherwise; an exit code without an error is ``typer.Exit(code)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from aimux import __version__
from aimux.cli import config, daemon, demo, environment, keys, models, output, providers
from aimux.cli.group import group

app = group("aimux", "A local AI gateway: one address for every coding agent.")

for module in (demo, daemon, providers, keys, models, environment, config):
    module.register(app)


@app.callback(invoke_without_command=True)
def _aimux(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,  # noqa: FBT002 -- typer's way to write a flag
) -> None:
    if version:
        output.data(f"aimux {__version__}")
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """Runs a command line and returns its exit code; an AimuxError goes through."""
    try:
        app(args=list(arguments), prog_name="aimux")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0

"""The command tree.

Every command is a small function in the module of its group: it has the signature and the help text,
and imports what it needs inside, so that ``aimux --help`` stays light.  A command returns nothing on
success and raises an AimuxError otherwise; an exit code without an error is ``typer.Exit(code)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from aimux import __version__
from aimux.cli import (
    alerts,
    bench,
    client_run,
    clients,
    config,
    daemon,
    dashboard,
    demo,
    doctor,
    environment,
    init,
    keys,
    memory,
    models,
    output,
    providers,
    replay,
    routes,
    service,
    tokens,
)
from aimux.cli.completion import commands as completion
from aimux.cli.group import group
from aimux.cli.mistyped import MISTYPED, asks_for_help, usage_error
from aimux.errors import UsageError

app = group("aimux", "A local AI gateway: one address for every coding agent.")

for module in (
    demo,
    bench,
    init,
    daemon,
    providers,
    routes,
    keys,
    tokens,
    models,
    memory,
    replay,
    alerts,
    environment,
    client_run,
    clients,
    dashboard,
    config,
    doctor,
    service,
    completion,
):
    module.register(app)


@app.callback(invoke_without_command=True)
def _aimux(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,  # noqa: FBT002 -- typer's way to write a flag
) -> None:
    if version:
        output.data(f"aimux {__version__}")
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """Runs a command line and returns its exit code; an AimuxError goes through.

    Raises:
        UsageError: there is no such command or option, or something is lacking.
    """
    try:
        code = app(args=list(arguments), prog_name="aimux", standalone_mode=False)
    except MISTYPED as problem:
        if asks_for_help(problem):
            problem.show()
            return UsageError.exit_code
        raise usage_error(problem, get_command(app), arguments) from None
    except typer.Abort:
        output.words("nothing was given")
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return code if isinstance(code, int) else 0

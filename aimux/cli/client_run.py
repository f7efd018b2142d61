"""``aimux run``: a client on aimux, for once and without a change to its settings.

The daemon is started if it does not run, then this process becomes the client: the same pid, terminal and
signals, and its exit code.  A client that is not there is 127, one that cannot be executed 126, as shells
have it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aimux.cli import output
from aimux.errors import NotRunning, UsageError

if TYPE_CHECKING:
    from aimux.config.paths import Paths

NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126
START_S: Final = 30.0
"""How long the daemon may take to be ready; nobody is there to say otherwise."""


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    # options behind the client's name are the client's
    app.command(context_settings={"allow_interspersed_args": False})(run)


def run(
    client: Annotated[
        str, typer.Argument(help="claude-code, codex, gemini-cli or opencode.", show_default=False)
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGS", help="The client's own.", show_default=False),
    ] = None,
    *,
    profile: Annotated[
        str | None,
        typer.Option("--profile", metavar="P", help="Use the rules that ask for this profile."),
    ] = None,
) -> None:
    """Start a client on aimux; its settings are not changed."""
    from aimux.cli.clients import lead_of
    from aimux.clients.client import Surroundings
    from aimux.clients.known import client_named, program_of
    from aimux.config.paths import find_paths, write_private

    found, paths, around = client_named(client), find_paths(), Surroundings.here()
    program = program_of(found, around.environ)
    if program is None:
        output.error(UsageError(f"{found.title} is not installed", hint=found.install))
        raise typer.Exit(NOT_FOUND)
    lead = lead_of(found, paths, around, _running(paths), profile)
    given = list(arguments or ())
    launch = found.launch(lead, around, given, paths.launches)
    for path, text in launch.files.items():
        write_private(path, text.encode())
    for note in launch.notes:
        output.warning(note)
    own = {"AIMUX_URL": lead.url, "AIMUX_TOKEN": lead.token}
    _become(program, [*launch.arguments, *given], {**around.environ, **own, **launch.environ})


def _running(paths: Paths) -> str:
    """The address of the daemon, which is started if it does not run.

    Raises:
        ConfigError, PortInUse, StartFailed, TimedOut: it cannot be started, and why.
    """
    from aimux.admin.client import found_daemon

    try:
        return found_daemon(paths).url
    except NotRunning:
        from aimux.daemon.launch import start_daemon

        started = start_daemon(paths, wait_s=START_S)
        output.words(f"aimux is running (pid {started['pid']}, {started['url']})")
        return started["url"]


def _become(program: str, arguments: list[str], environ: dict[str, str]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(program, [program, *arguments], environ)  # noqa: S606 -- that is what it is for
    except OSError as problem:
        output.error(
            UsageError(
                f"{program!r} cannot be started: {problem.strerror}",
                hint="is it whole, and made for this machine?",
            )
        )
        raise typer.Exit(NOT_EXECUTABLE) from problem

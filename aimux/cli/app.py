"""The command tree.

Every command is a small function in the module of its group: it has the signature and the help text,
and imports what it needs inside, so that ``aimux --help`` stays light.  A command returns nothing on
success and raises an AimuxError otherwise; an exit code without an error is ``typer.Exit(code)``.

To make the whole tree takes longer than most commands, so a command line gets the branch that its first
word names; help, and words that name none, get them all.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from typer.main import get_command

from aimux import __version__
from aimux.cli import output
from aimux.cli.group import group, named
from aimux.cli.mistyped import MISTYPED, asks_for_help, usage_error
from aimux.errors import UsageError

BRANCHES: Final[Mapping[str, Sequence[str]]] = {
    "demo": ["demo"],
    "bench": ["bench"],
    "init": ["init"],
    "daemon": ["start", "stop", "restart", "reload", "status", "logs"],
    "providers": ["providers"],
    "routes": ["routes"],
    "keys": ["keys"],
    "tokens": ["tokens"],
    "models": ["models"],
    "memory": ["why", "requests", "usage"],
    "replay": ["replay", "diff"],
    "alerts": ["alerts"],
    "environment": ["env"],
    "client_run": ["run"],
    "clients": ["connect", "disconnect", "clients"],
    "dashboard": ["dashboard"],
    "config": ["config"],
    "doctor": ["doctor"],
    "service": ["service"],
    "completion.commands": ["completion"],
}
"""By module, in the order of the help, the words that it registers."""

_MODULES: Final = {word: module for module, words in BRANCHES.items() for word in words}


def tree() -> Any:
    """The whole tree, as typer's command."""
    return _grown(tuple(BRANCHES))


def branch(word: str) -> Any:
    """The tree with what belongs to the first word of a command line; the whole one if nothing does."""
    module = _MODULES.get(word)
    return tree() if module is None else _grown((module,))


@functools.cache
def _grown(modules: tuple[str, ...]) -> Any:
    app = group("aimux", "A local AI gateway: one address for every coding agent.")
    for module in modules:
        importlib.import_module(f"aimux.cli.{module}").register(app)
    app.callback(invoke_without_command=True)(_aimux)
    return named(get_command(app))


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
    command = branch(arguments[0] if arguments else "")
    try:
        code = command(args=list(arguments), prog_name="aimux", standalone_mode=False)
    except MISTYPED as problem:
        if asks_for_help(problem):
            problem.show()
            return UsageError.exit_code
        raise usage_error(problem, command, arguments) from None
    except typer.Abort:
        output.words("nothing was given")
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return code if isinstance(code, int) else 0

"""``aimux completion show, install``: the files of ``completions/`` for the shell that wants them."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from aimux.cli import output
from aimux.cli.completion.place import SHELLS, Shell, is_ours
from aimux.cli.group import group
from aimux.errors import UsageError

_ALIASES = {"pwsh": "powershell", "sh": "bash"}


def register(app: typer.Typer) -> None:
    """Adds the group."""
    completion = group("completion", "Complete commands, options and names while you type.")
    app.add_typer(completion)
    completion.command("show")(show)
    completion.command("install")(install)


def show(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print the file for a shell."""
    output.piece(_text(_shell(shell)))


def install(
    shell: Annotated[
        str | None,
        typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell; yours if left out."),
    ] = None,
) -> None:
    """Put the file where your shell looks for it, and say what is left to do."""
    from aimux.cli.environment import own_shell

    wanted = _shell(shell or own_shell())
    path = wanted.place(os.environ)
    if not is_ours(path):
        raise UsageError(
            f"{str(path)!r} is there and was not written by aimux",
            hint="move it away, or put the text of `aimux completion show` where you want it",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_text(wanted), encoding="utf-8")
    output.data(str(path))
    output.words(f"then: {wanted.then(path, os.environ)}")


def _shell(name: str) -> Shell:
    found = SHELLS.get(_ALIASES.get(name, name))
    if found is None:
        raise UsageError(
            f"there is no completion for the shell {name!r}", hint=f"one of {', '.join(SHELLS)}"
        )
    return found


def _text(shell: Shell) -> str:
    from aimux.resources import folder

    return (folder("completions") / shell.file).read_text(encoding="utf-8")

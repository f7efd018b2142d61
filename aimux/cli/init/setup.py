"""One run of ``aimux init``: choose, write, store, and say what to type next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from aimux.cli import output
from aimux.cli.imports.keep import Stored, write
from aimux.cli.imports.run import tell_keys
from aimux.cli.imports.writing import kept_keys
from aimux.cli.init.choice import Wish, chosen, default_targets
from aimux.cli.init.template import first_configuration
from aimux.errors import UsageError

if TYPE_CHECKING:
    from aimux.cli.imports.found import Found
    from aimux.config.paths import Paths

_COMMAND = 27


def set_up(wish: Wish, *, force: bool) -> None:
    """Writes the first configuration.

    Raises:
        UsageError: there is one already, or what was typed has no meaning.
        typer.Exit: 4 where a key could not be kept.
    """
    from aimux.config.paths import find_paths

    paths = find_paths()
    _may_write(paths, force=force)
    found = chosen(wish)

    def compose(where: Mapping[str, str]) -> str:
        return first_configuration(found.accounts, default_targets(found.accounts), where)

    keys = kept_keys(found)
    stored = write(paths, compose, keys)
    output.words(f"wrote {paths.config}")
    tell_keys(keys, stored)
    _tell(found, stored)
    if stored.problems:
        raise typer.Exit(stored.problems[0][1].exit_code)


def _may_write(paths: Paths, *, force: bool) -> None:
    from aimux.config.edit import current_content

    if not force and current_content(paths.config).strip():
        raise UsageError(
            f"there is a configuration already: {paths.config}",
            hint="add to it: aimux providers add NAME, aimux config import env; "
            "or replace it, which keeps a .bak: aimux init --force",
        )


def _tell(found: Found, stored: Stored) -> None:
    for each in found.unmapped:
        output.words(f"not taken over: {output.printable(each)}")
    moved = {name.partition("/")[0] for name in stored.kept}
    for account in found.accounts:
        if account.name in moved and any("$" in each for each in account.comments):
            output.hint(f"the key of {account.name} is copied: take it out of your shell's files")
        if account.needs_key and not account.keys:
            output.hint(f"give {account.name} its key: aimux keys set {account.name}")
    output.words()
    output.words("next:")
    for number, (command, meaning) in enumerate(_steps(found), 1):
        output.words(f"  {number}. {command:{_COMMAND}}{meaning}")


def _steps(found: Found) -> list[tuple[str, str]]:
    """The three commands that follow."""
    start = ("aimux start", "the daemon, in the background")
    run = ("aimux run claude-code", "or codex, gemini-cli, opencode")
    if not found.accounts:
        return [("aimux providers add NAME", "who shall answer"), start, run]
    return [start, run, ("aimux connect claude-code", "for good; aimux disconnect undoes it")]

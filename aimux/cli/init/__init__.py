"""``aimux init``: the first configuration, as a wizard or by flags.

choice      who shall answer, and where each key comes from
template    the commented configuration
setup       all of it, and what to type next
"""

from __future__ import annotations

from typing import Annotated

import typer

FLAG_OFF = False


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("init")(_init)


def _init(  # noqa: PLR0913 -- one parameter for each option
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing; move every key that is found.")
    ] = FLAG_OFF,
    provider: Annotated[
        list[str] | None,
        typer.Option("--provider", metavar="NAME", help="Preset to use; again for another."),
    ] = None,
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the provider's key from stdin.")
    ] = FLAG_OFF,
    key_env: Annotated[
        str | None, typer.Option("--key-env", help="Variable the daemon reads the key from.")
    ] = None,
    keep_keys: Annotated[
        bool, typer.Option("--keep-keys", help="Leave keys where they are.")
    ] = FLAG_OFF,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a config.toml that is there; keeps a .bak.")
    ] = FLAG_OFF,
) -> None:
    """Write the first configuration, with comments.

    Finds keys in the shell's variables and in the settings of known agents and offers to move them
    into the keyring.  Without a terminal nothing is asked: keys stay in their variables, or are
    moved with --yes.
    """
    from aimux.cli.init.choice import Wish
    from aimux.cli.init.setup import set_up

    wish = Wish(tuple(provider or ()), key_env, key_stdin=key_stdin, keep_keys=keep_keys, yes=yes)
    set_up(wish, force=force)

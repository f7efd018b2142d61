"""How a group of commands is made, so that all behave alike."""

from __future__ import annotations

import typer

SETTINGS = {"help_option_names": ["-h", "--help"]}


def group(name: str, help_text: str) -> typer.Typer:
    """An empty group such as ``aimux config``; called alone it shows its help."""
    return typer.Typer(
        name=name,
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
    )

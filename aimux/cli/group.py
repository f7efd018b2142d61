"""How a group of commands is made, so that all behave alike."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import typer
from typer.core import TyperGroup

SETTINGS = {"help_option_names": ["-h", "--help"]}


def group(name: str, help_text: str) -> typer.Typer:
    """An empty group such as ``aimux config``; called alone it shows its help."""
    return typer.Typer(
        name=name,
        cls=_Group,
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
    )


class _Group(TyperGroup):
    """A group whose help says of each command something whole: typer would break off in a sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes a line for each command."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        room = formatter.width - max(len(name) for name, _ in found) - 6
        rows = [
            (name, summary(each.help or "", room))
            for name, each in found
            if each and not each.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def named(command: Any) -> Any:
    """A command, and all below it, whose help says what is taken in words and not in Python's types."""
    for each in command.params:
        if each.param_type_name == "argument":
            each.metavar = each.metavar or each.name.upper()
            each.display_type_rich = _no_type  # its name says it
            each.get_usage_pieces = partial(_usage, each)
        elif not each.is_flag and each.metavar is None:
            number = each.type_descriptor.annotation in {int, float}
            each.metavar = "NUMBER" if number else "TEXT"
    for below in getattr(command, "commands", {}).values():
        named(below)
    return command


def _no_type(ctx: Any) -> str:
    del ctx
    return ""


def _usage(argument: Any, ctx: Any) -> list[str]:
    """An argument in the line that shows how a command is used: ``NAME``, ``[NAME]``, ``NAME...``."""
    del ctx
    if argument.hidden:
        return []
    name = argument.metavar
    if argument.nargs == -1 and not name.endswith("..."):
        name += "..."
    return [name if argument.required else f"[{name}]"]


def summary(text: str, room: int) -> str:
    """The first sentence of a help text, or as much of it as is whole and fits."""
    sentence = " ".join(text.partition("\n\n")[0].split())
    sentence = re.split(r"(?<=\.) (?=[A-Z])", sentence)[0]
    for end in ("; ", ": ", ", "):
        if len(sentence) > room:
            sentence = sentence.partition(end)[0].rstrip(".") + "."
    return sentence

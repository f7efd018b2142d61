"""The command tree as completions see it: plain values, read once from typer's own objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aimux.cli.completion.values import FREE, Values, values_of


@dataclass(frozen=True, slots=True)
class Option:
    """``names`` as they are typed; ``takes`` is None for a flag."""

    names: tuple[str, ...]
    help: str
    takes: Values | None


@dataclass(frozen=True, slots=True)
class Argument:
    """What stands at one place; ``many``: and at all places behind it."""

    takes: Values
    many: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A command or a group; ``path`` is what is typed, such as ``aimux config set``."""

    path: str
    help: str
    options: tuple[Option, ...]
    arguments: tuple[Argument, ...]
    commands: tuple[Node, ...]
    runs_another: bool = False
    """Whether what stands behind the first argument is another program's."""

    @property
    def name(self) -> str:
        """The last word of the path."""
        return self.path.rpartition(" ")[2]

    def walk(self) -> Iterator[Node]:
        """This one and all below it."""
        yield self
        for each in self.commands:
            yield from each.walk()

    def places(self) -> Iterator[tuple[str, Values]]:
        """What takes a value: ``--option``, ``1`` for the first argument, ``*`` for any further one.

        ``--`` is there where the first argument ends our own options.
        """
        if self.runs_another:
            yield "--", FREE
        for option in self.options:
            if option.takes is not None:
                for name in option.names:
                    yield name, option.takes
        for number, argument in enumerate(self.arguments, 1):
            yield "*" if argument.many else str(number), argument.takes


def read_tree(command: Any, path: str = "aimux") -> Node:
    """The tree below a command of typer, without what is hidden.

    typer keeps its own copy of click and publishes no type for what it makes.
    """
    options, arguments = [], []
    for each in command.params:
        if each.hidden or "--help" in each.opts:
            continue
        if each.param_type_name == "argument":
            takes = values_of(path, (each.metavar or each.name).strip("[]."), each.name)
            arguments.append(Argument(takes, each.nargs == -1))
        else:
            options.append(_option(path, each))
    options.append(Option(("-h", "--help"), "Show the help and end.", None))
    below = getattr(command, "commands", {})
    return Node(
        path,
        _short(command.help),
        tuple(options),
        tuple(arguments),
        tuple(read_tree(each, f"{path} {name}") for name, each in below.items() if not each.hidden),
        runs_another=not command.context_settings.get("allow_interspersed_args", True),
    )


def _option(path: str, option: Any) -> Option:
    names = (*option.opts, *option.secondary_opts)
    longest = max(option.opts, key=len)
    takes = None if option.is_flag else values_of(path, longest, option.name)
    return Option(names, _short(option.help), takes)


def _short(text: str | None) -> str:
    """The first sentence of a help text, on one line."""
    line = " ".join((text or "").split("\n\n")[0].split())
    return line.split("; ")[0].rstrip(".")

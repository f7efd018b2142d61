"""``docs/commands.md``: the command tree, read off typer's own objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aimux.cli.app import tree
from tests.docs.exits import exit_codes
from tests.docs.markdown import code, fence, page, prose, table

CODES: Final = {
    0: "done",
    1: "failed",
    2: "wrong usage or configuration",
    3: "the daemon is not running",
    4: "a key is missing or locked",
    5: "a provider failed",
    130: "interrupted",
}

_TOP: Final = """\
Data goes to stdout, words go to stderr. Where a command prints data, `--json` prints it for
programs. Nothing is asked without a terminal. `NO_COLOR` switches colours off. An error says what
happened, why, and what to type next."""

_ALL: Final = """\
Any command may end with 0, 1, 2 or 130; the others are said where they can come. Every command has
`-h`."""


def commands() -> str:
    """The page."""
    blocks = [_TOP, table(("Exit code", ""), ((str(n), words) for n, words in CODES.items()))]
    blocks.append(_ALL)
    root = tree()
    for path, command in walk(root, "aimux"):
        blocks += list(_command(path, command))
    return page("Commands", *blocks)


def walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command and group that is not hidden, with what is typed for it."""
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        if not each.hidden:
            yield from walk(each, f"{path} {name}")


def _command(path: str, command: Any) -> Iterator[str]:
    below = getattr(command, "commands", None)
    yield f"{'###' if path.count(' ') > 1 else '##'} `{path}`"
    yield prose(command.help)
    parameters = [each for each in command.params if not getattr(each, "hidden", False)]
    parameters = [each for each in parameters if "--help" not in each.opts]
    yield fence(_usage(path, parameters, below))
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    options = [each for each in parameters if each.param_type_name == "option"]
    if arguments:
        yield table(
            ("Argument", ""), ((code(_metavar(each)), each.help or "") for each in arguments)
        )
    if options:
        rows = ((_names(each), _default(each), _help(each)) for each in options)
        yield table(("Option", "Default", ""), rows)
    if not below and (special := exit_codes(command.callback)):
        yield (
            "May also end with " + " or ".join(f"{each} ({CODES[each]})" for each in special) + "."
        )


def _usage(path: str, parameters: list[Any], below: Any) -> str:
    words = [path]
    if any(each.param_type_name == "option" for each in parameters):
        words.append("[OPTIONS]")
    words += [_metavar(each) for each in parameters if each.param_type_name == "argument"]
    if below:
        words.append("COMMAND")
    return " ".join(words)


def _metavar(argument: Any) -> str:
    return "".join(argument.get_usage_pieces(None))


def _names(option: Any) -> str:
    names = ", ".join(code(each) for each in (*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {code(option.metavar)}"


def _default(option: Any) -> str:
    if option.required:
        return "required"
    value = option.default
    if value is None or isinstance(value, bool) or value in ((), [], ""):
        return ""
    return code(str(getattr(value, "value", value)))


def _help(option: Any) -> str:
    words = option.help or ""
    low, high = getattr(option, "min", None), getattr(option, "max", None)
    if low is not None and high is not None:
        words += f" From {low} to {high}."
    elif low is not None:
        words += f" {low} or more."
    return f"{words} May be repeated." if option.multiple and "repeated" not in words else words

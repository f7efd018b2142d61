"""A command line that typer does not understand, told as every other error of aimux is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import typer

from aimux.errors import UsageError

MISTYPED: Final[Any] = typer.BadParameter.__base__
"""typer's own error for all of them; it publishes only some of those that are made from it."""

_SAID: Final = (
    (r"Input should be a valid integer\b.*", "it must be a whole number"),
    (r"Input should be less than or equal to (\S+)", r"it must be \1 or less"),
    (r"Input should be greater than or equal to (\S+)", r"it must be \1 or more"),
    (r"argument\(s\)", "arguments"),
    (r" \(Possible options?: (.+)\)$", r"; did you mean \1?"),
    (r"\. Did you mean (.+)$", r"; did you mean \1"),
)
"""What its libraries say, and what we say."""


def asks_for_help(problem: Any) -> bool:
    """Whether a group was called alone: no error, but its help."""
    return type(problem).__name__ == "NoArgsIsHelpError"


def usage_error(problem: Any, tree: Any, arguments: Sequence[str]) -> UsageError:
    """The same as an error of ours, with the command whose help tells more."""
    text = str(problem.format_message()).rstrip(".")
    for pattern, words in _SAID:
        text = re.sub(pattern, words, text)
    command = " ".join(("aimux", *_command(tree, arguments)))
    return UsageError(f"{text[:1].lower()}{text[1:]}", hint=f"see what it takes: {command} -h")


def _command(tree: Any, arguments: Sequence[str]) -> Iterator[str]:
    """The words that name a command of the tree; not every error of typer knows its own."""
    for word in arguments:
        tree = getattr(tree, "commands", {}).get(word)
        if tree is None:
            return
        yield word

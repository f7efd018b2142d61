"""The command tree and its branches: a command line gets no more than it needs, and misses nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from aimux.cli.app import BRANCHES, branch, run, tree
from aimux.errors import UsageError


@pytest.mark.parametrize("module", BRANCHES)
def test_a_branch_has_the_words_of_its_module(module: str) -> None:
    """All of them, and the same commands as the whole tree."""
    words = list(BRANCHES[module])
    for word in words:
        found = branch(word).commands
        assert list(found) == words
        assert found[word].name == tree().commands[word].name


def test_the_whole_tree_has_all_of_the_table() -> None:
    assert set(tree().commands) == {word for words in BRANCHES.values() for word in words}


@pytest.mark.parametrize("word", ["", "-h", "--version", "provider"])
def test_what_names_no_branch_gets_them_all(word: str) -> None:
    assert branch(word) is tree()


def test_a_word_that_is_close_is_named() -> None:
    """Whichever module has it."""
    with pytest.raises(UsageError, match="providers"):
        run(["provider", "list"])


def test_other_branches_are_not_imported() -> None:
    script = "import sys; from aimux.cli.app import run; run(['tokens', 'list', '-h']); "
    script += "print([name for name in sys.modules if name.startswith('aimux.cli.')])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "aimux.cli.tokens" in done.stdout
    assert "aimux.cli.providers" not in done.stdout


def _commands(command: Any, path: str = "aimux") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, f"{path} {name}")


@pytest.mark.parametrize(
    "command", [pytest.param(each, id=path) for path, each in _commands(tree())]
)
def test_help_has_the_words_of_a_person(command: Any) -> None:
    """No type of Python's, no bracket within a bracket, no name in small letters for what is to be typed."""
    context = command.make_context("aimux", [], resilient_parsing=True)
    usage, *lines = command.get_help(context).split("\n")

    assert not re.search(r"[{}]|\[\[|[a-z]\]", usage.removeprefix("Usage: aimux"))
    assert not any(re.search(r"<(?:str|int|float|range|bool|path)", line) for line in lines)

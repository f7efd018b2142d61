"""The command tree and its branches: a command line gets no more than it needs, and misses nothing."""

from __future__ import annotations

import subprocess
import sys

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

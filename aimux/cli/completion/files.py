"""The files of ``completions/``, made from the tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aimux.cli.completion import bash, fish, powershell, zsh
from aimux.cli.completion.place import SHELLS

RENDER: Final = {
    "bash": bash.render,
    "zsh": zsh.render,
    "fish": fish.render,
    "powershell": powershell.render,
}


def made() -> Mapping[str, str]:
    """Each file by its name."""
    from aimux.cli.app import tree
    from aimux.cli.completion.tree import read_tree

    root = read_tree(tree())
    return {SHELLS[shell].file: render(root) for shell, render in RENDER.items()}

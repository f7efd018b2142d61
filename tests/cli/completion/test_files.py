"""The files in ``completions/`` are what the generator makes of the tree, and well-formed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from aimux.cli.app import tree
from aimux.cli.completion.__main__ import main
from aimux.cli.completion.asked import KINDS
from aimux.cli.completion.files import made
from aimux.cli.completion.place import MARK, SHELLS
from aimux.cli.completion.tree import Node, read_tree
from aimux.cli.completion.values import FREE, HERE, Values
from aimux.resources import folder
from tests.support.parts import need

ROOT = read_tree(tree())


@pytest.mark.parametrize("shell", SHELLS)
def test_no_drift(shell: str) -> None:
    """After a change of the command tree: python -m aimux.cli.completion."""
    name = SHELLS[shell].file

    shipped = (folder("completions") / name).read_text(encoding="utf-8")

    assert shipped == made()[name], "run: python -m aimux.cli.completion"
    assert MARK in shipped[:200]


def test_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above asks for."""
    monkeypatch.setattr("aimux.cli.completion.__main__.folder", lambda name: tmp_path / name)
    (tmp_path / "completions").mkdir()

    main()

    written = {path.name for path in (tmp_path / "completions").iterdir()}
    assert written == {each.file for each in SHELLS.values()}


@pytest.mark.parametrize(
    ("shell", "file"), [("bash", "aimux.bash"), ("zsh", "_aimux"), ("fish", "aimux.fish")]
)
def test_syntax(shell: str, file: str) -> None:
    """The shell itself can read it."""
    path = folder("completions") / file
    done = subprocess.run(
        [need(shell, shell), "-n", str(path)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_powershell_syntax() -> None:
    """By PowerShell where it is there; else strings end, brackets match, and no key is there twice."""
    text = (folder("completions") / "aimux.ps1").read_text(encoding="utf-8")
    if program := shutil.which("pwsh"):
        script = (
            "$e = $null; $parser = [Management.Automation.Language.Parser]; "
            "[void]$parser::ParseInput($input, [ref]$null, [ref]$e); $e"
        )
        done = subprocess.run(
            [program, "-NoProfile", "-c", script],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == ""

    bare = re.sub(r"""#[^\n]*|'(?:[^']|'')*'|"(?:[^"`]|`.)*\"""", "", text)
    depth: list[str] = []
    for sign in re.findall(r"[][(){}]", bare):
        if sign in "([{":
            depth.append(sign)
        else:
            assert depth.pop() + sign in {"()", "[]", "{}"}
    assert depth == []
    assert not {"'", '"'} & set(bare)
    keys = re.findall(r"^    ('(?:[^']|'')*') = @\{", text, re.MULTILINE)
    assert len(keys) > 50
    places = [key.casefold() for key in keys if re.search(r" (?:-\S+|\d|\*)'$", key)]
    assert len(places) == len(set(places)), "the keys of a table are the same in any case"


def _node(path: str) -> Node:
    return next(each for each in ROOT.walk() if each.path == path)


def test_the_tree() -> None:
    """Commands, options of both kinds, arguments; nothing that is hidden."""
    logs, add = _node("aimux logs"), _node("aimux providers add")

    takes = {name: each.takes for each in logs.options for name in each.names}
    assert takes["--follow"] is None
    assert takes["-n"] == takes["--lines"] == FREE
    assert takes["--request"] == Values(ask="requests")
    assert [each.takes.ask for each in add.arguments] == ["presets"]
    assert dict(_node("aimux config set").places())["*"] == FREE
    assert "server.port" in dict(_node("aimux config set").places())["1"].words
    assert all(each.help for each in ROOT.walk())


def test_every_kind_is_there_and_used() -> None:
    """The tables ask for nothing that ``__complete`` does not know."""
    asked = {values.ask for each in ROOT.walk() for _, values in each.places()} - {""}

    assert asked <= set(KINDS)
    assert {"providers", "models", "keys", "requests", "targets", "presets", "tokens"} <= asked
    assert {values.ask for values in HERE.values()} - {""} <= set(KINDS)

"""``aimux completion show, install``: the right file at the right place, and only there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from aimux.cli.completion.place import SHELLS, _bash_then
from aimux.resources import folder
from tests.support.command import Command
from tests.support.parts import need


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("shell", [*SHELLS, "pwsh"])
def test_show(command: Command, shell: str) -> None:
    """The file, as it is."""
    name = SHELLS["powershell" if shell == "pwsh" else shell].file

    done = command("completion", "show", shell)

    assert (done.code, done.err) == (0, "")
    assert done.out == (folder("completions") / name).read_text(encoding="utf-8")


PLACES = [
    ("bash", {}, ".local/share/bash-completion/completions/aimux"),
    ("bash", {"XDG_DATA_HOME": "{}/data"}, "data/bash-completion/completions/aimux"),
    ("bash", {"XDG_DATA_HOME": "data"}, ".local/share/bash-completion/completions/aimux"),
    ("bash", {"BASH_COMPLETION_USER_DIR": "{}/own:/x"}, "own/completions/aimux"),
    ("zsh", {}, ".zfunc/_aimux"),
    ("zsh", {"ZDOTDIR": "{}/z"}, "z/.zfunc/_aimux"),
    ("fish", {}, ".config/fish/completions/aimux.fish"),
    ("fish", {"XDG_CONFIG_HOME": "{}/c"}, "c/fish/completions/aimux.fish"),
    ("powershell", {}, ".config/powershell/aimux.ps1"),
]


@pytest.mark.parametrize(("shell", "environ", "place"), PLACES)
def test_install(command: Command, shell: str, environ: dict[str, str], place: str) -> None:
    """Where that shell looks; said on stdout; again is the same."""
    command.environ |= {name: each.format(command.home) for name, each in environ.items()}

    done = command("completion", "install", shell)
    again = command("completion", "install", shell)

    path = command.home / place
    assert done == again
    assert (done.code, done.out) == (0, f"{path}\n")
    assert done.err.startswith("then: ")
    assert path.read_text("utf-8") == (folder("completions") / SHELLS[shell].file).read_text(
        "utf-8"
    )
    assert [each for each in command.home.rglob("*") if each.is_file()] == [path]


def test_install_for_the_shell_that_one_has(command: Command) -> None:
    """$SHELL, when no shell is the parent (here it is pytest)."""
    command.environ["SHELL"] = "/usr/bin/fish"

    done = command("completion", "install")

    assert done.code == 0
    assert "complet" in done.out


def test_a_foreign_file_stays(command: Command) -> None:
    """Somebody else's completion is not ours to replace."""
    path = command.home / ".zfunc" / "_aimux"
    path.parent.mkdir()
    path.write_text("#compdef aimux\n# mine\n")

    done = command("completion", "install", "zsh")

    assert done.code == 2
    assert "was not written by aimux" in done.err
    assert path.read_text() == "#compdef aimux\n# mine\n"


@pytest.mark.parametrize("verb", ["show", "install"])
def test_no_such_shell(command: Command, verb: str) -> None:
    """Which there are is said."""
    done = command("completion", verb, "tcsh")

    assert done.code == 2
    assert "one of bash, zsh, fish, powershell" in done.err


def test_the_line_for_zsh_works(command: Command) -> None:
    """What zsh is told to be given makes it know ``aimux``; it is asked for once."""
    told = command("completion", "install", "zsh").err
    line = told[told.index("fpath=(") :]
    (command.home / ".zshrc").write_text(line)
    done = subprocess.run(
        [need("zsh", "zsh"), "-d", "-i", "-c", "print -r -- $_comps[aimux]"],
        env={"HOME": str(command.home), "PATH": "/usr/bin:/bin", "TERM": "dumb"},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip

    assert done.stdout.strip() == "_aimux"
    assert command("completion", "install", "zsh").err == "then: open a new shell\n"


def test_bash_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody reads the folder, and the line that does is said."""
    there = tmp_path / "bash_completion"
    there.touch()

    monkeypatch.setattr("aimux.cli.completion.place._BASH_COMPLETION", [str(there)])
    assert _bash_then(tmp_path / "x y", {}) == "open a new shell"
    monkeypatch.setattr("aimux.cli.completion.place._BASH_COMPLETION", [])
    assert f"source '{tmp_path / 'x y'}'" in _bash_then(tmp_path / "x y", {})

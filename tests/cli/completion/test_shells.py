"""The real shells, each asked through its own completion."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aimux.resources import folder
from tests.support.command import clean_environment
from tests.support.parts import need
from tests.support.patience import PATIENCE_S

CONFIG = """
[providers.zai]
preset = "zai"

[providers.local]
format = "openai-chat"
base_url = "http://127.0.0.1:1/v1"

[providers.local.models."qwen3-coder:30b"]
context = 1

[providers."$(touch bang)"]
preset = "zai"
"""

CASES: dict[str, set[str]] = {
    "aimux sta": {"start", "status"},
    "aimux config s": {"show", "set", "schema"},
    "aimux --v": {"--version"},
    "aimux logs --f": {"--follow"},
    "aimux logs --level w": {"warning"},
    "aimux logs -n 5 --re": {"--request"},
    "aimux logs --level=w": {"--level=warning"},
    "aimux logs -f --level ": {"debug", "info", "warning", "error"},
    "aimux providers show z": {"zai"},
    "aimux providers show -- z": {"zai"},
    "aimux providers show zai z": set(),
    "aimux models --provider l": {"local"},
    "aimux replay ax_1 --target local/": {"local/qwen3-coder:30b"},
    "aimux replay ax_1 --target local/qwen3-coder:": {"local/qwen3-coder:30b"},
    "aimux keys set z": {"zai/default"},
    "aimux keys migrate --to v": {"vault"},
    "aimux config set server.p": {"server.port"},
    "aimux config set server.port 8": set(),
    "aimux config check thef": {"thefile"},
    "aimux completion show f": {"fish"},
    "aimux run g": {"gemini-cli"},
    "aimux run --pro": {"--profile"},
    "aimux run codex --pro": set(),
    "aimux run codex thef": {"thefile"},
    "aimux nonsense sta": set(),
    "aimux config nonsense s": set(),
    "aimux logs -n ": set(),
}
"""What is typed, and what is offered."""

Environ = dict[str, str]


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Environ:
    """A home with two providers and an ``aimux`` on the path."""
    home = tmp_path_factory.mktemp("home")
    (home / "config.toml").write_text(CONFIG)
    (home / "thefile").write_text("")
    (home / "bin").mkdir()
    program = home / "bin" / "aimux"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aimux "$@"\n')
    program.chmod(0o755)
    found = clean_environment(home)
    return {**found, "PATH": f"{home}/bin:{found['PATH']}", "TERM": "xterm", "LANG": "C.UTF-8"}


def _run(command: list[str], environ: Environ, **more: str) -> str:
    done = subprocess.run(
        command,
        env={**environ, **more},
        cwd=environ["HOME"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


BASH = r"""
source "$FILE"
while IFS= read -r line; do
    COMP_LINE=$line COMP_POINT=${#line}
    _aimux 2>/dev/null
    for each in "${COMPREPLY[@]}"; do printf '%s\t' "$each"; done
    printf '\n'
done <<<"$CASES"
"""


@pytest.mark.parametrize("breaks", [" \t\n\"'><=;|&(:", " \t\n\"'><;|&("])
def test_bash(environ: Environ, breaks: str) -> None:
    """Its function, called as readline calls it; with and without ``=`` and ``:`` as breaks of words."""
    told = _run(
        ["bash", "--norc", "-c", f"COMP_WORDBREAKS=$BREAKS\n{BASH}"],
        environ, FILE=str(folder("completions") / "aimux.bash"), CASES="\n".join(CASES), BREAKS=breaks,
    )  # fmt: skip

    answers = [set(filter(None, line.split("\t"))) for line in told.splitlines()]
    typed = {line: line.rpartition(" ")[2] for line in CASES}
    kept = {line: max(cur.rfind(sign) for sign in breaks) + 1 for line, cur in typed.items()}
    wanted = [{each[kept[line] :] for each in offered} for line, offered in CASES.items()]
    assert dict(zip(CASES, answers, strict=True)) == dict(zip(CASES, wanted, strict=True))
    assert not (Path(environ["HOME"]) / "bang").exists()


def test_fish(environ: Environ) -> None:
    """``complete -C`` gives what a Tab would offer."""
    script = 'source $FILE; for line in $argv; complete -C $line; echo "##"; end'
    told = _run(
        [need("fish", "fish"), "--no-config", "-c", script, *CASES],
        environ, FILE=str(folder("completions") / "aimux.fish"),
    )  # fmt: skip

    answers = [
        {line.partition("\t")[0] for line in part.splitlines() if line}
        for part in told.split("##\n")
    ]
    assert dict(zip(CASES, answers, strict=False)) == CASES
    assert "status\tShow whether aimux runs" in told
    assert not (Path(environ["HOME"]) / "bang").exists()


# ---------------------------------------------------------------- zsh, on a terminal

ZSHRC = r"""
PS1='> '
fpath=($FUNCTIONS $fpath)
autoload -Uz compinit && compinit -D -u
unsetopt AUTO_MENU AUTO_LIST BEEP ZLE_BRACKETED_PASTE 2>/dev/null
unset zle_bracketed_paste
tell() { print -r -- "[$BUFFER]" >"$TOLD"; BUFFER='' }
zle -N tell
bindkey '^X' tell
print ready >"$TOLD"
"""


@pytest.fixture(scope="module")
def tab(environ: Environ) -> Iterator[Callable[[str], str]]:
    """What a line is after Tab in a zsh that has found ``_aimux`` by itself."""
    program = need("zsh", "zsh")
    home = Path(environ["HOME"])
    told = home / "told"
    (home / ".zshrc").write_text(ZSHRC)
    main, side = pty.openpty()
    process = subprocess.Popen(
        [program, "-d", "-i"],
        env={**environ, "FUNCTIONS": str(folder("completions")), "TOLD": str(told)},
        stdin=side, stdout=side, stderr=side, cwd=home, start_new_session=True,
    )  # fmt: skip
    os.close(side)

    def hear() -> str:
        """Waits for what the shell tells; reads what it paints, so that it is not held up."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if select.select([main], [], [], 0.01)[0]:
                os.read(main, 65536)
            if told.exists() and told.read_text().endswith("\n"):
                text = told.read_text().strip()
                told.unlink()
                return text
        pytest.fail("zsh says nothing")

    def press(line: str) -> str:
        os.write(main, f"{line}\t\x18".encode())
        return hear()[1:-1]

    assert hear() == "ready"
    yield press
    process.kill()
    process.wait()
    os.close(main)


@pytest.mark.parametrize(("line", "offered"), [(k, v) for k, v in CASES.items() if len(v) < 2])
def test_zsh(tab: Callable[[str], str], environ: Environ, line: str, offered: set[str]) -> None:
    """The first Tab already completes; a line for which nothing is offered stays as it is."""
    kept = line[: len(line) - len(line.rpartition(" ")[2])]

    found = tab(line)

    assert found.rstrip() == (kept + next(iter(offered)) if offered else line).rstrip()
    assert not (Path(environ["HOME"]) / "bang").exists()


@pytest.mark.parametrize(
    ("line", "found"), [("aimux sta", "aimux sta"), ("aimux config sh", "aimux config show ")]
)
def test_zsh_several(tab: Callable[[str], str], line: str, found: str) -> None:
    """Of several the common part is typed."""
    assert tab(line) == found

"""Where each shell looks for completions of its user, and what is left for the user to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MARK: Final = "completion for aimux"
"""Stands in the first lines of each of our files, and of nobody else's."""

_BASH_COMPLETION: Final = (
    "/usr/share/bash-completion/bash_completion",
    "/usr/local/share/bash-completion/bash_completion",
    "/usr/local/etc/profile.d/bash_completion.sh",
    "/opt/homebrew/etc/profile.d/bash_completion.sh",
    "/etc/bash_completion",
)


@dataclass(frozen=True, slots=True)
class Shell:
    """``file`` is the name in ``completions/``; ``place`` is where it goes; ``then`` what is to be done."""

    file: str
    place: Callable[[Mapping[str, str]], Path]
    then: Callable[[Path, Mapping[str, str]], str]


def is_ours(path: Path) -> bool:
    """Whether a file there was written by us, or there is none."""
    try:
        head = path.read_text(encoding="utf-8", errors="replace")[:200]
    except FileNotFoundError:
        return True
    return MARK in head


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())


def _folder(environ: Mapping[str, str], variable: str, otherwise: str) -> Path:
    """A folder of the XDG specification, which ignores relative ones."""
    named = environ.get(variable, "")
    return Path(named) if Path(named).is_absolute() else _home(environ) / otherwise


def _bash(environ: Mapping[str, str]) -> Path:
    data = _folder(environ, "XDG_DATA_HOME", ".local/share")
    base = environ.get("BASH_COMPLETION_USER_DIR", "").partition(":")[0]
    return (Path(base) if base else data / "bash-completion") / "completions" / "aimux"


def _bash_then(path: Path, _: Mapping[str, str]) -> str:
    if any(Path(each).exists() for each in _BASH_COMPLETION):
        return "open a new shell"
    return (
        "the package bash-completion, which reads that folder, is not to be seen here; without it, "
        f"add this line to ~/.bashrc: source {_quoted(path)}"
    )


def _zsh(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("ZDOTDIR") or _home(environ)) / ".zfunc" / "_aimux"


def _zsh_then(path: Path, environ: Mapping[str, str]) -> str:
    rc = Path(environ.get("ZDOTDIR") or _home(environ)) / ".zshrc"
    if ".zfunc" in (rc.read_text("utf-8", "replace") if rc.is_file() else ""):
        return "open a new shell"
    return (
        f"add this line to {rc}, above a compinit that is there already, then open a new shell: "
        f"fpath=({_quoted(path.parent)} $fpath); autoload -Uz compinit && compinit"
    )


def _fish(environ: Mapping[str, str]) -> Path:
    return _folder(environ, "XDG_CONFIG_HOME", ".config") / "fish" / "completions" / "aimux.fish"


def _fish_then(_: Path, __: Mapping[str, str]) -> str:
    return "nothing more; fish reads it when it is needed"


def _powershell(environ: Mapping[str, str]) -> Path:
    if os.name == "nt":
        return _home(environ) / "Documents" / "PowerShell" / "aimux.ps1"
    return _folder(environ, "XDG_CONFIG_HOME", ".config") / "powershell" / "aimux.ps1"


def _powershell_then(path: Path, _: Mapping[str, str]) -> str:
    quoted = str(path).replace("'", "''")
    return f"add this line to your profile ($PROFILE), then open a new shell: . '{quoted}'"


def _quoted(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))


SHELLS: Final[Mapping[str, Shell]] = {
    "bash": Shell("aimux.bash", _bash, _bash_then),
    "zsh": Shell("_aimux", _zsh, _zsh_then),
    "fish": Shell("aimux.fish", _fish, _fish_then),
    "powershell": Shell("aimux.ps1", _powershell, _powershell_then),
}

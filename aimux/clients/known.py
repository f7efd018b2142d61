"""The clients by name, and the program of each: where it is, and of which version."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from aimux.clients.claude_code import CLAUDE_CODE
from aimux.clients.client import Client
from aimux.clients.codex import CODEX
from aimux.clients.gemini_cli import GEMINI_CLI
from aimux.clients.opencode import OPENCODE
from aimux.errors import UsageError

CLIENTS: Final[Mapping[str, Client]] = {
    each.name: each for each in (CLAUDE_CODE, CODEX, GEMINI_CLI, OPENCODE)
}
_BY_PROGRAM: Final = {each.program: each for each in CLIENTS.values()}
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+[\w.-]*")
_ANSWER_S: Final = 10.0
_PACKAGE_DEPTH: Final = 3
"""Folders above a program in which its package.json may be."""


def client_named(name: str) -> Client:
    """The client that a person named, by its name or its program's.

    Raises:
        UsageError: none is known by it.
    """
    found = CLIENTS.get(name) or _BY_PROGRAM.get(name)
    if found is None:
        raise UsageError(f"no client {name!r} is known", hint=f"one of {', '.join(CLIENTS)}")
    return found


def program_of(client: Client, environ: Mapping[str, str]) -> str | None:
    """Where a client's program is; None where it is not installed."""
    return shutil.which(client.program, path=environ.get("PATH"))


def versions(programs: Mapping[str, str]) -> dict[str, str]:
    """The version of each program; empty where none is known.

    It is read where the program is installed.  Only a program that says nothing there is asked, all at
    the same time: some write into the home even to tell their version.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(programs))) as pool:
        return dict(zip(programs, pool.map(_version, programs.values()), strict=True))


def _version(program: str) -> str:
    return _installed_version(Path(program).resolve()) or _said_version(program)


def _installed_version(file: Path) -> str:
    """Of the npm package that a file belongs to, else of the folder or file that is named by it."""
    for folder in file.parents[:_PACKAGE_DEPTH]:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads((folder / "package.json").read_bytes())["version"])
    return next((part for part in reversed(file.parts) if _VERSION.fullmatch(part)), "")


def _said_version(program: str) -> str:
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _VERSION.search(done.stdout)
    return match[0] if match else ""

"""One run of ``aimux config import``: read, set apart, shown or written."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from aimux.cli import output
from aimux.cli.imports import ccr, cliproxyapi, litellm, surroundings
from aimux.cli.imports.apart import keep_apart
from aimux.cli.imports.found import Found, Unreadable
from aimux.cli.imports.keep import Stored, checked, write
from aimux.cli.imports.writing import Kept, block, kept_keys
from aimux.clients.client import Surroundings
from aimux.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from aimux.config.paths import Paths

READERS: Final[Mapping[str, Callable[[Path], Found]]] = {
    "ccr": ccr.read,
    "litellm": litellm.read,
    "cliproxyapi": cliproxyapi.read,
}
ENVIRONMENT: Final = "env"
_USUAL: Final = {
    "ccr": ("~/.claude-code-router/config.json", "~/.claude-code-router/config.sqlite"),
}
"""Where a tool keeps its file by itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written."""

    found: Found
    before: str
    """What the file holds."""
    day: str
    keys: list[Kept]

    def added(self, where: Mapping[str, str]) -> str:
        """What comes behind that; ``where`` says where each key is kept."""
        return block(self.found, self.day, where)

    def whole(self, where: Mapping[str, str]) -> str:
        """The new file."""
        return f"{self.before.rstrip()}\n\n{self.added(where)}"


def import_configuration(
    source: str, file: str | None, *, writes: bool, dry: bool, as_json: bool
) -> None:
    """Takes over another tool's configuration.

    Raises:
        UsageError: no such source, no file, or nothing in it.
        Unreadable: the file is something else.
        ConfigError: the result would not hold.
        typer.Exit: 4 where a key could not be kept.
    """
    from aimux.config.edit import current_content
    from aimux.config.paths import find_paths

    paths = find_paths()
    found = _read(source, file)
    exists = bool(current_content(paths.config).strip())
    plan = _planned(found, paths, exists=exists)
    _check(plan, paths, as_json=as_json)
    if dry or (exists and not writes):
        _show(plan, paths, None, as_json=as_json)
        return
    stored = write(paths, plan.whole, plan.keys)
    _show(plan, paths, stored, as_json=as_json)
    if stored.problems:
        raise typer.Exit(stored.problems[0][1].exit_code)


def _read(source: str, file: str | None) -> Found:
    if source == ENVIRONMENT:
        if file is not None:
            raise UsageError("env takes no file", hint="aimux config import env")
        found = surroundings.read(Surroundings.here())
        if not found.accounts:
            raise UsageError(
                "no key of a known vendor is set here, nor in the settings of known agents",
                hint="aimux providers add NAME asks for one",
            )
        return found
    if source not in READERS:
        allowed = ", ".join([*READERS, ENVIRONMENT])
        raise UsageError(f"{source!r} cannot be imported from", hint=f"one of {allowed}")
    path = _file(source, file)
    try:
        found = READERS[source](path)
    except OSError as problem:
        raise Unreadable(f"{str(path)!r} cannot be read: {problem.strerror}") from problem
    found.file = path
    return found


def _file(source: str, file: str | None) -> Path:
    if file is not None:
        return Path(file).expanduser()
    usual = (Path(each).expanduser() for each in _USUAL.get(source, ()))
    found = next((path for path in usual if path.is_file()), None)
    if found is None:
        raise UsageError("which file?", hint=f"aimux config import {source} FILE")
    return found


def _planned(found: Found, paths: Paths, *, exists: bool) -> Plan:
    """The new file: what is there, and behind it what was found; or a fresh one."""
    from aimux.config.edit import HEAD, Edit

    before = HEAD
    if exists:
        keep_apart(found, Edit(paths.config).data)
        before = paths.config.read_text("utf-8")
    return Plan(found, before, time.strftime("%Y-%m-%d"), kept_keys(found))


def _check(plan: Plan, paths: Paths, *, as_json: bool) -> None:
    """Sees to it that the result holds; where it does not, it is shown, to be put right by hand."""
    try:
        checked(paths, plan.whole({}))
    except ConfigError:
        if not as_json:
            output.data(plan.added({}).rstrip())
        raise


# ---------------------------------------------------------------- what is said


def _show(plan: Plan, paths: Paths, stored: Stored | None, *, as_json: bool) -> None:
    if as_json:
        output.data_json(_shape(plan, paths, stored))
        return
    if stored is None:
        output.data(plan.added({}).rstrip())
        output.words()
    _tell(plan, paths, stored)


def _shape(plan: Plan, paths: Paths, stored: Stored | None) -> dict[str, object]:
    problems = {name: problem.message for name, problem in stored.problems} if stored else {}
    where = stored.kept if stored else {}
    return {
        "written": stored is not None,
        "path": str(paths.config),
        "config": plan.added(where),
        "providers": [each.name for each in plan.found.accounts],
        "keys": [
            {
                "key": each.name,
                "stored": where.get(each.name),
                "problem": problems.get(each.name),
            }
            for each in plan.keys
        ],
        "unmapped": plan.found.unmapped,
    }


def _tell(plan: Plan, paths: Paths, stored: Stored | None) -> None:
    count = len(plan.found.accounts)
    noun = "provider" if count == 1 else "providers"
    done = "would be added to" if stored is None else "written to"
    output.words(f"{count} {noun} of {plan.found.source} {done} {paths.config}")
    tell_keys(plan.keys, stored)
    for each in plan.found.unmapped:
        output.words(f"not taken over: {output.printable(each)}")
    if stored is None:
        output.hint("nothing was written; the same with --write does it, and keeps a .bak")
        return
    if stored.kept and plan.found.file is not None:
        output.hint(f"{plan.found.file} still has the keys in the clear: remove it once all works")
    output.hint("look it over: aimux config edit; try it, free of charge: aimux providers test")
    from aimux.cli.configured import tell_daemon

    tell_daemon(paths, reload=False)


def tell_keys(keys: list[Kept], stored: Stored | None) -> None:
    """Where each key is now, or would be."""
    if stored is None:
        for key in keys:
            output.words(f"a key would be stored as {key.reference}")
        return
    for name, reference in stored.kept.items():
        output.words(f"stored the key of {name} as {reference}")
    for name, problem in stored.problems:
        output.warning(f"the key of {name} could not be kept: {problem.message}")
        if problem.hint:
            output.hint(problem.hint)

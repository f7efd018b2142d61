"""``aimux config edit``: the file in an editor, as visudo does it.

The editor works on a copy in the same folder.  What was saved is checked; only a file without
problems takes the place of the other, so a daemon never sees a half-written one.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from aimux.cli import output
from aimux.cli.config_change import tell_consequence
from aimux.cli.config_views import show_problems
from aimux.errors import ConfigConflict, ConfigError, UsageError

if TYPE_CHECKING:
    from aimux.config.keypath import KeyPath
    from aimux.config.source import Source

_USUAL: Final = ("sensible-editor", "nano", "vi", "notepad")


def edit() -> None:
    """Lets a person edit the configuration; nothing changes unless it is right in the end."""
    from aimux.config.edit import HEAD, current_content
    from aimux.config.paths import find_paths, make_private_folder

    path = find_paths().config
    command = _editor()
    before = current_content(path)
    make_private_folder(path.parent)
    with _copy(path, before or HEAD.encode()) as copy:
        source = _edited(command, copy, path, before)
        if source is None:
            output.words("nothing was changed")
            return
        _replace(path, copy, before)
    tell_consequence(_changed(before, source))


def _editor() -> list[str]:
    """The editor's command line.

    Raises:
        UsageError: there is none, or it is not installed.
    """
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if named is None:
        named = next((each for each in _USUAL if shutil.which(each)), None)
    try:
        command = shlex.split(named or "", posix=os.name == "posix")
    except ValueError as error:
        raise UsageError(f"the editor {named!r} cannot be read as a command: {error}") from None
    if not command:
        raise UsageError("no editor is known", hint="export EDITOR=nano")
    if shutil.which(command[0]) is None:
        raise UsageError(f"the editor {command[0]!r} is not installed", hint="export EDITOR=nano")
    return command


@contextlib.contextmanager
def _copy(path: Path, content: bytes) -> Iterator[Path]:
    """A private copy beside the file, gone at the end, but for a conflict: it holds work then."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-", suffix=".toml")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    try:
        yield Path(name)
    except ConfigConflict:
        raise
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    Path(name).unlink(missing_ok=True)


def _edited(command: list[str], copy: Path, path: Path, before: bytes) -> Source | None:
    """What the editor left, once it holds; None when nothing is to be changed.

    Raises:
        ConfigError: it has problems, and nobody is there to ask, or wants to go on.
    """
    from aimux.config.load import check_source
    from aimux.config.source import source_of

    while True:
        _run(command, copy)
        content = copy.read_bytes()
        if content == before:
            return None
        try:
            source = source_of(path, content)
            loaded = check_source(source, environ={})
        except ConfigError as error:
            _ask_again(error, content)
            continue
        for each in loaded.warnings:
            output.warning(str(each))
        return source


def _run(command: list[str], copy: Path) -> None:
    try:
        code = subprocess.run([*command, str(copy)], check=False).returncode
    except OSError as error:
        raise UsageError(f"the editor {command[0]!r} does not start: {error.strerror}") from None
    if code:
        output.words(f"the editor ended with {code}; nothing was changed")
        raise typer.Exit(1)


def _ask_again(error: ConfigError, content: bytes) -> None:
    """Returns when the person wants another try.

    Raises:
        ConfigError: otherwise.
    """
    if output.is_terminal():
        show_problems(error.problems, content.decode(errors="replace"), output.words)
        if output.confirm("edit again? (no discards what you typed)", default=True):
            return
    error.hint = "what was typed is discarded; the file is as it was"
    raise error


def _replace(path: Path, copy: Path, before: bytes) -> None:
    from aimux.config.edit import replace_file

    try:
        replace_file(path, copy.read_bytes(), before=before)
    except ConfigConflict as conflict:
        conflict.hint = f"what you typed is kept in {copy}"
        raise
    output.words(f"{path} is changed")


def _changed(before: bytes, source: Source) -> list[KeyPath]:
    """The settings whose values differ."""
    from aimux.config.origin import leaves
    from aimux.config.source import source_of

    try:
        old: dict[KeyPath, Any] = dict(leaves(source_of(source.path, before).data))
    except ConfigError:  # there was none, or one that could not be read
        old = {}
    new = dict(leaves(source.data))
    return [path for path in {**old, **new} if repr(old.get(path)) != repr(new.get(path)) and path]

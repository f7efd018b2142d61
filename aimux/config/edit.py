"""Changing config.toml: what is beside the change stays as it is, and nothing wrong is ever written.

    read -> change the text -> read the text again: is it what was meant?  does it hold? -> replace

The file is replaced only if it is still the one that was read, and its content before stays beside it
as ``config.toml.bak``.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from aimux.config import layout, meaning
from aimux.config.keypath import KeyPath, dotted
from aimux.config.load import Loaded, check_source
from aimux.config.paths import make_private_folder, write_private
from aimux.config.reorder import moved, reordered
from aimux.config.source import Source, parse, read_source
from aimux.config.splice import with_value, without
from aimux.errors import ConfigConflict, ConfigError, Problem, UsageError

HEAD: Final = """\
# Configuration of aimux.  Every setting: aimux config schema.  What holds: aimux config show
# Keys do not stand here: aimux keys set PROVIDER
version = 1
"""
"""How a new file begins."""


def set_values(
    path: Path,
    changes: Mapping[tuple[str, ...], object],
    *,
    remove: Iterable[tuple[str, ...]] = (),
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Removes and sets values in one step and returns the configuration that holds then.

    A value may be a table (a dict): the table at that path becomes equal to it.  What is to be
    removed and is not there is no error.  A missing file is made.

    Raises:
        ConfigError: the file would have problems; it was left as it is.
        ConfigConflict: somebody else changed it meanwhile.
    """
    edit = Edit(path, environ=environ)
    for each in remove:
        edit.remove(each)
    for key, value in changes.items():
        edit.set(key, value)
    loaded = edit.loaded()
    edit.save()
    return loaded


class Edit:
    """Changes to a file that are made in memory, looked at, and written at once.

    Raises:
        ConfigError: the file cannot be read, or is no TOML; then it takes an editor.
    """

    def __init__(self, path: Path, *, environ: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._environ = environ
        self._content = current_content(path)
        started = bool(self._content.strip())
        self._source = read_source(path) if started else Source(path, exists=False)
        self._crlf = _is_crlf(self._source.text)
        text = self._source.text if started else HEAD
        self._text = text.replace("\r\n", "\n") if self._crlf else text
        self._meant: dict[str, Any] = copy.deepcopy(parse(self._text, str(path)))

    @property
    def data(self) -> Mapping[str, Any]:
        """What the file means with the changes made so far."""
        return self._meant

    @property
    def content_before(self) -> bytes:
        """The file as it was read; empty without one."""
        return self._content

    @property
    def content_after(self) -> bytes:
        """The file as it would be written now."""
        return self._bytes()

    def has(self, path: KeyPath) -> bool:
        """Whether the file sets this."""
        return meaning.value_at(self._meant, path) is not meaning.ABSENT

    def set(self, path: KeyPath, value: object) -> None:
        """Sets a value.

        Raises:
            UsageError: the path leads through something that is no table, or beyond a list's end.
            ConfigError: the text cannot be changed so; the lines to write by hand are in the hint.
        """
        meant = meaning.with_value(self._meant, path, value)
        self._take(with_value(self._text, path, value), meant, layout.lines_for(path, value))

    def remove(self, path: KeyPath) -> None:
        """Removes a value, a table or an item of a list; nothing happens when it is not there."""
        if self.has(path):
            meant = meaning.without(self._meant, path)
            self._take(without(self._text, path), meant, f"(without {dotted(path)})\n")

    def move(self, path: KeyPath, index: int, to: int) -> None:
        """Puts an item of a list, or of an array of tables, at another place, with its comments.

        Raises:
            UsageError: it is no list, or has no such place.
            ConfigError: the text cannot be changed so.
        """
        items = meaning.value_at(self._meant, path)
        if not isinstance(items, list) or max(index, to) >= len(items):
            raise UsageError(f"{dotted(path)} has no such place")
        value = reordered(items, index, to)
        name = path[0] if len(path) == 1 else None
        text = moved(self._text, name, index, to) if isinstance(name, str) else None
        if text is None:
            text = with_value(self._text, path, value)
        meant = meaning.with_value(self._meant, path, value)
        self._take(text, meant, layout.lines_for(path, value))

    def loaded(self) -> Loaded:
        """The configuration that holds once this is saved, under the environment.

        Raises:
            ConfigError: it would have problems, or the file alone would: a variable may hide them.
        """
        if problems := self.problems():
            raise ConfigError(problems, hint="nothing was written")
        return check_source(self._changed(), environ=self._environ)

    def problems(self) -> tuple[Problem, ...]:
        """The problems that the file would have once this is saved, lines counted as of then."""
        found = _problems(self._changed())
        return tuple(dataclasses.replace(each, file=f"{each.file} (changed)") for each in found)

    def problems_before(self) -> tuple[Problem, ...]:
        """The problems that the file has now."""
        return _problems(self._source)

    def save(self) -> None:
        """Replaces the file, if this changes it, and keeps its content before as ``.bak``.

        Raises:
            ConfigConflict: it is not the file any more that was read.
            ConfigError: it cannot be written.
        """
        content = self._bytes()
        if content != self._content:
            replace_file(self._path, content, before=self._content)

    def _take(self, text: str, meant: dict[str, Any], by_hand: str) -> None:
        if not _means(text, meant):
            problem = Problem(str(self._path), 0, 0, "", "this change cannot be made by a command")
            raise ConfigError(
                (problem,), hint=f"write it yourself with aimux config edit:\n{by_hand}"
            )
        self._text, self._meant = text, meant

    def _changed(self) -> Source:
        return dataclasses.replace(
            self._source,
            exists=True,
            digest=hashlib.sha256(self._bytes()).hexdigest(),
            text=self._text,
            data=self._meant,
        )

    def _bytes(self) -> bytes:
        return (self._text.replace("\n", "\r\n") if self._crlf else self._text).encode()


def _means(text: str, meant: dict[str, Any]) -> bool:
    """Whether a text is TOML and means this."""
    try:
        return meaning.same_meaning(parse(text, ""), meant)
    except ConfigError:
        return False


def replace_file(path: Path, content: bytes, *, before: bytes) -> None:
    """Replaces a file whose content is ``before`` (empty for none), and keeps that as ``.bak``.

    Raises:
        ConfigConflict: it has another content by now.
        ConfigError: it cannot be written.
    """
    try:
        with _locked(path):
            if current_content(path) != before:
                raise ConfigConflict(
                    f"{str(path)!r} was changed by somebody else meanwhile", hint="try again"
                )
            if before:
                write_private(path.with_name(f"{path.name}.bak"), before)
            write_private(path, content)
    except OSError as error:
        problem = Problem(str(path), 0, 0, "", f"cannot be written: {error.strerror}")
        raise ConfigError((problem,)) from None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keeps other aimux commands from changing the file; the folder itself is what is locked."""
    folder = path.resolve().parent
    make_private_folder(folder)
    if os.name != "posix":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def current_content(path: Path) -> bytes:
    """The file's bytes; none when it is missing.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        problem = Problem(str(path), 0, 0, "", f"cannot be read: {error.strerror}")
        raise ConfigError((problem,)) from None


def _is_crlf(text: str) -> bool:
    """Whether every line ends in CR LF."""
    return "\r\n" in text and text.count("\r\n") == text.count("\n")


def _problems(source: Source) -> tuple[Problem, ...]:
    try:
        check_source(source, environ={})
    except ConfigError as error:
        return error.problems
    return ()

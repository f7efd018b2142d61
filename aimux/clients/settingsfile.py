"""A client's settings file on the disk: read whole, replaced at once, its mode and its links kept."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from aimux.clients.brokentext import BrokenText
from aimux.clients.forms import FORMS
from aimux.config.paths import make_private_folder
from aimux.errors import ConfigConflict, UserError

NEW_MODE: Final = 0o600
"""Of a file that we make: it holds a token."""


def read_settings(path: Path) -> bytes | None:
    """The file's bytes; None when there is none.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise UserError(
            f"{str(path)!r} cannot be read: {problem.strerror}", hint="is it yours, and a file?"
        ) from problem


def settings_text(path: Path, content: bytes, form: str) -> str:
    """The text, which is of its form.

    Raises:
        UserError: it is not; says where.
    """
    try:
        text = content.decode("utf-8")
        FORMS[form].meaning(text)
    except UnicodeDecodeError as problem:
        raise UserError(
            f"{str(path)!r} is not UTF-8 at byte {problem.start}; nothing was changed",
            hint="save it as UTF-8 and try again",
        ) from problem
    except BrokenText as problem:
        raise UserError(
            f"{str(path)!r} is broken: {problem}; nothing was changed",
            hint="mend it, or move it away, and try again",
        ) from problem
    return text


def refuse_read_only(path: Path) -> None:
    """Leaves alone what was made read-only: whoever did that meant it.

    Raises:
        UserError: nobody may write the file.
    """
    with contextlib.suppress(FileNotFoundError):
        if not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            raise UserError(
                f"{str(path)!r} is read-only; nothing was changed",
                hint="make it writable, or use aimux run, which changes no settings",
            )


def replace_settings(path: Path, content: bytes | None, *, before: bytes | None) -> bool:
    """Replaces a file whose content is ``before``; None is no file.  Whether its folder had to be made.

    Raises:
        ConfigConflict: it has another content by now.
        UserError: it cannot be written.
    """
    target = path.resolve()
    if read_settings(path) != before:
        raise ConfigConflict(
            f"{str(path)!r} was changed by somebody else meanwhile", hint="try again"
        )
    refuse_read_only(target)
    folder_made = not target.parent.exists()
    try:
        if content is None:
            target.unlink(missing_ok=True)
        else:
            make_private_folder(target.parent)
            _write_like(target, content)
    except OSError as problem:
        raise UserError(
            f"{str(path)!r} cannot be written: {problem.strerror}",
            hint="nothing was changed; aimux run changes no settings",
        ) from problem
    return folder_made


def _write_like(target: Path, content: bytes) -> None:
    """Writes beside and renames, with the owner and the mode of what was there."""
    facts = target.stat() if target.exists() else None
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if facts is not None and facts.st_uid != os.geteuid():
                with contextlib.suppress(PermissionError):
                    os.fchown(file.fileno(), facts.st_uid, facts.st_gid)
            os.fchmod(file.fileno(), NEW_MODE if facts is None else stat.S_IMODE(facts.st_mode))
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise

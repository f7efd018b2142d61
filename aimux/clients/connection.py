"""Connecting a client, and undoing it exactly.

    connect      the text before -> put_in -> journal, backup, then the file
    disconnect   is the file as we left it?   yes: the bytes before, or no file
                                              no:  taken_out, which leaves what others wrote

Connecting again undoes in memory first, so that what is remembered as "before" never holds ours.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from aimux.clients.changes import put_in, taken_out
from aimux.clients.client import SettingsFile, settings_in
from aimux.clients.forms import FORMS
from aimux.clients.journal import (
    Connection,
    WrittenFile,
    digest,
    is_ours,
    journal_locked,
    read_journal,
    write_journal,
)
from aimux.clients.settingsfile import (
    read_settings,
    refuse_read_only,
    replace_settings,
    settings_text,
)
from aimux.config.meaning import ABSENT, value_at
from aimux.config.paths import Paths, write_private

_NOTHING: Final[tuple[tuple[str, ...], ...]] = ()

State = Literal["connected", "changed", "elsewhere", "no"]
"""All as we left it; some of it changed since; led to another address than aimux's; not at all."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that connecting sets: its text before (None: nothing), its value then."""

    file: Path
    path: tuple[str, ...]
    was: str | None
    value: object


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of a file: ``left`` are the values that somebody has changed and that were left."""

    path: Path
    restored: bool
    """Whether every byte is as it was before."""
    left: tuple[tuple[str, ...], ...] = ()
    backup: str = ""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A file with ours in it, not written yet."""

    file: SettingsFile
    now: bytes | None
    before: bytes | None
    after: bytes
    entry: WrittenFile


def connect(
    paths: Paths, client: str, url: str, files: tuple[SettingsFile, ...], *, dry_run: bool = False
) -> list[Change]:
    """Writes settings into a client's files; what has changed, nothing when all is as it should be.

    Raises:
        UserError: a file is broken or read-only, and none was changed; or it cannot be written.
        ConfigConflict: a file was changed meanwhile.
    """
    with contextlib.nullcontext() if dry_run else journal_locked(paths):
        journal = read_journal(paths)
        old = journal.get(client)
        drafts = [_drafted(file, _entry_of(old, file.path)) for file in files]
        changes = [each for draft in drafts for each in _changes(draft)]
        is_right = all(draft.after == draft.now for draft in drafts)
        if dry_run or (old and is_right and old.url == url):
            return changes
        entries = [_with_backup(paths, client, draft) for draft in drafts]
        kept = (
            [each for each in old.files if each.path not in {f.path for f in files}] if old else []
        )
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        journal[client] = Connection(client, url, now, (*entries, *kept))
        write_journal(paths, journal)
        for draft in drafts:
            replace_settings(draft.file.path, draft.after, before=draft.now)
        return changes


def _entry_of(connection: Connection | None, path: Path) -> WrittenFile | None:
    files = connection.files if connection else ()
    return next((each for each in files if each.path == path), None)


def _drafted(file: SettingsFile, old: WrittenFile | None) -> _Draft:
    now = read_settings(file.path)
    refuse_read_only(file.path)
    text = settings_text(file.path, now or b"", file.form)
    before, existed = now, now is not None
    folder_made = not file.path.resolve().parent.exists()
    if old is not None:
        text, _ = _text_before(old, now or b"", text)
        existed = old.existed or bool(FORMS[file.form].meaning(text))
        before = text.encode() if existed else None
        text, folder_made = text if existed else "", old.folder_made
    after, values = put_in(text, file.form, file.settings)
    entry = WrittenFile(
        file.path,
        file.form,
        existed=existed,
        before=digest(before or b""),
        after=digest(after.encode()),
        backup="",
        folder_made=folder_made,
        values=values,
    )
    return _Draft(file, now, before, after.encode(), entry)


def _text_before(
    old: WrittenFile, now: bytes, text: str
) -> tuple[str, tuple[tuple[str, ...], ...]]:
    if digest(now) == old.after and (backup := _backup(old)) is not None:
        return backup.decode(), ()
    return taken_out(text, old.form, old.values)


def _changes(draft: _Draft) -> Iterator[Change]:
    form = FORMS[draft.file.form]
    text = (draft.now or b"").decode()
    meant = form.meaning(text)
    put = {each.path for each in draft.entry.values}
    for setting in draft.file.settings:
        if setting.path in put and value_at(meant, setting.path) != setting.value:
            was = form.raw(text, setting.path)
            yield Change(draft.file.path, setting.path, was, setting.value)


def _with_backup(paths: Paths, client: str, draft: _Draft) -> WrittenFile:
    if draft.before is None:
        return draft.entry
    backup = paths.backups / client / draft.file.path.name
    write_private(backup, draft.before)
    return replace(draft.entry, backup=str(backup))


def _backup(entry: WrittenFile) -> bytes | None:
    """The bytes before, if they are still what was kept."""
    if not entry.existed:
        return b""
    with contextlib.suppress(OSError):
        content = Path(entry.backup).read_bytes()
        if digest(content) == entry.before:
            return content
    return None


# ---------------------------------------------------------------- undoing


def disconnect(paths: Paths, client: str) -> list[Undone] | None:
    """Takes ours out of a client's files and forgets it; None when it is not connected.

    Raises:
        UserError: a file is broken, read-only, or cannot be written; it is still connected then.
        ConfigConflict: a file was changed meanwhile.
    """
    with journal_locked(paths):
        journal = read_journal(paths)
        found = journal.get(client)
        if found is None:
            return None
        undone = [_undo(each) for each in found.files]
        del journal[client]
        write_journal(paths, journal)
        if not any(each.left for each in undone):
            shutil.rmtree(paths.backups / client, ignore_errors=True)
            with contextlib.suppress(OSError):
                paths.backups.rmdir()
        return undone


def _undo(entry: WrittenFile) -> Undone:
    now = read_settings(entry.path)
    if now is None:
        return Undone(entry.path, restored=not entry.existed)
    if entry.existed and digest(now) == entry.before:
        return Undone(entry.path, restored=True)
    backup = _backup(entry)
    if digest(now) == entry.after and backup is not None:
        content, left = backup, _NOTHING
    else:
        text = settings_text(entry.path, now, entry.form)
        changed, left = taken_out(text, entry.form, entry.values)
        content = changed.encode()
    is_gone = not entry.existed and content.decode().split() in ([], ["{}"], ["{", "}"])
    if content != now or is_gone:
        replace_settings(entry.path, None if is_gone else content, before=now)
    if is_gone and entry.folder_made:
        with contextlib.suppress(OSError):  # somebody else has put something there
            entry.path.resolve().parent.rmdir()
    restored = is_gone if not entry.existed else digest(content) == entry.before
    return Undone(entry.path, restored, left, entry.backup)


# ---------------------------------------------------------------- looking


def state_of(connection: Connection | None, url: str | None) -> State:
    """How a client's settings stand to what was written into them; ``url`` is where aimux is, if known."""
    if connection is None:
        return "no"
    for file in connection.files:
        data = settings_in(file.path, file.form)
        for each in file.values:
            value = value_at(data, each.path)
            if value is ABSENT or not is_ours(value, each):
                return "changed"
    return "elsewhere" if url and url != connection.url else "connected"

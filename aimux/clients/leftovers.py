"""What is recognisably ours in a client's settings when the journal is gone.

A value is ours beyond doubt when it is a token of aimux's or stands under the name ``aimux``.  Only where
there is one, the rest of what connecting writes goes as well, as far as it has no meaning without us: an
address on this machine, an emptied key, the name of our provider.  What stood there before is not known
any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from aimux.clients.changes import taken_out
from aimux.clients.client import Client, Lead, Offer, SettingsFile, Surroundings, settings_in
from aimux.clients.connection import Undone
from aimux.clients.journal import NAME, Written, value_digest
from aimux.clients.settingsfile import read_settings, replace_settings, settings_text
from aimux.config.meaning import ABSENT, value_at

_TOKEN: Final = "aimux-client-"  # noqa: S105 -- how our tokens begin
_HERE: Final = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


def take_leftovers(client: Client, around: Surroundings) -> list[Undone]:
    """Takes ours out of a client's files; empty where nothing is ours.

    Raises:
        UserError: a file is broken, read-only, or cannot be written.
        ConfigConflict: a file was changed meanwhile.
    """
    lead = Lead("http://127.0.0.1:1", _TOKEN, Path(), (Offer(NAME, NAME),))
    undone = []
    for file in client.files(lead, around):
        found = tuple(_ours(file))
        if not found:
            continue
        now = read_settings(file.path)
        text = settings_text(file.path, now or b"", file.form)
        changed, _ = taken_out(text, file.form, found)
        replace_settings(file.path, changed.encode(), before=now)
        undone.append(Undone(file.path, restored=False))
    return undone


def _ours(file: SettingsFile) -> Iterator[Written]:
    data = settings_in(file.path, file.form)
    values = [(setting.path, value_at(data, setting.path)) for setting in file.settings]
    there = [(path, value) for path, value in values if value is not ABSENT]
    if not any(NAME in path or str(value).startswith(_TOKEN) for path, value in there):
        return
    for path, value in there:
        if NAME in path or _means_us(value):
            yield Written(path, value_digest(value), made=_emptied(path))


def _means_us(value: Any) -> bool:
    return value in {"", NAME} or str(value).startswith((_TOKEN, f"{NAME}/", *_HERE))


def _emptied(path: tuple[str, ...]) -> int:
    """How many tables above a value go with it when they are empty: those below our own name, and it."""
    return len(path) - 1 - path.index(NAME) if NAME in path else 0

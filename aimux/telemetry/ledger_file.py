"""The ledger's file: opened, brought up to date, set aside when it is damaged, opened for reading.

Only its owner can read it.  The write-ahead log lets any number of processes read while the daemon
writes; a commit waits for no disk (``synchronous = NORMAL``): a kill costs nothing that was committed,
a power failure at most the last moments, never the file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from enum import Enum
from pathlib import Path
from typing import Final

from aimux.config.paths import make_private_folder
from aimux.telemetry.ledger_schema import migrate, version_of

BUSY_S: Final = 5.0
PRIVATE: Final = 0o600
_BESIDE: Final = ("", "-wal", "-shm")

_WAITABLE: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_AUTH,
    }
)
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Trouble(Enum):
    """What a failure asks for."""

    WAIT = "wait"
    """The disk is full, or the folder cannot be written: it may be over later."""
    BROKEN = "broken"
    """The file is damaged, or is no ledger."""
    BUG = "bug"
    """We have asked for something that has no meaning."""


def trouble_of(problem: Exception) -> Trouble:
    """What a failure of the database or of its folder asks for."""
    if isinstance(problem, OSError):
        return Trouble.WAIT
    code = getattr(problem, "sqlite_errorcode", None)
    kind = code & 0xFF if isinstance(code, int) else None
    if kind in _WAITABLE:
        return Trouble.WAIT
    return Trouble.BROKEN if kind in _BROKEN else Trouble.BUG


def opened(path: Path) -> sqlite3.Connection:
    """The file to write to, made where there is none, with the newest tables.

    Raises:
        NewerLedger: a later aimux has written it.
        OSError, sqlite3.Error: it cannot be had; ``trouble_of`` says what to do.
    """
    make_private_folder(path.parent)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    os.close(os.open(path, flags, PRIVATE))  # SQLite gives what it makes beside it the same mode
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        version_of(connection)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # holds where no table is yet
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages that fill up go to disk once
        connection.execute("PRAGMA journal_size_limit = 67108864")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def is_current(path: Path, connection_file: os.stat_result) -> bool:
    """Whether the name still leads to the file that is open: somebody may have moved or deleted it."""
    try:
        return os.path.samestat(path.stat(), connection_file)
    except FileNotFoundError:
        return False


def set_aside(path: Path) -> Path:
    """Renames a broken file and what belongs to it; the new name bears the date.  Nothing is deleted.

    Raises:
        OSError: the folder cannot be written.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    name, more = f"{path.name}.broken-{stamp}", 1
    while (aside := path.with_name(name)).exists():
        more += 1
        name = f"{path.name}.broken-{stamp}-{more}"
    for end in reversed(_BESIDE):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(name + end))
    return aside


def opened_for_reading(path: Path) -> sqlite3.Connection:
    """The file as another process may read it while the daemon writes.

    Raises:
        FileNotFoundError: there is none yet, or one without tables.
        NewerLedger: a later aimux has written it.
        OSError, sqlite3.Error: it cannot be read.
    """
    path.stat()
    try:
        return _read_only(path, "mode=ro")
    except sqlite3.OperationalError:
        # In a folder that cannot be written, a file in WAL mode can only be read as one that rests.
        if path.with_name(path.name + "-wal").exists():
            raise
        return _read_only(path, "mode=ro&immutable=1")


def _read_only(path: Path, how: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{how}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        if version_of(connection) == 0:  # it is being made, or its maker was killed over it
            raise FileNotFoundError(path)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection

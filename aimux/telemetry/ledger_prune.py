"""What is kept, and for how long: old exchanges go a few hundred at a time, between two batches."""

from __future__ import annotations

import sqlite3
from typing import Final

from aimux.telemetry.ledger_schema import DIMENSIONS

STEP: Final = 500
"""Exchanges that one step takes away, in some milliseconds."""

_MEBIBYTE: Final = 2**20
_HOUR_MS: Final = 3_600_000
_PAGES: Final = 2000
"""Free pages that one step gives back to the file system."""


def prune(connection: sqlite3.Connection, now_ms: int, *, keep_s: float, max_mb: int) -> bool:
    """Takes away some of what is too old or too much; whether there is more.

    By age sums go with their records; by size only records go, the oldest first.

    Raises:
        sqlite3.Error: the file cannot be written.
    """
    before_ms = now_ms - int(keep_s * 1000)
    oldest = f"SELECT n, started_ms FROM exchanges ORDER BY n LIMIT {STEP}"  # noqa: S608
    gone = _taken(connection, f"SELECT n FROM ({oldest}) WHERE started_ms < {before_ms}")  # noqa: S608
    if gone < STEP and _used_bytes(connection) > max_mb * _MEBIBYTE:
        gone += _taken(connection, f"SELECT n FROM ({oldest})")  # noqa: S608 -- numbers and our own words
    for dimension in DIMENSIONS:
        connection.execute(
            "DELETE FROM sums WHERE dimension = ? AND hour < ?", (dimension, before_ms // _HOUR_MS)
        )
    free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
    if free:
        # execute() takes one step, which is one page; executescript() takes all of them.
        connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
    return gone >= STEP


def _taken(connection: sqlite3.Connection, which: str) -> int:
    """Deletes these exchanges with their attempts; how many."""
    chosen = connection.execute(which).fetchall()
    if not chosen:
        return 0
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("DELETE FROM attempts WHERE exchange = ?", chosen)
    connection.executemany("DELETE FROM exchanges WHERE n = ?", chosen)
    connection.execute("COMMIT")
    return len(chosen)


def _used_bytes(connection: sqlite3.Connection) -> int:
    """What the rows take, without the pages that are free."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size

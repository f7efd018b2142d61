"""The tables of the ledger, and how an older file becomes a newer one.

``user_version`` says which migrations a file has had.  They go forward only, each in a transaction of
its own, so that a file is always of one version or the next; a published migration never changes, a
new one is added behind it.  A file of a later version than this program knows is left alone.

Plain SQL, texts and numbers: another engine could hold the same tables.  ``exchanges`` and ``attempts``
are the records; ``sums`` has one row for each hour and each name of each dimension (provider, model,
client, project, session), kept up in the same transaction as the records, so that a question about a
month reads some thousand rows and not a million.  Sums outlive the records that retention by size takes
away.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from aimux.errors import AimuxError


class NewerLedger(AimuxError):
    """The file was written by a later version of aimux."""

    code = "ledger-newer"


DIMENSIONS: Final = ("provider", "model", "client", "project", "session")
"""What sums are kept by; a model's name there is ``provider/model``."""

SUMS: Final = (
    "exchanges",
    "failures",
    "attempts",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "untold",  # exchanges whose provider did not say what it used
    "cost_usd",
    "priced",  # exchanges whose cost is known
    "unpriced",  # exchanges that cost something, nobody knows what
    "cache_loss_usd",
    "duration_ms",
)
"""Columns of the sums, in their order."""

_SUM_COLUMNS: Final = ", ".join(
    f"{name} {'REAL' if name.endswith(('_usd', '_ms')) else 'INTEGER'} NOT NULL" for name in SUMS
)

EXCHANGE: Final = (
    "n", "id", "run", "started_ms", "client", "token", "project", "session", "operation", "format",
    "asked_model", "route", "provider", "model", "key_label", "mode", "upstream_format", "stream",
    "status", "outcome", "error_type", "error_code", "attempts", "input_tokens", "output_tokens",
    "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "cost_usd", "cost_source",
    "cache_loss_tokens", "cache_loss_usd", "cache_loss_cause", "first_event_ms",
    "duration_ms", "other_target", "other_usd", "decision", "dropped",
)  # fmt: skip
"""Columns of ``exchanges``, in their order."""

ATTEMPT: Final = (
    "exchange", "n", "provider", "model", "key_label", "began_ms", "first_event_ms", "duration_ms",
    "status", "verdict", "error_type", "retry_after_s",
)  # fmt: skip
"""Columns of ``attempts``, in their order; times count from the exchange's beginning."""

_FIRST: Final = (
    """
    CREATE TABLE runs (
      run INTEGER PRIMARY KEY,
      instance TEXT NOT NULL,
      version TEXT NOT NULL,
      began_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      begun INTEGER NOT NULL DEFAULT 0,
      recorded INTEGER NOT NULL DEFAULT 0,
      dropped INTEGER NOT NULL DEFAULT 0,
      elsewhere INTEGER NOT NULL DEFAULT 0,
      ended TEXT
    )
    """,
    """
    CREATE TABLE exchanges (
      n INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      run INTEGER NOT NULL,
      started_ms INTEGER NOT NULL,
      client TEXT NOT NULL,
      token TEXT NOT NULL,
      project TEXT,
      session TEXT,
      operation TEXT NOT NULL,
      format TEXT NOT NULL,
      asked_model TEXT NOT NULL,
      route TEXT,
      provider TEXT,
      model TEXT,
      key_label TEXT,
      mode TEXT,
      upstream_format TEXT,
      stream INTEGER NOT NULL,
      status INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      error_type TEXT,
      error_code TEXT,
      attempts INTEGER NOT NULL,
      input_tokens INTEGER,
      output_tokens INTEGER,
      cache_read_tokens INTEGER,
      cache_write_tokens INTEGER,
      reasoning_tokens INTEGER,
      cost_usd REAL,
      cost_source TEXT,
      cache_loss_tokens INTEGER,
      cache_loss_usd REAL,
      cache_loss_cause TEXT,
      first_event_ms REAL,
      duration_ms REAL,
      other_target TEXT,
      other_usd REAL,
      decision TEXT,
      dropped TEXT
    )
    """,
    "CREATE INDEX exchanges_by_session ON exchanges (session, n) WHERE session IS NOT NULL",
    """
    CREATE TABLE attempts (
      exchange INTEGER NOT NULL,
      n INTEGER NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      key_label TEXT,
      began_ms REAL NOT NULL,
      first_event_ms REAL,
      duration_ms REAL NOT NULL,
      status INTEGER,
      verdict TEXT NOT NULL,
      error_type TEXT,
      retry_after_s REAL,
      PRIMARY KEY (exchange, n)
    ) WITHOUT ROWID
    """,
    f"""
    CREATE TABLE sums (
      dimension TEXT NOT NULL,
      hour INTEGER NOT NULL,
      name TEXT NOT NULL,
      {_SUM_COLUMNS},
      PRIMARY KEY (dimension, hour, name)
    ) WITHOUT ROWID
    """,
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST,)
VERSION: Final = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection, newest: int = VERSION) -> int:
    """Which migrations the file has had.

    Raises:
        NewerLedger: more than this program knows.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > newest:
        raise NewerLedger(
            f"the ledger is of version {version}, this aimux knows no later one than {newest}",
            hint="run the newer aimux again, or move ledger.sqlite3 away",
        )
    return version


def migrate(
    connection: sqlite3.Connection, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS
) -> None:
    """Brings the file to the version of ``migrations``; one that has it is not written to.

    Raises:
        NewerLedger: it is of a later one.
        sqlite3.Error: it cannot be written, or is none; it has the version it had or a later one.
    """
    for number in range(version_of(connection, len(migrations)), len(migrations)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in migrations[number]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

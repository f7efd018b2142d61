"""The statements that write the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from math import nan
from typing import Any, Final

from aimux.telemetry.ledger_rows import Rows
from aimux.telemetry.ledger_schema import ATTEMPT, EXCHANGE, SUMS
from aimux.telemetry.ledger_tally import Count
from aimux.telemetry.redact import Redactor

_SUM_KEY: Final = ("dimension", "hour", "name")


def _insert(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 -- our own names


def _added(table: str, key: tuple[str, ...]) -> str:
    sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
    return f"{_insert(table, key + SUMS)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sums}"


class Insert:
    """Inserts many rows with few calls.

    The interpreter's lock is let go and taken again once for each call, and the event loop waits for it:
    so rows go in 64 at a time, what is left 8 at a time, and then one by one.

    ``None`` is given as a number that is none, which SQLite takes for NULL (sqlite.org/floatingpoint.html,
    2026-11): the module would look for an adapter of each ``None``, raising and catching two errors, and that
    for a dozen of them takes longer than to write the row.
    """

    __slots__ = ("_statements",)

    _CHUNKS: Final = (64, 8, 1)

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        one = f"({', '.join('?' * len(columns))})"
        begin = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608 -- our own names
        self._statements = {count: begin + ", ".join([one] * count) for count in self._CHUNKS}

    def into(self, connection: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
        """Inserts the rows.

        Raises:
            sqlite3.Error: they cannot be written.
        """
        start = 0
        for count, statement in self._statements.items():
            while len(rows) - start >= count:
                values = chain.from_iterable(rows[start : start + count])
                told = [nan if value is None else value for value in values]
                connection.execute(statement, told)
                start += count


class Statements:
    """What is asked of the database, in the order in which a run asks it."""

    EXCHANGE: Final = Insert("exchanges", EXCHANGE)
    ATTEMPT: Final = Insert("attempts", ATTEMPT)
    SUM: Final = _added("sums", _SUM_KEY)
    RUN: Final = (
        "UPDATE runs SET last_ms = ?, begun = ?, recorded = recorded + ?, dropped = ?, elsewhere = ? "
        "WHERE run = ?"
    )
    STOPPED: Final = "UPDATE runs SET ended = 'stopped' WHERE run = ?"

    @staticmethod
    def run_of(connection: sqlite3.Connection, instance: str) -> tuple[int, int] | None:
        """The row of a daemon and how many exchanges it has recorded, if it has one in this file."""
        found = connection.execute(
            "SELECT run, recorded FROM runs WHERE instance = ?", (instance,)
        ).fetchone()
        return None if found is None else (int(found[0]), int(found[1]))

    @staticmethod
    def close_runs(connection: sqlite3.Connection, left: Sequence[Count], now_ms: int) -> None:
        """Daemons that did not end well: those whose count was left behind are known to the last
        exchange, even if they did not come to write anything here; any other as far as its last batch.
        """
        for each in left:
            connection.execute(
                "UPDATE runs SET ended = 'killed', begun = max(begun, ? - elsewhere) "
                "WHERE ended IS NULL AND instance = ?",
                (each.begun, each.instance),
            )
            connection.execute(
                "INSERT INTO runs (instance, version, began_ms, last_ms, begun, ended) "
                "SELECT ?, '', ?, ?, ?, 'killed' WHERE ? > 0 "
                "AND NOT EXISTS (SELECT 1 FROM runs WHERE instance = ?)",
                (each.instance, now_ms, now_ms, each.begun, each.begun, each.instance),
            )
        connection.execute("UPDATE runs SET ended = 'lost' WHERE ended IS NULL")

    @staticmethod
    def new_run(connection: sqlite3.Connection, instance: str, version: str, now_ms: int) -> int:
        """Opens the books of a daemon."""
        done = connection.execute(
            "INSERT INTO runs (instance, version, began_ms, last_ms) VALUES (?, ?, ?, ?)",
            (instance, version, now_ms, now_ms),
        )
        return int(done.lastrowid or 0)

    @staticmethod
    def next_number(connection: sqlite3.Connection) -> int:
        """One more than any exchange has."""
        return int(
            connection.execute("SELECT coalesce(max(n), 0) + 1 FROM exchanges").fetchone()[0]
        )


def redacted_row(rows: Rows, redactor: Redactor) -> Rows:
    """The rows with every secret blotted out of every text."""

    def cleaned(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(redactor.text(each) if isinstance(each, str) else each for each in row)

    return Rows(
        exchange=cleaned(rows.exchange),
        attempts=[cleaned(each) for each in rows.attempts],
        hour=rows.hour,
        names=cleaned(rows.names),
        sums=rows.sums,
    )

"""The ledger page by page and hour by hour, as the dashboard turns it over.

Every question here is bounded: a page in its rows, a series in its points and names, and a search through
texts in the time it may take, since no index helps it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from aimux.errors import InvalidRequest
from aimux.telemetry.ledger_queries import exchange_shape
from aimux.telemetry.ledger_schema import DIMENSIONS

Bucket = Literal["hour", "day"]
HOUR_S: Final = 3600
MOST_HOURS: Final = 31 * 24
MOST_NAMES: Final = 20
"""Lines of a plot; the others are one together."""
OTHERS: Final = "(others)"
SEARCH_S: Final = 3.0
STEPS: Final = 20_000
"""Of the database's machine, between two looks at the clock."""

PLOTTED: Final = (
    "cost_usd", "input_tokens", "output_tokens", "cache_read_tokens", "exchanges", "failures",
    "cache_loss_usd",
)  # fmt: skip
"""What a series tells of each name."""

_SEARCHED: Final = (
    "id", "asked_model", "model", "provider", "client", "project", "session", "route", "error_code",
)  # fmt: skip
_EXACT: Final = ("provider", "model", "client", "session", "outcome", "project")
FAILED: Final = "failed"
"""An outcome that stands for all but ``ok``."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page: so many exchanges before a number (0: the newest), of those that fit.

    ``exact`` has columns by name, empty ones not counted; ``text`` stands somewhere in what is searched.
    """

    limit: int
    before: int = 0
    exact: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def where(self) -> tuple[str, list[object]]:
        """The condition and its values."""
        clauses, values = ["1"], list[object]()
        if self.before:
            clauses.append("n < ?")
            values.append(self.before)
        for column in _EXACT:
            value = self.exact.get(column)
            if value and column == "outcome" and value == FAILED:
                clauses.append("outcome <> 'ok'")
            elif value and column == "model":
                clauses.append("(model = ? OR asked_model = ? OR provider || '/' || model = ?)")
                values += [value] * 3
            elif value:
                clauses.append(f"{column} = ?")
                values.append(value)
        if self.text:
            escaped = self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            likes = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in _SEARCHED)
            clauses.append(f"({likes})")
            values += [f"%{escaped}%"] * len(_SEARCHED)
        return " AND ".join(clauses), values


def page(connection: sqlite3.Connection, wanted: Wanted) -> tuple[list[dict[str, Any]], int | None]:
    """The exchanges, newest first, and before which number the next page begins; None: there is none.

    Raises:
        InvalidRequest: the search took too long.
    """
    condition, values = wanted.where()
    statement = f"SELECT * FROM exchanges WHERE {condition} ORDER BY n DESC LIMIT ?"  # noqa: S608 -- columns of ours
    rows = _in_time(connection, statement, [*values, wanted.limit + 1])
    shown = rows[: wanted.limit]
    exchanges = [exchange_shape(row, _attempts(connection, row["n"])) for row in shown]
    return exchanges, shown[-1]["n"] if len(rows) > wanted.limit and shown else None


def _attempts(connection: sqlite3.Connection, number: int) -> list[sqlite3.Row]:
    found = connection.execute("SELECT * FROM attempts WHERE exchange = ? ORDER BY n", (number,))
    return found.fetchall()


def _in_time(
    connection: sqlite3.Connection, statement: str, values: Sequence[object]
) -> list[sqlite3.Row]:
    deadline = time.monotonic() + SEARCH_S
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    try:
        return connection.execute(statement, values).fetchall()
    except sqlite3.OperationalError as problem:
        if "interrupted" not in str(problem):
            raise
        raise InvalidRequest(
            f"the search took longer than {SEARCH_S:g} s", hint="search for something narrower"
        ) from None
    finally:
        connection.set_progress_handler(None, 0)


# ---------------------------------------------------------------- series


def series(
    connection: sqlite3.Connection, since_s: int, until_s: int, by: str, bucket: Bucket
) -> dict[str, Any]:
    """Sums by hour or by day of this machine's clock: ``times`` (Unix seconds at which each begins), and
    for each name a list for each of ``PLOTTED``.  Where there are many names, the others are one.

    Raises:
        InvalidRequest: too long a time for hours.
    """
    if bucket == "hour" and (until_s - since_s) // HOUR_S > MOST_HOURS:
        raise InvalidRequest("more than 31 days are shown by day", param="bucket")
    dimension = by if by in DIMENSIONS else DIMENSIONS[0]
    name = "name" if by in DIMENSIONS else "''"
    columns = ", ".join(f"coalesce(sum({each}), 0) AS {each}" for each in PLOTTED)
    rows = connection.execute(
        f"SELECT hour, {name} AS name, {columns} FROM sums "  # noqa: S608 -- columns of ours
        "WHERE dimension = ? AND hour >= ? AND hour < ? GROUP BY 1, 2",
        (dimension, since_s // HOUR_S, until_s // HOUR_S + 1),
    ).fetchall()
    times = _times(since_s, until_s, bucket)
    places = {each: number for number, each in enumerate(times)}
    kept = _foremost(rows)
    lines: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        place = places.get(_begin(row["hour"] * HOUR_S, bucket))
        if place is None:
            continue
        label = row["name"] if row["name"] in kept else OTHERS
        line = lines.setdefault(label, {each: [0] * len(times) for each in PLOTTED})
        for each in PLOTTED:
            line[each][place] += row[each]
    return {"times": times, "series": {label: _rounded(line) for label, line in lines.items()}}


def _foremost(rows: Iterable[sqlite3.Row]) -> set[str]:
    """The names that cost most, then those with the most exchanges."""
    weights: dict[str, tuple[float, int]] = {}
    for row in rows:
        cost, count = weights.get(row["name"], (0.0, 0))
        weights[row["name"]] = cost + row["cost_usd"], count + row["exchanges"]
    ranked = sorted(weights, key=lambda name: weights[name], reverse=True)
    return set(ranked if len(ranked) <= MOST_NAMES else ranked[: MOST_NAMES - 1])


def _times(since_s: int, until_s: int, bucket: Bucket) -> list[int]:
    times = [_begin(since_s, bucket)]
    while (following := _following(times[-1], bucket)) <= until_s:
        times.append(following)
    return times


def _begin(at_s: int, bucket: Bucket) -> int:
    if bucket == "hour":
        return at_s // HOUR_S * HOUR_S
    here = datetime.fromtimestamp(at_s).astimezone()
    return int(datetime(here.year, here.month, here.day).astimezone().timestamp())


def _following(begin_s: int, bucket: Bucket) -> int:
    """The next one; days are 23 to 25 hours long."""
    if bucket == "hour":
        return begin_s + HOUR_S
    return _begin(begin_s + 30 * HOUR_S, "day")


def _rounded(line: dict[str, list[float]]) -> dict[str, list[float]]:
    return {
        name: [round(each, 6) for each in values] if name.endswith("_usd") else values
        for name, values in line.items()
    }

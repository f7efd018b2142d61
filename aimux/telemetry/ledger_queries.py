"""What is asked of the ledger; every question from a process of its own, while the daemon writes.

Nothing here is imported but the database: commands that ask are run often.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aimux.telemetry.ledger_file import opened_for_reading
from aimux.telemetry.ledger_schema import DIMENSIONS, SUMS
from aimux.telemetry.ledger_tally import read_counts

HOUR_MS: Final = 3_600_000
BY: Final = (*DIMENSIONS, "day")
"""What ``usage`` can be told by."""

Row = sqlite3.Row | Mapping[str, Any]

_TOTALS: Final = ", ".join(f"coalesce(sum({name}), 0)" for name in SUMS)


@dataclass(frozen=True, slots=True)
class Sum:
    """What the exchanges of one name come to."""

    name: str
    exchanges: int
    failures: int
    attempts: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    untold: int
    """Exchanges whose provider did not say what it used."""
    known_usd: float
    priced: int
    """Exchanges whose cost is known."""
    unpriced: int
    """Exchanges that cost something, nobody knows what."""
    cache_loss_usd: float
    duration_ms: float

    @property
    def cost_usd(self) -> float | None:
        """What is known of the cost; None where nothing is, though something was spent."""
        return None if self.unpriced and not self.priced else self.known_usd

    @property
    def cache_share(self) -> float | None:
        """The part of the input that was read from a cache; None without input."""
        return self.cache_read_tokens / self.input_tokens if self.input_tokens else None


@dataclass(frozen=True, slots=True)
class Missing:
    """Exchanges that there were and that the ledger does not have.

    ``at_least`` is whether there may be more: a whole machine went down, and with it the count.
    """

    count: int = 0
    at_least: bool = False


class LedgerReader:
    """The ledger of one home, open for reading."""

    def __init__(self, path: Path) -> None:
        """Opens it.

        Raises:
            FileNotFoundError: there is none yet.
            NewerLedger: a later aimux has written it.
            OSError, sqlite3.Error: it cannot be read.
        """
        self._path = path
        self._connection = opened_for_reading(path)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    # ------------------------------------------------------------ single exchanges

    def exchange(self, identity: str) -> dict[str, Any] | None:
        """One exchange with all that is known of it; ``last`` is the newest.  None: it is not there."""
        which = "ORDER BY n DESC LIMIT 1" if identity == "last" else "WHERE id = ?"
        values = () if identity == "last" else (identity,)
        found = self._rows(f"SELECT * FROM exchanges {which}", values)  # noqa: S608 -- one of two texts
        return next(iter(self._told(found)), None)

    def session(self, session: str, most: int) -> list[dict[str, Any]]:
        """The exchanges of a session, oldest first; of more than ``most`` the newest."""
        found = self._rows(
            "SELECT * FROM exchanges WHERE session = ? ORDER BY n DESC LIMIT ?", (session, most)
        )
        return list(self._told(reversed(found)))

    def sessions_beginning(self, start: str, most: int = 5) -> list[str]:
        """Sessions whose names, or whose ids behind their client's name, begin so: nobody types all of
        one.
        """
        found = self._rows(
            "SELECT DISTINCT session FROM exchanges WHERE session >= ? AND session < ? LIMIT ?",
            (start, start + "\U0010ffff", most),
        )
        found = found or self._rows(
            "SELECT DISTINCT session FROM exchanges WHERE instr(session, ?) > 0 LIMIT ?",
            (f":{start}", most),
        )
        return [row[0] for row in found]

    def newest(self, most: int) -> list[dict[str, Any]]:
        """The newest exchanges, oldest first."""
        found = self._rows("SELECT * FROM exchanges ORDER BY n DESC LIMIT ?", (most,))
        return list(self._told(reversed(found)))

    def after(self, number: int, most: int = 1000) -> list[dict[str, Any]]:
        """Those that were recorded after the one of this number, oldest first."""
        found = self._rows("SELECT * FROM exchanges WHERE n > ? ORDER BY n LIMIT ?", (number, most))
        return list(self._told(found))

    def _told(self, rows: Iterable[sqlite3.Row]) -> Iterable[dict[str, Any]]:
        for row in rows:
            attempts = self._rows(
                "SELECT * FROM attempts WHERE exchange = ? ORDER BY n", (row["n"],)
            )
            yield exchange_shape(row, attempts)

    # ------------------------------------------------------------ sums

    def usage(self, since_ms: int | None, by: str | None) -> list[Sum]:
        """The sums from the beginning of that hour on, by one of ``BY``, the dearest first (days in
        their order); one in all without ``by``.
        """
        since = 0 if since_ms is None else since_ms // HOUR_MS
        dimension = by if by in DIMENSIONS else DIMENSIONS[0]
        name = _DAY if by == "day" else "''" if by is None else "name"
        found = self._connection.execute(
            f"SELECT {name}, {_TOTALS} FROM sums WHERE dimension = ? AND hour >= ? GROUP BY 1",  # noqa: S608 -- one of three texts
            (dimension, since),
        )
        sums = [Sum(*row) for row in found]
        if by == "day":
            return sorted(sums, key=lambda each: each.name)
        return sorted(sums, key=lambda each: (-each.known_usd, -each.exchanges, each.name))

    def missing(self, since_ms: int | None, running: str | None) -> Missing:
        """What is missing of the daemons that lived in that time; ``running`` is the instance that
        lives now: of it only what it has given up is missing, the rest is open.
        """
        left = {each.instance: each.begun for each in read_counts(self._path.parent)}
        runs = self._rows("SELECT * FROM runs")  # at once: a daemon may be closing these books
        unheard = left.keys() - {row["instance"] for row in runs} - {running}
        # those were killed before they wrote anything here
        count = sum(left[instance] for instance in unheard)
        at_least = False
        for row in runs:
            begun, ended = row["begun"], row["ended"]
            if row["last_ms"] < (since_ms or 0):
                continue
            if ended is None and row["instance"] == running:
                count += row["dropped"]
                continue
            if ended is None:
                if row["instance"] in left:
                    begun = max(begun, left[row["instance"]] - row["elsewhere"])
                else:
                    at_least = True
            at_least |= ended == "lost"
            count += max(0, begun - row["recorded"])
        return Missing(count, at_least)

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        return self._connection.execute(statement, values).fetchall()


_DAY: Final = "date(hour * 3600, 'unixepoch', 'localtime')"


def exchange_shape(row: Row, attempts: Sequence[Row]) -> dict[str, Any]:
    """An exchange as ``--json`` shows it: the keys of ``admin.shapes.ExchangeShape``, and more."""
    decided = _decoded(row["decision"])
    return {
        "number": row["n"],
        "id": row["id"],
        "started_at": _iso(row["started_ms"]),
        "client": row["client"],
        "token": row["token"],
        "project": row["project"],
        "session": row["session"],
        "operation": row["operation"],
        "format": row["format"],
        "upstream_format": row["upstream_format"],
        "asked_model": row["asked_model"],
        "route": row["route"] or "",
        "rule": decided.get("rule", ""),
        "strategy": decided.get("strategy", ""),
        "generation": decided.get("generation", 0),
        "candidates": decided.get("candidates", []),
        "ranks": [
            {"target": target, "score": score, "words": words}
            for target, score, words in decided.get("ranks", [])
        ],
        "refusals": [
            {"target": target, "reason": reason} for target, reason in decided.get("refusals", [])
        ],
        "notes": decided.get("notes", []),
        "other": None
        if row["other_target"] is None
        else {"target": row["other_target"], "would_cost_usd": row["other_usd"]},
        "provider": row["provider"],
        "model": row["model"],
        "key": row["key_label"],
        "mode": row["mode"],
        "stream": bool(row["stream"]),
        "status": row["status"],
        "outcome": row["outcome"],
        "error_type": row["error_type"],
        "error": row["error_code"],
        "attempts": [_attempt(each) for each in attempts],
        "dropped": [_lost(code, times) for code, times in _decoded(row["dropped"]).items()],
        "input_tokens": row["input_tokens"],
        "output_tokens": row["output_tokens"],
        "cache_read_tokens": row["cache_read_tokens"],
        "cache_write_tokens": row["cache_write_tokens"],
        "reasoning_tokens": row["reasoning_tokens"],
        "cost_usd": row["cost_usd"],
        "cost_source": row["cost_source"],
        "cache_loss_tokens": row["cache_loss_tokens"] or 0,
        "cache_loss_usd": row["cache_loss_usd"],
        "cache_loss_cause": row["cache_loss_cause"] or "",
        "first_event_ms": row["first_event_ms"],
        "duration_ms": row["duration_ms"],
    }


def _attempt(row: Row) -> dict[str, Any]:
    return {
        "provider": row["provider"],
        "model": row["model"],
        "key": row["key_label"],
        "status": row["status"],
        "outcome": row["verdict"],
        "verdict": _verdict(row["verdict"]),
        "error_type": row["error_type"],
        "error": None,
        "retry_after_s": row["retry_after_s"],
        "began_ms": row["began_ms"],
        "first_event_ms": row["first_event_ms"],
        "duration_ms": row["duration_ms"],
    }


def _verdict(outcome: str) -> str | None:
    from aimux.routing.verdict import Signal, words_of

    return words_of(Signal(outcome)) if outcome in set(Signal) else None


def _lost(code: str, times: int) -> dict[str, Any]:
    from aimux.model.loss import LOSSES

    known = LOSSES.get(code)  # one of a later version has no words here
    return {
        "code": code,
        "severity": known[0].name.lower() if known else "info",
        "words": known[1] if known else code,
        "times": times,
    }


def _decoded(text: str | None) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _iso(started_ms: int) -> str:
    return datetime.fromtimestamp(started_ms / 1000, UTC).isoformat(timespec="milliseconds")

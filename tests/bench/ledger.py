"""Measures questions to a large ledger on this machine.

    python -m tests.bench.ledger [--rows N] [--once] [--json]

Makes a ledger of N exchanges (a million if not said) of the last thirty days, as the daemon would have
written it, and asks it what ``aimux usage`` and ``aimux why`` ask: in this process, and as the whole
command with the interpreter's start.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aimux.gateway.record import AttemptRecord, Record
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.plan import Decision
from aimux.telemetry.ledger_file import opened
from aimux.telemetry.ledger_queries import BY, LedgerReader
from aimux.telemetry.ledger_rows import rows_of
from aimux.telemetry.ledger_sums import Sums
from aimux.telemetry.ledger_write import Statements

DAYS: Final = 30
BATCH: Final = 500
USAGE_MS: Final = 300.0
WHY_MS: Final = 50.0

_CLIENTS: Final = ("claude-code", "codex", "gemini-cli", "opencode", "tester")
_PROJECTS: Final = tuple(f"/srv/project-{number}" for number in range(8))
_TARGETS: Final = tuple((f"provider-{n // 3}", f"model-{n}") for n in range(12))


def made_up(number: int, started_at: float, chance: random.Random) -> Record:
    """An exchange such as an agent makes."""
    provider, model = chance.choice(_TARGETS)
    into, out = chance.randrange(2_000, 90_000), chance.randrange(20, 2_000)
    took_s = 0.5 + out / 80
    decision = Decision(
        "claude-sonnet-5-5",
        "default",
        tuple(f"{name}/{each}" for name, each in _TARGETS[:3]),
        (),
        session=f"{number // 50:032x}",
    )
    attempt = AttemptRecord(
        provider, model, "default", 0.001, took_s, first_event=0.5, status=200, outcome="ok"
    )
    return Record(
        f"ax_{chance.getrandbits(80):020x}",
        began=0.0,
        started_at=started_at,
        client=chance.choice(_CLIENTS),
        token="default",
        project=chance.choice(_PROJECTS),
        format=WireFormat.ANTHROPIC,
        asked_model="claude-sonnet-5-5",
        stream=True,
        decision=decision,
        attempts=[attempt],
        provider=provider,
        model=model,
        mode="relay",
        status=200,
        outcome="ok",
        usage=Usage(into, out, into * 3 // 4),
        first_event=0.5,
        ended=took_s,
        cost_usd=out / 1e5 if provider != "provider-0" else None,
    )


def generate(path: Path, count: int, now_s: float) -> list[str]:
    """Writes the ledger; some of the ids."""
    chance, connection, ids = random.Random(1), opened(path), []
    step_s = DAYS * 86400 / count
    connection.execute("PRAGMA synchronous = OFF")
    for start in range(1, count + 1, BATCH):
        batch, sums = [], Sums()
        for number in range(start, min(start + BATCH, count + 1)):
            record = made_up(number, now_s - (count - number) * step_s, chance)
            rows = rows_of(record, number, 1)
            sums.add(rows)
            batch.append(rows)
        ids.append(batch[0].exchange[1])
        connection.execute("BEGIN")
        Statements.EXCHANGE.into(connection, [rows.exchange for rows in batch])
        Statements.ATTEMPT.into(connection, [each for rows in batch for each in rows.attempts])
        connection.executemany(Statements.SUM, sums.rows())
        connection.execute("COMMIT")
    connection.close()
    return ids


def _median_ms(ask: Callable[[], object], times: int) -> float:
    """Wall time of a question."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        found.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(found), 2)


def measured(path: Path, ids: list[str], now_s: float, *, once: bool = False) -> dict[str, float]:
    """Milliseconds of each question, each with a connection of its own; ``once`` is no measurement."""
    since_ms = int((now_s - DAYS * 86400) * 1000)
    chance = random.Random(2)

    def median_ms(ask: Callable[[], object], times: int) -> float:
        return _median_ms(ask, 1 if once else times)

    def fresh(ask: Callable[[LedgerReader], object]) -> Callable[[], object]:
        def asked() -> object:
            reader = LedgerReader(path)
            try:
                return ask(reader)
            finally:
                reader.close()

        return asked

    figures = {
        f"usage by {by}": median_ms(fresh(lambda each, by=by: each.usage(since_ms, by)), 5)
        for by in BY
    }
    session = f"{len(ids) * BATCH // 100:032x}"
    figures |= {
        "why ID": median_ms(fresh(lambda each: each.exchange(chance.choice(ids))), 50),
        "why --last": median_ms(fresh(lambda each: each.exchange("last")), 50),
        "why --session": median_ms(fresh(lambda each: each.session(session, 1000)), 20),
        "missing": median_ms(fresh(lambda each: each.missing(since_ms, None)), 20),
    }
    commands = {
        "aimux usage --since 30d": ("usage", "--since", "30d"),
        "aimux usage --since 30d --by session": ("usage", "--since", "30d", "--by", "session"),
        "aimux why ID": ("why", ids[len(ids) // 2]),
        "aimux requests": ("requests",),
        "aimux --help, for comparison": ("--help",),
    }
    environ = {**os.environ, "AIMUX_HOME": str(path.parent)}
    for name, arguments in commands.items():
        command = [sys.executable, "-m", "aimux", *arguments]
        figures[name] = median_ms(
            lambda command=command: subprocess.run(
                command, env=environ, check=True, capture_output=True
            ),
            7,
        )
    return figures


def main() -> None:
    """Reads the command line and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ledger", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--once", action="store_true", help="ask each question once, for a test")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aimux-bench-") as folder:
        path, now_s = Path(folder) / "ledger.sqlite3", time.time()
        start = time.perf_counter()
        ids = generate(path, options.rows, now_s)
        made_s = time.perf_counter() - start
        figures: dict[str, Any] = {
            "rows": options.rows,
            "made in s": round(made_s, 1),
            "size MB": round(path.stat().st_size / 2**20, 1),
            "sums": sqlite3.connect(path).execute("SELECT count(*) FROM sums").fetchone()[0],
            **measured(path, ids, now_s, once=options.once),
        }
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, figure in figures.items():
        goal = USAGE_MS if name.startswith("usage") else WHY_MS if name.startswith("why") else None
        mark = "" if goal is None else f"  {'ok' if figure < goal else 'MISSED'} (< {goal:g} ms)"
        print(f"{name:<40}{figure:>12}{mark}")


if __name__ == "__main__":
    main()

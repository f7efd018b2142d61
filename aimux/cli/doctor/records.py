"""Looks at what aimux writes down: the ledger and the log."""

from __future__ import annotations

import contextlib
import json
import shlex
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from aimux.cli.doctor.finding import Finding, failed, note, ok, warning
from aimux.cli.doctor.patient import Patient
from aimux.errors import AimuxError

_DAY_MS: Final = 86_400_000
_WHOLE_BYTES: Final = 64 * 2**20
"""A ledger up to this size is read through; a larger one only where it is asked."""
_TAIL_BYTES: Final = 2**18


def look(patient: Patient) -> Iterator[Finding]:
    """What there is to say of ledger and log."""
    yield from _ledger(patient)
    yield from _aside(patient)
    yield from _log(patient)


def _ledger(patient: Patient) -> Iterator[Finding]:
    from aimux.telemetry.ledger_queries import LedgerReader

    path = patient.paths.ledger
    try:
        with contextlib.closing(LedgerReader(path)) as reader:
            lost = reader.missing(int(time.time() * 1000) - _DAY_MS, _instance(patient))
        damage = _damage(patient)
    except FileNotFoundError:
        yield note("ledger", "nothing is recorded yet")
        return
    except sqlite3.Error as problem:
        yield failed("ledger", f"{path} cannot be read: {problem}", "aimux restart")
        return
    except (AimuxError, OSError) as problem:
        hint = problem.hint if isinstance(problem, AimuxError) else None
        yield failed("ledger", str(problem), hint or f"ls -l {shlex.quote(str(path))}")
        return
    if damage:
        yield failed("ledger", f"{path} is damaged: {damage}", "aimux restart")
    elif lost.count:
        more = "at least " if lost.at_least else ""
        what = f"{more}{lost.count} exchanges of the last day are not in it"
        yield warning("ledger", what, "aimux logs --level warning")
    else:
        yield ok("ledger", f"it can be read ({path.stat().st_size // 2**20} MiB)")


def _instance(patient: Patient) -> str | None:
    return patient.status["instance"] if patient.status else None


def _damage(patient: Patient) -> str:
    """What SQLite finds wrong in the file; nothing where it is fine or too large to read for this."""
    from aimux.telemetry.ledger_file import opened_for_reading

    path = patient.paths.ledger
    if path.stat().st_size > _WHOLE_BYTES:
        return ""
    with contextlib.closing(opened_for_reading(path)) as connection:
        said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if said == "ok" else said


def _aside(patient: Patient) -> Iterator[Finding]:
    path = patient.paths.ledger
    for broken in sorted(path.parent.glob(f"{path.name}.broken-*")):
        if not broken.name.endswith(("-wal", "-shm")):
            what = f"{broken} was set aside because it was damaged"
            yield note("ledger", what, f"rm {shlex.quote(str(broken))}*")


def _log(patient: Patient) -> Iterator[Finding]:
    path = patient.paths.log
    if not path.exists():
        yield note("log", "nothing is logged yet")
        return
    errors = [entry for entry in _last_entries(patient) if entry.get("level") == "error"]
    if errors:
        newest = str(errors[-1].get("message", ""))[:120]
        noun = "error" if len(errors) == 1 else "errors"
        what = f"{len(errors)} {noun} within a day, the newest: {newest}"
        yield warning("log", what, "aimux logs --level error")
    else:
        yield ok("log", f"{path} has no error of the last day")


def _last_entries(patient: Patient) -> Iterator[dict[str, object]]:
    """The log's lines of the last day, as far as the end of the file holds them."""
    since = datetime.fromtimestamp(time.time() - 86_400, UTC).isoformat()
    for line in tail(patient, _TAIL_BYTES):
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and str(entry.get("ts", "")) >= since[:19]:
                yield entry


def tail(patient: Patient, most_bytes: int) -> list[str]:
    """The whole lines at the end of the log."""
    with patient.paths.log.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - most_bytes))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return lines[1:] if size > most_bytes else lines

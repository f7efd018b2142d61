"""A ledger as a daemon leaves it, written by the real writer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aimux.config.schema import LedgerSettings
from aimux.gateway.record import Record
from aimux.telemetry.ledger import Ledger

KEPT = LedgerSettings(keep="36500d")


def write_ledger(home: Path, records: Iterable[Record], instance: str = "0123456789abcdef") -> Path:
    """Writes the records of one run; the file."""
    ledger = Ledger(home / "ledger.sqlite3", KEPT, instance)
    ledger.start()
    for record in records:
        ledger.begin()
        ledger.observe(record)
    ledger.stop()
    return home / "ledger.sqlite3"

"""How commands get at what was recorded: the file itself, and the daemon for what is not in it yet."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

from aimux.config.paths import Paths
from aimux.errors import AimuxError, DaemonError
from aimux.telemetry.ledger_queries import LedgerReader

NOTHING_YET = "no request has been recorded yet"


class LedgerUnreadable(AimuxError):
    """The ledger is there and cannot be read."""

    code = "ledger-unreadable"


class NothingRecorded(AimuxError):
    """There is no such exchange, or none at all."""

    code = "nothing-recorded"


@contextlib.contextmanager
def opened_ledger(paths: Paths) -> Iterator[LedgerReader | None]:
    """The ledger for as long as it is asked; None where there is none yet.

    Raises:
        LedgerUnreadable: it is damaged, or belongs to somebody else.
        NewerLedger: a later aimux has written it.
    """
    try:
        try:
            reader = LedgerReader(paths.ledger)
        except FileNotFoundError:
            yield None
            return
        with contextlib.closing(reader):
            yield reader
    except sqlite3.Error as problem:
        raise LedgerUnreadable(
            f"the ledger {str(paths.ledger)!r} cannot be read: {problem}",
            hint="a daemon that runs sets a damaged one aside and begins a new one: aimux status",
        ) from problem


def of_the_daemon(paths: Paths, identity: str) -> dict[str, Any] | None:
    """An exchange as the daemon remembers it; None where it does not, or does not run."""
    from aimux.admin.client import AdminClient

    try:
        return dict(AdminClient.connect(paths).exchange(identity))
    except AimuxError:
        return None


def running_instance(paths: Paths) -> str | None:
    """The daemon that runs, as far as can be seen without asking it."""
    from aimux.admin.client import found_daemon

    try:
        return found_daemon(paths).instance
    except DaemonError:
        return None

"""The ledger: what every exchange was, in one SQLite file, written by one thread.

The event loop does two things for it: it counts an exchange when it begins, and puts the exchange's
record into a bounded queue when it has ended.  A record does not change any more then, so that the
writer's thread turns it into rows (``ledger_rows``) and writes what has gathered in one transaction:
a tenth of a second later, or where one comes after the other, once a second (``pace``).  Nothing here is
ever the reason that a request waits or fails.

What is missing is known.  Every life of a daemon is a row of ``runs``.

- ``begun`` counts the exchanges that were let in, ``recorded`` those that are in the file, ``dropped``
  those that were given up: more than ``MOST_WAITING`` waited, or the end came while the disk was in
  trouble.  ``recorded`` is written in the transaction of the rows that it counts, and retention does
  not lower it.
- While the daemon lives, ``dropped`` is what is missing; the rest of ``begun - recorded`` is open or
  waits its second.
- At a clean end everything is written, ``begun = recorded + dropped`` holds, and ``ended`` says
  ``stopped``.
- After a kill -9 the file lacks what was open and the last batch.  How many those are is known because
  ``begun`` also stands in a few bytes of memory that outlive the process (``ledger_tally``), from
  before the first byte of an exchange went anywhere.  The next daemon, or a command that comes before
  it, reads them: ``begun - recorded`` is missing.  ``ended`` says ``killed``.
- Only where that memory is gone as well, because the machine went down, the number is not known for
  the last batch; ``ended`` says ``lost``, and commands say "at least".

A file that turns out to be damaged is set aside under a name with its date, and a new one is begun; a
full disk or a folder that cannot be written is waited out, with records in the queue; a file of a later
aimux is left alone.  Each is told once in the log, and in ``aimux status`` for as long as it lasts.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from aimux import __version__
from aimux.config.schema import LedgerSettings
from aimux.telemetry.ledger_file import Trouble, is_current, opened, set_aside, trouble_of
from aimux.telemetry.ledger_prune import prune
from aimux.telemetry.ledger_rows import Told, rows_of, texts_of
from aimux.telemetry.ledger_schema import NewerLedger
from aimux.telemetry.ledger_sums import Sums
from aimux.telemetry.ledger_tally import Tally
from aimux.telemetry.ledger_write import Statements, redacted_row
from aimux.telemetry.pace import Pace
from aimux.telemetry.redact import Redactor

GATHER_S: Final = 0.1
APART_S: Final = 1.0
"""When records are written together, as ``pace`` has it."""

MOST_IN_BATCH: Final = 500
MOST_WAITING: Final = 10_000
"""Records in the queue, about 2 KB each; more are dropped and counted."""

RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 30.0
STOP_LIMIT_S: Final = 5.0
PRUNE_EVERY_S: Final = 600.0
PRUNE_STEP_S: Final = 0.2

Clock = Callable[[], float]

logger = logging.getLogger(__name__)


class Ledger:
    """The queue and its writer.  ``begin`` and ``observe`` belong to the event loop's thread."""

    def __init__(
        self,
        path: Path,
        settings: LedgerSettings,
        instance: str,
        *,
        redactor: Redactor | None = None,
    ) -> None:
        self.dropped = 0
        """Exchanges that were given up."""
        self._path = path
        self._settings = settings
        self._instance = instance
        self._redactor = redactor or Redactor()
        self._queue: deque[Told] = deque()
        self._held: list[Told] = []
        """Taken from the queue and not committed yet."""
        self._connection: sqlite3.Connection | None = None
        self._file: os.stat_result | None = None
        self._run = 0
        self._next = 1
        self._elsewhere = 0
        """Exchanges of this run that are in files that were set aside or taken away."""
        self._written = 0
        self._retry_at = 0.0
        self._retry_s = RETRY_S
        self._prune_at = time.monotonic() + PRUNE_STEP_S
        self._trouble = ""
        self._asides: list[Path] = []
        self._newer = False
        self._awake = threading.Event()
        self._ending = threading.Event()
        self._pace = Pace(self._ending, gather_s=GATHER_S, apart_s=APART_S)
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)

    # ------------------------------------------------------------ used by the daemon

    def start(self) -> None:
        """Begins to count and to write; the file is opened in the thread."""
        self._tally = Tally(self._path.parent, self._instance)
        self._awake.set()
        self._thread.start()

    def stop(self) -> None:
        """Writes what is left; waits no longer than five seconds."""
        if self._ending.is_set():
            return
        self._ending.set()
        self._awake.set()
        self._thread.join(STOP_LIMIT_S)

    def leave(self) -> None:
        """Another daemon counts from here on, where this one did; both write."""
        self._tally.leave()

    def configure(self, settings: LedgerSettings) -> None:
        """Applies how long and how much is kept; soon."""
        self._settings = settings
        self._prune_at = time.monotonic()
        self._awake.set()

    def notices(self) -> Iterator[str]:
        """What a person should know."""
        if self._newer:
            yield (
                f"{str(self._path)!r} was written by a later aimux: exchanges are not recorded; "
                "run that one, or move the file away and restart"
            )
        elif self._trouble:
            waiting = len(self._queue) + len(self._held)
            yield (
                f"the ledger cannot be written ({self._trouble}); requests go on, "
                f"{_exchanges(waiting)} waiting to be recorded"
            )
        for aside in self._asides:
            yield f"the ledger was damaged and is set aside as {str(aside)!r}; a new one was begun"
        if self.dropped:
            yield f"{_exchanges(self.dropped)} missing in the ledger: it could not keep up with them"

    # ------------------------------------------------------------ in the event loop's thread

    def begin(self) -> None:
        """An exchange has begun."""
        self._tally.begin()

    def observe(self, record: Told) -> None:
        """An exchange has ended."""
        if len(self._queue) >= MOST_WAITING:
            self.dropped += 1
            return
        self._queue.append(record)
        if not self._awake.is_set():
            self._awake.set()

    # ------------------------------------------------------------ in the writer's thread

    def _work(self) -> None:
        while not self._ending.is_set():
            self._awake.wait(self._until_due())
            self._pace.gather()
            self._awake.clear()
            self._turn()
        for _ in range(2):  # once more behind a file that was set aside
            self._retry_at = 0.0
            self._turn()
        self._end()

    def _until_due(self) -> float:
        """Seconds until there is something to do without a new record."""
        due = self._retry_at if self._trouble else self._prune_at
        return max(0.0, due - time.monotonic())

    def _turn(self) -> None:
        """Writes what waits, then prunes a little if that is due."""
        if self._newer:
            self._give_up()
            return
        if time.monotonic() < self._retry_at:
            return
        try:
            connection = self._ready()
            while self._held or self._queue:
                self._write_batch(connection)
            self._well()
            if time.monotonic() >= self._prune_at:
                self._prune(connection)
        except NewerLedger as problem:
            self._newer = True
            logger.warning("exchanges are not recorded: %s", problem.message)
            self._give_up()
        except (OSError, sqlite3.Error) as problem:
            self._bear(problem)
        except Exception:  # a bug of ours costs these records, not the daemon
            logger.exception("the ledger lost %d records", len(self._held))
            self._drop_held()

    def _ready(self) -> sqlite3.Connection:
        """The open file, which is still the one that the name leads to."""
        connection = self._connection
        if connection is not None:
            if self._file is not None and is_current(self._path, self._file):
                return connection
            self._close()
        connection = opened(self._path)
        self._connection, self._file = connection, self._path.stat()
        self._enter_run(connection)
        return connection

    def _enter_run(self, connection: sqlite3.Connection) -> None:
        """Closes the books of daemons that did not, and opens ours."""
        run = Statements.run_of(connection, self._instance)
        if run is None:
            connection.execute("BEGIN IMMEDIATE")
            Statements.close_runs(connection, self._tally.left, _now_ms())
            run = Statements.new_run(connection, self._instance, __version__, _now_ms()), 0
            connection.execute("COMMIT")
            self._tally.settled()
        self._run, recorded = run
        self._elsewhere = self._written - recorded
        self._next = Statements.next_number(connection)

    def _write_batch(self, connection: sqlite3.Connection) -> None:
        """One transaction; what it takes stays held until it is committed."""
        held = self._held
        while self._queue and len(held) < MOST_IN_BATCH:
            held.append(self._queue.popleft())
        exchanges: list[tuple[Any, ...]] = []
        attempts: list[tuple[Any, ...]] = []
        sums = Sums()
        suspicious = not self._redactor.is_clean("\n".join([texts_of(each) for each in held]))
        for number, record in enumerate(self._pace.unhurried(held), self._next):
            rows = rows_of(record, number, self._run)
            if suspicious:
                rows = redacted_row(rows, self._redactor)
            exchanges.append(rows.exchange)
            attempts += rows.attempts
            sums.add(rows)
        connection.execute("BEGIN IMMEDIATE")
        moved = max(0, Statements.next_number(connection) - self._next)
        if moved:  # a daemon that was followed, or that follows, has written as well
            exchanges = [(row[0] + moved, *row[1:]) for row in exchanges]
            attempts = [(row[0] + moved, *row[1:]) for row in attempts]
        Statements.EXCHANGE.into(connection, exchanges)
        Statements.ATTEMPT.into(connection, attempts)
        connection.executemany(Statements.SUM, sums.rows())
        self._note_run(connection, len(held))
        connection.execute("COMMIT")
        self._next += len(held) + moved
        self._written += len(held)
        self._held = []

    def _note_run(self, connection: sqlite3.Connection, recorded: int) -> None:
        begun = self._tally.begun - self._elsewhere
        values = (_now_ms(), begun, recorded, self.dropped, self._elsewhere, self._run)
        connection.execute(Statements.RUN, values)

    def _prune(self, connection: sqlite3.Connection) -> None:
        settings = self._settings
        more = prune(connection, _now_ms(), keep_s=settings.keep, max_mb=settings.max_mb)
        self._prune_at = time.monotonic() + (PRUNE_STEP_S if more else PRUNE_EVERY_S)

    # ------------------------------------------------------------ trouble

    def _bear(self, problem: OSError | sqlite3.Error) -> None:
        """Whatever the disk does: nothing is lost that can still be kept."""
        trouble = trouble_of(problem)
        if trouble is Trouble.BUG:
            self._rolled_back()
            logger.error("the ledger lost %d records: %s", len(self._held), problem)
            self._drop_held()
            return
        self._close()
        if trouble is Trouble.BROKEN:
            try:
                aside = set_aside(self._path)
            except OSError as refused:
                problem = refused
            else:
                logger.warning("the ledger is damaged (%s); set aside as %s", problem, aside)
                self._retry_at = time.monotonic() + LONGEST_RETRY_S * len(self._asides)
                self._asides.append(aside)  # the first time a new one is begun at once
                self._awake.set()
                return
        words = _words(problem)
        if words != self._trouble:
            logger.warning("the ledger cannot be written, requests go on: %s", words)
        self._trouble = words
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(self._retry_s * 2, LONGEST_RETRY_S)

    def _well(self) -> None:
        if self._trouble:
            logger.info("the ledger can be written again")
            self._trouble, self._retry_s = "", RETRY_S

    def _give_up(self) -> None:
        self._drop_held()
        self.dropped += len(self._queue)
        self._queue.clear()

    def _drop_held(self) -> None:
        self.dropped += len(self._held)
        self._held = []

    def _rolled_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _close(self) -> None:
        """Closes the file, however it is."""
        connection, self._connection, self._file = self._connection, None, None
        if connection is not None:
            try:
                connection.close()  # rolls back what is open
            except sqlite3.Error:
                logger.debug("the ledger could not be closed", exc_info=True)

    # ------------------------------------------------------------ the end

    def _end(self) -> None:
        """The books of this run are closed; what could not be written is counted as missing."""
        self._give_up()
        connection = self._connection
        if connection is None:
            (self._tally.remove if self._newer else self._tally.close)()
            return
        try:
            self._note_run(connection, 0)
            connection.execute(Statements.STOPPED, (self._run,))
        except sqlite3.Error as problem:
            logger.warning("the end of the ledger could not be written: %s", problem)
            self._tally.close()
        else:
            self._tally.remove()
        self._close()


def _exchanges(count: int) -> str:
    return "1 exchange is" if count == 1 else f"{count} exchanges are"


def _words(problem: Exception) -> str:
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem)


def _now_ms() -> int:
    return int(time.time() * 1000)

"""The log: records are handed over in microseconds and written by one thread.

A logging call puts the record into a queue and returns.  The writer thread takes what has gathered,
formats it, blots out every secret and appends it to the file in one write.  So the event loop never
waits for a disk, and redaction stands at the one place through which every byte goes.

Because formatting happens later and elsewhere, callers pass values that do not change any more
(texts, numbers, tuples), never a list or a dict that they go on filling.  Structured fields come as
``extra={"fields": {...}}``; a ``lines.Loggable`` may stand for the mapping.

The log must never be the reason that something fails: a full disk, a deleted folder or a broken
pipe costs lines, which are counted, and one warning on stderr.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Final

from aimux.config.schema import LoggingSettings
from aimux.telemetry.lines import Entry, journal_line, json_line, raw_entry, redacted, text_line
from aimux.telemetry.pace import Pace
from aimux.telemetry.redact import Redactor
from aimux.telemetry.rotate import RotatingFile
from aimux.vault.secret import Secret

GATHER_S: Final = 0.05
APART_S: Final = 0.5
"""When lines are written together, as ``pace`` has it; a kill -9 costs no more than the longer time."""

MOST_WAITING: Final = 20_000
"""Records in the queue; more are dropped and counted, so that a stuck disk does not fill memory."""

STOP_LIMIT_S: Final = 2.0
MEBIBYTE: Final = 2**20

Line = Callable[[Entry], str]

logger = logging.getLogger(__name__)


def start_logging(
    settings: LoggingSettings,
    path: Path | None,
    *,
    also_stderr: bool = False,
) -> LogWriter:
    """The writer of this process's log, with the root logger and uncaught exceptions led to it.

    ``path`` is the file; ``None`` writes none.  ``also_stderr`` is for the foreground and for
    service managers: it shows each line as text (for the journal, with its priorities).  Flushed at
    exit; ``stop`` undoes everything.
    """
    writer = LogWriter(settings, path, also_stderr=also_stderr)
    writer.start()
    return writer


class LogWriter(logging.Handler):
    """A handler that queues, and the thread that writes."""

    def __init__(self, settings: LoggingSettings, path: Path | None, *, also_stderr: bool) -> None:
        super().__init__()
        self.lost = 0
        """Records that could not be written or kept."""
        self._queue: deque[logging.LogRecord] = deque()
        self._redactor = Redactor()
        self._file = RotatingFile(path, 0, 0) if path else None
        self._file_line: Line = json_line
        self._stderr_line: Line | None = _stderr_form() if also_stderr else None
        self._warned = False
        self._awake = threading.Event()
        self._ending = threading.Event()
        self._pace = Pace(self._ending, gather_s=GATHER_S, apart_s=APART_S)
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._hooks = (sys.excepthook, threading.excepthook)
        self.configure(settings)

    # ------------------------------------------------------------ used by the rest of aimux

    @property
    def redactor(self) -> Redactor:
        """What blots secrets out; whoever writes other files uses the same."""
        return self._redactor

    def hide(self, secrets: Iterable[Secret]) -> None:
        """Adds values that no line may hold.  Call it before the values are used for anything."""
        self._redactor.hide(secrets)

    def configure(self, settings: LoggingSettings) -> None:
        """Applies level, format and sizes; the next line has them."""
        logging.getLogger().setLevel(settings.level.upper())
        self._file_line = json_line if settings.format == "json" else text_line
        if self._file:
            self._file.max_bytes = settings.max_file_mb * MEBIBYTE
            self._file.keep_files = settings.keep_files

    def start(self) -> None:
        """Begins to write; from here on records and uncaught exceptions come here."""
        _skip_unused_facts()
        root = logging.getLogger()
        root.addHandler(self)
        logging.captureWarnings(True)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        atexit.register(self.stop)
        self._thread.start()

    def stop(self) -> None:
        """Writes what is left and gives everything back; waits no longer than two seconds."""
        if self._ending.is_set():
            return
        logging.getLogger().removeHandler(self)
        logging.captureWarnings(False)
        sys.excepthook, threading.excepthook = self._hooks
        atexit.unregister(self.stop)
        self._ending.set()
        self._awake.set()
        self._thread.join(STOP_LIMIT_S)

    # ------------------------------------------------------------ in the caller's thread

    def handle(self, record: logging.LogRecord) -> bool:
        """Queues the record; takes no lock, unlike the standard handler."""
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Queues the record."""
        if len(self._queue) >= MOST_WAITING:
            self.lost += 1
            return
        self._queue.append(record)
        if not self._awake.is_set():
            self._awake.set()

    def _uncaught(
        self,
        kind: type[BaseException],
        problem: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            logger.critical("uncaught exception", exc_info=(kind, problem, trace))

    def _uncaught_in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        problem = arguments.exc_value
        if problem is not None:
            name = arguments.thread.name if arguments.thread else "unknown"
            logger.critical("uncaught exception in thread %s", name, exc_info=problem)

    # ------------------------------------------------------------ in the writer's thread

    def _run(self) -> None:
        while not self._ending.is_set():
            self._awake.wait()
            self._pace.gather()
            self._awake.clear()
            self._write_waiting()
        self._write_waiting()
        if self._file:
            self._file.close()

    def _write_waiting(self) -> None:
        lines = [line for line in map(self._entry, self._pace.unhurried(self._taken())) if line]
        if not lines:
            return
        if self._stderr_line:
            _to_stderr(self._text(lines, self._stderr_line))
        if self._file:
            self._append(self._file, lines)

    def _taken(self) -> list[logging.LogRecord]:
        return [self._queue.popleft() for _ in range(len(self._queue))]

    def _text(self, lines: list[Entry], form: Line) -> str:
        """The lines in their form, without secrets.

        Nearly always all are clean, and that is seen by one look at the whole; only where it is not,
        or where a value has to become text first, is each gone through value by value.
        """
        try:
            text = "".join([form(line) + "\n" for line in lines])
            if self._redactor.is_clean(text):
                return text
        except (TypeError, ValueError):
            pass
        return "".join([self._redacted_text(line, form) for line in lines])

    def _redacted_text(self, line: Entry, form: Line) -> str:
        try:
            return form(redacted(line, self._redactor)) + "\n"
        except Exception:  # noqa: BLE001 -- a field's own __str__ may do anything; the log goes on
            self.lost += 1
            return ""

    def _entry(self, record: logging.LogRecord) -> Entry | None:
        try:
            return raw_entry(record)
        except Exception:  # noqa: BLE001 -- a field's own __str__ may do anything; the log goes on
            self.lost += 1
            return None

    def _append(self, file: RotatingFile, lines: list[Entry]) -> None:
        text = self._text(lines, self._file_line)
        try:
            file.write(text.encode("utf-8", "backslashreplace"))
        except OSError as problem:
            file.close()
            self.lost += len(lines)
            self._warn_once(file.path, problem)
        else:
            self._warned = False

    def _warn_once(self, path: Path, problem: OSError) -> None:
        if not self._warned:
            self._warned = True
            _to_stderr(f"aimux: the log {path} cannot be written: {problem.strerror or problem}\n")


def _skip_unused_facts() -> None:
    """Tells ``logging`` not to find out what no line shows: caller, thread, process (its manual,
    "Optimization").
    """
    logging._srcfile = None  # noqa: SLF001 -- as the manual says
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _stderr_form() -> Line:
    return journal_line if _stderr_is_journal() else text_line


def _stderr_is_journal() -> bool:
    """Whether stderr goes to the journal (systemd.exec(5), JOURNAL_STREAM)."""
    named = os.environ.get("JOURNAL_STREAM")
    if not named:
        return False
    try:
        seen = os.fstat(2)
    except OSError:
        return False
    return named == f"{seen.st_dev}:{seen.st_ino}"


def _to_stderr(text: str) -> None:
    """Writes to the descriptor itself: ``sys.stderr`` may be buffered, replaced or gone."""
    with contextlib.suppress(OSError):
        os.write(2, text.encode("utf-8", "backslashreplace"))

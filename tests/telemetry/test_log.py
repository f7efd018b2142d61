"""The log's writer: what reaches the file, and what never reaches the caller."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aimux.config.schema import LoggingSettings
from aimux.telemetry import log as log_module
from aimux.telemetry.log import LogWriter, start_logging
from aimux.vault.secret import Secret
from tests.support.patience import PATIENCE_S

logger = logging.getLogger("tests.log")


@contextmanager
def logging_to(path: Path | None, **settings: Any) -> Iterator[LogWriter]:
    """A writer for the length of a block; the root logger is given back as it was."""
    root = logging.getLogger()
    level = root.level
    also_stderr = settings.pop("also_stderr", False)
    writer = start_logging(LoggingSettings(**settings), path, also_stderr=also_stderr)
    try:
        yield writer
    finally:
        writer.stop()
        root.setLevel(level)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_lines_in_order(tmp_path: Path) -> None:
    """All that was logged is in the file after ``stop``, in order, with its fields."""
    path = tmp_path / "logs" / "log"

    with logging_to(path):
        for number in range(1000):
            logger.info("line %d", number, extra={"fields": {"number": number}})

    assert [line["number"] for line in lines(path)] == list(range(1000))


def test_written_without_stop(tmp_path: Path) -> None:
    """A line is on the disk soon after, though nothing else is logged."""
    path = tmp_path / "log"

    with logging_to(path):
        logger.info("hello")
        deadline = time.monotonic() + PATIENCE_S
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        found = path.read_text()

    assert "hello" in found


def test_level_and_format_change(tmp_path: Path) -> None:
    """``configure`` holds from the next line on."""
    path = tmp_path / "log"

    with logging_to(path, level="warning") as writer:
        logger.info("unseen")
        logger.warning("seen")
        writer.configure(LoggingSettings(level="info", format="json"))
        logger.info("seen too")

    assert [line["message"] for line in lines(path)] == ["seen", "seen too"]


def test_text_format(tmp_path: Path) -> None:
    """``format = "text"`` writes readable lines."""
    with logging_to(tmp_path / "log", format="text"):
        logger.info("hello")

    assert (tmp_path / "log").read_text().endswith("INFO    tests.log: hello\n")


def test_secrets_are_blotted_out(tmp_path: Path) -> None:
    """By value and by shape, in message, fields and traceback."""
    with logging_to(tmp_path / "log") as writer:
        writer.hide([Secret("canary-8f3a5b9c")])
        try:
            raise RuntimeError("canary-8f3a5b9c")
        except RuntimeError:
            logger.exception(
                "key %s", "canary-8f3a5b9c", extra={"fields": {"k": "canary-8f3a5b9c"}}
            )
        logger.info("sk-test-0123456789abcdefghijklmn")

    text = (tmp_path / "log").read_text()
    assert "canary" not in text
    assert "0123456789" not in text
    assert text.count("********") >= 4


def test_unwritable_folder_costs_lines_only(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A log that cannot be written: counted, said once on stderr, tried anew, nothing raised."""
    (tmp_path / "file").write_text("in the way")

    with logging_to(tmp_path / "file" / "log") as writer:
        logger.info("one")
        until(lambda: writer.lost == 1)
        logger.info("two")
        until(lambda: writer.lost == 2)
        (tmp_path / "file").unlink()
        logger.info("three")

    said = capfd.readouterr().err
    assert said.count("cannot be written") == 1
    assert [line["message"] for line in lines(tmp_path / "file" / "log")] == ["three"]


def test_queue_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no queue can hold any more is counted, not kept."""
    monkeypatch.setattr(log_module, "MOST_WAITING", 3)
    writer = LogWriter(LoggingSettings(), tmp_path / "log", also_stderr=False)

    for number in range(5):
        writer.handle(logging.LogRecord("x", 20, "", 0, str(number), (), None))

    assert writer.lost == 2


def test_field_that_raises_costs_its_line_only(tmp_path: Path) -> None:
    """A field whose text cannot be made loses one line, and the log goes on."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with logging_to(tmp_path / "log") as writer:
        logger.info("lost", extra={"fields": {"x": Broken()}})
        logger.info("kept")

    assert writer.lost == 1
    assert [line["message"] for line in lines(tmp_path / "log")] == ["kept"]


def test_uncaught_exceptions(tmp_path: Path) -> None:
    """What nobody caught, in the main thread or another, is logged with its traceback."""

    def fail() -> None:
        raise ValueError("in a thread")

    with logging_to(tmp_path / "log"):
        try:
            raise ValueError("in the main thread")
        except ValueError as problem:
            sys.excepthook(type(problem), problem, problem.__traceback__)
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        thread = threading.Thread(target=fail, name="worker")
        thread.start()
        thread.join()
        threading.excepthook(threading.ExceptHookArgs((SystemExit, None, None, None)))
        threading.excepthook(threading.ExceptHookArgs((OSError, OSError("x"), None, None)))

    found = lines(tmp_path / "log")
    assert [line["message"] for line in found] == [
        "uncaught exception",
        "uncaught exception in thread worker",
        "uncaught exception in thread unknown",
    ]
    assert "ValueError: in the main thread" in found[0]["traceback"]
    assert "ValueError: in a thread" in found[1]["traceback"]


def test_python_warnings_are_logged(tmp_path: Path) -> None:
    """Warnings of libraries go to the log, not to a terminal that nobody sees."""
    with logging_to(tmp_path / "log"), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old thing", UserWarning, stacklevel=1)
        logging.captureWarnings(False)

    assert "old thing" in lines(tmp_path / "log")[0]["message"]


def test_everything_is_given_back(tmp_path: Path) -> None:
    """After ``stop`` the root logger and the hooks are as before; a second ``stop`` does nothing."""
    before = (sys.excepthook, threading.excepthook, list(logging.getLogger().handlers))

    with logging_to(tmp_path / "log") as writer:
        assert writer in logging.getLogger().handlers
    writer.stop()

    assert (sys.excepthook, threading.excepthook, list(logging.getLogger().handlers)) == before


def test_also_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the foreground lines are shown as text as well, redacted too; without a file only there."""
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)

    with logging_to(None, also_stderr=True):
        logger.warning("hello sk-test-0123456789abcdefghijklmn")

    assert "WARNING tests.log: hello ********\n" in capfd.readouterr().err


def test_journal_on_stderr(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When stderr is the journal lines have its prefixes; any other stream does not count."""
    seen = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{seen.st_dev}:{seen.st_ino}")
    with logging_to(None, also_stderr=True):
        logger.warning("to the journal")
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    with logging_to(None, also_stderr=True):
        logger.warning("to the terminal")

    said = capfd.readouterr().err
    assert "<4>tests.log: to the journal\n" in said
    assert "<4>tests.log: to the terminal" not in said


def test_journal_without_stderr() -> None:
    """A process without a stderr asks nothing of the journal."""
    program = (
        "import os; os.close(2)\n"
        "from aimux.telemetry.log import _stderr_is_journal\n"
        "print(_stderr_is_journal())"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "JOURNAL_STREAM": "1:2"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )

    assert done.stdout == "False\n"


def until(condition: Any, limit_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + limit_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()

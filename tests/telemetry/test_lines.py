"""A record as a line."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from aimux.telemetry.lines import Fact, entry, journal_line, json_line, text_line, timestamp
from aimux.telemetry.redact import Redactor


def record(message: str = "hello", *args: object, level: int = logging.INFO) -> logging.LogRecord:
    made = logging.LogRecord("aimux.x", level, __file__, 1, message, args, None)
    made.created = 0.5
    return made


def test_json() -> None:
    """Time in UTC with milliseconds, level, logger, message, fields."""
    made = record("hello %s", "you")
    made.fields = {"request_id": "ax_1", "status": 200, "none": None}

    line = json_line(entry(made, Redactor()))

    assert json.loads(line) == {
        "ts": "1970-01-01T00:00:00.500Z",
        "level": "info",
        "logger": "aimux.x",
        "message": "hello you",
        "request_id": "ax_1",
        "status": 200,
        "none": None,
    }


def test_one_line_always() -> None:
    """A message with line breaks is still one JSON line."""
    line = json_line(entry(record("a\nb\r\nc"), Redactor()))

    assert "\n" not in line


def test_fields_never_hide_ours() -> None:
    """A field named as one of ours gets another name."""
    made = record()
    made.fields = {"message": "mine", "ts": 1}

    line = entry(made, Redactor())

    assert line["message"] == "hello"
    assert line["message_"] == "mine"
    assert line["ts_"] == 1


def test_fields_are_asked_late() -> None:
    """An object that knows its fields is asked when the line is written."""

    class Exchange:
        def log_fields(self) -> dict[str, object]:
            return {"request_id": "ax_2"}

    made = record()
    made.fields = Exchange()

    line = entry(made, Redactor())

    assert line["request_id"] == "ax_2"


@pytest.mark.parametrize("fields", [None, 3, "text"])
def test_fields_that_are_none(fields: object) -> None:
    """Fields that are no fields are left out."""
    made = record()
    made.fields = fields

    line = entry(made, Redactor())

    assert set(line) == {"ts", "level", "logger", "message"}


def test_arguments_that_do_not_fit() -> None:
    """A message whose arguments do not fit is written as it stands."""
    line = entry(record("%d apples", "many"), Redactor())

    assert line["message"] == "%d apples (its arguments could not be written: TypeError)"


def test_traceback_is_redacted() -> None:
    """A traceback is there, without the key in its error text."""
    made = record("failed")
    try:
        raise ValueError("bad key sk-test-0123456789abcdefghijklmn")
    except ValueError:
        made.exc_info = sys.exc_info()
    made.stack_info = "Stack sk-test-0123456789abcdefghijklmn"

    line = entry(made, Redactor())

    assert "ValueError: bad key ********" in str(line["traceback"])
    assert line["stack"] == "Stack ********"


def test_exception_that_is_none() -> None:
    """``exc_info`` outside of an exception adds nothing."""
    made = record()
    made.exc_info = (None, None, None)

    line = entry(made, Redactor())

    assert "traceback" not in line


def test_text() -> None:
    """For people: values with blanks are quoted, a traceback follows below."""
    made = record("ready", level=logging.WARNING)
    made.fields = {"a": "bare", "b": "two words", "c": 3, "d": None, "e": ""}
    line = entry(made, Redactor()) | {"traceback": "Traceback:\n  x\n"}

    text = text_line(line)

    assert text == (
        "1970-01-01T00:00:00.500Z WARNING aimux.x: ready "
        'a=bare b="two words" c=3 d=null e=""\nTraceback:\n  x'
    )


@pytest.mark.parametrize(
    ("level", "prefix"),
    [(logging.DEBUG, "<7>"), (logging.INFO, "<6>"), (logging.ERROR, "<3>"), (35, "<6>")],
)
def test_journal(level: int, prefix: str) -> None:
    """For the journal: no time, and the priority before each physical line."""
    text = journal_line(entry(record("a\nb", level=level), Redactor()))

    assert text == f"{prefix}aimux.x: a\n{prefix}b"


def test_timestamp() -> None:
    """RFC 3339, UTC, milliseconds."""
    assert timestamp(1_700_000_000.1234) == "2023-11-14T22:13:20.123Z"


def test_a_fact_can_be_formatted_by_anybody() -> None:
    """Other handlers may be listening; what was not found out is empty, not missing."""

    class Exchange:
        def log_fields(self) -> dict[str, object]:
            return {"request_id": "ax_3"}

    made = Fact(logging.getLogger("aimux.x"), logging.INFO, "exchange", Exchange())
    shown = logging.Formatter("%(levelname)s %(name)s:%(filename)s:%(lineno)d %(message)s").format(
        made
    )

    assert shown == "INFO aimux.x::0 exchange"
    assert entry(made, Redactor())["request_id"] == "ax_3"

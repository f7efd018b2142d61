"""A log record as one line: JSON for programs, text for people, a prefix for the journal."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from aimux.telemetry.redact import Redactor
from aimux.wire import jsontext

_RESERVED = frozenset({"ts", "level", "logger", "message"})
_JOURNAL_PRIORITY = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""syslog's numbers, which the journal reads from a prefix such as ``<6>`` (sd-daemon(3))."""


Entry = dict[str, object]
"""A line before it has a form."""


class Loggable(Protocol):
    """What knows its fields, and is asked for them when its line is written."""

    def log_fields(self) -> Mapping[str, object]:
        """The fields; called in the writer's thread, where nothing changes them any more."""
        ...


_NOT_FOUND_OUT = {
    **logging.makeLogRecord({}).__dict__,
    "lineno": 0, "relativeCreated": 0.0, "msecs": 0.0, "thread": None, "process": None,
}  # fmt: skip
"""What other people's formatters ask for, such as those of a test runner."""


class Fact(logging.LogRecord):
    """A record of something that happens often, made of a message and a Loggable alone.

    It has what handlers and formatters look at, and skips what the standard record finds out besides
    (caller, thread, process), which costs more than the exchange's share of the disk.
    """

    fields: Loggable

    def __init__(self, logger: logging.Logger, level: int, message: str, fields: Loggable) -> None:
        # not super(): see above
        self.__dict__.update(_NOT_FOUND_OUT)
        self.name = logger.name
        self.levelno = level
        self.levelname = logging.getLevelName(level)
        self.msg = message
        self.args = None
        self.created = time.time()
        self.exc_info = self.exc_text = self.stack_info = None
        self.fields = fields


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


def entry(record: logging.LogRecord, redactor: Redactor) -> Entry:
    """The record as the object that is written, without secrets."""
    return redacted(raw_entry(record), redactor)


def raw_entry(record: logging.LogRecord) -> Entry:
    """The record as the object that is written, with whatever its values hold.

    Fields that would hide one of ours (``ts``, ``level``, ``logger``, ``message``) get an underscore.
    A message whose arguments do not fit it is written as it stands.
    """
    line: Entry = {
        "ts": timestamp(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
    }
    if type(record) is Fact:  # its fields are ours: they have names, and none that is reserved
        line.update(record.fields.log_fields())
        return line
    fields = _fields(record)
    if not _RESERVED.isdisjoint(fields):
        fields = {f"{name}_" if name in _RESERVED else name: fields[name] for name in fields}
    line.update({str(name): fields[name] for name in fields})
    if record.exc_info and record.exc_info[1] is not None:
        line["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
    if record.stack_info:
        line["stack"] = record.stack_info
    return line


def redacted(line: Entry, redactor: Redactor) -> Entry:
    """The line without secrets, gone through value by value."""
    return {redactor.text(name): redactor.value(value) for name, value in line.items()}


def _fields(record: logging.LogRecord) -> Mapping[object, object]:
    fields = getattr(record, "fields", None)
    if fields is not None and hasattr(fields, "log_fields"):  # isinstance of a protocol is slow
        fields = fields.log_fields()
    return fields if isinstance(fields, Mapping) else {}


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as problem:  # noqa: BLE001 -- any argument's __str__ runs here, and a log must not fail
        return f"{record.msg} (its arguments could not be written: {type(problem).__name__})"


def json_line(line: Mapping[str, object]) -> str:
    """One JSON object, without a line break.

    Raises:
        TypeError, ValueError: it holds something that JSON has no word for.
    """
    return jsontext.dumps(line).decode("utf-8")


def text_line(line: Mapping[str, object]) -> str:
    """Time, level, logger, message, ``key=value``; a traceback follows on lines of its own."""
    return f"{line['ts']} {str(line['level']).upper():7} {line['logger']}: {_rest(line)}"


def journal_line(line: Mapping[str, object]) -> str:
    """For the journal, which has its own time: each physical line with its priority."""
    priority = _JOURNAL_PRIORITY.get(str(line["level"]), 6)
    text = f"{line['logger']}: {_rest(line)}"
    return "\n".join(f"<{priority}>{each}" for each in text.split("\n"))


def _rest(line: Mapping[str, object]) -> str:
    text = str(line["message"])
    for name, value in line.items():
        if name not in _RESERVED and name not in {"traceback", "stack"}:
            text += f" {name}={_shown(value)}"
    for name in ("traceback", "stack"):
        if name in line:
            text += "\n" + str(line[name]).rstrip("\n")
    return text


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    bare = isinstance(value, str) and text and not set(text) & set(" \"'=\n\t")
    return text if bare or not isinstance(value, str) else json.dumps(text, ensure_ascii=False)

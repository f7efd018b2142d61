"""A log record as one line: JSON for programs, text for people, a prefix for the journal."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from aimux.telemetry.redact import Redactor

_RESERVED = frozenset({"ts", "level", "logger", "message"})
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_JOURNAL_PRIORITY = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""syslog's numbers, which the journal reads from a prefix such as ``<6>`` (sd-daemon(3))."""


class Loggable(Protocol):
    """What may stand in ``extra={"fields": ...}`` instead of a mapping: it is asked when the line is
    written, so that nothing is put together for a line whose level is not wanted.
    """

    def log_fields(self) -> Mapping[str, object]:
        """The fields; called in the writer's thread."""
        ...


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def entry(record: logging.LogRecord, redactor: Redactor) -> dict[str, object]:
    """The record as the object that is written, without secrets.

    Nearly every line is clean, and that is seen by one look at the whole; only one that is not is
    gone through value by value.  Fields that would hide one of ours (``ts``, ``level``, ``logger``,
    ``message``) get an underscore.  A message whose arguments do not fit it is written as it stands.
    """
    line: dict[str, object] = {
        "ts": timestamp(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
    }
    for name, value in _fields(record).items():
        line[f"{name}_" if name in _RESERVED else str(name)] = value
    if record.exc_info and record.exc_info[1] is not None:
        line["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
    if record.stack_info:
        line["stack"] = record.stack_info
    if _is_clean(line, redactor):
        return line
    return {redactor.text(name): redactor.value(value) for name, value in line.items()}


def _is_clean(line: Mapping[str, object], redactor: Redactor) -> bool:
    """Whether the line can be written as it is; what JSON does not know needs a closer look."""
    try:
        return redactor.is_clean(json_line(line))
    except (TypeError, ValueError):
        return False


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
    return _JSON.encode(line)


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

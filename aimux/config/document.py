"""Careful looks into data that may have any shape.

The rules run beside the schema, so that all problems are told at once; what has the wrong type is
the schema's to report and is passed over here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Table = Mapping[str, Any]


def table(data: Table, name: str) -> Table:
    """The table of that name; an empty one when there is none."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def tables(data: Table, name: str) -> Iterator[tuple[str, Table]]:
    """Names and contents of the tables in a table of tables."""
    for key, value in table(data, name).items():
        if isinstance(value, dict):
            yield key, value


def array(data: Table, name: str) -> Iterator[tuple[int, Table]]:
    """Indexes and contents of an array of tables."""
    value = data.get(name)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield index, item


def texts(data: Table, name: str) -> Iterator[tuple[int, str]]:
    """Indexes and texts of a list of texts."""
    value = data.get(name)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            yield index, item


def text(data: Table, name: str) -> str | None:
    """The text of that name, if it is one."""
    value = data.get(name)
    return value if isinstance(value, str) else None


def number(data: Table, name: str) -> int | None:
    """The whole number of that name, if it is one."""
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None

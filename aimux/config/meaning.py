"""The data of a configuration as values: looked at, changed, compared."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from aimux.config.keypath import KeyPath, dotted
from aimux.errors import UsageError

ABSENT: Final = object()
"""What is at a path where nothing is."""


def value_at(data: Any, path: KeyPath) -> Any:
    """The value at a path, or ABSENT."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return data


def with_value(data: dict[str, Any], path: KeyPath, value: object) -> dict[str, Any]:
    """A copy of the data with a value set."""
    data = copy.deepcopy(data)
    here: Any = data
    for length, part in enumerate(path[:-1], start=1):
        _room(here, path[: length - 1], part)
        if isinstance(here, list):
            if part == len(here):
                here.append({})
            here = here[int(part)]
        else:
            here = here.setdefault(part, [] if isinstance(path[length], int) else {})
    last = path[-1]
    _room(here, path[:-1], last)
    if isinstance(here, list) and last == len(here):
        here.append(value)
    else:
        here[last] = value
    return data


def _room(here: Any, path: KeyPath, part: str | int) -> None:
    """Refuses a path that leads through what is no table, or beyond a list's end."""
    match here:
        case dict() if isinstance(part, str):
            return
        case list() if isinstance(part, int) and part <= len(here):
            return
        case list() if isinstance(part, int):
            raise UsageError(f"{dotted(path)} has {len(here)} items, counted from 0")
        case list():
            raise UsageError(f"{dotted(path)} is a list; its items are numbers from 0")
        case _:
            raise UsageError(f"{dotted(path)} is no table, nothing can stand below it")


def without(data: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """A copy of the data with a value taken out."""
    data = copy.deepcopy(data)
    del value_at(data, path[:-1])[path[-1]]
    return data


def same_meaning(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two files mean the same: an empty table or array of tables is like none.

    Types count, and 1 is not 1.0; the order of keys does not.
    """
    return repr(_pruned(one)) == repr(_pruned(other))


def _pruned(data: Mapping[str, Any]) -> dict[str, Any]:
    pruned = _ordered(data)
    return {name: value for name, value in pruned.items() if value != []}


def _ordered(data: Any) -> Any:
    """The data in a fixed order of keys, without empty tables, and with lists for tuples."""
    match data:
        case dict():
            ordered = {name: _ordered(data[name]) for name in sorted(data)}
            return {name: value for name, value in ordered.items() if value != {}}
        case list() | tuple():
            return [_ordered(each) for each in data]
        case _:
            return data

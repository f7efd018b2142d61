"""The values of a client's request, each checked where it is read.

``path`` is where a value stands, such as ``input[2].content[0].type``; it becomes the ``param`` of the
client's 400.  An absent value and ``null`` are the same.
"""

from __future__ import annotations

from typing import Any

from aimux.errors import InvalidRequest
from aimux.wire.jsontext import mended


def wrong(value: object, path: str, wanted: str) -> InvalidRequest:
    """The refusal of a value that is not what is wanted."""
    return InvalidRequest(f"{path} must be {wanted}, not {_said(value)}", param=path)


def _said(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return f"{value[:40]!r}" if value else "an empty string"
        case dict():
            return "an object"
        case list():
            return "an array"
        case _:
            return "a number"


def text(value: object, path: str) -> str:
    """A string; empty where there is none."""
    if isinstance(value, str):
        return mended(value)
    if value is None:
        return ""
    raise wrong(value, path, "a string")


def needed_text(value: object, path: str) -> str:
    """A string that must be there and say something."""
    if isinstance(value, str) and value:
        return mended(value)
    raise wrong(value, path, "a string")


def count(value: object, path: str) -> int | None:
    """A number of things, 0 or more."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise wrong(value, path, "a whole number of 0 or more")


def number(value: object, path: str) -> float | None:
    """Any number."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise wrong(value, path, "a number")


def flag(value: object, path: str) -> bool | None:
    """True, false or not said."""
    if value is None or isinstance(value, bool):
        return value
    raise wrong(value, path, "a boolean")


def mapping(value: object, path: str) -> dict[str, Any]:
    """An object; empty where there is none."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise wrong(value, path, "an object")


def array(value: object, path: str) -> list[Any]:
    """An array; empty where there is none."""
    if isinstance(value, list):
        return value
    if value is None:
        return []
    raise wrong(value, path, "an array")


def texts(value: object, path: str) -> tuple[str, ...]:
    """An array of strings."""
    return tuple(needed_text(each, f"{path}[{at}]") for at, each in enumerate(array(value, path)))

"""A client's values, each checked where it is read.

``where`` is the place of a value, such as ``messages[3].content[0].text``; it becomes the ``param`` of
the client's 400.  What is absent and what is ``null`` are the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.wire.jsontext import mended


def wrong(where: str, wanted: str) -> InvalidRequest:
    """The refusal of a value that is not what is wanted."""
    return InvalidRequest(f"{where} must be {wanted}", param=where)


def whole(raw: bytes, value: Any) -> Any:
    """A decoded value without halves of characters; ``raw`` is its text, and tells whether there can be
    any.
    """
    return _whole(value) if b"\\ud" in raw or b"\\uD" in raw else value


def _whole(value: Any) -> Any:
    match value:
        case str():
            return mended(value)
        case list():
            return [_whole(each) for each in value]
        case dict():
            return {mended(key): _whole(each) for key, each in value.items()}
        case _:
            return value


def text_at(value: object, where: str) -> str:
    """A text, which may be empty but must be there."""
    if not isinstance(value, str):
        raise wrong(where, "a string")
    return value if value.isascii() else mended(value)


def said_at(value: object, where: str) -> str:
    """A text; empty where there is none."""
    return "" if value is None else text_at(value, where)


def name_at(value: object, where: str) -> str:
    """A text that must be there and say something."""
    text = text_at(value, where)
    if not text:
        raise wrong(where, "a string that is not empty")
    return text


def flag_at(value: object, where: str) -> bool | None:
    """True, false or nothing."""
    if value is not None and not isinstance(value, bool):
        raise wrong(where, "true or false")
    return value


def mapping_at(value: object, where: str) -> dict[str, Any]:
    """An object; an empty one where there is none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong(where, "an object")
    return value


def items_at(value: object, where: str) -> list[Any]:
    """An array; an empty one where there is none."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong(where, "an array")
    return value


def texts_at(value: object, where: str) -> tuple[str, ...]:
    """An array of texts."""
    return tuple(
        text_at(each, f"{where}[{index}]") for index, each in enumerate(items_at(value, where))
    )


def number_at(value: object, where: str) -> float | None:
    """A number that is one, or nothing."""
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not _is_finite(value):
        raise wrong(where, "a number")
    return value


def count_at(value: object, where: str) -> int | None:
    """A number of things, 0 or more, or nothing.  Some clients write the digits as a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    number = number_at(value, where)
    if number is None:
        return None
    if number < 0 or number != int(number):
        raise wrong(where, "a whole number of 0 or more")
    return int(number)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def unknown(names: Iterable[str], where: str) -> list[Loss]:
    """A loss for each field that nobody knows; ``where`` is that of their object."""
    prefix = f"{where}." if where else ""
    return [Loss("unknown_field.dropped", f"{prefix}{mended(name)[:80]}") for name in names]

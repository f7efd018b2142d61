"""A client's objects, looked into with care: both spellings, and an error that says where.

Google's servers take ``thoughtSignature`` and ``thought_signature`` alike, and a number also as a text
of digits, as the JSON of protocol buffers has it.  Places are named in the first spelling.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.wire.jsontext import mended

_UPPER: Final = re.compile(r"(?<!^)([A-Z])")
_INTEGER: Final = re.compile(r"-?\d{1,18}")


@cache
def snake(name: str) -> str:
    """A field's other spelling."""
    return _UPPER.sub(r"_\1", name).lower()


def spelled(*names: str) -> frozenset[str]:
    """Fields in both spellings."""
    return frozenset(each for name in names for each in (name, snake(name)))


def given(fields: Mapping[str, Any], name: str) -> Any:
    """A field in either spelling; None where there is none."""
    found = fields.get(name)
    return found if found is not None else fields.get(snake(name))


def unknown(fields: Mapping[str, Any], known: frozenset[str], where: str) -> list[Loss]:
    """A loss for each field that is none of those known in both spellings."""
    if fields.keys() <= known:
        return []
    return [
        Loss("unknown_field.dropped", f"{where}.{mended(name)[:80]}")
        for name in fields
        if name not in known
    ]


def mapping_at(value: object, where: str) -> dict[str, Any]:
    """An object; an empty one for None."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise InvalidRequest(f"{where} must be an object", param=where)


def items_at(value: object) -> list[Any]:
    """A list; what is no list counts as a list of one, None as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text_at(value: object, where: str) -> str:
    """A text without halves of characters; empty for None."""
    if isinstance(value, str):
        return value if value.isascii() else mended(value)
    if value is None:
        return ""
    raise InvalidRequest(f"{where} must be a text", param=where)


# Fields by name: where they stand is put into words only where something is wrong.


def mapping_in(fields: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    """A field that is an object; an empty one where there is none."""
    value = given(fields, name)
    return value if isinstance(value, dict) else mapping_at(value, f"{where}.{name}")


def text_in(fields: Mapping[str, Any], name: str, where: str) -> str:
    """A field that is a text without halves of characters; empty where there is none."""
    value = given(fields, name)
    if isinstance(value, str) and value.isascii():
        return value
    return text_at(value, f"{where}.{name}")


def flag_in(fields: Mapping[str, Any], name: str, where: str) -> bool | None:
    """A field that is true, false or not there."""
    value = given(fields, name)
    if value is None or isinstance(value, bool):
        return value
    raise InvalidRequest(f"{where}.{name} must be true or false", param=f"{where}.{name}")


def number_in(fields: Mapping[str, Any], name: str, where: str) -> float | None:
    """A field that is a number; None where there is none."""
    value = given(fields, name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not _finite(value):
        raise InvalidRequest(f"{where}.{name} must be a number", param=f"{where}.{name}")
    return value


def integer_in(fields: Mapping[str, Any], name: str, where: str) -> int | None:
    """A field that is a whole number, also where it is written with a point or as digits."""
    value = given(fields, name)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    found = number_in(fields, name, where)
    if found is not None and found != int(found):
        raise InvalidRequest(f"{where}.{name} must be a whole number", param=f"{where}.{name}")
    return None if found is None else int(found)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False

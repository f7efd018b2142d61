"""Schemas in Google's subset of OpenAPI 3.0, as JSON Schema.

The types are in upper case, ``nullable`` stands for a union with null, counts may be texts of digits
(protocol buffers write 64-bit integers so).  The walk goes by position: a property may be called
``type`` or ``nullable`` and is none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.wire.gemini.fields import mapping_at, snake


def json_schema(value: object, where: str) -> dict[str, Any]:
    """The same schema in the usual words; the input is not changed.

    Raises:
        InvalidRequest: it is no object, or nested too deeply.
    """
    try:
        return _schema(mapping_at(value, where))
    except RecursionError as problem:
        raise InvalidRequest(f"{where} is nested too deeply", param=where) from problem


def _schema(node: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    nullable = False
    for spelled, value in node.items():
        name = _NAMES.get(spelled, spelled)
        if name == "nullable":
            nullable = value is True
        elif name not in _LEFT_OUT and value is not None:
            read[name] = _READERS[name](value) if name in _READERS else value
    if str(read.get("format")).lower() == "enum":
        del read["format"]  # only says that there is an enum
    if "TYPE_UNSPECIFIED" in str(node.get("type")).upper():
        del read["type"]
    return _with_null(read) if nullable else read


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema


def _type(value: Any) -> Any:
    if isinstance(value, list):
        return [_type(each) for each in value]
    return value.lower() if isinstance(value, str) else value


def _inner(value: Any) -> Any:
    return _schema(value) if isinstance(value, dict) else value


def _several(value: Any) -> Any:
    return [_inner(each) for each in value] if isinstance(value, list) else value


def _named(value: Any) -> Any:
    return (
        {name: _inner(each) for name, each in value.items()} if isinstance(value, dict) else value
    )


def _count(value: Any) -> Any:
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19
    return int(value) if digits else value


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "type": _type,
    "items": _inner,
    "additionalProperties": _inner,
    "properties": _named,
    "$defs": _named,
    "anyOf": _several,
    "prefixItems": _several,
    "minItems": _count,
    "maxItems": _count,
    "minLength": _count,
    "maxLength": _count,
    "minProperties": _count,
    "maxProperties": _count,
}
_LEFT_OUT: Final = frozenset({"propertyOrdering", "example"})
"""The order of the answer's keys, and words that are not sent to a model as a rule."""

_NAMES: Final = {
    **{snake(name): name for name in (*_READERS, *_LEFT_OUT)},
    "defs": "$defs",
    "ref": "$ref",
}

"""Looking into a request's JSON the way vendors do: what is not of the right form is refused by its path."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from tests.agents.words import Json, Refused

_TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_SUBSCHEMAS: Final = ("items", "additionalProperties", "not", "if", "then", "else", "contains")
_LISTS: Final = ("anyOf", "allOf", "oneOf", "prefixItems")
_MAPS: Final = ("properties", "$defs", "definitions", "patternProperties")


def names(text: str) -> frozenset[str]:
    """The names in a text, which reads better than a long set of quoted ones."""
    return frozenset(text.split())


def only(value: Json, allowed: Collection[str], refusal: str) -> None:
    """Refuses keys beyond those allowed; ``refusal`` holds ``{}`` for the first one's name."""
    for key in value:
        if key not in allowed:
            raise Refused(refusal.format(key))


def objects(value: Any, refusal: str) -> list[Json]:
    """A list of objects, or refused."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refused(refusal)
    return value


def text(value: Any, refusal: str) -> str:
    """A text, or refused."""
    if not isinstance(value, str):
        raise Refused(refusal)
    return value


def demand(holds: Any, refusal: str, *, param: str | None = None, code: str | None = None) -> None:
    """Refuses when something does not hold."""
    if not holds:
        raise Refused(refusal, param=param, code=code)


def json_object(value: Any) -> bool:
    """Whether a text is JSON of an object."""
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except ValueError:
        return False


def unique(values: list[str]) -> str:
    """The first value that stands there twice; empty if none does."""
    return next((each for place, each in enumerate(values) if each in values[:place]), "")


# ---------------------------------------------------------------- schemas


def subschemas(schema: Any) -> Iterator[Json]:
    """A schema and all within it, by position: a property named ``type`` is no keyword."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in _SUBSCHEMAS:
        yield from subschemas(schema.get(key))
    for key in _LISTS:
        for each in schema.get(key) or ():
            yield from subschemas(each)
    for key in _MAPS:
        for each in (schema.get(key) or {}).values():
            yield from subschemas(each)


def is_sound(schema: Any) -> bool:
    """Whether a schema is one of JSON Schema: types are known, required is a list, maps are maps."""
    return isinstance(schema, dict) and all(map(_is_sound, subschemas(schema)))


def _is_sound(schema: Json) -> bool:
    types = schema.get("type", [])
    named = types if isinstance(types, list) else [types]
    required = schema.get("required", [])
    return (
        set(map(str, named)) <= _TYPES
        and isinstance(required, list)
        and all(isinstance(name, str) for name in required)
        and all(isinstance(schema.get(key, {}), dict) for key in _MAPS)
        and all(isinstance(schema.get(key, [{}]), list) and schema.get(key, [{}]) for key in _LISTS)
        and isinstance(schema.get("enum", []), list)
    )


def is_strict(schema: Json) -> bool:
    """Whether OpenAI takes a schema under ``strict``: closed objects, every property required."""
    return all(
        each.get("additionalProperties") is False
        and set(each.get("required", [])) == set(each.get("properties", {}))
        for each in subschemas(schema)
        if each.get("type") == "object" or "properties" in each
    )


def fullmatch(pattern: str, value: Any) -> bool:
    """Whether a value is a text that matches as a whole."""
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None

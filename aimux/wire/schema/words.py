"""The words of JSON Schema, draft 2020-12: where schemas stand in them, what values they may have, and
what kind of instance they speak of.

A schema is walked by these tables and by nothing else, so that a property named ``items`` is a name
and what stands under ``const``, ``enum`` or ``default`` is data.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import Enum, auto
from typing import Any, Final

TYPES: Final = ("string", "number", "integer", "boolean", "array", "object", "null")
ANYTHING: Final = ("string", "number", "boolean", "array", "object", "null")
"""Types that together are all values."""


class Place(Enum):
    """How schemas stand under a word."""

    ONE = auto()
    MANY = auto()
    NAMED = auto()


_ONE: Final = (
    "items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else",
    "unevaluatedProperties", "unevaluatedItems", "contentSchema",
)  # fmt: skip
_MANY: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_NAMED: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")

PLACES: Final[Mapping[str, Place]] = {
    **dict.fromkeys(_ONE, Place.ONE),
    **dict.fromkeys(_MANY, Place.MANY),
    **dict.fromkeys(_NAMED, Place.NAMED),
}

EXACT: Final = frozenset({"not", "if", "contains", "oneOf"})
"""Words under which a wider schema can make the whole narrower, so that nothing may be lost there."""

FOLLOWERS: Final[Mapping[str, str]] = {
    "then": "if", "else": "if", "minContains": "contains", "maxContains": "contains",
}  # fmt: skip
"""Words that mean nothing without another."""

ABOUT: Final = frozenset({"title", "description"})
"""Words that constrain nothing and may stand beside a union in every dialect."""

NOTES: Final = frozenset(
    {
        "$schema", "$id", "$comment", "$anchor", "$vocabulary", "$dynamicAnchor", "$defs", "definitions",
        "deprecated", "readOnly", "writeOnly", "title", "additionalItems", "contentSchema",
    }
)  # fmt: skip
"""Words that constrain nothing and tell a model nothing: they go without a trace."""

EXAMPLES: Final = frozenset({"default", "example", "examples"})
"""Words that constrain nothing and are worth telling."""

_NO_CONSTRAINT: Final = ABOUT | NOTES | EXAMPLES

DATA: Final = frozenset({"const", *EXAMPLES})
"""Words whose value is data: ``null`` means null there, not that the word is absent."""

STRUCTURE: Final = frozenset(
    {
        "not", "if", "then", "else", "dependencies", "dependentRequired", "dependentSchemas",
        "patternProperties", "additionalProperties", "propertyNames", "unevaluatedProperties",
        "unevaluatedItems", "contains", "prefixItems", "anyOf", "oneOf", "allOf", "$ref", "properties",
        "type", "false", "not a schema", "depth",
    }
)  # fmt: skip
"""What a strict dialect cannot lose without meaning something else."""

_OBJECT: Final = (
    "properties", "required", "additionalProperties", "patternProperties", "propertyNames",
    "minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
    "unevaluatedProperties", "propertyOrdering",
)  # fmt: skip
_ARRAY: Final = (
    "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
    "maxContains", "unevaluatedItems",
)  # fmt: skip
_STRING: Final = ("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType")
_NUMBER: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")

NUMBER_FORMATS: Final = frozenset({"float", "double", "int32", "int64", "uint32", "uint64"})

_FAMILIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(_OBJECT, "object"),
    **dict.fromkeys(_ARRAY, "array"),
    **dict.fromkeys(_STRING, "string"),
    **dict.fromkeys(_NUMBER, "number"),
}


def family(word: str, value: object) -> str:
    """The type of instance a word constrains; empty for a word that speaks of all."""
    if word == "format":
        return "number" if value in NUMBER_FORMATS else "string"
    return _FAMILIES.get(word, "")


def family_of(type_name: str) -> str:
    """The type under which the words of a type stand in the tables."""
    return "number" if type_name == "integer" else type_name


def type_of(value: object) -> str:
    """The JSON type of a value; every number is a ``number``.

    A number whose spelling is kept is an opaque object (:meth:`aimux.wire.jsontext.Document.exact`).
    """
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case Mapping():
            return "object"
        case _:
            return "number"


def is_of(value: object, type_name: str) -> bool:
    """Whether a value is of a type."""
    if type_name == "integer":
        return type_of(value) == "number" and (not isinstance(value, float) or value.is_integer())
    return type_of(value) == type_name


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not.

    What is nested too deeply to tell counts as different.
    """
    if one is other:
        return True
    try:
        match one, other:
            case (bool(), _) | (_, bool()):
                return False
            case list(), list():
                return len(one) == len(other) and all(map(same, one, other))
            case dict(), dict():
                return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
            case _:
                return one == other
    except RecursionError:
        return False


def types(words: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that a schema names; none where it names none."""
    given = words.get("type")
    if isinstance(given, str):
        return (given,)
    return tuple(name for name in given if isinstance(name, str)) if isinstance(given, list) else ()


def set_types(words: dict[str, Any], names: Collection[str]) -> None:
    """Makes a schema name these types, each once."""
    once = list(dict.fromkeys(names))
    words["type"] = once[0] if len(once) == 1 else once


def constraints(words: Mapping[str, Any]) -> set[str]:
    """The words of a schema that say what is valid."""
    return {word for word in words if word not in _NO_CONSTRAINT}


def schemas_below(words: Mapping[str, Any], *, but: Collection[str] = ()) -> Iterator[Any]:
    """What stands in the places of schemas right below one, but not under some words."""
    for word, value in words.items():
        if word in but:
            continue
        match PLACES.get(word), value:
            case Place.ONE, dict():
                yield value
            case Place.MANY, list():
                yield from value
            case Place.NAMED, dict():
                yield from value.values()
            case _:
                pass


# ------------------------------------------------------------ well-formed values


def _is_text(value: object) -> bool:
    return type(value) is str


def _is_flag(value: object) -> bool:
    return type(value) is bool


def _is_number(value: object) -> bool:
    return type_of(value) == "number"


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_schema(value: object) -> bool:
    return type(value) is dict or type(value) is bool


def _is_list(value: object) -> bool:
    return type(value) is list and value != []


def _is_map(value: object) -> bool:
    return type(value) is dict


def _is_type(value: object) -> bool:
    if type(value) is str:
        return value in TYPES
    return type(value) is list and value != [] and all(name in TYPES for name in value)


def is_names(value: object) -> bool:
    """Whether a value is a list of strings; an empty one is."""
    return type(value) is list and all(type(name) is str for name in value)


def _is_required(value: object) -> bool:
    return value != [] and is_names(value)


def _is_properties(value: object) -> bool:
    """Draft 3 said ``required: true`` in the property; that is not the object's list."""
    if type(value) is not dict:
        return False
    return not any(
        type(schema) is dict and type(schema.get("required")) is bool for schema in value.values()
    )


def _never(_: object) -> bool:
    return False


Check = Callable[[Any], bool]

WELL_FORMED: Final[Mapping[str, Check]] = {
    **dict.fromkeys(_ONE, _is_schema),
    **dict.fromkeys(_MANY, _is_list),
    **dict.fromkeys(_NAMED, _is_map),
    **dict.fromkeys(_NUMBER, _is_number),
    **dict.fromkeys(
        ("$schema", "$id", "$comment", "$anchor", "$ref", "title", "description", "pattern", "format"),
        _is_text,
    ),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
         "minContains", "maxContains"),
        _is_count,
    ),
    "uniqueItems": _is_flag,
    "type": _is_type,
    "enum": _is_list,
    "required": _is_required,
    "properties": _is_properties,
    "dependentRequired": _is_map,
    "propertyOrdering": is_names,
    "nullable": _never,
}  # fmt: skip
"""What the value of each word must be.  ``nullable`` is OpenAPI's and has none: its null is a type."""

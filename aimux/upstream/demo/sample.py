"""The smallest value that a JSON Schema allows, as far as the common keywords go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SAMPLE_TEXT: Final = "demo"
_DEEPEST: Final = 16
"""Levels followed; a schema nested deeper gets an empty object there."""
_MOST_ITEMS: Final = 3


def sample(schema: object, depth: int = 0) -> Any:
    """A value for the schema; references are not followed, and nonsense gives ``{}``."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}
    for keyword in ("const", "default"):
        if keyword in schema:
            return schema[keyword]
    for keyword in ("enum", "anyOf", "oneOf", "allOf"):
        options = schema.get(keyword)
        if isinstance(options, list) and options:
            return options[0] if keyword == "enum" else sample(options[0], depth + 1)
    return _of_type(_type_of(schema), schema, depth)


def _type_of(schema: Mapping[str, Any]) -> str:
    """The type in lower case (Gemini writes OBJECT); the first of several."""
    kind = schema.get("type")
    first = kind[0] if isinstance(kind, list) and kind else kind
    return first.lower() if isinstance(first, str) else "object"


def _of_type(kind: str, schema: Mapping[str, Any], depth: int) -> Any:
    match kind:
        case "string":
            return SAMPLE_TEXT.ljust(_number(schema, "minLength"), ".")
        case "integer" | "number":
            return _number(schema, "minimum")
        case "boolean":
            return False
        case "null":
            return None
        case "array":
            count = min(_number(schema, "minItems"), _MOST_ITEMS)
            return [sample(schema.get("items"), depth + 1) for _ in range(count)]
        case _:
            return _object(schema, depth)


def _object(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """The required properties; a property that is required and not described is left out."""
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        return {}
    return {
        name: sample(properties[name], depth + 1)
        for name in required
        if isinstance(name, str) and name in properties
    }


def _number(schema: Mapping[str, Any], keyword: str) -> int:
    value = schema.get(keyword, 0)
    return int(value) if isinstance(value, int | float) else 0

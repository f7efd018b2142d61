"""JSON Schema as strict servers take it (reference 2.12): what they refuse, walked by position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.support.strict.fields import any_object, refuse

_NAMED: Final = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTED: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE: Final = ("items", "additionalProperties", "not", "if", "then", "else", "contains")


def _words_of(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_STRICT: Final = _words_of(
    "type title description enum const anyOf $ref $defs definitions properties required items",
    "additionalProperties pattern format multipleOf minimum maximum exclusiveMinimum",
    "exclusiveMaximum minItems maxItems",
)
_ANTHROPIC_STRICT: Final = _words_of(
    "type title description enum const anyOf allOf $ref $defs definitions properties required items",
    "additionalProperties format default minItems",
)
_GEMINI: Final = _words_of(
    "$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems",
    "minimum maximum anyOf oneOf properties additionalProperties required default example nullable",
    "minLength maxLength pattern propertyOrdering minProperties maxProperties const",
)
_OPENAPI: Final = _words_of(
    "type format title description nullable enum items minItems maxItems properties required",
    "propertyOrdering minProperties maxProperties minimum maximum minLength maxLength pattern",
    "default example anyOf",
)


def walk(schema: Any, where: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every schema in a schema, and where it stands; names of properties are no schemas."""
    if not isinstance(schema, dict):
        return
    yield schema, where
    for word in _NAMED:
        for name, each in (schema.get(word) or {}).items():
            yield from walk(each, f"{where}.{word}.{name}")
    for word in _LISTED:
        for at, each in enumerate(schema.get(word) or ()):
            yield from walk(each, f"{where}.{word}[{at}]")
    for word in _SINGLE:
        yield from walk(schema.get(word), f"{where}.{word}")


def _words(schema: Any, where: str, known: frozenset[str]) -> None:
    for each, place in walk(schema, where):
        foreign = sorted(each.keys() - known)
        refuse(not foreign, place, f"the keywords {foreign} are not known")


def plain(schema: Any, where: str) -> None:
    """Anthropic's for tools: an object at the root, without a union there."""
    any_object(schema, where)
    refuse(schema.get("type") == "object", where, f"the root is {schema.get('type')!r}, not object")
    for word in ("anyOf", "oneOf", "allOf"):
        refuse(word not in schema, where, f"{word} at the root")


def function(schema: Any, where: str) -> None:
    """OpenAI's for functions without strict: an object at the root, with properties."""
    any_object(schema, where)
    refuse(schema.get("type") == "object", where, f"the root is {schema.get('type')!r}, not object")
    refuse(isinstance(schema.get("properties"), dict), where, "an object without properties")


def _closed(schema: Any, where: str, *, all_required: bool) -> None:
    for each, place in walk(schema, where):
        if each.get("type") != "object" and "properties" not in each:
            continue
        refuse(
            each.get("additionalProperties") is False, place, "additionalProperties is not false"
        )
        if all_required:
            names, required = set(each.get("properties") or ()), set(each.get("required") or ())
            refuse(required == names, place, f"required is {sorted(required)}, not {sorted(names)}")


def openai_strict(schema: Any, where: str) -> None:
    """OpenAI's for ``strict``: closed objects, everything required, a subset of the words."""
    any_object(schema, where)
    refuse(schema.get("type") == "object", where, "the root is no object")
    refuse("anyOf" not in schema, where, "anyOf at the root")
    _words(schema, where, _STRICT)
    _closed(schema, where, all_required=True)


def anthropic_strict(schema: Any, where: str) -> None:
    """Anthropic's for ``strict`` tools and for structured output."""
    any_object(schema, where)
    _words(schema, where, _ANTHROPIC_STRICT)
    _closed(schema, where, all_required=False)


def gemini(schema: Any, where: str) -> None:
    """Google's ``parametersJsonSchema`` and ``responseJsonSchema``."""
    any_object(schema, where)
    _words(schema, where, _GEMINI)


def gemini_openapi(schema: Any, where: str) -> None:
    """Google's ``parameters`` and ``responseSchema``."""
    any_object(schema, where)
    _words(schema, where, _OPENAPI)
    for each, place in walk(schema, where):
        kind = each.get("type")
        refuse(isinstance(kind, str), place, f"the type is {kind!r}")
        empty = str(kind).lower() == "object" and not each.get("properties")
        refuse(not empty, place, "an object without properties")
        strings = all(isinstance(value, str) for value in each.get("enum") or ())
        refuse(strings, place, "an enum of something else than strings")

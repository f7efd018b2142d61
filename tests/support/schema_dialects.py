"""Whether a schema is in a vendor's dialect, by the vendors' pages and not by aimux.

``faults`` names what a vendor would refuse, each with the place; an empty list is a schema it takes.
Names of properties are nobody's business here: they are the client's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
_CHILDREN = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
)
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_OF_OBJECTS = {"properties", "required", "additionalProperties", "minProperties", "maxProperties",
               "propertyOrdering"}  # fmt: skip
_OF_ARRAYS = {"items", "minItems", "maxItems"}
_OF_STRINGS = {"minLength", "maxLength", "pattern"}
_OF_NUMBERS = {"minimum", "maximum"}
_CORE = {"type", "description", "enum", "anyOf", "properties", "required", "items"}


def nodes(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every schema in a schema, by position."""
    yield path, schema
    if not isinstance(schema, dict):
        return
    for word in _CHILDREN:
        if word in schema:
            yield from nodes(schema[word], f"{path}.{word}")
    for word in _LISTS:
        for index, child in enumerate(schema.get(word, ())):
            yield from nodes(child, f"{path}.{word}[{index}]")
    for word in _MAPS:
        for name, child in schema.get(word, {}).items():
            yield from nodes(child, f"{path}.{word}.{name}")


def faults(schema: dict[str, Any], dialect: str) -> list[str]:
    """What is wrong with a schema for a dialect (the value of ``Dialect``)."""
    found: list[str] = []
    if not dialect.startswith("gemini") or _is_object(schema):  # Google takes others for answers
        found += [] if _is_object(schema) else ["the root is no object"]
        found += (
            [] if isinstance(schema.get("properties"), dict) else ["the root has no properties"]
        )
    for path, node in nodes(schema):
        if isinstance(node, bool) and path.endswith(".additionalProperties"):
            continue
        found += [f"{path}: {fault}" for fault in _FAULTS[dialect](node, path == "", schema)]
        found += [f"{path}: {fault}" for fault in _malformed(node, dialect)]
    return found


def _is_object(schema: dict[str, Any]) -> bool:
    return str(schema.get("type")).lower() == "object"


def _names(node: dict[str, Any]) -> list[str]:
    given = node.get("type", [])
    return [given] if isinstance(given, str) else given


def _malformed(node: Any, dialect: str) -> Iterator[str]:
    """What no vendor takes."""
    if not isinstance(node, dict):
        return
    types = {name.upper() for name in TYPES} if dialect == "gemini-openapi" else TYPES
    if not all(name in types for name in _names(node)):
        yield f"type {node['type']!r}"
    required = node.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        yield "required"
    if not isinstance(node.get("description", ""), str):
        yield "description"
    for word in ("enum", *_LISTS):
        if word in node and (not isinstance(node[word], list) or not node[word]):
            yield word
    if "nullable" in node and dialect != "gemini-openapi":
        yield "nullable"


def _unknown(node: dict[str, Any], words: set[str]) -> list[str]:
    return [f"unknown {word}" for word in sorted(node.keys() - words)]


def _unlisted(node: dict[str, Any]) -> list[str]:
    known = node.get("properties", {})
    return [
        f"required {name} is no property" for name in node.get("required", ()) if name not in known
    ]


def _strangers(node: dict[str, Any]) -> Iterator[str]:
    """Words about another type than the node's."""
    name = "".join(_names(node)).lower()
    for words, wanted in (
        (_OF_OBJECTS, {"object"}), (_OF_ARRAYS, {"array"}), (_OF_STRINGS, {"string"}),
        (_OF_NUMBERS, {"number", "integer"}),
    ):  # fmt: skip
        if name not in wanted:
            yield from (
                f"{word} of a {name or 'typeless node'}" for word in sorted(words & node.keys())
            )


def _anthropic(node: Any, is_root: bool, _: Any) -> Iterator[str]:
    if is_root:
        yield from (
            f"{word} at the root" for word in ("anyOf", "oneOf", "allOf", "$ref") if word in node
        )


def _openai(node: Any, is_root: bool, _: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        return
    if is_root:
        banned = ("anyOf", "oneOf", "allOf", "enum", "not", "$ref")
        yield from (f"{word} at the root" for word in banned if word in node)
    if "array" in _names(node) and "items" not in node:
        yield "array without items"
    if "object" in _names(node) and "properties" not in node:
        yield "object without properties"
    if "$schema" in node:
        yield "$schema"


def _strict(node: Any, words: set[str]) -> Iterator[str]:
    if not isinstance(node, dict):
        yield "no object"
        return
    yield from _unknown(node, words | _CORE | {"additionalProperties", "$ref", "$defs"})
    if "object" in _names(node) and node.get("additionalProperties") is not False:
        yield "open object"
    if not {"type", "anyOf", "$ref", "const", "enum"} & node.keys():
        yield "no type"
    if "$ref" in node and len(node) > 1:
        yield "words beside $ref"


def _all_required(node: Any) -> Iterator[str]:
    is_object = isinstance(node, dict) and "object" in _names(node)
    if is_object and set(node.get("required", ())) != set(node.get("properties", ())):
        yield "not all is required"


def _openai_strict(node: Any, is_root: bool, _: Any) -> Iterator[str]:
    bounds = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    words = {"const", "title", "pattern", "format", "minItems", "maxItems", *bounds}
    yield from _strict(node, words)
    yield from _all_required(node)
    if is_root and "anyOf" in node:
        yield "a union at the root"


def _anthropic_strict(node: Any, is_root: bool, root: Any) -> Iterator[str]:
    yield from _strict(node, {"const", "format", "minItems"})
    if not isinstance(node, dict):
        return
    if node.get("minItems", 0) > 1:
        yield "minItems"
    if any(isinstance(value, (dict, list)) for value in node.get("enum", ())):
        yield "a complex value in enum"
    if "$ref" in node and _is_circular(node["$ref"], root):
        yield "circular $ref"
    if is_root and "anyOf" in node:
        yield "a union at the root"


def _is_circular(ref: str, root: Any) -> bool:
    if not ref.startswith("#/$defs/"):
        return True
    name, seen = ref.removeprefix("#/$defs/"), set()
    waiting = [name]
    while waiting:
        for _, node in nodes(root["$defs"][waiting.pop()]):
            below = node.get("$ref") if isinstance(node, dict) else None
            if below in {ref, "#"}:
                return True
            if below is not None and below not in seen:
                seen.add(below)
                waiting.append(below.removeprefix("#/$defs/"))
    return False


def _cerebras(node: Any, is_root: bool, root: Any) -> Iterator[str]:
    yield from _strict(node, {"title"})
    yield from _all_required(node)
    if not isinstance(node, dict):
        return
    if not isinstance(node.get("type", ""), str):
        yield "a list of types"
    if len(node.get("anyOf", ())) > 5:
        yield "more than five branches"
    if "array" in _names(node) and "items" not in node:
        yield "array without items"
    if "$ref" in node and _is_circular(node["$ref"], root):
        yield "circular $ref"
    if is_root and "anyOf" in node:
        yield "a union at the root"


def _gemini(node: Any, is_root: bool, root: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        yield "no object"
        return
    words = {"$id", "$defs", "$ref", "$anchor", "format", "title", "prefixItems", "minItems", "maxItems",
             "minimum", "maximum", "oneOf", "additionalProperties", "propertyOrdering"}  # fmt: skip
    yield from _unknown(node, words | _CORE)
    yield from _unlisted(node)
    if not all(_is_scalar(value) for value in node.get("enum", ())):
        yield "enum"
    if "$ref" in node and any(not word.startswith("$") for word in node):
        yield "words beside $ref"
    if "$ref" in node and _is_circular(node["$ref"], root):
        yield "circular $ref"
    if "$defs" in node and not is_root:
        yield "$defs below the root"
    if "array" in _names(node) and "items" not in node:
        yield "array without items"


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _gemini_openapi(node: Any, _is_root: bool, _root: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        yield "no object"
        return
    words = {"format", "title", "nullable", "minItems", "maxItems", "propertyOrdering", "minProperties",
             "maxProperties", "minimum", "maximum", "minLength", "maxLength", "pattern", "default",
             "example"}  # fmt: skip
    yield from _unknown(node, words | _CORE)
    yield from _unlisted(node)
    yield from _strangers(node)
    yield from _alone(node, {"nullable"})
    name = node.get("type")
    if not isinstance(name, str) and "anyOf" not in node:
        yield "no type"
    if "enum" in node and (
        name != "STRING" or not all(isinstance(v, str) and v for v in node["enum"])
    ):
        yield "enum"
    if "format" in node and (name, node["format"]) not in _GOOGLE_FORMATS:
        yield f"format {node['format']}"
    if name == "ARRAY" and "items" not in node:
        yield "array without items"


_GOOGLE_FORMATS = {
    ("STRING", "enum"), ("STRING", "date-time"), ("NUMBER", "float"), ("NUMBER", "double"),
    ("INTEGER", "int32"), ("INTEGER", "int64"), ("NUMBER", "int32"), ("NUMBER", "int64"),
    ("INTEGER", "float"), ("INTEGER", "double"),
}  # fmt: skip


def _alone(node: dict[str, Any], more: set[str]) -> Iterator[str]:
    if "anyOf" in node:
        beside = sorted(node.keys() - {"anyOf", "description", "title", "$defs"} - more)
        yield from (f"{word} beside anyOf" for word in beside)


def _moonshot(node: Any, is_root: bool, _: Any) -> Iterator[str]:
    if node == {} or not isinstance(node, dict):
        yield "says nothing"
        return
    words = {"$id", "$defs", "$ref", "title", "default", "additionalProperties", "minimum", "maximum",
             "minLength", "maxLength", "minItems", "maxItems"}  # fmt: skip
    yield from _unknown(node, words | _CORE)
    yield from _unlisted(node)
    yield from _alone(node, set())
    if "$ref" in node and len(node) > 1:
        yield "words beside $ref"
    if not {"type", "anyOf", "$ref"} & node.keys():
        yield "no type"
    if isinstance(node.get("type"), list) and node.keys() - {
        "type",
        "description",
        "title",
        "$defs",
    }:
        yield "words beside a list of types"
    elif isinstance(node.get("type"), str):
        yield from _strangers(node)
    if "$defs" in node and not is_root:
        yield "$defs below the root"
    if "enum" in node:
        kinds = {
            str if isinstance(value, str) else float for value in node["enum"] if _is_scalar(value)
        }
        if len(kinds) != 1 or not all(_is_scalar(value) for value in node["enum"]):
            yield "enum"
    if "default" in node and (
        isinstance(node["default"], (dict, list)) or node.get("type") in {"object", "array"}
    ):
        yield "default"


def _lmstudio(node: Any, _is_root: bool, _root: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        yield "no object"
        return
    words = {
        "title",
        "default",
        "additionalProperties",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
    }
    yield from _unknown(node, words | _CORE)
    yield from _unlisted(node)
    yield from _alone(node, set())
    if not isinstance(node.get("type", ""), str):
        yield "a list of types"
    if node.get("type") == "array" and "items" not in node:
        yield "array without items"
    if node.get("type") == "object" and "properties" not in node:
        yield "object without properties"


def _xai(node: Any, is_root: bool, root: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        yield "no object"
        return
    words = {"title", "const", "format", "additionalProperties", "minItems", "$ref", "$defs"}
    yield from _unknown(node, words | _CORE)
    if node.get("minItems", 0) > 1:
        yield "minItems"
    if is_root and "anyOf" in node:
        yield "a union at the root"
    if node.get("format", "date") not in {"date", "time", "date-time", "email", "uuid", "ipv4"}:
        yield f"format {node['format']}"
    if "$ref" in node and _is_circular(node["$ref"], root):
        yield "circular $ref"
    if "array" in _names(node) and "items" not in node:
        yield "array without items"


_FAULTS = {
    "anthropic": _anthropic,
    "anthropic-strict": _anthropic_strict,
    "openai": _openai,
    "openai-strict": _openai_strict,
    "gemini": _gemini,
    "gemini-openapi": _gemini_openapi,
    "cerebras-strict": _cerebras,
    "moonshot": _moonshot,
    "lmstudio": _lmstudio,
    "xai": _xai,
}

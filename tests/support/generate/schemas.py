"""JSON Schemas of tools: what clients really declare, and keyword soup."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PLAIN: dict[str, Any] = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "string", "description": "why"}},
    "required": ["x"],
}
CLOSED: dict[str, Any] = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "string"}},
    "required": ["x", "y"],
    "additionalProperties": False,
}
"""In every strict dialect."""

_LEAVES: list[Any] = [
    {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "number", "exclusiveMaximum": 9.5},
    {"type": "boolean", "default": True}, {}, {"description": "anything"}, {"type": ["string", "null"]},
    {"enum": ["a", 1, None]}, {"const": "a"}, {"type": "string", "format": "uri", "minLength": 1},
    {"type": "string", "pattern": "^a+$"}, {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    {"type": "array"}, {"$ref": "#/$defs/node"}, {"not": {"type": "null"}}, True,
    {"type": "STRING"}, {"type": "object", "properties": {}}, {"type": "object"},
    {"prefixItems": [{"type": "string"}], "type": "array"},
    {"type": "string", "title": "T", "examples": ["x"]},
]  # fmt: skip
_NAMES = ["x", "type", "format", "title", "properties", "required", "default", "a.b", "_y", "items"]


def _unions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    words = st.sampled_from(["anyOf", "oneOf", "allOf"])
    return st.builds(
        lambda word, each: {word: each}, words, st.lists(inner, min_size=1, max_size=2)
    )


@st.composite
def _objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    properties = draw(st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3))
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if draw(st.booleans()):
        schema["required"] = sorted(properties)[:1]
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(st.sampled_from([False, True, {"type": "string"}]))
    return schema


_INNER = st.recursive(st.sampled_from(_LEAVES), lambda i: _unions(i) | _objects(i), max_leaves=4)


@st.composite
def soup(draw: st.DrawFn) -> dict[str, Any]:
    """A schema of many words."""
    schema = draw(_objects(_INNER))
    schema["$defs"] = {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}}
    if draw(st.booleans()):
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    root = draw(st.sampled_from([None, None, "anyOf", "oneOf"]))
    if root:
        schema[root] = [{"required": ["x"]}, {"properties": {"z": {"type": "string"}}}]
    return schema


SCHEMAS = st.sampled_from([PLAIN, CLOSED, {"type": "object", "properties": {}}]) | soup()

"""Google's schemas in the words of JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import InvalidRequest
from aimux.wire.gemini.openapi import json_schema


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param({}, {}, id="anything"),
        pytest.param({"type": "STRING"}, {"type": "string"}, id="upper-case"),
        pytest.param({"type": ["STRING", "NULL"]}, {"type": ["string", "null"]}, id="types"),
        pytest.param({"type": "TYPE_UNSPECIFIED"}, {}, id="no-type"),
        pytest.param({"type": 7}, {"type": 7}, id="a-type-that-is-none"),
        pytest.param(
            {"type": "INTEGER", "nullable": True}, {"type": ["integer", "null"]}, id="nullable"
        ),
        pytest.param(
            {"type": "INTEGER", "nullable": False}, {"type": "integer"}, id="not-nullable"
        ),
        pytest.param({"nullable": True}, {}, id="nullable-anything"),
        pytest.param(
            {"type": "STRING", "format": "enum", "enum": ["a"], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
            id="nullable-enum",
        ),
        pytest.param(
            {"type": ["STRING"], "enum": [None], "nullable": True},
            {"type": ["string"], "enum": [None]},
            id="null-already",
        ),
        pytest.param(
            {"anyOf": [{"type": "STRING"}, 7], "nullable": True},
            {"anyOf": [{"type": "string"}, 7, {"type": "null"}]},
            id="nullable-union",
        ),
        pytest.param(
            {"any_of": [{"type": "NUMBER"}], "min_items": "1", "property_ordering": ["a"]},
            {"anyOf": [{"type": "number"}], "minItems": 1},
            id="snake-case",
        ),
        pytest.param(
            {"minItems": "many", "maxItems": 3}, {"minItems": "many", "maxItems": 3}, id="counts"
        ),
        pytest.param(
            {"type": "ARRAY", "items": {"type": "OBJECT"}, "prefixItems": [{"type": "STRING"}]},
            {"type": "array", "items": {"type": "object"}, "prefixItems": [{"type": "string"}]},
            id="items",
        ),
        pytest.param(
            {"defs": {"T": {"type": "STRING"}}, "ref": "#/$defs/T", "additionalProperties": False},
            {
                "$defs": {"T": {"type": "string"}},
                "$ref": "#/$defs/T",
                "additionalProperties": False,
            },
            id="references",
        ),
        pytest.param(
            {"description": "d", "example": 1, "default": 2},
            {"description": "d", "default": 2},
            id="words",
        ),
        pytest.param(
            {
                "properties": {
                    "type": {"type": "STRING"},
                    "nullable": {"nullable": True, "type": "NUMBER"},
                    "example": {"type": "STRING"},
                },
                "required": ["type"],
            },
            {
                "properties": {
                    "type": {"type": "string"},
                    "nullable": {"type": ["number", "null"]},
                    "example": {"type": "string"},
                },
                "required": ["type"],
            },
            id="edge-178",
        ),
        pytest.param(
            {"properties": 7, "anyOf": 7, "items": 7},
            {"properties": 7, "anyOf": 7, "items": 7},
            id="nonsense",
        ),
    ],
)
def test_schemas(said: dict[str, Any], meant: dict[str, Any]) -> None:
    """By position: a property may be called like a keyword."""
    assert json_schema(said, "here") == meant


@pytest.mark.parametrize("value", [7, "OBJECT", [{}]])
def test_a_schema_is_an_object(value: Any) -> None:
    """It is said where it stands."""
    with pytest.raises(InvalidRequest) as caught:
        json_schema(value, "here")
    assert caught.value.param == "here"


def test_a_schema_of_a_thousand_levels() -> None:
    """Edge 355: is the client's mistake."""
    schema: dict[str, Any] = {"type": "STRING"}
    for _ in range(5000):
        schema = {"type": "ARRAY", "items": schema}

    with pytest.raises(InvalidRequest):
        json_schema(schema, "here")

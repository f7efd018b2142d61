"""Strict dialects: what they can say, and what they must not be used for."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.wire.schema import Dialect, limits, shaped
from tests.support.shaping import shaped_property

AS, OS, C = Dialect.ANTHROPIC_STRICT, Dialect.OPENAI_STRICT, Dialect.CEREBRAS_STRICT
TEXT = {"type": "string"}
OPEN = {"type": "object", "properties": {"a": TEXT}, "additionalProperties": {"type": "integer"}}


def test_objects_are_closed_and_all_is_required() -> None:
    """OpenAI: what was optional may be null instead."""
    schema = {
        "type": "object",
        "properties": {
            "must": TEXT,
            "may": TEXT,
            "choice": {"type": "string", "enum": ["a", "b"]},
            "constant": {"const": "a"},
            "anything": {"anyOf": [TEXT, {"type": "integer"}], "description": "d"},
            "null": {"type": ["string", "null"]},
            "null too": {"anyOf": [TEXT, {"type": "null"}]},
            "nothing": {"enum": ["a", None]},
            "inner": {"type": "object", "properties": {"a": TEXT}},
            "leaf": {"$ref": "#/$defs/Leaf"},
        },
        "required": ["must"],
        "$defs": {"Leaf": TEXT},
    }
    made = shaped(schema, OS)

    assert made.fits
    assert made.lost == ()
    assert made.schema == {
        "type": "object",
        "properties": {
            "must": TEXT,
            "may": {"type": ["string", "null"]},
            "choice": {"type": ["string", "null"], "enum": ["a", "b", None]},
            "constant": {"anyOf": [{"const": "a", "type": "string"}, {"type": "null"}]},
            "anything": {"anyOf": [TEXT, {"type": "integer"}, {"type": "null"}], "description": "d"},
            "null": {"type": ["string", "null"]},
            "null too": {"anyOf": [TEXT, {"type": "null"}]},
            "nothing": {"enum": ["a", None], "type": ["string", "null"]},
            "inner": {
                "anyOf": [
                    {
                        "type": "object",
                        "properties": {"a": {"type": ["string", "null"]}},
                        "additionalProperties": False,
                        "required": ["a"],
                    },
                    {"type": "null"},
                ]
            },
            "leaf": {"anyOf": [{"$ref": "#/$defs/Leaf"}, {"type": "null"}]},
        },
        "required": [
            "must", "may", "choice", "constant", "anything", "null", "null too", "nothing", "inner", "leaf",
        ],
        "$defs": {"Leaf": TEXT},
        "additionalProperties": False,
    }  # fmt: skip


def test_cerebras_knows_no_lists_of_types() -> None:
    """There null is a branch."""
    made = shaped({"type": "object", "properties": {"a": TEXT}}, C)

    assert made.schema["properties"] == {"a": {"anyOf": [TEXT, {"type": "null"}]}}
    assert made.schema["required"] == ["a"]
    assert made.fits


def test_anthropic_lets_properties_be_optional() -> None:
    """Objects are closed, no more."""
    schema = {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"]}

    assert shaped(schema, AS).schema == {**schema, "additionalProperties": False}


def test_edge_271_bounds_become_words() -> None:
    """A json_schema with numeric bounds for Claude."""
    schema = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "maximum": 5, "description": "How many"},
            "many": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 3},
            "some": {"type": "array", "items": TEXT, "minItems": 1},
        },
        "additionalProperties": False,
    }
    made = shaped(schema, AS)

    assert made.fits
    assert made.schema["properties"] == {
        "n": {"type": "integer", "description": "How many (minimum: 1; maximum: 5)"},
        "many": {"type": "array", "items": TEXT, "description": "minItems: 2; maxItems: 3"},
        "some": {"type": "array", "items": TEXT, "minItems": 1},
    }
    assert made.lost == (
        "properties.n: minimum", "properties.n: maximum", "properties.many: minItems",
        "properties.many: maxItems",
    )  # fmt: skip


@pytest.mark.parametrize("dialect", [AS, OS, C])
@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(OPEN, id="open map"),
        pytest.param({**OPEN, "additionalProperties": True}, id="open object"),
        pytest.param({"type": "object"}, id="free object"),
        pytest.param({"type": "object", "properties": {}}, id="object without properties"),
        pytest.param({"type": "object", "patternProperties": {"^a": TEXT}}, id="patterns of names"),
        pytest.param({}, id="untyped"),
        pytest.param(True, id="true"),
        pytest.param(False, id="false"),
        pytest.param({"description": "JSON"}, id="untyped with words"),
        pytest.param({"minLength": 1, "minimum": 1}, id="of two types"),
        pytest.param({"type": "string", "not": {"const": "a"}}, id="not"),
        pytest.param({"type": "string", "if": {"const": "a"}, "then": False}, id="if"),
        pytest.param({"type": "object", "properties": {"a": TEXT}, "dependentRequired": {"a": ["b"]}},
                     id="dependent"),
        pytest.param({"type": "array", "prefixItems": [TEXT]}, id="tuple"),
        pytest.param({"$ref": "https://example.com/schema"}, id="foreign reference"),
        pytest.param({"type": "thing"}, id="a type that nobody knows"),
        pytest.param(5, id="a number"),
    ],
)  # fmt: skip
def test_what_would_mean_something_else_does_not_fit(dialect: Dialect, schema: Any) -> None:
    """The vendor would hold its model to another schema than the client's."""
    assert not shaped_property(schema, dialect).fits


@pytest.mark.parametrize("dialect", [AS, OS, C])
@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
def test_a_union_at_the_root_does_not_fit(dialect: Dialect, word: str) -> None:
    """It is merged, and that is something else."""
    made = shaped({word: [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}]}, dialect)

    assert not made.fits
    assert set(made.schema["properties"]) == {"a", "b"}


@pytest.mark.parametrize(("branches", "fits"), [(5, True), (6, False)])
def test_cerebras_takes_five_branches(branches: int, fits: bool) -> None:
    """More cannot be said."""
    union = {"anyOf": [{"type": "string", "enum": [str(index)]} for index in range(branches)]}

    assert shaped_property(union, C).fits is fits
    assert not shaped({"type": "object", "properties": {"p": union}}, C).fits  # null is one more


def test_a_circle_fits_openai_only() -> None:
    """Claude takes none, nor does Cerebras."""
    tree = {
        "type": "object",
        "properties": {"left": {"$ref": "#/$defs/T"}},
        "additionalProperties": False,
    }
    schema = {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}, "$defs": {"T": tree}}

    assert shaped(schema, OS).fits
    assert not shaped(schema, AS).fits
    assert not shaped(schema, C).fits
    assert "$defs" not in shaped(schema, AS).schema


def test_a_tool_without_arguments_fits() -> None:
    """An object without properties at the root is no open map."""
    for dialect in (AS, OS, C):
        made = shaped(None, dialect)

        assert made.fits
        assert made.schema["additionalProperties"] is False
        assert made.schema["properties"] == {}
        assert made.schema.get("required") == (None if dialect is AS else [])


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": TEXT}}
    for _ in range(levels - 1):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        pytest.param(nested(limits.MAX_OBJECT_DEPTH), True, id="as deep as may be"),
        pytest.param(nested(limits.MAX_OBJECT_DEPTH + 1), False, id="too deep"),
        pytest.param(
            {"properties": {f"p{n}": TEXT for n in range(limits.MAX_PROPERTIES + 1)}}, False,
            id="too many properties",
        ),
        pytest.param(
            {"properties": {"a": {"enum": list(range(limits.MAX_ENUM_VALUES + 1))}}}, False,
            id="too many values",
        ),
        pytest.param(
            {"properties": {"a": {"const": "x" * limits.MAX_NAME_CHARS}}}, False, id="too long names",
        ),
        pytest.param({"properties": {"a": True}}, False, id="true is below"),
    ],
)  # fmt: skip
def test_openai_limits_the_size(schema: dict[str, Any], fits: bool) -> None:
    """A schema beyond is refused, so strict must not be asked for."""
    assert shaped({"type": "object", **schema}, OS).fits is fits

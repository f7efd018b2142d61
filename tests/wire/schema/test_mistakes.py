"""Old drafts, OpenAPI and plain mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.wire import jsontext
from aimux.wire.schema import Dialect, Shaped, shaped
from aimux.wire.schema.grammar import GRAMMARS
from aimux.wire.schema.words import PLACES, TYPES, WELL_FORMED
from tests.support.schema_dialects import faults
from tests.support.shaping import shaped_property

A = Dialect.ANTHROPIC
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("given", "expected", "lost"),
    [
        pytest.param({"type": "thing"}, {}, ("type",), id="an unknown type"),
        pytest.param({"type": ["string", "thing"]}, {}, ("type",), id="an unknown type among others"),
        pytest.param({"type": ["string", 5]}, {}, ("type",), id="a number for a type"),
        pytest.param({"type": 5}, {}, ("type",), id="a number for the type"),
        pytest.param({"type": []}, {}, (), id="no types"),
        pytest.param({"type": None, "description": None, "minimum": None}, {}, (), id="nulls"),
        pytest.param({"const": None, "default": None}, {"const": None, "default": None}, (), id="data"),
        pytest.param({"type": "string", "description": 5}, TEXT, ("description",), id="description"),
        pytest.param({"type": "string", "minLength": -1}, TEXT, ("minLength",), id="a negative length"),
        pytest.param({"type": "string", "minLength": "many"}, TEXT, ("minLength",), id="words for a length"),
        pytest.param({"type": "STRING", "maxLength": "64"}, {**TEXT, "maxLength": 64}, (),
                     id="Google's large integers"),
        pytest.param({"type": "string", "maxLength": 64.0, "pattern": 5}, {**TEXT, "maxLength": 64},
                     ("pattern",), id="whole floats"),
        pytest.param({"type": "string", "minLength": 0.5, "title": "T"}, {**TEXT, "title": "T"},
                     ("minLength",), id="half a length"),
        pytest.param({"type": "integer", "minimum": "1"}, {"type": "integer"}, ("minimum",), id="bound"),
        pytest.param({"type": "integer", "minimum": True}, {"type": "integer"}, ("minimum",), id="flag"),
        pytest.param({"enum": []}, {}, ("enum",), id="no values"),
        pytest.param({"enum": "a"}, {}, ("enum",), id="a value for a list"),
        pytest.param({"anyOf": []}, {}, ("anyOf",), id="no branches"),
        pytest.param({"anyOf": {}}, {}, ("anyOf",), id="an object for branches"),
        pytest.param({"anyOf": [TEXT, 5]}, {"anyOf": [TEXT, {}]}, (".anyOf[1]: not a schema",),
                     id="a number for a branch"),
        pytest.param({"$ref": 5}, {}, ("$ref",), id="a number for a reference"),
        pytest.param({"not": "a", "if": 5, "then": TEXT}, {}, ("not", "if"), id="no schemas"),
        pytest.param({"minContains": 1, "maxContains": 2, "else": TEXT, "type": "STRING"}, TEXT, (),
                     id="followers alone"),
        pytest.param({"required": "a"}, {}, ("required",), id="a name for a list"),
        pytest.param({"required": {}}, {}, (), id="an object for a list"),
        pytest.param({"required": True}, {}, (), id="draft 3 below"),
        pytest.param({"required": []}, {}, (), id="nothing required"),
        pytest.param({"required": ["a", 5, "a"]}, {"required": ["a"]}, ("required",), id="a number"),
        pytest.param({"properties": []}, {}, ("properties",), id="a list for properties"),
        pytest.param({"properties": {"a": 5, "b": None, "c": []}},
                     {"properties": {"a": {}, "b": {}, "c": {}}},
                     (".properties.a: not a schema", ".properties.b: not a schema",
                      ".properties.c: not a schema"), id="numbers for properties"),
        pytest.param({"items": 5}, {}, ("items",), id="a number for items"),
        pytest.param({"items": [], "additionalItems": 5}, {}, (), id="an empty tuple"),
        pytest.param({"items": [TEXT], "prefixItems": [True], "additionalItems": TEXT},
                     {"prefixItems": [True], "items": TEXT}, (), id="a tuple twice"),
        pytest.param({"type": "number", "minimum": 1, "exclusiveMinimum": True},
                     {"type": "number", "exclusiveMinimum": 1}, (), id="draft 4"),
        pytest.param({"type": "number", "maximum": 1, "exclusiveMaximum": False},
                     {"type": "number", "maximum": 1}, (), id="draft 4, inclusive"),
        pytest.param({"type": "number", "exclusiveMaximum": True}, {"type": "number"}, (),
                     id="draft 4, no bound"),
    ],
)  # fmt: skip
def test_a_mistake_is_read_as_it_may_be_meant(
    given: Any, expected: Any, lost: tuple[str, ...]
) -> None:
    """Or left out, and that is said; never more strictly."""
    made = shaped_property(given, A)

    assert made.schema == expected
    assert made.lost == lost


WORDS = sorted(
    {
        *WELL_FORMED,
        *PLACES,
        "const",
        "default",
        "examples",
        "dependencies",
        "additionalItems",
        "x-vendor",
    }
)
VALUES = [
    None, True, False, 5, -1, 0.5, "", "a", "string", "STRING", "#", "#/$defs/a", [], [5], ["a"],
    ["string", "null"], ["string", "string"], [[]], [{}], [None, True], {}, {"type": "string"}, {"a": 5},
    {"a": ["a"]}, {"a": {"required": True}}, {"type": {}},
]  # fmt: skip


@pytest.mark.untraced  # 28,600 schemas go over the same lines
@pytest.mark.parametrize("word", WORDS)
def test_any_value_under_any_word(word: str) -> None:
    """Beside every type and at the root: nothing is raised, and the vendor takes what comes out."""
    for value in VALUES:
        beside = {name or "none": {"type": name, word: value} for name in (None, *TYPES)}
        roots = [{"type": "object", "properties": beside}, {"properties": {"a": {}}, word: value}]
        for schema in roots:
            for dialect in Dialect:
                made = shaped(schema, dialect)
                if not GRAMMARS[dialect].strict:
                    assert faults(made.schema, dialect) == [], (value, dialect)


@pytest.mark.parametrize("dialect", [A, Dialect.OPENAI, Dialect.GEMINI, Dialect.MOONSHOT])
def test_required_of_draft_3_is_lifted(dialect: Dialect) -> None:
    """It stood in the properties themselves."""
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "required": True},
            "b": {"type": "string", "required": False},
            "c": TEXT,
        },
        "required": "c",
    }

    assert shaped(schema, dialect) == Shaped(
        {"type": "object", "properties": {"a": TEXT, "b": TEXT, "c": TEXT}, "required": ["a"]}
    )


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"not": {"type": "thing"}}, {"description": 'not: {"type":"thing"}'}),
        ({"if": {"minLength": "x"}, "then": TEXT, "else": TEXT},
         {"description": 'if: {"minLength":"x"}'}),
        ({"contains": {"minLength": "x"}, "maxContains": 2}, {"description": 'contains: {"minLength":"x"}'}),
        ({"oneOf": [{"minLength": "x"}, TEXT]}, {"anyOf": [{}, TEXT]}),
        ({"properties": {"a": 5}, "unevaluatedProperties": False},
         {"properties": {"a": {}}, "description": "unevaluatedProperties: false"}),
    ],
    ids=["not", "if", "contains", "oneOf", "unevaluated"],
)  # fmt: skip
def test_where_wider_is_narrower_all_of_it_goes(schema: Any, expected: Any) -> None:
    """A mistake below ``not`` must not make it forbid more."""
    made = shaped_property(schema, A)

    assert made.schema == expected
    assert made.lost


def test_numbers_that_keep_their_spelling() -> None:
    """Tools in a history come with opaque numbers; nothing is counted with them."""
    document = jsontext.scan(
        b'{"tools":{"type":"object","properties":{"p":{"type":"number","exclusiveMinimum":0.50,'
        b'"allOf":[{"minimum":1e2},{"minimum":2.0}],"enum":[1.0,"a"],"default":1.50}}}}'
    )
    schema = document.exact("tools")

    for dialect in Dialect:
        written = jsontext.text_of(shaped(schema, dialect).schema)
        assert "0.50" in written
        assert "1e2" in written
    assert jsontext.text_of(shaped(schema, A).schema).count("1.0") == 1


@pytest.mark.parametrize("size", [200, 201])
def test_a_hint_is_short(size: int) -> None:
    """A long value is cut."""
    made = shaped_property({"type": "string", "pattern": "x" * size}, Dialect.MOONSHOT)
    shown = "x" * 200 + ("..." if size > 200 else "")

    assert made.schema["description"] == f"pattern: {shown}"


def test_a_hint_that_cannot_be_written() -> None:
    """Nested too deeply to say."""
    deep: Any = TEXT
    for _ in range(100_000):
        deep = [deep]
    made = shaped_property({"type": "string", "examples": deep}, Dialect.MOONSHOT)

    assert made.schema["description"] == "examples: ..."

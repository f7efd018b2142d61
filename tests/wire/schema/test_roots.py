"""The root of a schema: an object with properties, whatever it was."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.wire.schema import Dialect, Shaped, shaped

LOOSE = [Dialect.ANTHROPIC, Dialect.OPENAI, Dialect.GEMINI, Dialect.MOONSHOT, Dialect.LMSTUDIO]
PLAIN = [Dialect.ANTHROPIC, Dialect.OPENAI]
TEXT = {"type": "string"}
EMPTY = {"type": "object", "properties": {}}


@pytest.mark.parametrize("dialect", LOOSE)
@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(None, id="edge-273-none"),
        pytest.param({}, id="edge-274-nothing"),
        pytest.param({"type": "object"}, id="edge-179-no properties"),
        pytest.param({"properties": {}}, id="edge-274-no type"),
        pytest.param({"type": ["object", "null"]}, id="or null"),
        pytest.param({"type": "OBJECT", "properties": {}, "required": []}, id="Google's"),
        pytest.param({"type": None, "properties": None, "required": None}, id="nulls"),
    ],
)
def test_a_tool_without_arguments(dialect: Dialect, schema: Any) -> None:
    """An empty object, in every dialect."""
    assert shaped(schema, dialect) == Shaped(EMPTY)


def test_edge_179_google_says_it_in_capitals() -> None:
    """The caller leaves ``parameters`` out where there are no properties."""
    assert shaped(None, Dialect.GEMINI_OPENAPI) == Shaped({"type": "OBJECT", "properties": {}})


@pytest.mark.parametrize("dialect", LOOSE)
@pytest.mark.parametrize("schema", [[], "object", 5, True, [{"type": "object"}]])
def test_what_is_no_schema_at_all(dialect: Dialect, schema: Any) -> None:
    """Nothing is raised, and it is said."""
    assert shaped(schema, dialect) == Shaped(EMPTY, ("not a schema",))


def test_a_mapping_that_is_no_dict_is_one() -> None:
    """As frozen configurations are."""
    from types import MappingProxyType

    assert shaped(MappingProxyType(EMPTY), Dialect.ANTHROPIC) == Shaped(EMPTY)


# ------------------------------------------------------------ unions

FILE = {
    "type": "object",
    "properties": {"filename": TEXT, "content": TEXT},
    "required": ["filename", "content"],
}
LINK = {
    "type": "object",
    "properties": {"filename": TEXT, "url": {**TEXT, "description": "Where"}},
    "required": ["filename", "url"],
}


@pytest.mark.parametrize("dialect", PLAIN)
@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
def test_edge_272_a_union_becomes_one_object(dialect: Dialect, word: str) -> None:
    """All properties of all branches; one that a branch does not name may be anything there."""
    made = shaped({"type": "object", "description": "d", word: [FILE, LINK]}, dialect)

    assert made == Shaped(
        {
            "type": "object",
            "description": f"d ({word}: (filename, content) or (filename, url))",
            "properties": {
                "filename": TEXT,
                "content": {"anyOf": [TEXT, {}]},
                "url": {"anyOf": [LINK["properties"]["url"], {}]},
            },
            "required": ["filename"],
        },
        (word,),
    )


@pytest.mark.parametrize("dialect", LOOSE)
def test_closed_branches_keep_their_properties(dialect: Dialect) -> None:
    """What a closed branch does not name it does not allow; marks become one list."""
    branches = [
        {"properties": {"kind": {"const": "a"}, "a": TEXT}, "additionalProperties": False},
        {"properties": {"kind": {"enum": ["b", "a"]}, "b": TEXT}, "additionalProperties": False},
    ]
    made = shaped({"anyOf": branches}, dialect)
    kind = made.schema["properties"].pop("kind")

    assert made.schema == {
        "type": "object",
        "properties": {"a": TEXT, "b": TEXT},
        "additionalProperties": False,
        "description": "anyOf: (kind, a) or (kind, b)",
    }
    assert kind["enum"] == ["a", "b"]


@pytest.mark.parametrize("dialect", LOOSE)
def test_a_property_that_a_closed_branch_leaves_open_stays(dialect: Dialect) -> None:
    """Or the closed object would forbid it."""
    branches = [
        {"properties": {"a": {}}, "additionalProperties": False},
        {"properties": {"b": False}, "additionalProperties": False},
    ]

    assert set(shaped({"anyOf": branches}, dialect).schema["properties"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("schema", "expected", "lost"),
    [
        pytest.param(
            {"properties": {"a": TEXT, "b": TEXT}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"properties": {"a": TEXT, "b": TEXT}, "type": "object", "description": "anyOf: (a) or (b)"},
            ("anyOf",),
            id="branches that only ask",
        ),
        pytest.param(
            {"anyOf": [{"properties": {"a": TEXT}, "required": ["a"]}]},
            {"properties": {"a": TEXT}, "required": ["a"], "type": "object"},
            (),
            id="one branch",
        ),
        pytest.param(
            {"anyOf": [{"properties": {"a": TEXT}}, TEXT, {"type": "null"}, False]},
            {"properties": {"a": TEXT}, "type": "object"},
            (),
            id="branches that are no objects",
        ),
        pytest.param(
            {"anyOf": [TEXT, {"type": "integer"}, False]},
            {**EMPTY, "description": "anyOf: (string) or (integer) or (anything)"},
            ("anyOf",),
            id="no object at all",
        ),
        pytest.param(
            {"anyOf": [{"properties": {"a": TEXT}}, True, 5]},
            {"properties": {"a": {"anyOf": [TEXT, {}]}}, "type": "object",
             "description": "anyOf: (a) or (anything) or (anything)"},
            ("anyOf",),
            id="a branch that may be anything",
        ),
        pytest.param(
            {"properties": {"a": TEXT}, "anyOf": [
                {"properties": {"a": {"minLength": 1}, "b": TEXT}}, {"properties": {"a": {"minLength": 2}}}]},
            {"properties": {"a": {"allOf": [TEXT, {"anyOf": [{"minLength": 1}, {"minLength": 2}]}]},
                            "b": {"anyOf": [TEXT, {}]}},
             "type": "object", "description": "anyOf: (a, b) or (a)"},
            ("anyOf",),
            id="a property of the root, too",
        ),
        pytest.param(
            {"properties": {"a": TEXT}, "anyOf": [{"properties": {"a": {"minLength": 1}}}, {}]},
            {"properties": {"a": TEXT}, "type": "object", "description": "anyOf: (a) or (anything)"},
            ("anyOf",),
            id="a property of the root that a branch says more of",
        ),
        pytest.param(
            {"oneOf": [
                {"anyOf": [{"properties": {"a": TEXT}, "required": ["a"]},
                           {"properties": {"b": TEXT}, "required": ["b"]}], "required": ["c"]},
                {"allOf": [{"properties": {"c": TEXT}}, {"required": ["c", "a"]}]}]},
            {"properties": {
                "a": {"anyOf": [{"anyOf": [TEXT, {}]}, {}]},
                "b": {"anyOf": [{"anyOf": [TEXT, {}]}, {}]},
                "c": {"anyOf": [TEXT, {}]}},
             "required": ["c"], "type": "object",
             "description": "anyOf: (a) or (b); oneOf: (c) or (c, a)"},
            ("anyOf", "oneOf"),
            id="unions in unions",
        ),
        pytest.param(
            {"allOf": [{"properties": {"a": TEXT}, "required": ["a"]}, {"properties": {"b": TEXT}}],
             "additionalProperties": True},
            {"additionalProperties": True, "properties": {"a": TEXT, "b": TEXT}, "required": ["a"],
             "type": "object"},
            (),
            id="allOf",
        ),
        pytest.param(
            {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}], "$defs": {
                "Base": {"properties": {"id": TEXT}, "required": ["id"]},
                "A": {"allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"a": TEXT}}]},
                "B": {"allOf": [{"$ref": "#/$defs/Base"}, {"required": ["b"]}]}}},
            {"properties": {"id": TEXT, "a": {"anyOf": [TEXT, {}]}}, "required": ["id"], "type": "object",
             "description": "anyOf: (id) or (id, b)"},
            ("anyOf",),
            id="branches that share a base",
        ),
        pytest.param(
            {"anyOf": [{"properties": {"k": {"type": "string", "const": "a"}}},
                       {"properties": {"k": {"type": "string", "const": "b"}}}]},
            {"properties": {"k": {"type": "string", "enum": ["a", "b"]}}, "type": "object",
             "description": "anyOf: (k) or (k)"},
            ("anyOf",),
            id="marks of one type",
        ),
        pytest.param(
            {"anyOf": [{"properties": {"k": {"type": "string", "const": "a"}}},
                       {"properties": {"k": {"type": "integer", "enum": [1]}}},
                       {"properties": {"k": {"const": "c", "enum": ["c"]}}}]},
            {"properties": {"k": {"anyOf": [
                {"type": "string", "const": "a"}, {"type": "integer", "enum": [1]},
                {"const": "c", "enum": ["c"]}]}}, "type": "object",
             "description": "anyOf: (k) or (k) or (k)"},
            ("anyOf",),
            id="marks of several types",
        ),
        pytest.param(
            {"anyOf": [{"properties": {"k": {"const": "c", "enum": ["c"]}}},
                       {"properties": {"k": {"const": "d"}}}]},
            {"properties": {"k": {"anyOf": [{"const": "c", "enum": ["c"]}, {"const": "d"}]}},
             "type": "object", "description": "anyOf: (k) or (k)"},
            ("anyOf",),
            id="marks that say it twice",
        ),
    ],
)  # fmt: skip
def test_unions_and_parts_at_the_root_of_a_tool_of_claude(
    schema: dict[str, Any], expected: dict[str, Any], lost: tuple[str, ...]
) -> None:
    """None is left there, and nothing that was valid is lost."""
    made = shaped(schema, Dialect.ANTHROPIC)
    made.schema.pop("$defs", None)

    assert made.schema == expected
    assert made.lost == lost


def test_openai_refuses_more_words_at_the_root() -> None:
    """Its own error names them."""
    schema = {
        "type": "object",
        "properties": {"a": TEXT},
        "not": {"required": ["b"]},
        "enum": [{"a": "b"}],
    }

    assert shaped(schema, Dialect.ANTHROPIC).schema is schema
    assert shaped(schema, Dialect.OPENAI) == Shaped(
        {
            "type": "object",
            "properties": {"a": TEXT},
            "description": 'enum: [{"a":"b"}]; not: {"required":["b"]}',
        },
        ("enum", "not"),
    )


# ------------------------------------------------------------ roots that are no objects


@pytest.mark.parametrize(
    "dialect", [*PLAIN, Dialect.MOONSHOT, Dialect.LMSTUDIO, Dialect.OPENAI_STRICT]
)
def test_an_answer_that_is_no_object_does_not_fit(dialect: Dialect) -> None:
    """Gemini's clients ask for lists; nobody else can be asked for one."""
    made = shaped({"type": "array", "items": TEXT, "description": "names"}, dialect)

    assert not made.fits
    assert made.lost == ("type",)
    assert made.schema["type"] == "object"
    assert made.schema["description"] == "names"


@pytest.mark.parametrize(
    ("schema", "json_schema", "openapi"),
    [
        (
            {"type": "ARRAY", "items": {"type": "STRING"}},
            {"type": "array", "items": TEXT},
            {"type": "ARRAY", "items": {"type": "STRING"}},
        ),
        (
            {"anyOf": [TEXT, {"type": "integer"}]},
            {"anyOf": [TEXT, {"type": "integer"}]},
            {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]},
        ),
        (
            {"type": ["string", "integer"]},
            {"type": ["string", "integer"]},
            {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]},
        ),
        (
            {"anyOf": [TEXT, {"type": "integer"}], "maxProperties": 1},
            {"type": "object", "properties": {},
             "description": "anyOf: (string) or (integer); maxProperties: 1"},
            {"type": "OBJECT", "properties": {}, "maxProperties": 1,
             "description": "anyOf: (string) or (integer)"},
        ),
    ],
    ids=["list", "union", "types", "an object after all"],
)  # fmt: skip
def test_google_answers_with_anything(schema: Any, json_schema: Any, openapi: Any) -> None:
    """A root of another type stays there."""
    assert shaped(schema, Dialect.GEMINI).schema == json_schema
    assert shaped(schema, Dialect.GEMINI_OPENAPI).schema == openapi
    assert shaped(schema, Dialect.GEMINI).fits

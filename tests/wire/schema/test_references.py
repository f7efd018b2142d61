"""References, circles and depth."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import pytest

from aimux.wire.schema import Dialect, Shaped, shaped
from aimux.wire.schema.refs import References
from tests.support.shaping import shaped_property

TEXT = {"type": "string"}
LOOSE = [
    Dialect.ANTHROPIC, Dialect.OPENAI, Dialect.GEMINI, Dialect.GEMINI_OPENAPI, Dialect.MOONSHOT,
    Dialect.LMSTUDIO,
]  # fmt: skip
KEPT = [Dialect.ANTHROPIC, Dialect.OPENAI]
DEFS = [Dialect.GEMINI, Dialect.MOONSHOT, Dialect.OPENAI_STRICT, Dialect.ANTHROPIC_STRICT]
REF = {"$ref": "#/$defs/A"}


def one(dialect: Dialect, schema: Any, **definitions: Any) -> Shaped:
    """A property with definitions at the root."""
    return shaped_property(schema, dialect, **{"$defs": definitions})


@pytest.mark.parametrize("dialect", [*KEPT, *DEFS, Dialect.CEREBRAS_STRICT])
def test_a_reference_to_a_definition_stays(dialect: Dialect) -> None:
    """And is the same object."""
    assert one(dialect, REF, A=TEXT).schema is REF


@pytest.mark.parametrize("dialect", [Dialect.LMSTUDIO, Dialect.GEMINI_OPENAPI])
def test_a_reference_is_replaced(dialect: Dialect) -> None:
    """Where there are none."""
    schema = {"type": "object", "properties": {"p": REF}, "$defs": {"A": TEXT}}
    made = shaped(schema, dialect).schema

    assert "$defs" not in made
    assert str(made["properties"]["p"]["type"]).lower() == "string"


def test_old_definitions_move() -> None:
    """``definitions`` of draft 7 are ``$defs``; of two of one name each stays itself."""
    schema = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/definitions/A"},
            "b": {"$ref": "#/definitions/B"},
            "c": {"$ref": "#/$defs/B"},
        },
        "definitions": {"A": TEXT, "B": {"type": "integer"}},
        "$defs": {"B": {"type": "boolean"}},
    }
    made = shaped(schema, Dialect.MOONSHOT)

    assert made.schema["properties"] == {
        "a": {"$ref": "#/$defs/A"},
        "b": {"type": "integer"},
        "c": {"$ref": "#/$defs/B"},
    }
    assert made.schema["$defs"] == {"A": TEXT, "B": {"type": "boolean"}}
    assert made.lost == ()
    assert shaped(schema, Dialect.ANTHROPIC).schema["definitions"] == schema["definitions"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({**REF, "description": "d"}, {"anyOf": [REF], "description": "d"}),
        ({**REF, "title": "T", "$comment": "c"}, {"anyOf": [REF], "title": "T"}),
        ({**REF, "minLength": 2}, {"type": "string", "minLength": 2}),
        ({"allOf": [REF], "description": "d"}, {"anyOf": [REF], "description": "d"}),
        ({"allOf": [REF]}, REF),
        ({"allOf": [REF, {"maxLength": 3}]}, {"type": "string", "maxLength": 3}),
        ({**REF, "nullable": True}, {"anyOf": [REF, {"type": "null"}]}),
        ({"type": "string", "anyOf": [REF, {"minLength": 3}]},
         {"anyOf": [REF, {"type": "string", "minLength": 3}]}),
        ({"type": "string", "anyOf": [REF, {"$ref": "#/$defs/B"}]}, {"anyOf": [REF]}),
        ({"type": "object", "anyOf": [{"$ref": "#/$defs/E"}]}, {"anyOf": [{"type": "object"}]}),
    ],
    ids=[
        "described", "titled", "bounded", "pydantic", "pydantic bare", "allOf", "nullable", "beside a type",
        "of another type", "of any type",
    ],
)  # fmt: skip
def test_nothing_stands_beside_a_reference(given: Any, expected: Any) -> None:
    """Kimi and Google refuse it: words go around it, constraints into a copy of its target."""
    made = one(Dialect.MOONSHOT, given, A=TEXT, B={"type": "integer"}, E={"description": "any"})

    if given.get("anyOf") == [{"$ref": "#/$defs/E"}]:
        expected = {"anyOf": [{"type": "object", "description": "any"}]}
    assert made.schema == expected
    assert made.lost == ()


@pytest.mark.parametrize("dialect", LOOSE)
def test_a_reference_at_the_root_is_replaced(dialect: Dialect) -> None:
    """The root must be an object."""
    schema = {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"b": TEXT}}}}
    made = shaped(schema, dialect)

    assert "$ref" not in made.schema
    assert list(made.schema["properties"]) == ["b"]
    assert made.lost == ()


@pytest.mark.parametrize("dialect", LOOSE)
@pytest.mark.parametrize(
    "ref",
    [
        "#/$defs/Nothing", "#/nothing/at/all", "https://example.com/schema.json", "other.json#/$defs/A",
        "#/properties/list/items/7", "#/properties/list/enum/99999999",
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere(dialect: Dialect, ref: str) -> None:
    """It becomes an open schema that tells of it."""
    made = one(dialect, {"$ref": ref, "description": "d"})

    assert "$ref" not in made.schema
    assert made.schema["description"].startswith(f"d ($ref: {ref}")
    assert "$ref" in made.lost


def test_an_anchor_is_left_to_those_who_know_it() -> None:
    """It may stand anywhere; others get an open schema."""
    assert one(Dialect.ANTHROPIC, {"$ref": "#name"}).schema == {"$ref": "#name"}
    assert one(Dialect.GEMINI, {"$ref": "#name"}).schema == {"description": "$ref: #name"}


def test_a_reference_by_the_schema_s_own_address_is_local() -> None:
    """As schemas from registries have them."""
    ref = {"$ref": "https://a.b/c#/$defs/A"}
    schema = {
        "$id": "https://a.b/c",
        "type": "object",
        "properties": {"p": ref},
        "$defs": {"A": TEXT},
    }

    assert shaped(schema, Dialect.ANTHROPIC).schema is schema
    assert shaped(schema, Dialect.GEMINI).schema["properties"]["p"] == REF
    assert shaped(schema, Dialect.LMSTUDIO).schema["properties"]["p"] == TEXT


def test_pointers_into_a_schema() -> None:
    """Zod's: to where a schema was written first.  They stay where the root stays."""
    schema = {
        "type": "object",
        "properties": {
            "a/b": {"type": "array", "items": [TEXT]},
            "c": {"$ref": "#/properties/a~1b/items/0"},
        },
    }
    moved = {"allOf": [schema]}

    assert shaped(schema, Dialect.ANTHROPIC).schema["properties"]["c"] == schema["properties"]["c"]
    assert shaped(schema, Dialect.GEMINI).schema["properties"]["c"] == TEXT
    assert shaped(moved, Dialect.ANTHROPIC).lost == ("properties.c: $ref",)
    for dialect in KEPT:
        inner = {
            "allOf": [{"properties": {"d": {"$ref": "#/properties/p"}}}],
            "properties": {"p": TEXT},
        }
        assert shaped(inner, dialect).schema["properties"]["d"] == TEXT


def test_a_name_with_a_slash_is_replaced() -> None:
    """Moonshot refuses such names of definitions."""
    schema = {
        "type": "object",
        "properties": {"p": {"$ref": "#/$defs/a~1b"}},
        "$defs": {"a/b": TEXT, "c": TEXT},
    }
    made = shaped(schema, Dialect.MOONSHOT).schema

    assert made["properties"]["p"] == TEXT
    assert made["$defs"] == {"c": TEXT}


# ------------------------------------------------------------ circles

TREE = {
    "type": "object",
    "description": "A node",
    "properties": {"value": TEXT, "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
    "required": ["value"],
}
CUT = {"type": "object", "description": "A node ($ref: #/$defs/Tree)"}


@pytest.mark.parametrize(
    ("dialect", "cut"),
    [
        (Dialect.GEMINI, CUT),
        (Dialect.LMSTUDIO, {**CUT, "properties": {}}),
        (Dialect.GEMINI_OPENAPI, {**CUT, "type": "OBJECT"}),
    ],
)
def test_edge_181_a_circle_is_cut_to_an_open_object(dialect: Dialect, cut: Any) -> None:
    """Once in full, then open; definitions that lead in circles are gone."""
    made = shaped(
        {"type": "object", "properties": {"t": {"$ref": "#/$defs/Tree"}}, "$defs": {"Tree": TREE}},
        dialect,
    )
    node = made.schema["properties"]["t"]

    assert node["required"] == ["value"]
    assert node["properties"]["children"]["items"] == cut
    assert made.lost[-1] == "properties.t.properties.children.items: $ref"
    assert "$defs" not in made.schema


@pytest.mark.parametrize("dialect", [*KEPT, Dialect.MOONSHOT])
def test_a_circle_stays_where_it_may(dialect: Dialect) -> None:
    """By its name."""
    made = one(dialect, {"$ref": "#/$defs/Tree"}, Tree=TREE)

    assert made.schema == {"$ref": "#/$defs/Tree"}
    assert made.lost == ()


@pytest.mark.parametrize("dialect", [Dialect.MOONSHOT, Dialect.OPENAI_STRICT, *KEPT])
def test_the_root_may_refer_to_itself(dialect: Dialect) -> None:
    """Where circles are no trouble."""
    schema = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["next"],
        "additionalProperties": False,
    }

    assert shaped(schema, dialect).schema is schema


def test_the_root_is_cut_where_circles_are_trouble() -> None:
    """It is open the second time; a definition that leads to it is a circle, too."""
    schema = {
        "type": "object",
        "properties": {
            "next": {"$ref": "#"},
            "via": {"$ref": "#/$defs/Via"},
            "in": {"$ref": "#/$defs/In"},
        },
        "$defs": {
            "Via": {"type": "array", "items": {"$ref": "#"}},
            "In": {"anyOf": [TEXT, {"$ref": "#/properties/via"}]},
            "Out": {"not": {"$ref": "#/nowhere"}, "prefixItems": [TEXT, 5]},
        },
    }
    made = shaped(schema, Dialect.GEMINI).schema

    assert made["properties"]["next"] == {"type": "object", "description": "$ref: #"}
    assert made["properties"]["via"]["items"] == {"type": "object", "description": "$ref: #"}
    assert list(made["$defs"]) == ["Out"]


def test_two_ways_to_one_place_are_no_circle() -> None:
    """Nor is a definition that nobody uses."""
    definitions = {
        "A": {"anyOf": [{"$ref": "#/$defs/B"}, {"$ref": "#/$defs/C"}]},
        "B": {"type": "array", "items": {"$ref": "#/$defs/D"}},
        "C": {"type": "object", "properties": {"d": {"$ref": "#/$defs/D"}}},
        "D": {"type": "string", "$defs": {"Unused": REF}},
    }

    assert References({"$defs": definitions}).circular == frozenset()
    assert one(Dialect.GEMINI, REF, **definitions).schema is REF


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize(
    "definitions",
    [
        {"A": {"$ref": "#/$defs/A"}},
        {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}},
        {"A": {"allOf": [{"$ref": "#/$defs/A"}]}},
        {"A": {"allOf": [{"$ref": "#/$defs/B"}, {"$ref": "#/$defs/A"}]}, "B": {"$ref": "#/$defs/A"}},
        {"A": {"anyOf": [REF, {"required": ["b"]}], "type": "object", "properties": {"b": REF}}},
    ],
    ids=["itself", "each other", "in allOf", "in both", "in a union"],
)  # fmt: skip
def test_circles_without_an_end(dialect: Dialect, definitions: dict[str, Any]) -> None:
    """They mean nothing, and are answered."""
    inside = {"type": "object", "properties": {"p": {**REF, "maxLength": 1}}, "$defs": definitions}
    outside = {"anyOf": [REF, {"properties": {"b": REF}}], "$defs": definitions}

    for schema in (inside, outside):
        made = shaped(schema, dialect).schema
        assert set(made["properties"]) <= {"p", "b"}
        json.dumps(made)


def test_both_halves_of_a_conjunction_may_be_the_same() -> None:
    """Then it holds already, and nothing is lost."""
    made = one(Dialect.LMSTUDIO, {"allOf": [REF, REF]}, A=TEXT)

    assert made == Shaped(TEXT)


def test_an_outline_keeps_what_a_circle_is() -> None:
    """An object by its properties, a list by its type, a union is open."""
    definitions: dict[str, Any] = {
        "O": {"properties": {"o": {"$ref": "#/$defs/O"}}},
        "L": {"type": "array", "items": {"$ref": "#/$defs/L"}},
        "U": {"anyOf": [TEXT, {"type": "array", "items": {"$ref": "#/$defs/U"}}]},
    }
    schema = {
        "type": "object",
        "$defs": definitions,
        "properties": {n: {"$ref": f"#/$defs/{n}"} for n in "OLU"},
    }
    made = shaped(schema, Dialect.LMSTUDIO).schema["properties"]

    assert made["O"]["properties"]["o"]["type"] == "object"
    assert made["L"]["items"] == {"type": "array", "items": {}, "description": "$ref: #/$defs/L"}
    assert made["U"]["anyOf"][1]["items"] == {"description": "$ref: #/$defs/U"}


def test_a_reference_to_true_is_open() -> None:
    """Definitions may be booleans."""
    assert one(Dialect.LMSTUDIO, REF, A=True) == Shaped({})
    assert one(Dialect.LMSTUDIO, {"$ref": "#/$defs/A", "type": "string"}, A=True).schema == TEXT
    assert one(Dialect.LMSTUDIO, REF, A=False).lost == ("allOf",)
    schema = {"properties": {"x": {"$ref": "#/$defs/A"}}, "$defs": {"A": True}}
    nested = {
        "type": "object",
        "properties": {"y": {"allOf": [{"$ref": "#/properties/y"}, schema]}},
    }
    assert shaped(nested, Dialect.LMSTUDIO).schema["type"] == "object"


# ------------------------------------------------------------ depth and size


def nested(levels: int, wrap: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"p": reduce(lambda schema, _: wrap(schema), range(levels), TEXT)},
    }


WRAPS = {
    "properties": lambda schema: {"type": "object", "properties": {"a": schema}},
    "items": lambda schema: {"type": "array", "items": schema},
    "additionalProperties": lambda schema: {"type": "object", "additionalProperties": schema},
    "anyOf": lambda schema: {"anyOf": [schema, {"type": "null"}]},
    "anyOf beside an object": lambda schema: {
        "type": "object", "properties": {"a": {}}, "anyOf": [schema, {"properties": {"b": {}}}],
    },
    "oneOf": lambda schema: {"oneOf": [schema, {"type": "null"}]},
    "allOf": lambda schema: {"allOf": [schema, {"description": "d"}]},
    "not": lambda schema: {"not": schema},
    "tuple": lambda schema: {"type": "array", "items": [schema, {}]},
    "nullable": lambda schema: {"nullable": True, "allOf": [schema]},
    "patterns": lambda schema: {"type": "object", "patternProperties": {"a": schema}},
}  # fmt: skip


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_a_thousand_levels_are_answered(wrap: Any) -> None:
    """What is too deep becomes open."""
    schema = nested(1000, wrap)
    for dialect in Dialect:
        made = shaped(schema, dialect)

        assert list(made.schema["properties"]) == ["p"]
        assert made.lost or wrap is WRAPS["allOf"]  # its parts are put together, however many


@pytest.mark.parametrize("word", ["anyOf", "oneOf", "allOf"])
def test_a_thousand_levels_at_the_root_are_answered(word: str) -> None:
    """There they become one object."""
    schema: dict[str, Any] = reduce(
        lambda inner, _: {word: [inner, {"required": ["a"]}]}, range(1000), {"type": "object"}
    )
    for dialect in Dialect:
        assert shaped(schema, dialect).schema["properties"] == {}


def test_depth_is_cut_where_it_is_too_much() -> None:
    """64 levels stay."""
    made = shaped(nested(100, WRAPS["items"]), Dialect.ANTHROPIC)
    node, levels = made.schema["properties"]["p"], 0
    while "items" in node:
        node, levels = node["items"], levels + 1

    assert levels == 64
    assert node == {}
    assert made.lost == ("properties.p" + ".items" * 64 + ": depth",)
    assert not shaped(nested(100, WRAPS["items"]), Dialect.ANTHROPIC_STRICT).fits


@pytest.mark.parametrize(
    "step",
    [
        lambda ref: {"type": "object", "properties": {"a": ref, "b": ref}},
        lambda ref: {"allOf": [{"minLength": 1, "allOf": [ref]}, {"allOf": [ref]}]},
        lambda ref: {"anyOf": [ref, ref, {"required": ["a"]}]},
    ],
    ids=["properties", "allOf", "anyOf"],
)
def test_a_few_lines_that_stand_for_millions(step: Any) -> None:
    """Each definition refers to the next one twice; the size of what comes out is bounded."""
    definitions: dict[str, Any] = {f"d{n}": step({"$ref": f"#/$defs/d{n + 1}"}) for n in range(40)}
    definitions["d40"] = {"type": "object"}
    first = {"$ref": "#/$defs/d0"}
    for root in (
        {"type": "object", "properties": {"p": first}},
        {"anyOf": [first, {"type": "object"}]},
    ):
        for dialect in (
            Dialect.LMSTUDIO,
            Dialect.GEMINI_OPENAPI,
            Dialect.ANTHROPIC,
            Dialect.GEMINI,
        ):
            made = shaped({**root, "$defs": definitions}, dialect)
            assert len(json.dumps(made.schema)) < 2_000_000


@pytest.mark.parametrize(
    ("ref", "local"),
    [("#", "#"), ("#/a", "#/a"), ("a.json", ""), (5, ""), (None, ""), ("", "")],
)
def test_what_is_local(ref: Any, local: str) -> None:
    """Only what begins at this schema."""
    assert References({}).local(ref) == local

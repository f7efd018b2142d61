"""What each dialect makes of each feature of a schema (reference 2.12, a row a test)."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.wire.schema import Dialect
from tests.support.shaping import shaped_property

A, AS = Dialect.ANTHROPIC, Dialect.ANTHROPIC_STRICT
OA, OS = Dialect.OPENAI, Dialect.OPENAI_STRICT
G, GP = Dialect.GEMINI, Dialect.GEMINI_OPENAPI
C, M, L = Dialect.CEREBRAS_STRICT, Dialect.MOONSHOT, Dialect.LMSTUDIO
X = Dialect.XAI

ANYTHING = {"type": ["string", "number", "boolean", "array", "object", "null"]}
TEXT = {"type": "string"}
CAPITAL = {"type": "STRING"}


def rows(table: dict[str, list[tuple[Any, ...]]]) -> Any:
    """One test for each line and dialect: its dialects, what goes in, what comes out, what is lost."""
    return [
        pytest.param(dialect, *line[1:], id=f"{name}-{dialect}")
        for name, lines in table.items()
        for line in lines
        for dialect in line[0]
    ]


VALUES: dict[str, list[tuple[Any, ...]]] = {
    "plain": [
        ((A, AS, OA, OS, G, C, M, L), TEXT, TEXT, ()),
        ((GP,), TEXT, CAPITAL, ()),
        ((GP,), CAPITAL, CAPITAL, ()),
    ],
    "edge-176-const": [
        ((A, OA), {"const": "a"}, {"const": "a"}, ()),
        ((AS, OS), {"const": "a"}, {"const": "a", "type": "string"}, ()),
        ((G,), {"const": 1}, {"enum": [1]}, ()),
        ((M, L, C), {"const": "a"}, {"enum": ["a"], "type": "string"}, ()),
        ((GP,), {"const": "a"}, {"enum": ["a"], "type": "STRING"}, ()),
        ((GP,), {"const": 1}, {"type": "NUMBER", "description": "enum: [1]"}, ("enum",)),
        ((GP, G), {"const": None}, {"type": "NULL"}, ()),
        ((C,), {"const": None}, {"enum": [None], "type": "null"}, ()),
        ((M,), {"const": None}, {"type": "null"}, ()),
    ],
    "enum of numbers": [
        ((A, OA, AS, OS, G, M, L, C), {"type": "integer", "enum": [1, 2]},
         {"type": "integer", "enum": [1, 2]}, ()),
        ((GP,), {"type": "integer", "enum": [1, 2], "format": "enum"},
         {"type": "INTEGER", "description": "enum: [1,2]"}, ("enum",)),
    ],
    "enum of several types": [
        ((A, OA), {"enum": ["a", 1, None]}, {"enum": ["a", 1, None]}, ()),
        ((G,), {"enum": ["a", 1]}, {"enum": ["a", 1]}, ()),
        ((G, M), {"enum": ["a", None], "description": "d"},
         {"description": "d", "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}, ()),
        ((GP,), {"enum": ["a", None]}, {"nullable": True, "type": "STRING", "enum": ["a"]}, ()),
        ((L, C), {"enum": ["a", 1], "type": ["string", "integer"]},
         {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}]}, ()),
        ((M,), {"enum": ["a", True]},
         {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "boolean"}],
          "description": "enum: [true]"}, ("enum",)),
        ((OS,), {"enum": ["a", None]}, {"enum": ["a", None], "type": ["string", "null"]}, ()),
        ((GP,), {"enum": ["a", {"b": 1}]},
         {"anyOf": [{"type": "STRING", "enum": ["a"]}, {"type": "OBJECT"}],
          "description": 'enum: [{"b":1}]'}, ("enum",)),
        ((L,), {"enum": ["a", []], "anyOf": [TEXT, {"type": "array"}]},
         {"anyOf": [{"type": "string", "enum": ["a"]},
                    {"type": "array", "items": {}, "description": "enum: [[]]"}]}, (".anyOf[1]: enum",)),
    ],
    "enum of yes and no": [
        ((G, M, GP), {"enum": [True, False], "type": "boolean"}, {"type": "boolean"}, ()),
        ((G,), {"enum": [True]}, {"type": "boolean", "description": "enum: [true]"}, ("enum",)),
        ((G,), {"enum": [[]], "anyOf": [{"type": "array", "items": {}}]},
         {"anyOf": [{"type": "array", "items": {}}], "description": "enum: [[]]"}, ("enum",)),
        ((AS, L), {"enum": [{}], "type": "object", "additionalProperties": False, "properties": {}},
         {"type": "object", "additionalProperties": False, "properties": {},
          "description": "enum: [{}]"}, ("enum",)),
    ],
    "enum with an empty text": [
        ((GP,), {"type": "STRING", "enum": ["", None], "format": "enum"},
         {"type": "STRING", "description": 'enum: [""]'}, ("enum",)),
        ((GP,), {"type": "string", "enum": ["", "a"]},
         {"type": "STRING", "description": 'enum: ["","a"]'}, ("enum",)),
    ],
    "enum that the type forbids": [
        ((G, M, L), {"type": "string", "enum": ["a", 1]}, {"type": "string", "enum": ["a"]}, ()),
        ((G, M, L), {"type": "string", "enum": [1]},
         {"type": "string", "description": "enum: [1]"}, ("enum",)),
        ((C,), {"type": ["string", "integer"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}, ()),
    ],
    "bounds": [
        ((A, OA, OS), {"type": "integer", "exclusiveMinimum": 0},
         {"type": "integer", "exclusiveMinimum": 0}, ()),
        ((G, M, L), {"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}, ()),
        ((G, M, L), {"type": "integer", "exclusiveMaximum": 9, "maximum": 20},
         {"type": "integer", "maximum": 8}, ()),
        ((G, M, L), {"type": "number", "exclusiveMinimum": 0, "minimum": -1},
         {"type": "number", "minimum": 0, "description": "exclusiveMinimum: 0"}, ("exclusiveMinimum",)),
        ((GP,), {"type": "number", "exclusiveMinimum": 0.5},
         {"type": "NUMBER", "minimum": 0.5, "description": "exclusiveMinimum: 0.5"}, ("exclusiveMinimum",)),
        ((AS, C, X), {"type": "integer", "minimum": 1, "maximum": 5},
         {"type": "integer", "description": "minimum: 1; maximum: 5"}, ("minimum", "maximum")),
        ((G, M, L, AS, C), {"type": "number", "multipleOf": 2, "description": "Even."},
         {"type": "number", "description": "Even. (multipleOf: 2)"}, ("multipleOf",)),
    ],
    "lengths and patterns": [
        ((A, OA), {"type": "string", "maxLength": 9, "pattern": "^a"},
         {"type": "string", "maxLength": 9, "pattern": "^a"}, ()),
        ((GP,), {"type": "string", "maxLength": 9, "pattern": "^a"},
         {"type": "STRING", "maxLength": 9, "pattern": "^a"}, ()),
        ((M,), {"type": "string", "maxLength": 9, "pattern": "^a"},
         {"type": "string", "maxLength": 9, "description": "pattern: ^a"}, ("pattern",)),
        ((OS,), {"type": "string", "maxLength": 9, "pattern": "^a"},
         {"type": "string", "pattern": "^a", "description": "maxLength: 9"}, ("maxLength",)),
        ((G, L, C, AS, X), {"type": "string", "minLength": 1, "pattern": "^a"},
         {"type": "string", "description": "minLength: 1; pattern: ^a"}, ("minLength", "pattern")),
    ],
    "formats": [
        ((A, OA, G, AS), {"type": "string", "format": "uri"}, {"type": "string", "format": "uri"}, ()),
        ((OS, M, L, C, X), {"type": "string", "format": "uri", "description": "Where"},
         {"type": "string", "description": "Where (format: uri)"}, ("format",)),
        ((GP,), {"type": "string", "format": "uri"},
         {"type": "STRING", "description": "format: uri"}, ("format",)),
        ((GP,), {"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}, ()),
        ((GP,), {"type": "INTEGER", "format": "int32"}, {"type": "INTEGER", "format": "int32"}, ()),
        ((GP,), {"type": "STRING", "format": "int32"}, CAPITAL, ()),
        ((M,), {"type": "integer", "format": "int32"},
         {"type": "integer", "description": "format: int32"}, ("format",)),
    ],
    "defaults, examples, titles": [
        ((A, OA), {"type": "string", "default": "a", "examples": ["b"], "title": "T"},
         {"type": "string", "default": "a", "examples": ["b"], "title": "T"}, ()),
        ((AS,), {"type": "string", "default": "a", "examples": ["b"], "title": "T"},
         {"type": "string", "description": 'default: a; examples: ["b"]'}, ("default", "examples")),
        ((G, OS, C), {"type": "string", "default": "a", "title": "T"},
         {"type": "string", "title": "T", "description": "default: a"}, ("default",)),
        ((M, L), {"type": "string", "default": "a", "title": "T"},
         {"type": "string", "default": "a", "title": "T"}, ()),
        ((M,), {"type": "string", "default": None},
         {"type": "string", "description": "default: null"}, ("default",)),
        ((M,), {"type": "array", "default": []},
         {"type": "array", "description": "default: []"}, ("default",)),
        ((M, L), {"type": ["string", "null"], "default": "a"},
         {"anyOf": [TEXT, {"type": "null"}], "description": "default: a"}, ("default",)),
        ((M, L), {"anyOf": [TEXT, {"type": "null"}], "default": "a"},
         {"anyOf": [TEXT, {"type": "null"}], "description": "default: a"}, ("default",)),
    ],
    "notes": [
        ((A,), {"type": "string", "$comment": "c"}, {"type": "string", "$comment": "c"}, ()),
        ((OA,), {"type": "string", "$comment": "c"}, TEXT, ()),
        ((G, M, L, AS, OS, C), {"type": "string", "$comment": "c", "deprecated": True, "$id": "x"}, TEXT, ()),
        ((G,), {"type": "string", "x-vendor": 1}, TEXT, ("x-vendor",)),
        ((A, OA), {"type": "string", "x-vendor": 1}, {"type": "string", "x-vendor": 1}, ()),
    ],
}  # fmt: skip

TYPES: dict[str, list[tuple[Any, ...]]] = {
    "list of types": [
        ((A, OA, G, AS, OS), {"type": ["string", "null"]}, {"type": ["string", "null"]}, ()),
        ((M,), {"type": ["string", "null"], "description": "d"},
         {"type": ["string", "null"], "description": "d"}, ()),
        ((M,), {"type": ["string", "integer"], "minimum": 1, "minLength": 2},
         {"anyOf": [{"type": "string", "minLength": 2}, {"type": "integer", "minimum": 1}]}, ()),
        ((L, C), {"type": ["string", "null"], "description": "d"},
         {"anyOf": [TEXT, {"type": "null"}], "description": "d"}, ()),
        ((GP,), {"type": ["string", "null"], "maxLength": 3},
         {"type": "STRING", "maxLength": 3, "nullable": True}, ()),
        ((GP,), {"type": ["string", "integer", "null"]},
         {"anyOf": [CAPITAL, {"type": "INTEGER"}], "nullable": True}, ()),
        ((GP,), {"type": ["array", "object", "null"], "items": TEXT, "properties": {"a": TEXT}},
         {"anyOf": [{"type": "ARRAY", "items": CAPITAL}, {"type": "OBJECT", "properties": {"a": CAPITAL}}],
          "nullable": True}, ()),
        ((L,), {"type": ["integer", "number"]}, {"type": "number"}, ()),
    ],
    "capitals of Google": [
        ((A, OA, G, M, L, AS, OS, C), CAPITAL, TEXT, ()),
        ((A, OA, G, AS, OS), {"type": ["STRING", "NULL"]}, {"type": ["string", "null"]}, ()),
        ((A, L), {"type": "TYPE_UNSPECIFIED"}, {}, ()),
    ],
    "nullable of OpenAPI": [
        ((A, OA, G), {"type": "string", "nullable": True}, {"type": ["string", "null"]}, ()),
        ((A, OA, G), {"type": "string", "nullable": False}, TEXT, ()),
        ((A, OA), {"type": "string", "enum": ["a"], "nullable": True},
         {"type": ["string", "null"], "enum": ["a", None]}, ()),
        ((A, OA), {"const": "a", "nullable": True}, {"enum": ["a", None]}, ()),
        ((A, OA, G), {"anyOf": [TEXT], "nullable": True}, {"anyOf": [TEXT, {"type": "null"}]}, ()),
        ((A, OA), {"allOf": [TEXT], "nullable": True, "description": "d"},
         {"anyOf": [{"allOf": [TEXT]}, {"type": "null"}], "description": "d"}, ()),
        ((GP,), {"type": "STRING", "nullable": True}, {"type": "STRING", "nullable": True}, ()),
        ((GP,), {"type": "STRING", "nullable": False}, CAPITAL, ()),
        ((GP,), {"type": "string", "nullable": True}, {"type": "STRING", "nullable": True}, ()),
    ],
    "no type": [
        ((A, OA, G, L), {}, {}, ()),
        ((A, OA, G, L), {"description": "d"}, {"description": "d"}, ()),
        ((M,), {"description": "d"}, {"description": "d", **ANYTHING}, ()),
        ((G,), {"minLength": 1}, {"description": "minLength: 1"}, ("minLength",)),
        ((L,), {"minLength": 1}, {"type": "string", "description": "minLength: 1"}, ("minLength",)),
        ((A, OA), {"minLength": 1}, {"minLength": 1}, ()),
        ((M,), {"minLength": 1}, {"minLength": 1, "type": "string"}, ()),
        ((L,), {"items": TEXT}, {"items": TEXT, "type": "array"}, ()),
        ((GP,), {"properties": {"a": TEXT}}, {"properties": {"a": CAPITAL}, "type": "OBJECT"}, ()),
        ((M,), {"minLength": 1, "minimum": 2},
         {"anyOf": [{"type": "string", "minLength": 1}, {"type": "number", "minimum": 2},
                    {"type": "boolean"}, {"type": "array"}, {"type": "object"}, {"type": "null"}]}, ()),
        ((M,), {"pattern": "^a", "minimum": 2, "title": "T"},
         {"anyOf": [TEXT, {"type": "number", "minimum": 2}, {"type": "boolean"}, {"type": "array"},
                    {"type": "object"}, {"type": "null"}], "title": "T", "description": "pattern: ^a"},
         ("pattern",)),
        ((L,), {"maxItems": 1, "minimum": 2},
         {"anyOf": [TEXT, {"type": "number", "minimum": 2}, {"type": "boolean"},
                    {"type": "array", "maxItems": 1, "items": {}},
                    {"type": "object", "properties": {}}, {"type": "null"}]}, ()),
    ],
    "true": [
        ((A, OA), True, True, ()),
        ((G, L), True, {}, ()),
        ((M,), True, ANYTHING, ()),
    ],
    "false": [
        ((A, OA), False, False, ()),
        ((G, L), False, {"description": "false: nothing is valid"}, ("false",)),
        ((M,), False, {"description": "false: nothing is valid", **ANYTHING}, ("false",)),
    ],
    "words about another type": [
        ((A, OA, G), {"type": "string", "minimum": 1}, {"type": "string", "minimum": 1}, ()),
        ((M, L), {"type": "string", "minimum": 1, "items": TEXT, "required": ["a"]}, TEXT, ()),
        ((GP,), {"type": "STRING", "minimum": 1}, CAPITAL, ()),
    ],
}  # fmt: skip

SHAPES: dict[str, list[tuple[Any, ...]]] = {
    "open map": [
        ((A, G, M), {"type": "object", "additionalProperties": TEXT},
         {"type": "object", "additionalProperties": TEXT}, ()),
        ((OA, L), {"type": "object", "additionalProperties": TEXT},
         {"type": "object", "additionalProperties": TEXT, "properties": {}}, ()),
        ((GP,), {"type": "object", "additionalProperties": {}},
         {"type": "OBJECT", "description": "additionalProperties: {}"}, ("additionalProperties",)),
        ((GP,), {"type": "object", "additionalProperties": False, "properties": {"a": TEXT}},
         {"type": "OBJECT", "properties": {"a": CAPITAL}, "description": "additionalProperties: false"},
         ("additionalProperties",)),
        ((GP,), {"type": "OBJECT", "additionalProperties": True}, {"type": "OBJECT"}, ()),
    ],
    "patterns of names": [
        ((A,), {"type": "object", "patternProperties": {"^a": TEXT}, "additionalProperties": False},
         {"type": "object", "patternProperties": {"^a": TEXT}, "additionalProperties": False}, ()),
        ((G, M), {"type": "object", "patternProperties": {"^a": TEXT}, "additionalProperties": False},
         {"type": "object",
          "description": 'patternProperties: {"^a":{"type":"string"}}; additionalProperties: false'},
         ("patternProperties", "additionalProperties")),
        ((G,), {"type": "object", "patternProperties": {"^a": TEXT}, "additionalProperties": True},
         {"type": "object", "additionalProperties": True,
          "description": 'patternProperties: {"^a":{"type":"string"}}'}, ("patternProperties",)),
    ],
    "what combines": [
        ((A, OA), {"type": "string", "not": {"const": "a"}, "if": {"minLength": 2}, "then": {"maxLength": 3}},
         {"type": "string", "not": {"const": "a"}, "if": {"minLength": 2}, "then": {"maxLength": 3}}, ()),
        ((G, M, L), {"type": "string", "not": {"const": "a"}},
         {"type": "string", "description": 'not: {"const":"a"}'}, ("not",)),
        ((G, M, L), {"type": "array", "items": TEXT, "contains": {"const": "a"}, "uniqueItems": True},
         {"type": "array", "items": TEXT, "description": 'contains: {"const":"a"}; uniqueItems: true'},
         ("contains", "uniqueItems")),
        ((G, M), {"type": "object", "dependentRequired": {"a": ["b"]}, "minProperties": 1},
         {"type": "object", "description": 'dependentRequired: {"a":["b"]}; minProperties: 1'},
         ("dependentRequired", "minProperties")),
    ],
    "required": [
        ((A,), {"type": "object", "properties": {"a": TEXT}, "required": ["a", "b"]},
         {"type": "object", "properties": {"a": TEXT}, "required": ["a", "b"]}, ()),
        ((G, M), {"type": "object", "properties": {"a": TEXT}, "required": ["a", "b"]},
         {"type": "object", "properties": {"a": TEXT}, "required": ["a"], "description": "required: b"},
         ("required",)),
        ((G, M), {"type": "object", "required": ["b"]},
         {"type": "object", "description": "required: b"}, ("required",)),
        ((GP,), {"type": "OBJECT", "properties": {"a": CAPITAL}, "propertyOrdering": ["b", "a"]},
         {"type": "OBJECT", "properties": {"a": CAPITAL}, "propertyOrdering": ["a"]}, ()),
        ((G,), {"type": "object", "propertyOrdering": ["b"]}, {"type": "object"}, ()),
    ],
    "edge-298-tuple": [
        ((A,), {"type": "array", "prefixItems": [TEXT]}, {"type": "array", "prefixItems": [TEXT]}, ()),
        ((OA, G), {"type": "array", "prefixItems": [TEXT]},
         {"type": "array", "prefixItems": [TEXT], "items": {}}, ()),
        ((A, OA), {"type": "array", "items": [TEXT], "additionalItems": False},
         {"type": "array", "prefixItems": [TEXT], "items": False}, ()),
        ((M,), {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": False},
         {"type": "array", "items": {"anyOf": [TEXT, {"type": "integer"}]},
          "description": 'prefixItems: [{"type":"string"},{"type":"integer"}]'}, ("prefixItems",)),
        ((M,), {"type": "array", "items": [TEXT, TEXT], "minItems": 2, "maxItems": 2},
         {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2,
          "description": 'prefixItems: [{"type":"string"},{"type":"string"}]'}, ("prefixItems",)),
        ((M,), {"type": "array", "prefixItems": [TEXT], "items": {"type": "integer"}},
         {"type": "array", "items": {"anyOf": [TEXT, {"type": "integer"}]},
          "description": 'prefixItems: [{"type":"string"}]'}, ("prefixItems",)),
        ((M,), {"type": "array", "prefixItems": [TEXT]},
         {"type": "array", "description": 'prefixItems: [{"type":"string"}]'}, ("prefixItems",)),
        ((L,), {"type": "array", "prefixItems": [TEXT]},
         {"type": "array", "items": {}, "description": 'prefixItems: [{"type":"string"}]'}, ("prefixItems",)),
    ],
    "items": [
        ((A, M), {"type": "array"}, {"type": "array"}, ()),
        ((OA, G, L), {"type": "array"}, {"type": "array", "items": {}}, ()),
        ((OA,), {"type": ["array", "null"]}, {"type": ["array", "null"], "items": {}}, ()),
        ((M,), {"type": "array", "items": True}, {"type": "array"}, ()),
        ((G, L), {"type": "array", "items": False},
         {"type": "array", "items": {}, "description": "items: none"}, ("items",)),
    ],
    "properties": [
        ((A, G, M), {"type": "object"}, {"type": "object"}, ()),
        ((OA, L), {"type": "object"}, {"type": "object", "properties": {}}, ()),
        ((OA,), {"type": ["object", "null"]}, {"type": ["object", "null"], "properties": {}}, ()),
    ],
    "edge-178-names-that-are-words": [
        ((A, OA, G, M, AS),
         {"type": "object", "additionalProperties": False,
          "properties": {"type": TEXT, "format": TEXT, "properties": TEXT, "enum": TEXT, "nullable": TEXT},
          "required": ["type", "format"]},
         {"type": "object", "additionalProperties": False,
          "properties": {"type": TEXT, "format": TEXT, "properties": TEXT, "enum": TEXT, "nullable": TEXT},
          "required": ["type", "format"]}, ()),
    ],
    "edge-177-data-that-looks-like-a-schema": [
        ((A, OA, M, L), {"type": "string", "default": "type", "description": "format: title"},
         {"type": "string", "default": "type", "description": "format: title"}, ()),
        ((A, OA), {"type": "object", "properties": {}, "default": {"type": "STRING", "nullable": True}},
         {"type": "object", "properties": {}, "default": {"type": "STRING", "nullable": True}}, ()),
        ((A, OA), {"enum": [{"type": "STRING"}], "const": {"$ref": "#/nowhere"}},
         {"enum": [{"type": "STRING"}], "const": {"$ref": "#/nowhere"}}, ()),
    ],
}  # fmt: skip

UNIONS: dict[str, list[tuple[Any, ...]]] = {
    "oneOf": [
        ((A, OA, G), {"oneOf": [TEXT, {"type": "integer"}]}, {"oneOf": [TEXT, {"type": "integer"}]}, ()),
        ((M, L, OS, AS, C), {"oneOf": [TEXT, {"type": "integer"}]},
         {"anyOf": [TEXT, {"type": "integer"}]}, ()),
        ((M, L), {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 3}]},
         {"anyOf": [{"type": "integer"}, {"type": "number", "minimum": 3}],
          "description": "oneOf: exactly one of them"}, ("oneOf",)),
        ((M, L), {"anyOf": [TEXT], "oneOf": [{"type": "string"}, {"type": "string", "minLength": 2}]},
         {"anyOf": [TEXT], "description": "oneOf: (string) or (string)"}, ("oneOf",)),
        ((G,), {"oneOf": [{"type": "string", "pattern": "^a"}, {"type": "integer"}]},
         {"anyOf": [{"type": "string", "description": "pattern: ^a"}, {"type": "integer"}]},
         (".oneOf[0]: pattern", "oneOf")),
        ((G,), {"oneOf": [{"type": "string", "pattern": "^a"}], "anyOf": [TEXT]},
         {"anyOf": [TEXT],
          "description": 'oneOf: [{"type":"string","pattern":"^a"}]'},
         (".oneOf[0]: pattern", "oneOf")),
    ],
    "oneOf with marks": [
        ((M, L),
         {"oneOf": [
             {"type": "object", "properties": {"k": {"const": "a"}}, "required": ["k"]},
             {"type": "object", "properties": {"k": {"enum": ["b", "c"]}}, "required": ["k"]}]},
         {"anyOf": [
             {"type": "object", "properties": {"k": {"enum": ["a"], "type": "string"}}, "required": ["k"]},
             {"type": "object", "properties": {"k": {"enum": ["b", "c"], "type": "string"}},
              "required": ["k"]}]}, ()),
        ((M,),
         {"oneOf": [
             {"type": "object", "properties": {"k": {"const": "a"}}},
             {"type": "object", "properties": {"k": {"const": "b"}}, "required": ["k"]}, True]},
         {"anyOf": [
             {"type": "object", "properties": {"k": {"enum": ["a"], "type": "string"}}},
             {"type": "object", "properties": {"k": {"enum": ["b"], "type": "string"}}, "required": ["k"]},
             ANYTHING], "description": "oneOf: exactly one of them"}, ("oneOf",)),
        ((M,),
         {"oneOf": [True, {"type": "string"}]},
         {"anyOf": [ANYTHING, TEXT], "description": "oneOf: exactly one of them"}, ("oneOf",)),
        ((M,),
         {"oneOf": [
             {"type": "object", "properties": {"k": True}, "required": ["k", 5]},
             {"type": "object", "properties": {"k": {"const": "b"}}, "required": ["k"]}]},
         {"anyOf": [
             {"type": "object", "properties": {"k": ANYTHING}, "required": ["k"]},
             {"type": "object", "properties": {"k": {"enum": ["b"], "type": "string"}}, "required": ["k"]}],
          "description": "oneOf: exactly one of them"}, ("oneOf", ".anyOf[0]: required")),
    ],
    "allOf": [
        ((A, OA), {"allOf": [TEXT, {"minLength": 1}]}, {"allOf": [TEXT, {"minLength": 1}]}, ()),
        ((GP,), {"allOf": [TEXT, {"minLength": 1}, {"minLength": 2}, True]},
         {"type": "STRING", "minLength": 2}, ()),
        ((G, M), {"allOf": [{"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
                            {"properties": {"b": TEXT, "a": {"enum": ["x"]}}, "required": ["b", "a"]}]},
         {"type": "object",
          "properties": {"a": {"type": "string", "enum": ["x"]}, "b": TEXT}, "required": ["a", "b"]}, ()),
        ((G, M), {"type": "string", "allOf": [{"type": "integer"}]},
         {"type": "string"}, ("allOf",)),
        ((G, M), {"type": "string", "allOf": [5, {"description": "d"}]},
         {"type": "string", "description": "d"}, ("allOf",)),
    ],
    "edge-298-type-beside-a-union": [
        ((A, OA, G), {"type": "string", "anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]},
         {"type": "string", "anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]}, ()),
        ((M, L, C), {"type": "string", "anyOf": [{"enum": ["a"]}, {"enum": ["b"]}], "description": "d"},
         {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b"]}],
          "description": "d"}, ()),
        ((M, L), {"type": ["string", "array", "boolean"],
                  "anyOf": [{"type": "array", "items": TEXT}, {"type": "boolean"}, TEXT]},
         {"anyOf": [{"type": "array", "items": TEXT}, {"type": "boolean"}, TEXT]}, ()),
        ((M,), {"type": "string", "anyOf": [{"type": "integer"}, {"minLength": 2}]},
         {"anyOf": [{"type": "string", "minLength": 2}]}, ()),
        ((M,), {"type": "string", "anyOf": [{"type": "integer"}]}, {"anyOf": [TEXT]}, ()),
    ],
    "object beside a union": [
        ((M, L), {"type": "object", "properties": {"a": TEXT, "b": TEXT},
                  "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
         {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "description": "anyOf: (a) or (b)"},
         ("anyOf",)),
        ((G,), {"type": "object", "properties": {"a": TEXT}, "anyOf": [{"required": ["a"]}, {}]},
         {"type": "object", "properties": {"a": TEXT},
          "anyOf": [{"description": "required: a"}, {}]}, (".anyOf[0]: required",)),
        ((M,), {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False,
                "anyOf": [{"properties": {"b": TEXT}}]},
         {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "additionalProperties": False}, ()),
        ((M,), {"properties": {"a": TEXT}, "anyOf": [{"properties": {"b": TEXT}}, {"type": "string"}]},
         {"type": "object", "properties": {"a": TEXT, "b": TEXT}}, ()),
        ((M,), {"type": "array", "items": TEXT, "anyOf": [{"minItems": 1}, {"maxItems": 2}]},
         {"type": "array", "items": TEXT, "description": "anyOf: (anything) or (anything)"}, ("anyOf",)),
    ],
    "null as a branch": [
        ((GP,), {"anyOf": [TEXT, {"type": "null"}], "description": "d"},
         {"type": "STRING", "description": "d", "nullable": True}, ()),
        ((GP,), {"anyOf": [TEXT, {"type": "integer"}, {"type": "NULL"}]},
         {"anyOf": [CAPITAL, {"type": "INTEGER"}], "nullable": True}, ()),
        ((GP,), {"anyOf": [{"type": "null"}]}, {"anyOf": [{"type": "NULL"}]}, ()),
        ((GP,), {"type": "integer", "anyOf": [TEXT, {"type": "null"}]},
         {"type": "INTEGER", "nullable": True}, ("anyOf",)),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "given", "expected", "lost"), rows({**VALUES, **TYPES, **SHAPES, **UNIONS})
)
def test_a_property_in_a_dialect(
    dialect: Dialect, given: Any, expected: Any, lost: tuple[str, ...]
) -> None:
    """The row says what comes out, and what only the description still tells."""
    made = shaped_property(given, dialect)

    assert made.schema == _spelled(expected, dialect)
    assert made.lost == lost


def _spelled(schema: Any, dialect: Dialect) -> Any:
    """A row that several dialects share is written in small letters; Google's own is in capitals."""
    name = schema.get("type") if isinstance(schema, dict) else None
    if dialect is GP and isinstance(name, str):
        return {**schema, "type": name.upper()}
    if dialect is not GP and name == "NULL":
        return {**schema, "type": "null"}
    return schema

"""Schemas as agents really send them (reference 1.5)."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.wire.schema import Dialect, Shaped, shaped
from tests.support.schema_dialects import faults

LOOSE = [
    Dialect.ANTHROPIC, Dialect.OPENAI, Dialect.GEMINI, Dialect.GEMINI_OPENAPI, Dialect.MOONSHOT,
    Dialect.LMSTUDIO,
]  # fmt: skip

WEB_FETCH = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "url": {"description": "The URL to fetch content from", "type": "string", "format": "uri"},
        "prompt": {"description": "What to look for", "type": "string", "minLength": 1},
        "timeout": {
            "description": "Seconds",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 600,
        },
        "limit": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991},
        "mode": {"type": "string", "enum": ["text", "files"], "default": "text"},
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"header": {"type": "string", "maxLength": 12}},
                "required": ["header"],
                "additionalProperties": False,
            },
            "minItems": 1,
            "maxItems": 4,
        },
    },
    "required": ["url", "prompt"],
    "additionalProperties": False,
}
SEND_MESSAGE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "to": {
            "type": "string",
            "allOf": [{"pattern": "^[a-z]"}, {"pattern": "[a-z]$"}],
            "maxLength": 64,
        },
    },
    "required": ["to"],
    "additionalProperties": False,
}
WORKFLOW = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"name": {"type": "string"}, "args": {"description": "Input of the workflow"}},
    "required": ["name"],
    "additionalProperties": False,
}
CODEX = {
    "type": "object",
    "properties": {
        "command": {"type": "array", "items": {"type": "string"}, "description": "The command"},
        "timeout_ms": {"type": "number"},
        "plan": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"step": {"type": "string"}, "status": {"type": "string"}},
                "required": ["step", "status"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["command"],
    "additionalProperties": False,
}
GOOGLE = {
    "type": "OBJECT",
    "properties": {
        "path": {"type": "STRING", "description": "Where", "nullable": True},
        "kind": {"type": "STRING", "format": "enum", "enum": ["A", "B"]},
        "lines": {
            "type": "ARRAY",
            "items": {"type": "INTEGER", "format": "int32"},
            "minItems": "1",
        },
    },
    "required": ["path"],
    "propertyOrdering": ["path", "kind", "lines"],
}


@pytest.mark.parametrize("dialect", LOOSE)
@pytest.mark.parametrize("schema", [WEB_FETCH, SEND_MESSAGE, WORKFLOW, CODEX, GOOGLE])
def test_every_vendor_takes_what_agents_send(dialect: Dialect, schema: dict[str, Any]) -> None:
    """None of them answers 400, and no property is lost."""
    made = shaped(schema, dialect)

    assert faults(made.schema, dialect) == []
    assert list(made.schema["properties"]) == list(schema["properties"])
    assert made.schema["required"] == schema["required"]


@pytest.mark.parametrize("schema", [WEB_FETCH, SEND_MESSAGE, WORKFLOW, CODEX])
def test_claude_code_s_and_codex_s_tools_are_claude_s_as_they_are(schema: dict[str, Any]) -> None:
    """The very object."""
    assert shaped(schema, Dialect.ANTHROPIC) == Shaped(schema)
    assert shaped(schema, Dialect.ANTHROPIC).schema is schema


def test_openai_gets_all_but_the_draft_s_name() -> None:
    """Groq refuses it; the properties are the very object."""
    made = shaped(WEB_FETCH, Dialect.OPENAI)

    assert made.schema == {word: value for word, value in WEB_FETCH.items() if word != "$schema"}
    assert made.schema["properties"] is WEB_FETCH["properties"]
    assert made.lost == ()
    assert shaped(CODEX, Dialect.OPENAI).schema is CODEX


def test_edge_176_gemini_s_json_schema() -> None:
    """No word that it does not list."""
    made = shaped(WEB_FETCH, Dialect.GEMINI)

    assert made.schema == {
        "type": "object",
        "properties": {
            "url": WEB_FETCH["properties"]["url"],
            "prompt": {"description": "What to look for (minLength: 1)", "type": "string"},
            "timeout": {
                "description": "Seconds (exclusiveMinimum: 0)",
                "type": "number",
                "maximum": 600,
                "minimum": 0,
            },
            "limit": {"type": "integer", "maximum": 9007199254740991, "minimum": 1},
            "mode": {"type": "string", "enum": ["text", "files"], "description": "default: text"},
            "questions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"header": {"type": "string", "description": "maxLength: 12"}},
                    "required": ["header"],
                    "additionalProperties": False,
                },
                "minItems": 1,
                "maxItems": 4,
            },
        },
        "required": ["url", "prompt"],
        "additionalProperties": False,
    }  # fmt: skip
    assert made.lost == (
        "properties.prompt: minLength", "properties.timeout: exclusiveMinimum", "properties.mode: default",
        "properties.questions.items.properties.header: maxLength",
    )  # fmt: skip


def test_edge_176_gemini_s_openapi() -> None:
    """Types in capitals, and open objects."""
    made = shaped(WEB_FETCH, Dialect.GEMINI_OPENAPI)

    assert made.fits
    assert made.schema["type"] == "OBJECT"
    assert made.schema["description"] == "additionalProperties: false"
    assert made.schema["properties"]["url"] == {
        "description": "The URL to fetch content from (format: uri)", "type": "STRING",
    }  # fmt: skip
    assert made.schema["properties"]["questions"]["items"]["properties"] == {
        "header": {"type": "STRING", "maxLength": 12}
    }


@pytest.mark.parametrize(
    ("dialect", "expected", "lost"),
    [
        (Dialect.GEMINI_OPENAPI,
         {"type": "STRING", "pattern": "^[a-z]", "maxLength": 64, "description": "pattern: [a-z]$"},
         ("pattern",)),
        (Dialect.MOONSHOT,
         {"type": "string", "maxLength": 64, "description": "pattern: ^[a-z]; pattern: [a-z]$"},
         ("pattern",)),
        (Dialect.GEMINI,
         {"type": "string", "description": "pattern: ^[a-z]; pattern: [a-z]$; maxLength: 64"},
         ("pattern", "maxLength")),
    ],
)  # fmt: skip
def test_two_patterns_of_send_message(
    dialect: Dialect, expected: Any, lost: tuple[str, ...]
) -> None:
    """One stays where patterns are known, the other is told."""
    made = shaped(SEND_MESSAGE, dialect)

    assert made.schema["properties"]["to"] == expected
    assert tuple(one.removeprefix("properties.to: ") for one in made.lost if "to" in one) == lost


def test_the_untyped_argument_of_workflow() -> None:
    """Anything, where that can be said; else JSON text, and the other way of Gemini is the better one."""
    args = {dialect: shaped(WORKFLOW, dialect).schema["properties"]["args"] for dialect in LOOSE}
    given = WORKFLOW["properties"]["args"]

    assert args[Dialect.ANTHROPIC] is given
    assert args[Dialect.OPENAI] is given
    assert args[Dialect.GEMINI] is given
    assert args[Dialect.LMSTUDIO] is given
    assert args[Dialect.MOONSHOT]["type"] == [
        "string",
        "number",
        "boolean",
        "array",
        "object",
        "null",
    ]
    assert args[Dialect.GEMINI_OPENAPI] == {
        "type": "STRING",
        "description": "Input of the workflow (type: anything, as JSON text)",
    }
    assert not shaped(WORKFLOW, Dialect.GEMINI_OPENAPI).fits
    assert shaped(WORKFLOW, Dialect.GEMINI).fits


def test_strict_is_not_for_the_untyped_argument_of_workflow() -> None:
    """But for others of Claude Code's tools."""
    for dialect in (Dialect.OPENAI_STRICT, Dialect.ANTHROPIC_STRICT, Dialect.CEREBRAS_STRICT):
        assert not shaped(WORKFLOW, dialect).fits
        assert shaped(WEB_FETCH, dialect).fits
        assert shaped(CODEX, dialect).fits


def test_a_gemini_client_s_schema_for_others() -> None:
    """Small letters, a list of types for ``nullable``, integers that are no strings."""
    expected = {
        "type": "object",
        "properties": {
            "path": {"type": ["string", "null"], "description": "Where"},
            "kind": {"type": "string", "format": "enum", "enum": ["A", "B"]},
            "lines": {
                "type": "array",
                "items": {"type": "integer", "format": "int32"},
                "minItems": 1,
            },
        },
        "required": ["path"],
        "propertyOrdering": ["path", "kind", "lines"],
    }

    assert shaped(GOOGLE, Dialect.ANTHROPIC) == Shaped(expected)
    assert shaped(GOOGLE, Dialect.OPENAI) == Shaped(expected)
    assert shaped(GOOGLE, Dialect.GEMINI) == Shaped(expected)
    assert (
        shaped(GOOGLE, Dialect.GEMINI_OPENAPI).schema["properties"]["path"]
        is (GOOGLE["properties"]["path"])
    )


def test_edge_323_a_complex_schema_becomes_a_simple_one() -> None:
    """For grammars of small engines: no references, lists of types, patterns or words beside unions."""
    schema = {
        "type": "object",
        "properties": {
            "filter": {
                "description": "What to find",
                "oneOf": [
                    {"$ref": "#/$defs/Text"},
                    {"type": "array", "items": {"$ref": "#/$defs/Text"}, "uniqueItems": True},
                    {"type": "object", "patternProperties": {"^x-": {"type": ["string", "null"]}},
                     "not": {"required": ["y"]}, "properties": {"z": {"const": 1}}},
                ],
            },
        },
        "$defs": {"Text": {"type": "string", "pattern": "^(?:a|b)+$", "maxLength": 4000}},
    }  # fmt: skip
    made = shaped(schema, Dialect.LMSTUDIO)
    text = {"type": "string", "description": "pattern: ^(?:a|b)+$; maxLength: 4000"}

    assert faults(made.schema, Dialect.LMSTUDIO) == []
    assert made.schema["properties"]["filter"]["anyOf"][0] == text
    assert made.schema["properties"]["filter"]["anyOf"][1]["items"] == text
    assert made.schema["properties"]["filter"]["anyOf"][2]["properties"] == {
        "z": {"enum": [1], "type": "number"}
    }
    assert "$defs" not in made.schema

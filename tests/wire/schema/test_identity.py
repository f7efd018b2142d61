"""What needs no change is not rebuilt, and the same schema always becomes the same."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from aimux.wire.schema import Dialect, shaped

TEXT = {"type": "string", "description": "text"}
INNER = {
    "type": "object",
    "properties": {"a": TEXT},
    "required": ["a"],
    "additionalProperties": False,
}
WHOLE = {
    "type": "object",
    "description": "d",
    "properties": {
        "inner": INNER,
        "list": {"type": "array", "items": INNER, "minItems": 1},
        "choice": {"type": "string", "enum": ["a", "b"]},
        "either": {"anyOf": [TEXT, {"type": "integer"}]},
        "leaf": {"$ref": "#/$defs/Leaf"},
    },
    "required": ["inner", "list", "choice", "either", "leaf"],
    "additionalProperties": False,
    "$defs": {"Leaf": INNER},
}
CAPITALS = {
    "type": "OBJECT",
    "properties": {
        "a": {"type": "STRING", "enum": ["a"], "nullable": True},
        "b": {"type": "ARRAY", "items": {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}},
        "c": {
            "type": "OBJECT",
            "properties": {"d": {"type": "NUMBER", "format": "float"}},
            "required": ["d"],
        },
    },
    "required": ["a"],
    "propertyOrdering": ["a", "b", "c"],
}
WITHOUT_DEFS = {word: value for word, value in WHOLE.items() if word != "$defs"} | {
    "properties": {name: one for name, one in WHOLE["properties"].items() if name != "leaf"},
    "required": ["inner", "list", "choice", "either"],
}


@pytest.mark.parametrize(
    ("dialect", "schema"),
    [
        *((dialect, WHOLE) for dialect in Dialect
          if dialect not in {Dialect.GEMINI_OPENAPI, Dialect.LMSTUDIO, Dialect.CEREBRAS_STRICT}),
        (Dialect.LMSTUDIO, WITHOUT_DEFS),
        (Dialect.GEMINI_OPENAPI, CAPITALS),
    ],
)  # fmt: skip
def test_what_fits_comes_back_as_it_is(dialect: Dialect, schema: dict[str, Any]) -> None:
    """The very object, of every depth."""
    made = shaped(schema, dialect)

    assert made.schema is schema
    assert made.lost == ()
    assert made.fits


@pytest.mark.parametrize("dialect", [Dialect.MOONSHOT, Dialect.GEMINI, Dialect.LMSTUDIO])
def test_only_the_way_to_a_change_is_copied(dialect: Dialect) -> None:
    """What stands beside it is shared."""
    schema = {
        "type": "object",
        "properties": {
            "kept": INNER,
            "changed": {
                "type": "object",
                "properties": {"kept": INNER, "n": {"type": "integer", "multipleOf": 2}},
            },
        },
    }
    made = shaped(schema, dialect).schema["properties"]

    assert made["kept"] is INNER
    assert made["changed"]["properties"]["kept"] is INNER
    assert made["changed"]["properties"]["n"] == {"type": "integer", "description": "multipleOf: 2"}
    assert schema["properties"]["changed"]["properties"]["n"] == {
        "type": "integer",
        "multipleOf": 2,
    }


PROGRAM = """
from aimux.wire import jsontext
from aimux.wire.schema import Dialect, shaped
schema = {
    "$schema": "s", "type": "object", "title": "t", "examples": [1], "default": {}, "enum": [{}], "not": {},
    "properties": {
        "a": {"title": "t", "default": 1, "examples": [2], "example": 3,
              "type": ["string", "integer", "null"], "minLength": 1, "minimum": 2, "pattern": "a"},
        "b": {"type": "string", "minLength": 1, "pattern": "b", "anyOf": [{"enum": ["x"]}, {"maxLength": 3}],
              "default": "x", "examples": []},
        "c": {"$ref": "#/$defs/A", "minLength": 2},
    },
    "oneOf": [{"required": ["b", "a"], "properties": {"z": {}, "y": {}}}, {"required": ["a", "b"]}],
    "unevaluatedProperties": 5,
    "$defs": {name: {"type": "string", "format": name} for name in "ABCDEF"},
}
for dialect in Dialect:
    made = shaped(schema, dialect)
    print(jsontext.text_of(made.schema), made.lost)
"""


def test_nothing_depends_on_the_run() -> None:
    """The provider's prompt cache sees the same bytes after a restart: no order comes out of a set."""
    said = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(said) == 1

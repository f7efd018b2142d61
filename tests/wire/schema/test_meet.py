"""Schemas that hold at once, as one."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.wire import jsontext
from aimux.wire.schema.grammar import GRAMMARS, Dialect
from aimux.wire.schema.meet import at_once, meet
from aimux.wire.schema.node import Node, Work
from aimux.wire.schema.refs import References
from aimux.wire.schema.words import is_of, same, type_of

TEXT = {"type": "string"}
LONG = {"minLength": 2}


def met(one: dict[str, Any], other: dict[str, Any]) -> tuple[dict[str, Any], list[str], bool]:
    """Both in one, what was lost, and whether anything can be of the types of both."""
    node = Node(Work(GRAMMARS[Dialect.ANTHROPIC], References({})), dict(one))
    possible = meet(node, other)
    return node.words, node.work.lost, possible


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({}, TEXT, TEXT),
        (TEXT, TEXT, TEXT),
        ({"type": ["string", "null"]}, {"type": ["null", "array"]}, {"type": "null"}),
        ({"type": ["string", "null", "array"]}, {"type": ["null", "string"]}, {"type": ["string", "null"]}),
        ({"type": "number"}, {"type": "integer"}, {"type": "integer"}),
        ({"type": "integer"}, {"type": ["number", "null"]}, {"type": "integer"}),
        ({"type": ["number", "null"]}, {"type": ["integer", "null"]}, {"type": ["null", "integer"]}),
        ({"type": "integer"}, {"type": "integer"}, {"type": "integer"}),
        ({"enum": [1, 2, True]}, {"enum": [2.0, 1, 3]}, {"enum": [1, 2]}),
        ({"const": "a"}, {"enum": ["a", "b"]}, {"enum": ["a"]}),
        ({"enum": ["a", "b"]}, {"const": "b"}, {"enum": ["b"]}),
        ({"const": "a"}, {"const": "a"}, {"enum": ["a"]}),
        ({"required": ["a", "b"]}, {"required": ["b", "c"]}, {"required": ["a", "b", "c"]}),
        ({"properties": {"a": TEXT, "b": TEXT}}, {"properties": {"a": LONG, "c": TEXT}},
         {"properties": {"a": {"allOf": [TEXT, LONG]}, "b": TEXT, "c": TEXT}}),
        ({"additionalProperties": TEXT}, {"additionalProperties": False}, {"additionalProperties": False}),
        ({"additionalProperties": True}, {"additionalProperties": TEXT}, {"additionalProperties": TEXT}),
        ({"items": TEXT}, {"items": LONG}, {"items": {"allOf": [TEXT, LONG]}}),
        ({"prefixItems": [TEXT]}, {"prefixItems": [LONG, TEXT]},
         {"prefixItems": [{"allOf": [TEXT, LONG]}, TEXT]}),
        ({"prefixItems": [TEXT, LONG]}, {"prefixItems": [{}]}, {"prefixItems": [TEXT, LONG]}),
        ({"minimum": 1, "maximum": 9}, {"minimum": 2, "maximum": 8.5}, {"minimum": 2, "maximum": 8.5}),
        ({"minLength": 3, "maxItems": 2}, {"minLength": 1, "maxItems": 4}, {"minLength": 3, "maxItems": 2}),
        ({"uniqueItems": False}, {"uniqueItems": True}, {"uniqueItems": True}),
        ({"description": "a", "default": 1}, {"description": "b", "default": 2, "title": "T"},
         {"description": "a", "default": 1, "title": "T"}),
        ({"contains": TEXT, "minContains": 2}, {"minItems": 1},
         {"contains": TEXT, "minContains": 2, "minItems": 1}),
    ],
)  # fmt: skip
def test_what_both_say(one: dict[str, Any], other: dict[str, Any], both: dict[str, Any]) -> None:
    """Nothing is lost."""
    assert met(one, other) == (both, [], True)


@pytest.mark.parametrize(
    ("one", "other", "first", "lost"),
    [
        ({"enum": ["a"]}, {"enum": ["b"]}, {"enum": ["a"]}, ["enum"]),
        ({"pattern": "a"}, {"pattern": "b"}, {"pattern": "a"}, ["pattern"]),
        ({"not": TEXT}, {"not": LONG}, {"not": TEXT}, ["not"]),
        ({"anyOf": [TEXT]}, {"anyOf": [LONG]}, {"anyOf": [TEXT]}, ["anyOf"]),
        ({"contains": TEXT}, {"contains": LONG, "maxContains": 1}, {"contains": TEXT}, ["contains"]),
        ({"if": TEXT, "then": LONG}, {"if": LONG, "else": TEXT}, {"if": TEXT, "then": LONG}, ["if"]),
        ({"minimum": jsontext.verbatim("1.0")}, {"minimum": 2},
         {"minimum": jsontext.verbatim("1.0")}, ["minimum"]),
    ],
)  # fmt: skip
def test_what_cannot_be_said_in_one(
    one: dict[str, Any], other: dict[str, Any], first: dict[str, Any], lost: list[str]
) -> None:
    """The first stays, the other is told."""
    assert met(one, other) == (first, lost, True)


def test_types_that_exclude_each_other() -> None:
    """The first stays; whoever asks may leave the whole out."""
    assert met(TEXT, {"type": "integer"}) == (TEXT, [], False)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (True, TEXT, TEXT),
        (TEXT, True, TEXT),
        ({}, TEXT, TEXT),
        (TEXT, {}, TEXT),
        (TEXT, dict(TEXT), TEXT),
        (TEXT, False, False),
        (False, TEXT, False),
        (TEXT, LONG, {"allOf": [TEXT, LONG]}),
    ],
)
def test_two_at_once(one: Any, other: Any, both: Any) -> None:
    """The simplest that says it."""
    assert at_once(one, other) == both


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ("a", "a", True),
        (None, None, True),
        (None, 0, False),
        ([1, [2]], [1.0, [2]], True),
        ([1], [True], False),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": [0]}, {"a": [False]}, False),
        ([], {}, False),
        (deep(5000), deep(5000), False),
    ],
)
def test_equal_values(one: Any, other: Any, equal: bool) -> None:
    """By JSON's rules and not by Python's."""
    assert same(one, other) is equal


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "null"), (True, "boolean"), (1, "number"), (1.5, "number"), ("", "string"), ([], "array"),
     ((), "array"), ({}, "object"), (jsontext.verbatim("1.50"), "number")],
)  # fmt: skip
def test_types_of_values(value: Any, name: str) -> None:
    """Numbers whose spelling is kept are numbers."""
    assert type_of(value) == name
    assert is_of(value, name)


@pytest.mark.parametrize(("value", "whole"), [(1, True), (1.0, True), (1.5, False), (True, False)])
def test_integers(value: Any, whole: bool) -> None:
    """By their value."""
    assert is_of(value, "integer") is whole

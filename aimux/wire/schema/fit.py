"""Whether a node is in a dialect already, by its own words: the common case, and the fast one.

What stands below a node is looked at when the walk gets there.  References and definitions are looked at
there, too: where only some words are taken, they are none of those here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aimux.wire.schema.grammar import Grammar, Types
from aimux.wire.schema.words import (
    ABOUT,
    TYPES,
    WELL_FORMED,
    Check,
    family,
    family_of,
    is_names,
    is_of,
    type_of,
    types,
)

_LEADING: Final = frozenset({"$ref", "$defs"})
_BESIDE_UNION: Final = frozenset({"anyOf", "nullable", *ABOUT})
_BARE: Final = frozenset({"type", *ABOUT})
_CAPITALS: Final = frozenset(name.upper() for name in TYPES)
_SINGLE: Final = frozenset(TYPES)
_LEAF: Final = frozenset({"type", "description"})
_SCALARS: Final = frozenset({"string", "number", "integer", "boolean"})

Rule = Callable[[dict[str, Any], Grammar], bool]


class Fit:
    """The look at a node for one dialect."""

    __slots__ = ("_beside", "_checks", "_grammar", "_rules", "_scalars", "_words")

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._words = None if grammar.words is None else grammar.words - _LEADING
        self._beside = _beside_types(grammar)
        self._checks: Mapping[str, Check] = {**WELL_FORMED, **_checks(grammar)}
        self._rules = _rules(grammar)
        self._scalars = frozenset(map(str.upper, _SCALARS)) if grammar.openapi else _SCALARS

    def is_leaf(self, node: dict[str, Any]) -> bool:
        """Whether a node is a described scalar, as two of three are: the dialects all take that."""
        if not node.keys() <= _LEAF:
            return False
        name = node.get("type")
        return (
            type(name) is str and name in self._scalars and type(node.get("description", "")) is str
        )

    def __call__(self, node: dict[str, Any]) -> bool:
        """Whether a node need not be touched."""
        if not self._knows(node):
            return False
        checks = self._checks
        for word, value in node.items():
            check = checks.get(word)
            if check is not None and not check(value):
                return False
        for rule in self._rules:  # noqa: SIM110 -- a generator costs more than the rules do
            if not rule(node, self._grammar):
                return False
        return True

    def _knows(self, node: dict[str, Any]) -> bool:
        if self._words is None:
            return self._grammar.stripped.isdisjoint(node)
        name = node.get("type")
        words = self._beside.get(name, self._words) if isinstance(name, str) else self._words
        return node.keys() <= words


def _beside_types(grammar: Grammar) -> dict[str, frozenset[str]]:
    """The words that may stand beside each type, in the dialects that refuse others."""
    if grammar.words is None or grammar.types is Types.LIST:
        return {}
    return {
        name.upper() if grammar.openapi else name: frozenset(
            word for word in grammar.words - _LEADING if word == "format" or _is_about(word, name)
        )
        for name in TYPES
    }


def _is_about(word: str, type_name: str) -> bool:
    return family(word, "") in {"", family_of(type_name)}


def _checks(grammar: Grammar) -> dict[str, Check]:
    """What the dialect wants of single words beyond their being well formed."""
    checks: dict[str, Check] = {}
    if grammar.openapi:
        checks["type"] = lambda value: isinstance(value, str) and value in _CAPITALS
        checks["nullable"] = lambda value: value is True
    elif grammar.types is Types.SINGLE:
        checks["type"] = lambda value: isinstance(value, str) and value in _SINGLE
    if grammar.strict:
        checks["additionalProperties"] = lambda value: value is False
    if grammar.all_required:
        checks["required"] = is_names
    if grammar.formats is not None:
        known = grammar.formats
        checks["format"] = lambda value: isinstance(value, str) and value in known
    if grammar.max_min_items is not None:
        most = grammar.max_min_items
        checks["minItems"] = lambda value: type(value) is int and 0 <= value <= most
    if grammar.words is not None:
        checks["items"] = lambda value: type(value) is dict
    return checks


# ------------------------------------------------------------ words that stand together


def _rules(grammar: Grammar) -> tuple[Rule, ...]:
    """Those that a dialect needs."""
    if grammar.words is None:
        return (_has_contents,) if grammar.needs_items else ()
    wanted: dict[Rule, bool] = {
        _has_contents: grammar.needs_items or grammar.needs_properties,
        _has_type: grammar.guesses,
        _lists_required: True,
        _lists_values: True,
        _is_closed: grammar.strict,
        _union_is_alone: grammar.lone_unions,
        _type_is_bare: grammar.types is Types.BARE,
        _default_is_plain: grammar.plain_defaults,
        _says_null: grammar.openapi,
        _has_few_branches: grammar.max_branches > 0,
    }
    return tuple(rule for rule, is_wanted in wanted.items() if is_wanted)


def _named(node: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name.lower() for name in types(node))


def _has_contents(node: dict[str, Any], grammar: Grammar) -> bool:
    """Arrays have items, objects have properties."""
    if "type" not in node:
        return True
    names = _named(node)
    if "array" in names and grammar.needs_items and "items" not in node:
        return False
    return "object" not in names or not grammar.needs_properties or "properties" in node


def _has_type(node: dict[str, Any], grammar: Grammar) -> bool:
    """Only a node that says nothing may go without a type, and not everywhere."""
    if "type" in node or "anyOf" in node:
        return True
    return not grammar.typed and "enum" not in node and not any(family(word, "") for word in node)


def _lists_required(node: dict[str, Any], _: Grammar) -> bool:
    """What is required or put in order is among the properties."""
    if "required" not in node and "propertyOrdering" not in node:
        return True
    known = node.get("properties", ())
    listed = (*node.get("required", ()), *node.get("propertyOrdering", ()))
    return all(name in known for name in listed)


def _lists_values(node: dict[str, Any], grammar: Grammar) -> bool:
    """An enum holds what it may, of the node's own types."""
    if "enum" not in node:
        return True
    values, names = node["enum"], _named(node)
    kinds = {type_of(value) for value in values}
    if grammar.openapi and "" in values:
        return False
    if grammar.enums is not None and not kinds <= grammar.enums:
        return False
    if not grammar.mixed_enums and len(kinds) > 1:
        return False
    return not names or all(any(is_of(value, name) for name in names) for value in values)


def _is_closed(node: dict[str, Any], grammar: Grammar) -> bool:
    """An object of a strict dialect."""
    if "object" not in _named(node):
        return True
    if "additionalProperties" not in node:
        return False
    return not grammar.all_required or set(node.get("required", ())) == set(node["properties"])


def _union_is_alone(node: dict[str, Any], _: Grammar) -> bool:
    return "anyOf" not in node or node.keys() <= _BESIDE_UNION


def _type_is_bare(node: dict[str, Any], _: Grammar) -> bool:
    return not isinstance(node.get("type"), list) or node.keys() <= _BARE


def _default_is_plain(node: dict[str, Any], _: Grammar) -> bool:
    if "default" not in node:
        return True
    names = _named(node)
    return (
        len(names) == 1 and names[0] not in {"array", "object"} and is_of(node["default"], names[0])
    )


def _says_null(node: dict[str, Any], _: Grammar) -> bool:
    """Null is no branch, and a format belongs to the type."""
    if any(
        _named(branch) == ("null",) for branch in node.get("anyOf", ()) if isinstance(branch, dict)
    ):
        return False
    names = _named(node)
    return "format" not in node or family("format", node["format"]) in {
        family_of(name) for name in names
    }


def _has_few_branches(node: dict[str, Any], grammar: Grammar) -> bool:
    return len(node.get("anyOf", ())) <= grammar.max_branches

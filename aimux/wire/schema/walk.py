"""The walk through a schema, node by node, from the root down.

A node that the dialect takes as it stands is not copied, and neither is one above it for its sake: what
comes back is the very object that went in, down to the first node that had to change.  Any other goes
through the steps in their order, and then what stands below it is walked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_not
from typing import Any, Final, assert_never

from aimux.wire.schema.clean import clean
from aimux.wire.schema.fit import Fit
from aimux.wire.schema.grammar import GRAMMARS, Dialect, Refs
from aimux.wire.schema.join import conjoin, reference
from aimux.wire.schema.node import MAX_DEPTH, Node, Work
from aimux.wire.schema.refs import References
from aimux.wire.schema.shapes import close, definitions, fill, rooted, strip
from aimux.wire.schema.unions import alone, unions
from aimux.wire.schema.values import bounds, constants, defaults, enums, formats, guess, kinds
from aimux.wire.schema.words import EXACT, FOLLOWERS, PLACES, Place, constraints

_FITS: Final[Mapping[Dialect, Fit]] = {
    dialect: Fit(grammar) for dialect, grammar in GRAMMARS.items()
}
_COMBINED: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
_UNEVALUATED: Final = frozenset({"unevaluatedProperties", "unevaluatedItems"})

Step = Callable[[Node], None]


def _strip_notes(node: Node) -> None:
    for word in node.grammar.stripped & node.words.keys():
        del node.words[word]


_OF_ALL_WORDS: Final[tuple[Step, ...]] = (_strip_notes, fill)
_OF_SOME_WORDS: Final[tuple[Step, ...]] = (
    conjoin, unions, alone, constants, guess, bounds, formats, strip, enums, kinds, fill, defaults,
    definitions,
)  # fmt: skip


class Walk:
    """The walk of one schema into one dialect.  ``work`` tells afterwards what was lost."""

    def __init__(self, schema: dict[str, Any], dialect: Dialect) -> None:
        grammar = GRAMMARS[dialect]
        self.work = Work(grammar, References(schema), entered=["#"])
        self._schema = schema
        self._fits = _FITS[dialect]
        self._takes_all = grammar.words is None
        self._steps = _OF_ALL_WORDS if self._takes_all else _OF_SOME_WORDS

    def run(self) -> dict[str, Any]:
        """The whole schema in the dialect."""
        schema = self._schema
        if self._is_root(schema):
            return self._below(schema, "", 0)
        node = Node(self.work, dict(schema))
        clean(node)
        self.work.moved = not _COMBINED.isdisjoint(constraints(node.words))
        conjoin(node)
        rooted(node)
        return self._stepped(node)

    def _is_root(self, schema: dict[str, Any]) -> bool:
        """Whether the root need not be touched."""
        if "properties" not in schema or str(schema.get("type")).lower() != "object":
            return False
        grammar = self.work.grammar
        if "$ref" in schema or not grammar.not_at_root.isdisjoint(schema):
            return False
        if self._takes_all or "$defs" not in schema:
            return self._fits(schema)
        own = {word: value for word, value in schema.items() if word != "$defs"}
        return self._fits(own) and self._has_fitting_definitions()

    def _has_fitting_definitions(self) -> bool:
        """Whether all definitions of the root may stay, as they are called."""
        refs, kind = self.work.refs, self.work.grammar.refs
        if kind is Refs.INLINED or not isinstance(self._schema["$defs"], dict):
            return False
        circles = kind is Refs.ACYCLIC and refs.circular
        return not circles and not any("/" in name for name in refs.definitions)

    # ------------------------------------------------------------ one schema

    def _schema_at(self, schema: Any, path: str, depth: int) -> Any:
        if type(schema) is not dict:
            return self._odd(schema, path, depth)
        if self._fits.is_leaf(schema):
            return schema
        if depth > MAX_DEPTH:
            self.work.lose(path, "depth")
            return self._open(path, depth)
        self.work.nodes += 1
        if "$ref" in schema:
            return self._referring(schema, path, depth)
        if self._fits(schema):
            return self._below(schema, path, depth)
        return self._changed(schema, path, depth)

    def _referring(self, schema: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
        """A reference stays where it leads somewhere and the dialect has such."""
        ref, work = schema["$ref"], self.work
        if self._takes_all:
            if work.leads_astray(ref):
                return self._changed(schema, path, depth, conjoin)
            as_it_is = self._fits(schema)
            return (self._below if as_it_is else self._changed)(schema, path, depth)
        if len(schema) == 1 and isinstance(ref, str) and reference(work, ref) == ref:
            return schema
        return self._changed(schema, path, depth)

    def _changed(
        self, schema: dict[str, Any], path: str, depth: int, *first: Step
    ) -> dict[str, Any]:
        node = Node(self.work, dict(schema), path, depth)
        for step in (clean, *first):
            step(node)
        return self._stepped(node)

    def _stepped(self, node: Node) -> dict[str, Any]:
        """A clean node in the dialect, and all that stands below it."""
        for step in self._steps:
            step(node)
        entered = self.work.entered
        mark = len(entered)
        entered += node.entered
        node.words = dict(self._below(node.words, node.path, node.depth))
        del entered[mark:]
        close(node)
        return self._spelled(node.finished())

    def _spelled(self, words: dict[str, Any]) -> dict[str, Any]:
        """Google's capitals; a reference for which words stand, by itself in a union of one."""
        if self.work.grammar.openapi and "type" in words:
            words["type"] = words["type"].upper()
        if not self._takes_all and "$ref" in words and len(words) > 1:
            return {"anyOf": [{"$ref": words.pop("$ref")}], **words}
        return words

    def _odd(self, schema: Any, path: str, depth: int) -> Any:
        """What is no object: yes, no, or a mistake."""
        if isinstance(schema, bool) and self._takes_all:
            return schema
        if schema is True:
            return self._open(path, depth)
        self.work.lose(path, "false" if schema is False else "not a schema")
        return self._open(path, depth, "false: nothing is valid" if schema is False else "")

    def _open(self, path: str, depth: int, hint: str = "") -> Any:
        """A schema that takes anything."""
        node = Node(self.work, {}, path, depth)
        if hint:
            node.hints.append(hint)
        for step in self._steps:
            step(node)
        return self._spelled(node.finished())

    # ------------------------------------------------------------ what stands below

    def _below(self, words: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
        """A schema with those right below it walked; itself where none of them changes."""
        if words.keys().isdisjoint(PLACES):
            return words
        lost = self.work.lost
        mark = len(lost)
        new, inexact = words, []
        for word, value in words.items():
            place = PLACES.get(word)
            if place is None:
                continue
            before = len(lost)
            below = self._in_place(place, value, f"{path}.{word}" if path else word, depth + 1)
            if below is not value:
                new = dict(words) if new is words else new
                new[word] = below
            if len(lost) > before and word in EXACT:
                inexact.append(word)
        if inexact or (len(lost) > mark and not _UNEVALUATED.isdisjoint(words)):
            node = Node(self.work, dict(new), path, depth)
            return _widened(node, words, inexact)
        return new

    def _in_place(self, place: Place, value: Any, path: str, depth: int) -> Any:
        match place:
            case Place.ONE:
                return value if type(value) is bool else self._schema_at(value, path, depth)
            case Place.MANY:
                listed = [
                    self._schema_at(schema, f"{path}[{index}]", depth)
                    for index, schema in enumerate(value)
                ]
                return listed if any(map(is_not, listed, value)) else value
            case Place.NAMED:
                named = {
                    name: self._schema_at(schema, f"{path}.{name}", depth)
                    for name, schema in value.items()
                }
                return named if any(map(is_not, named.values(), value.values())) else value
            case _:
                assert_never(place)


def _widened(node: Node, was: dict[str, Any], inexact: list[str]) -> dict[str, Any]:
    """A schema below which something was lost where wider means narrower: those words go.

    They are told as they were.
    """
    words = node.words
    for word in inexact:
        if word == "oneOf" and "anyOf" not in words:
            words["anyOf"] = words.pop("oneOf")
            node.work.note(node.path, "oneOf")
        else:
            words[word] = was[word]
            node.lose(word)
    for word, leader in FOLLOWERS.items():
        if leader in inexact:
            words.pop(word, None)
    for word in sorted(_UNEVALUATED & words.keys()):
        words[word] = was[word]
        node.lose(word)
    return node.finished()

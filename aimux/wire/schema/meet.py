"""Two schemas that hold at once, as one: ``allOf``, and a reference with words beside it.

What both say under a word becomes one value where that can be; below them, schemas that hold at once
are left as an ``allOf`` for the walk to come by.  Where it cannot be, the first one stays and the other
is told: the result may be wider than the two, never narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aimux.wire.schema.node import Node
from aimux.wire.schema.words import EXAMPLES, same, set_types, types

_TOGETHER: Final = (("contains", "minContains", "maxContains"), ("if", "then", "else"))
"""Words that mean nothing without the first of them."""


def meet(node: Node, other: dict[str, Any]) -> bool:
    """Makes a node hold what another clean schema says, too; False where nothing can be of both types."""
    words, other = node.words, dict(other)
    for together in _TOGETHER:
        if together[0] in words and together[0] in other:
            gone = {word: other.pop(word) for word in together if word in other}
            node.tell(together[0], gone)
    possible = True
    if "type" in words and "type" in other:
        possible = _meet_types(words, other.pop("type"))
    if "const" in other and ("const" in words or "enum" in words):
        other["enum"] = [other.pop("const")]
    if "enum" in other and "const" in words:
        words["enum"] = [words.pop("const")]
    for word, value in other.items():
        if word not in words:
            words[word] = value
        elif not same(words[word], value):
            _MEET.get(word, _keep)(node, word, value)
    return possible


def _meet_types(words: dict[str, Any], other: Any) -> bool:
    mine, theirs = types(words), types({"type": other})
    both = [name for name in mine if name in theirs]
    if "integer" not in both and {*mine, *theirs} >= {"integer", "number"}:
        whole = "integer" in mine and "number" in theirs
        both += ["integer"] if whole or "integer" in theirs else []
    if both:
        set_types(words, both)
    return bool(both)


Meet = Callable[[Node, str, Any], None]


def _keep(node: Node, word: str, value: Any) -> None:
    """The first one stays; both are told where the dialect has none of them."""
    if not node.takes(word):
        node.lose(word)
    node.tell(word, value)


def _keep_silently(_: Node, __: str, ___: Any) -> None:
    """The first one says it."""


def _either_flag(node: Node, word: str, _: Any) -> None:
    node.words[word] = True


def _common(node: Node, word: str, value: Any) -> None:
    """Values of both; where there are none, nothing is valid, and the first ones stay."""
    common = [one for one in node.words[word] if any(same(one, other) for other in value)]
    if common:
        node.words[word] = common
    else:
        node.tell(word, value)


def _all_names(node: Node, word: str, value: Any) -> None:
    node.words[word] = list(dict.fromkeys([*node.words[word], *value]))


def _each_name(node: Node, word: str, value: Any) -> None:
    mine = node.words[word]
    node.words[word] = {
        **mine,
        **{
            name: at_once(mine[name], schema) if name in mine else schema
            for name, schema in value.items()
        },
    }


def _each_item(node: Node, word: str, value: Any) -> None:
    mine = node.words[word]
    longer = mine if len(mine) > len(value) else value
    node.words[word] = [
        *(at_once(one, other) for one, other in zip(mine, value, strict=False)),
        *longer[min(len(mine), len(value)) :],
    ]


def _one_schema(node: Node, word: str, value: Any) -> None:
    node.words[word] = at_once(node.words[word], value)


def _larger(node: Node, word: str, value: Any) -> None:
    _bound(node, word, value, max)


def _smaller(node: Node, word: str, value: Any) -> None:
    _bound(node, word, value, min)


def _bound(node: Node, word: str, value: Any, choose: Callable[[Any, Any], Any]) -> None:
    """Numbers whose spelling is kept are opaque and cannot be compared."""
    mine = node.words[word]
    if isinstance(mine, (int, float)) and isinstance(value, (int, float)):
        node.words[word] = choose(mine, value)
    else:
        node.tell(word, value)


_SPOKEN: Final = ("title", "description", *EXAMPLES, "$id", "$schema", "$comment")
_NAMED: Final = ("properties", "patternProperties", "dependentSchemas")
_SCHEMAS: Final = (
    "items", "additionalProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems",
)  # fmt: skip
_AT_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")

_MEET: Final[Mapping[str, Meet]] = {
    **dict.fromkeys(_SPOKEN, _keep_silently),
    **dict.fromkeys(_NAMED, _each_name),
    **dict.fromkeys(_SCHEMAS, _one_schema),
    **dict.fromkeys(_AT_LEAST, _larger),
    **dict.fromkeys(_AT_MOST, _smaller),
    "uniqueItems": _either_flag,
    "enum": _common,
    "required": _all_names,
    "prefixItems": _each_item,
}


def at_once(one: Any, other: Any) -> Any:
    """A schema that holds where both do."""
    if one is False or other is False:
        return False
    if one is True or one == {} or same(one, other):
        return other
    if other is True or other == {}:
        return one
    return {"allOf": [one, other]}

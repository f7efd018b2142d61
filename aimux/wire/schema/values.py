"""What single values may be: constants, bounds, formats, and types where there are several or none."""

from __future__ import annotations

from typing import Any, Final

from aimux.wire.schema.grammar import Types
from aimux.wire.schema.node import Node
from aimux.wire.schema.words import (
    ABOUT,
    ANYTHING,
    EXAMPLES,
    family,
    family_of,
    is_of,
    set_types,
    type_of,
    types,
)

_BOUNDS: Final = (
    ("exclusiveMinimum", "minimum", 1, max),
    ("exclusiveMaximum", "maximum", -1, min),
)
_STANDS_FOR_TYPE: Final = frozenset({"anyOf", "$ref", "enum"})
"""Words that say by themselves what there may be; the types of listed values are seen later."""


def bounds(node: Node) -> None:
    """A bound that is no value itself, where the dialect has only those that are."""
    words = node.words
    for exclusive, inclusive, step, narrower in _BOUNDS:
        if exclusive not in words or node.takes(exclusive) or not node.takes(inclusive):
            continue
        value = words[exclusive]
        if types(words) == ("integer",) and isinstance(value, int):
            del words[exclusive]
            value += step
        else:
            node.lose(exclusive)
        mine = words.get(inclusive, value)
        comparable = isinstance(mine, (int, float)) and isinstance(value, (int, float))
        words[inclusive] = narrower(mine, value) if comparable else mine


def formats(node: Node) -> None:
    """Formats that the dialect does not know; ``minItems`` beyond what it enforces."""
    words, grammar = node.words, node.grammar
    if grammar.formats is not None and words.get("format") not in {None, *grammar.formats}:
        node.lose("format")
    if grammar.max_min_items is not None and words.get("minItems", 0) > grammar.max_min_items:
        node.lose("minItems")


# ------------------------------------------------------------ enums


def constants(node: Node) -> None:
    """A constant as a list of one value, where the dialect has only lists, or else with its type."""
    words = node.words
    if "const" not in words:
        return
    if not node.takes("const"):
        words["enum"] = [words.pop("const")]
    else:
        words.setdefault("type", type_of(words["const"]))


def enums(node: Node) -> None:
    """Lists of values, as far as the dialect has them."""
    words = node.words
    if "enum" not in words:
        return
    names = types(words)
    values = [value for value in words["enum"] if not names or _is_any(value, names)]
    if not values:
        node.lose("enum")  # it contradicts the type, and nothing is valid
        return
    if len(values) < len(words["enum"]):
        words["enum"] = values
    if not names and node.grammar.guesses:
        set_types(words, tuple(map(type_of, values)))
    _limit_enum(node)


def _is_any(value: Any, names: tuple[str, ...]) -> bool:
    return any(is_of(value, name) for name in names)


def _limit_enum(node: Node) -> None:
    """Values that an enum cannot hold here make room for all of their type."""
    words, grammar = node.words, node.grammar
    kinds = dict.fromkeys(map(type_of, words["enum"]))
    fitting = [kind for kind in kinds if grammar.enums is None or kind in grammar.enums]
    empty = grammar.openapi and "" in words["enum"]  # Google refuses an empty string in an enum
    if len(fitting) == len(kinds) and (grammar.mixed_enums or len(kinds) == 1) and not empty:
        return
    if "anyOf" in words or len(kinds) == 1 or empty:
        _open_enum(node)
        return
    names = types(words) or tuple(kinds)
    split(node, tuple(name for name in names if any(is_of(one, name) for one in words["enum"])))


def _open_enum(node: Node) -> None:
    """A list of values is only told."""
    values = node.words["enum"]
    if not types(node.words) and "anyOf" not in node.words:
        set_types(node.words, tuple(map(type_of, values)))
    if _is_whole(values):
        del node.words["enum"]
    else:
        node.lose("enum")
    if node.words.get("format") == "enum":
        del node.words["format"]


def _is_whole(values: list[Any]) -> bool:
    """Whether these are all the values of null or of boolean: the type says as much."""
    if values == [None]:
        return True
    return all(isinstance(value, bool) for value in values) and len(set(values)) == 2


# ------------------------------------------------------------ types


def guess(node: Node) -> None:
    """A type for a node that names none, where the dialect wants one.

    One whose words speak of one type is meant to be of that type.  Others may be anything.
    """
    words, grammar = node.words, node.grammar
    if types(words) or not grammar.guesses or not _STANDS_FOR_TYPE.isdisjoint(words):
        return
    families = dict.fromkeys(name for word in words if (name := family(word, words[word])))
    if len(families) == 1:
        words["type"] = next(iter(families))
    elif grammar.openapi:
        words["type"] = "string"
        node.tell("type", "anything, as JSON text")
        node.work.fits = False
    elif grammar.strict:
        node.work.lose(node.path, "type")
    elif grammar.typed or families:
        words["type"] = list(ANYTHING)


def kinds(node: Node) -> None:
    """One type, several as the dialect says them, or none where it can do without."""
    words, grammar = node.words, node.grammar
    names = types(words)
    if "number" in names:
        names = tuple(name for name in names if name != "integer")
        set_types(words, names)
    if grammar.openapi and "null" in names and len(names) > 1:
        names = tuple(name for name in names if name != "null")
        set_types(words, names)
        words["nullable"] = True
    if len(names) > 1 and not _may_list(node):
        split(node, names)
    elif len(names) == 1 and grammar.types is not Types.LIST:
        _without_strangers(words, names[0])


def _may_list(node: Node) -> bool:
    match node.grammar.types:
        case Types.LIST:
            return True
        case Types.BARE:
            return node.words.keys() <= {"type", "$defs", *ABOUT}
        case _:
            return False


def _without_strangers(words: dict[str, Any], name: str) -> None:
    """Words about other types constrain nothing here, and some vendors refuse them."""
    for word in list(words):
        if family(word, words[word]) not in {"", family_of(name)}:
            del words[word]


def split(node: Node, names: tuple[str, ...]) -> None:
    """Several types as branches of a union, each with the words that speak of it."""
    words = node.words
    if node.grammar.openapi and "null" in names and len(names) > 1:
        names = tuple(name for name in names if name != "null")
        words["nullable"] = True
    values = words.pop("enum", None)
    branches: list[dict[str, Any]] = []
    for name in names:
        branch = {
            word: words[word] for word in words if family(word, words[word]) == family_of(name)
        }
        own = [value for value in values or () if is_of(value, name)]
        if own or values is None:
            branches.append({"type": name, **branch, **_own_enum(node, own)})
    for word in [word for word in words if word == "type" or family(word, words[word])]:
        del words[word]
    if len(branches) == 1:
        words.update(branches[0])
        return
    if node.grammar.lone_unions:
        for word in sorted(EXAMPLES & words.keys()):
            node.lose(word)
    words["anyOf"] = branches


def _own_enum(node: Node, values: list[Any]) -> dict[str, Any]:
    """Values of one type as a list in the branch of it, where a list says more and may stand there."""
    if not values or _is_whole(values):
        return {}
    if node.grammar.enums is not None and type_of(values[0]) not in node.grammar.enums:
        node.tell("enum", values)
        return {}
    return {"enum": values}


def defaults(node: Node) -> None:
    """A default that is of no single type, where the dialect compares the two."""
    words = node.words
    if "default" not in words or not node.grammar.plain_defaults:
        return
    names = types(words)
    if len(names) != 1 or names[0] in {"array", "object"} or not is_of(words["default"], names[0]):
        node.lose("default")

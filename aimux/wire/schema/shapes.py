"""What objects and arrays hold, and what the root is."""

from __future__ import annotations

from typing import Any, Final

from aimux.wire.schema.grammar import Open, Refs, Types
from aimux.wire.schema.node import Node
from aimux.wire.schema.unions import MAX_NESTING, either, united
from aimux.wire.schema.words import EXAMPLES, NOTES, WELL_FORMED, constraints, types

_TOLD: Final = frozenset(
    {*WELL_FORMED, *EXAMPLES, "dependencies", "contentEncoding", "contentMediaType", "const"}
)
"""Words that tell a model something, should the dialect not have them."""


def rooted(node: Node) -> None:
    """Makes the root an object with properties and without a union: it is what a call's arguments are.

    A root that can be no object is left where the dialect has such, for structured output.
    """
    words, grammar = node.words, node.grammar
    if grammar.any_root and _is_no_object(words):
        return
    for word in ("anyOf", "oneOf"):
        if word in words:
            united(node, word, words.pop(word))
    names = types(words)
    if names and "object" not in names:
        node.work.note("", "type")
        node.work.fits = False
        node.words = words = {word: words[word] for word in ("description",) if word in words}
    words["type"] = "object"
    for word in sorted(grammar.not_at_root & words.keys()):
        node.lose(word)
    words.setdefault("properties", {})


def _is_no_object(words: Any, nesting: int = 0) -> bool:
    """Whether a schema is of other types only, or of several that are."""
    if not isinstance(words, dict) or nesting > MAX_NESTING:
        return False
    if names := types(words):
        return all(name.lower() != "object" for name in names)
    if len(constraints(words)) != 1:
        return False
    branches = words.get("anyOf") or words.get("oneOf")
    return isinstance(branches, list) and all(_is_no_object(one, nesting + 1) for one in branches)


def strip(node: Node) -> None:
    """Words that the dialect does not have."""
    words = node.words
    if "prefixItems" in words and not node.takes("prefixItems"):
        _level(node)
    if "patternProperties" in words and not node.takes("patternProperties"):
        _open(node)
    _limit_additional(node)
    for word in [word for word in words if not node.takes(word)]:
        if word in NOTES:
            del words[word]
        elif word in _TOLD:
            node.lose(word)
        else:
            node.drop(word)


def _level(node: Node) -> None:
    """A tuple as a list of whatever stands in it.

    Behind the named places may stand anything, unless the schema says otherwise.
    """
    words = node.words
    first, rest = words.pop("prefixItems"), words.pop("items", True)
    node.tell("prefixItems", first)
    limit = words.get("maxItems")
    if rest is False or (limit is not None and limit <= len(first)):
        words["items"] = either(first)
    elif isinstance(rest, dict):
        words["items"] = either([*first, rest])


def _open(node: Node) -> None:
    """What has a pattern is no additional property; without the pattern it would be one."""
    node.lose("patternProperties")
    if node.words.get("additionalProperties", True) is not True:
        node.lose("additionalProperties")


def _limit_additional(node: Node) -> None:
    said = node.words.get("additionalProperties")
    match node.grammar.open:
        case Open.NEVER if said is True:
            del node.words["additionalProperties"]
        case Open.NEVER if said is not None:
            node.lose("additionalProperties")
        case Open.CLOSED if said is True or isinstance(said, dict):
            node.lose("additionalProperties")
            node.words["additionalProperties"] = False


# ------------------------------------------------------------ what must be there


def fill(node: Node) -> None:
    """Items and properties where the dialect wants them; nothing required that is not there."""
    words, grammar = node.words, node.grammar
    names = types(words)
    if (
        grammar.words is not None
        and isinstance(words.get("items"), bool)
        and not words.pop("items")
    ):
        node.tell("items", "none")
    if grammar.needs_items and "array" in names:
        words.setdefault("items", {})
    if grammar.needs_properties and "object" in names:
        words.setdefault("properties", {})
    if grammar.words is not None:
        _list_required(node)
    if grammar.strict and "object" in names and _is_map(node):
        node.tell("additionalProperties", "anything")


def _is_map(node: Node) -> bool:
    """Whether an object has no properties of its own and is not closed: it holds anything.

    A root is the exception: a tool without arguments.
    """
    words = node.words
    return not (node.is_root or words.get("properties")) and "additionalProperties" not in words


def _list_required(node: Node) -> None:
    """Only properties that are there can be required or put in order."""
    words = node.words
    known = words.get("properties", ())
    missing = [name for name in words.get("required", ()) if name not in known]
    if missing:
        node.tell("required", ", ".join(missing))
    for word in ("required", "propertyOrdering"):
        if any(name not in known for name in words.get(word, ())):
            words[word] = [name for name in words[word] if name in known]
            if not words[word]:
                del words[word]


def definitions(node: Node) -> None:
    """Definitions of the root, where the dialect has any, under the name that it has for them."""
    for word in ("$defs", "definitions"):
        node.words.pop(word, None)
    refs, kind = node.work.refs, node.grammar.refs
    if not node.is_root or kind is Refs.INLINED:
        return
    kept = {
        name: schema
        for name, schema in refs.definitions.items()
        if "/" not in name and not (kind is Refs.ACYCLIC and name in refs.circular)
    }
    if kept:
        node.words["$defs"] = kept


# ------------------------------------------------------------ strict objects


def close(node: Node) -> None:
    """Closes an object for a strict dialect, and requires all that it has."""
    words, grammar = node.words, node.grammar
    if 0 < grammar.max_branches < len(words.get("anyOf", ())):
        node.work.lose(node.path, "anyOf")
    if not grammar.strict or "object" not in types(words):
        return
    words["additionalProperties"] = False
    if not grammar.all_required:
        return
    required = words.get("required", ())
    words["properties"] = {
        name: schema if name in required else _nullable(node, schema)
        for name, schema in words["properties"].items()
    }
    words["required"] = list(words["properties"])


def _nullable(node: Node, schema: Any) -> Any:
    """A schema of the dialect with null as one more value."""
    if not isinstance(schema, dict) or _allows_null(schema):
        return schema
    names = types(schema)
    if (
        node.grammar.types is Types.LIST
        and names
        and names != ("object",)
        and "const" not in schema
    ):
        more = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return {**schema, "type": [*names, "null"], **more}
    is_union = constraints(schema) == {"anyOf"}
    branches = schema["anyOf"] if is_union else [schema]
    if 0 < node.grammar.max_branches <= len(branches):
        node.work.lose(node.path, "anyOf")
    return {**(schema if is_union else {}), "anyOf": [*branches, {"type": "null"}]}


def _allows_null(schema: dict[str, Any]) -> bool:
    if "enum" in schema:
        return None in schema["enum"]
    if "anyOf" in schema:
        return any(isinstance(branch, dict) and _allows_null(branch) for branch in schema["anyOf"])
    return "null" in types(schema) and "const" not in schema

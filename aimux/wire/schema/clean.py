"""Old drafts, OpenAPI's accent and plain mistakes, read as draft 2020-12.

Behind this step every word of a node has a value that it may have.  What cannot be read is dropped, and
never more strictly than it may have been meant; ``null`` for a word means that there is none.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.wire.schema.node import Node
from aimux.wire.schema.words import (
    ABOUT,
    DATA,
    FOLLOWERS,
    NOTES,
    TYPES,
    WELL_FORMED,
    set_types,
    types,
)

_NOT_SAID: Final = "type_unspecified"
"""How Google's enum says nothing."""
_EXCLUSIVE: Final = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
_COUNTS: Final = (
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
_WHOLE: Final = frozenset({"$ref", "allOf", "oneOf", "not", "if"})
"""Words of which nobody sees whether they allow null."""


def clean(node: Node) -> None:
    """Makes every word of a node well formed."""
    words = node.words
    for word in [word for word, value in words.items() if value is None and word not in DATA]:
        del words[word]
    _read_type(node)
    _read_bounds(words)
    _read_counts(words)
    _read_tuple(words)
    _read_required(node)
    _read_nullable(node)
    for word in [word for word, value in words.items() if not _is_well_formed(word, value)]:
        node.drop(word)
    for word, leader in FOLLOWERS.items():
        if leader not in words:
            words.pop(word, None)


def _is_well_formed(word: str, value: Any) -> bool:
    check = WELL_FORMED.get(word)
    return check is None or check(value)


def _read_type(node: Node) -> None:
    """Types in capitals are Google's.  A type that nobody knows could be any."""
    if "type" not in node.words:
        return
    given = node.words["type"]
    names = given if isinstance(given, list) else [given]
    said = [name.lower() if isinstance(name, str) else "" for name in names]
    if any(name not in TYPES and name != _NOT_SAID for name in said):
        node.drop("type")
        return
    known = tuple(name for name in said if name in TYPES)
    if known:
        set_types(node.words, known)
    else:
        del node.words["type"]


def _read_bounds(words: dict[str, Any]) -> None:
    """Draft 4: ``exclusiveMinimum: true`` says how ``minimum`` is meant."""
    for bound, exclusive in _EXCLUSIVE:
        flag = words.get(exclusive)
        if isinstance(flag, bool):
            del words[exclusive]
            if flag and bound in words:
                words[exclusive] = words.pop(bound)


def _read_counts(words: dict[str, Any]) -> None:
    """Google writes large integers as strings, others whole ones with a point."""
    for word in _COUNTS:
        value = words.get(word)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            words[word] = int(value)
        if isinstance(value, float) and value.is_integer():
            words[word] = int(value)


def _read_tuple(words: dict[str, Any]) -> None:
    """Drafts before 2020-12: a list of items, and the rest beside it."""
    if not isinstance(words.get("items"), list):
        return
    first, rest = words.pop("items"), words.pop("additionalItems", None)
    if first:
        words.setdefault("prefixItems", first)
    if isinstance(rest, (bool, dict)):
        words["items"] = rest


def _read_required(node: Node) -> None:
    """Draft 3: the property itself says that it is required."""
    words = node.words
    properties = words.get("properties")
    names = words.get("required", [])
    if isinstance(properties, dict) and not WELL_FORMED["properties"](properties):
        lifted = [name for name, schema in properties.items() if _is_draft_3(schema, required=True)]
        words["properties"] = {
            name: _without_flag(schema) if _is_draft_3(schema) else schema
            for name, schema in properties.items()
        }
        names = [*(names if isinstance(names, list) else []), *lifted]
    if isinstance(names, list):
        known = list(dict.fromkeys(name for name in names if isinstance(name, str)))
        if any(not isinstance(name, str) for name in names):
            node.work.lose(node.path, "required")
        words["required"] = known
    if isinstance(names, bool) or not words["required"]:
        words.pop("required", None)


def _is_draft_3(schema: Any, *, required: bool | None = None) -> bool:
    flag = schema.get("required") if isinstance(schema, dict) else None
    return isinstance(flag, bool) and required in {None, flag}


def _without_flag(schema: dict[str, Any]) -> dict[str, Any]:
    return {word: value for word, value in schema.items() if word != "required"}


def _read_nullable(node: Node) -> None:
    """OpenAPI 3.0: null is valid, too."""
    words = node.words
    if words.pop("nullable", None) is not True:
        return
    if not _WHOLE.isdisjoint(words):
        inner = {word: words.pop(word) for word in list(words) if word not in ABOUT | NOTES}
        words["anyOf"] = [inner, {"type": "null"}]
        return
    if "const" in words:
        words["enum"] = [words.pop("const")]
    if isinstance(words.get("enum"), list) and None not in words["enum"]:
        words["enum"] = [*words["enum"], None]
    if "type" in words:
        set_types(words, (*types(words), "null"))
    if isinstance(words.get("anyOf"), list):
        words["anyOf"] = [*words["anyOf"], {"type": "null"}]

"""The schema read as data: what may stand at a key path, in JSON Schema and in words.

``aimux config schema``, the error texts, ``config set`` and the environment all look here, so that
they cannot disagree.  A node is the JSON Schema of one place, its ``$ref`` already followed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aimux.config.keypath import KeyPath
from aimux.config.schema import DURATION_FORM, Config, duration_text

Node = Mapping[str, Any]

SCHEMA_ID: Final = "https://json-schema.org/draft/2020-12/schema"

LIST_OF_TABLES: Final = "a list of tables"

_NULL: Final = {"type": "null"}
_FEW: Final = 12
"""Up to this many known names are listed; more would bury the reason."""


@functools.cache
def config_schema() -> Node:
    """The JSON Schema (2020-12) of config.toml.

    Without ``null``, which TOML has not, and without defaults that mean "not set".
    """
    return {
        "$schema": SCHEMA_ID,
        "title": "aimux config.toml",
        **_cleaned(Config.model_json_schema()),
    }


def node_at(path: KeyPath) -> Node | None:
    """What may stand at a path, or None when nothing may."""
    node: Node | None = _follow(config_schema())
    for part in path:
        node = _child(node, part) if node is not None else None
    return node


def known_names(node: Node | None) -> tuple[str, ...]:
    """The keys of a table that has a fixed set of them; none for a table of free names."""
    return tuple(node.get("properties", ())) if node else ()


def few(names: Sequence[str]) -> str | None:
    """A list for the eye, if it is short enough to help."""
    return ", ".join(names) if 0 < len(names) <= _FEW else None


def choices(node: Node | None) -> tuple[str, ...]:
    """The closed set of texts that may stand here, if it is one."""
    return tuple(node.get("enum", ())) if node else ()


def possible_names(node: Node | None) -> tuple[str, ...]:
    """The closed set of names that a table's keys are taken from, if it has one."""
    return choices(_follow(node["propertyNames"])) if node and "propertyNames" in node else ()


def needs_restart(path: KeyPath) -> bool:
    """Whether a change at this path waits for a restart."""
    nodes = (node_at(path[:length]) for length in range(1, len(path) + 1))
    return any(node is not None and node.get("restart") for node in nodes)


def kinds(node: Node | None) -> frozenset[str]:
    """JSON types that may stand here."""
    if not node:
        return frozenset()
    if "anyOf" in node:
        return frozenset().union(*(kinds(_follow(each)) for each in node["anyOf"]))
    return frozenset([node["type"]])


def expected(node: Node) -> str:
    """What must stand here, in words that follow "must be"."""
    if "form" in node:
        return str(node["form"])
    if "const" in node:
        return str(node["const"])
    if "anyOf" in node:
        return ", or ".join(expected(_follow(each)) for each in node["anyOf"])
    match node["type"]:
        case "integer":
            return f"a whole number{_range(node)}"
        case "number":
            return f"a number{_range(node)}"
        case "boolean":
            return "true or false"
        case "array":
            return LIST_OF_TABLES if _is_table(node["items"]) else "a list of texts"
        case "object":
            return "a table"
        case _:
            return "one of the allowed texts" if "enum" in node else "a text"


def settings(prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path of fixed names below a path, shallow ones first."""
    for name in known_names(node_at(prefix)):
        yield (*prefix, name)
    for name in known_names(node_at(prefix)):
        yield from settings((*prefix, name))


def elsewhere(name: str | int) -> str | None:
    """The dotted key of a setting of that name in some section, if there is one."""
    return next((".".join(each) for each in settings() if len(each) > 1 and each[-1] == name), None)


def _is_table(node: Node) -> bool:
    return bool(_follow(node).get("type") == "object")


def _range(node: Node) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if "exclusiveMinimum" in node:
        return f" above {node['exclusiveMinimum']}" + ("" if high is None else f", up to {high}")
    if high is None:
        return "" if low is None else f" of {low} or more"
    return f" from {low} to {high}"


def _follow(node: Node) -> Node:
    """The node behind a ``$ref``; what stands beside the reference is kept."""
    if "$ref" not in node:
        return node
    name = node["$ref"].rpartition("/")[2]
    beside = {key: value for key, value in node.items() if key != "$ref"}
    return {**config_schema()["$defs"][name], **beside}


def _child(node: Node, part: str | int) -> Node | None:
    if isinstance(part, int):
        lists = (_follow(each) for each in node.get("anyOf", (node,)))
        items = next((each["items"] for each in lists if "items" in each), None)
        return _follow(items) if items is not None else None
    if part in node.get("properties", ()):
        return _follow(node["properties"][part])
    for child in node.get("patternProperties", {}).values():
        return _follow(child)  # whatever the name: a bad one is told by itself
    free = node.get("additionalProperties")
    return _follow(free) if isinstance(free, dict) else None


def _cleaned(node: dict[str, Any]) -> dict[str, Any]:
    """A node as TOML sees it: no null, no default that means "not set", no generated title."""
    clean = {key: _cleaned_part(key, value) for key, value in node.items()}
    for key in ("title", "gt", "ge", "le"):  # pydantic leaves a duration's limits behind
        clean.pop(key, None)
    if clean.get("default") is None or isinstance(clean["default"], dict):
        clean.pop("default", None)
    if clean.get("form") == DURATION_FORM and isinstance(clean.get("default"), float):
        clean["default"] = duration_text(clean["default"])
    if "patternProperties" in clean:
        clean["additionalProperties"] = False
    if _NULL not in clean.get("anyOf", ()):
        return clean
    rest = [each for each in clean.pop("anyOf") if each != _NULL]
    return {**rest[0], **clean} if len(rest) == 1 else {**clean, "anyOf": rest}


def _cleaned_part(key: str, value: Any) -> Any:
    if key in {"properties", "patternProperties", "$defs"}:
        return {name: _cleaned(each) for name, each in value.items()}
    if key in {"items", "additionalProperties", "propertyNames"} and isinstance(value, dict):
        return _cleaned(value)
    return [_cleaned(each) for each in value] if key == "anyOf" else value

"""Values typed by a person, on a command line or in a variable: what type they are meant to have.

The schema's type decides, so ``8080`` is a number for a port and a text for a name, and nobody needs
to quote a text twice.  What does not fit is kept as it was typed; validation then says what is wrong.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any, Final

from aimux.config.shape import Node, kinds

_NOTHING: Final = object()


def parse_value(text: str, node: Node | None) -> object:
    """The value a text means where the schema expects this node."""
    wanted = kinds(node)
    value = _toml(text)
    if wanted & {"boolean"} and text.strip().lower() in {"true", "false"}:
        return text.strip().lower() == "true"
    if "array" in wanted and not isinstance(value, list) and "string" not in wanted:
        return _items(text)
    if _fits(value, wanted):
        return value
    return text


def parse_values(typed: Sequence[str], node: Node | None) -> object:
    """The value that the words behind ``config set KEY`` mean; several words make a list."""
    if len(typed) == 1:
        return parse_value(typed[0], node)
    item: Any = (node or {}).get("items")
    return [parse_value(each, item) for each in typed]


def _toml(text: str) -> object:
    if "\n" in text or "\r" in text:
        return _NOTHING
    try:
        data = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return _NOTHING
    return data["value"] if len(data) == 1 else _NOTHING


def _fits(value: object, wanted: frozenset[str]) -> bool:
    match value:
        case bool():
            return "boolean" in wanted
        case int():
            return bool(wanted & {"integer", "number"}) and abs(value) < 2**63
        case float():
            return "number" in wanted
        case str():
            return "string" in wanted
        case list():
            return "array" in wanted
        case dict():
            return "object" in wanted
        case _:
            return False


def _items(text: str) -> list[str]:
    """A list typed without brackets: words with spaces or commas between them."""
    return [each for each in re.split(r"[\s,]+", text) if each]

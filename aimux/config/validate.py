"""The schema's verdict on a file's data, in our own words.

pydantic says where something is wrong; the words come from the schema node of that place, so that a
text never speaks of tuples, instances or inputs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from aimux.config.faults import Fault, closest, shown
from aimux.config.keypath import KeyPath, dotted
from aimux.config.schema import NAME_FORM, Config, duration_text
from aimux.config.shape import (
    LIST_OF_TABLES,
    Node,
    choices,
    elsewhere,
    expected,
    few,
    kinds,
    known_names,
    node_at,
    possible_names,
)

_COMPARISONS: Final = {
    "greater_than": ("gt", "longer than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "shorter than"),
    "less_than_equal": ("le", "at most"),
}
_SECRET_NAMES: Final = frozenset(
    {"key", "api_key", "apikey", "api-key", "token", "auth_token", "secret", "password"}
)


def validate(data: Mapping[str, Any]) -> tuple[Config | None, list[Fault]]:
    """The configuration that the data means, or every fault of its shape."""
    try:
        return Config.model_validate(data), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        return None, _one_each([_fault(dict(each), data) for each in details])


def _one_each(faults: Iterable[Fault]) -> list[Fault]:
    """The faults with one for each place.

    Where several types are allowed pydantic complains once for each; the deepest complaint is that
    of the type which was meant.
    """
    by_place = {(fault.path, fault.at): fault for fault in faults}
    above = {path[:length] for path, _ in by_place for length in range(len(path))}
    return [fault for (path, at), fault in by_place.items() if at == "key" or path not in above]


def _fault(detail: dict[str, Any], data: Mapping[str, Any]) -> Fault:
    path, value, at_key = _locate(detail, data)
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(path)
        case "missing":
            node = node_at(path) or {}
            return Fault(path, f"is missing; it must be {expected(node)}", at="key")
        case _ if at_key:
            return _bad_name(path)
        case "literal_error" | "is_instance_of" if path != ("version",):
            return _bad_choice(path, value)
        case "too_short" | "string_too_short":
            return Fault(path, "must not be empty")
        case kind:
            return Fault(path, _bad_value(path, value, kind, detail.get("ctx", {})))


def _locate(detail: dict[str, Any], data: Mapping[str, Any]) -> tuple[KeyPath, Any, bool]:
    """Where a complaint is: its path in the data, the value there, whether it is about the name.

    pydantic's location also names members of unions; what does not lead on in the data is left out.
    """
    path: list[str | int] = []
    here: Any = data
    for part in detail["loc"]:
        match here:
            case dict() if part in here:
                here = here[part]
            case list() if isinstance(part, int):
                here = here[part]
            case dict() if detail["type"] == "missing":
                here = None
            case _ if part == "[key]":
                return tuple(path), here, True
            case _:
                continue
        path.append(part)
    return tuple(path), here, False


def _unknown_key(path: KeyPath) -> Fault:
    name = path[-1]
    names = known_names(node_at(path[:-1]))
    near = closest(name, names) or elsewhere(name)
    message = f"unknown key {name!r}"
    if str(name).casefold() in _SECRET_NAMES and path[0] == "providers":
        message += f"; a key does not stand in this file: aimux keys set {path[1]}"
        near = "keys"
    return Fault(path, message, at="key", allowed=few(names), suggestion=near)


def _bad_name(path: KeyPath) -> Fault:
    names = possible_names(node_at(path[:-1]))
    if not names:
        return Fault(path, f"{path[-1]!r} must be {NAME_FORM}", at="key")
    return Fault(
        path,
        f"{path[-1]!r} is not known here",
        at="key",
        allowed=few(names),
        suggestion=closest(path[-1], names),
    )


def _bad_choice(path: KeyPath, value: object) -> Fault:
    names = choices(node_at(path))
    message = f"cannot be {shown(value, path).removeprefix('the text ')}"
    return Fault(path, message, allowed=few(names), suggestion=closest(value, names))


def _bad_value(path: KeyPath, value: object, kind: str, context: Mapping[str, Any]) -> str:
    node = node_at(path) or {}
    if path == ("version",) and isinstance(value, int) and value > 1:
        return (
            f"version {value} was written for a later aimux; this one reads version 1: update aimux"
        )
    if kind in _COMPARISONS and "form" in node:  # a limit of a duration
        limit, words = _COMPARISONS[kind]
        return f"must be {words} {duration_text(context[limit])!r}, not {shown(value, path)}"
    return f"must be {expected(node)}, not {shown(value, path)}{_cure(path, node, value)}"


def _cure(path: KeyPath, node: Node, value: object) -> str:
    """What to change, where the slip is a common one."""
    wanted = kinds(node)
    match value:
        case str() if "array" in wanted and node.get("items", {}).get("type") == "string":
            return "; put it in [ ]"
        case str() if wanted & {"integer", "number", "boolean"} and _reads_bare(value):
            return "; leave out the quotes"
        case bool() | int() | float() if wanted == {"string"} and "form" not in node:
            return "; put it in quotes"
        case dict() if expected(node) == LIST_OF_TABLES:
            return f"; write [[{dotted(path)}]]"
        case [dict(), *_] if wanted == {"object"}:
            return f"; write [{dotted(path)}{'' if known_names(node) else '.NAME'}]"
    return ""


def _reads_bare(text: str) -> bool:
    try:
        return not isinstance(tomllib.loads(f"v = {text}")["v"], str)
    except ValueError:
        return False

"""The words in which a judge complains, and the questions it asks of a JSON value."""

from __future__ import annotations

from typing import Any

from tests.support.grammar.told import Broken, Spelled


def must(holds: object, complaint: str) -> None:
    """Raises what is wrong unless it holds."""
    if not holds:
        raise Broken(complaint)


def keyed(value: Any, where: str, required: str, optional: str = "") -> dict[str, Any]:
    """An object with these keys and no others; both lists are words."""
    must(isinstance(value, dict), f"{where} is no object: {value!r}")
    wanted, allowed = set(required.split()), set(optional.split())
    must(wanted <= value.keys(), f"{where} lacks {sorted(wanted - value.keys())}: {value!r}")
    foreign = sorted(value.keys() - wanted - allowed)
    must(not foreign, f"{where} has {foreign}, which the format does not know: {value!r}")
    return value


def text(value: Any, where: str, *, empty: bool = True) -> str:
    """A string, and one that says something unless it may be empty."""
    must(
        isinstance(value, str) and not isinstance(value, Spelled), f"{where} is no text: {value!r}"
    )
    must(empty or value, f"{where} is empty")
    return str(value)


def count(value: Any, where: str) -> int:
    """A whole number that counts something."""
    must(type(value) is int and value >= 0, f"{where} is no count: {value!r}")
    return int(value)


def items(value: Any, where: str) -> list[Any]:
    """An array."""
    must(isinstance(value, list), f"{where} is no array: {value!r}")
    return list(value)


def one_of(value: Any, where: str, *allowed: Any) -> Any:
    """One of a few values."""
    must(value in allowed, f"{where} is {value!r}, not one of {allowed}")
    return value


def mapping(value: Any, where: str) -> dict[str, Any]:
    """An object with any keys."""
    must(isinstance(value, dict), f"{where} is no object: {value!r}")
    return dict(value)

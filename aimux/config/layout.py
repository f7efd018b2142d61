"""How aimux writes TOML: which tables have a header, and what stands on one line.

Sections, named tables and arrays of tables get headers; what is below them stays on one line, as
``limits = { requests_per_minute = 60 }`` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeGuard

from aimux.config.keypath import KeyPath, quoted

_CONTAINERS: Final = frozenset({"providers", "models", "budgets"})
"""Tables of named tables; only the named ones have a header."""

_ARRAYS: Final = frozenset({"routes", "alerts"})
"""Arrays of tables."""


def literal(value: object) -> str:
    """A value as TOML on one line."""
    import tomlkit

    match value:
        case dict():
            pairs = ", ".join(f"{quoted(name)} = {literal(each)}" for name, each in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return tomlkit.item(value).as_string()


def lines_for(path: KeyPath, value: object) -> str:
    """The value as the lines one would write by hand into an empty file."""
    table = headed(path, value)
    if not table:
        return f"{'.'.join(quoted(str(part)) for part in path)} = {literal(value)}\n"
    return "\n".join(blocks(table, nested(path[len(table) :], value)))


def has_header(path: KeyPath) -> bool:
    """Whether a table at this path is written with a header of its own."""
    match path:
        case (str() as name,):
            return True
        case (str() as name, int()):
            return name in _ARRAYS
        case (str() as name, str()):
            return name in _CONTAINERS
        case ("providers", str(), "models") | ("providers", str(), "models", str()):
            return True
        case _:
            return False


def header_text(path: KeyPath) -> str:
    """The header of a table, or of an item of an array of tables."""
    name = ".".join(quoted(part) for part in path if isinstance(part, str))
    return f"[[{name}]]" if isinstance(path[-1], int) else f"[{name}]"


def headed(path: KeyPath, value: object) -> KeyPath:
    """The longest part of a path whose table has a header of its own; empty if none has."""
    for length in range(len(path), 0, -1):
        inside = nested(path[length:], value)
        if has_header(path[:length]) and (isinstance(inside, dict) or is_tables(inside)):
            return path[:length]
    return ()


def blocks(path: KeyPath, value: Any) -> Iterator[str]:
    """The lines of a table and of the tables in it that have headers of their own."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from blocks((*path, index), each)
        return
    below = {name for name, each in value.items() if headed((*path, name), each) == (*path, name)}
    own = "".join(
        f"{quoted(name)} = {literal(each)}\n" for name, each in value.items() if name not in below
    )
    if own or not below:
        yield f"{header_text(path)}\n{own}"
    for name in value:
        if name in below:
            yield from blocks((*path, name), value[name])


def nested(rest: KeyPath, value: object) -> Any:
    """The value within the tables and lists that the rest of its path names."""
    for part in reversed(rest):
        value = [value] if isinstance(part, int) else {part: value}
    return value


def is_tables(value: object) -> TypeGuard[list[dict[str, Any]]]:
    """Whether a value would be written as an array of tables."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)

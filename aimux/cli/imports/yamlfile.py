"""Reads a foreign YAML file as data: no tags, no objects, no aliases that grow without end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aimux.cli.imports.found import Unreadable

MOST_BYTES: Final = 4 * 2**20
_MOST_ALIASES: Final = 1000


def read_yaml(path: Path) -> Mapping[str, Any]:
    """The table in the file.

    Raises:
        Unreadable: it is no YAML, too large, or holds something else.
    """
    import yaml  # type: ignore[import-untyped]  # it ships no types

    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(f"{str(path)!r} is too large to be a configuration")
    try:
        source = path.read_text("utf-8-sig")
        aliases = sum(isinstance(each, yaml.AliasToken) for each in yaml.scan(source))
        value = yaml.safe_load(source) if aliases <= _MOST_ALIASES else None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        place = getattr(problem, "problem_mark", None)
        where = f" (line {place.line + 1}, column {place.column + 1})" if place else ""
        raise Unreadable(f"{str(path)!r} is no YAML{where}") from problem
    if not isinstance(value, dict):
        raise Unreadable(f"{str(path)!r} holds no table of settings")
    return {str(name): each for name, each in value.items()}

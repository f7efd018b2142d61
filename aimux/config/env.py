"""Settings from the environment: ``AIMUX_<SECTION>__<KEY>`` for single values.

A double underscore stands for a dot, upper case for lower, and an underscore for any character that
a variable's name cannot hold: ``AIMUX_PROVIDERS__MY_BOX__BASE_URL`` is ``base_url`` of the provider
``my-box``.  Only tables that the file has can be meant; nothing is created.  Names without a double
underscore (``AIMUX_HOME``) are not settings and are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aimux.config.faults import closest
from aimux.config.keypath import KeyPath
from aimux.config.shape import Node, kinds, known_names, node_at, settings
from aimux.config.values import parse_value
from aimux.errors import Problem

_PREFIX: Final = "AIMUX_"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable and the setting it means."""

    name: str
    path: KeyPath
    value: object


def source_name(variable: str) -> str:
    """What stands for the file in a problem with a variable."""
    return f"{variable} (environment)"


def read_environment(
    environ: Mapping[str, str], data: Mapping[str, Any]
) -> tuple[list[Variable], list[Problem]]:
    """The settings that the environment makes over the file's data, and warnings of the others."""
    found: list[Variable] = []
    warnings: list[Problem] = []
    for name in sorted(environ):
        if not name.startswith(_PREFIX) or "__" not in name:
            continue
        paths = list(_paths(name.removeprefix(_PREFIX).casefold(), data, ()))
        match paths:
            case [path] if _is_single(node_at(path)):
                found.append(Variable(name, path, parse_value(environ[name], node_at(path))))
            case [_]:
                warnings.append(_warning(name, "is ignored: a variable can set single values only"))
            case []:
                near = closest(name, _variables(data))
                warnings.append(_warning(name, "is ignored: it names no setting", near))
            case _:
                warnings.append(_warning(name, "is ignored: it could mean several settings"))
    return found, warnings


def variable_name(path: KeyPath) -> str:
    """The variable that sets a path."""
    return _PREFIX + "__".join(_folded(str(part)).upper() for part in path)


def _paths(rest: str, data: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Every path that the rest of a variable's name can mean."""
    here = data if isinstance(data, dict) else {}
    node = node_at(path)
    for name in known_names(node) or tuple(here):
        folded = _folded(name)
        if rest == folded and node_at((*path, name)) is not None:
            yield (*path, name)
        elif rest.startswith(folded + "__"):
            yield from _paths(rest[len(folded) + 2 :], here.get(name), (*path, name))


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.casefold())


def _is_single(node: Node | None) -> bool:
    return "object" not in kinds(node) and not _holds_tables(node)


def _holds_tables(node: Node | None) -> bool:
    return node is not None and "$ref" in node.get("items", {})


def _variables(data: Mapping[str, Any]) -> Iterator[str]:
    """Names that would have meant something, for a suggestion."""
    for path in settings():
        if _is_single(node_at(path)):
            yield variable_name(path)
    providers = data.get("providers")
    for provider in providers if isinstance(providers, dict) else ():
        for key in known_names(node_at(("providers", provider))):
            yield variable_name(("providers", provider, key))


def _warning(name: str, message: str, suggestion: str | None = None) -> Problem:
    return Problem(source_name(name), 0, 0, "", message, suggestion=suggestion)

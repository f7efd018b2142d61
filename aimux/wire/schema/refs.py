"""References within a schema: where they lead, and which lead back to where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from aimux.wire.schema.words import schemas_below

_DEFINITIONS: Final = ("$defs", "definitions")
_MAX_CHAIN: Final = 32


class References:
    """The references of one whole schema."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def local(self, ref: object) -> str:
        """A reference as a pointer into this schema (``#...``); empty where it leads outside."""
        if not isinstance(ref, str):
            return ""
        own = self._root.get("$id")
        if isinstance(own, str) and own:
            ref = ref.removeprefix(own.removesuffix("#"))
        return ref if ref.startswith("#") else ""

    def target(self, ref: object) -> Any:
        """The schema that a reference stands for, behind any that only refer again.

        None where there is no such schema.
        """
        for _ in range(_MAX_CHAIN):
            found = self._pointed(self.local(ref))
            if not isinstance(found, dict) or len(found) != 1 or "$ref" not in found:
                return found
            ref = found["$ref"]
        return None

    def _pointed(self, pointer: str) -> Any:
        if pointer == "#":
            return self._root
        if not pointer.startswith("#/"):
            return None
        at: Any = self._root
        for step in unquote(pointer[2:]).split("/"):
            at = _below(at, _plain(step))
        return at if isinstance(at, (dict, bool)) else None

    def defined(self, ref: object) -> str:
        """The name of the definition of the root that a reference leads to; empty for any other."""
        _, place, name = f"{self.local(ref)}///".split("/", 3)[:3]
        if place not in _DEFINITIONS or self.local(ref) != f"#/{place}/{name}":
            return ""
        name = _plain(unquote(name))
        schema = _below(self._root.get(place), name)
        known = isinstance(schema, dict) and "/" not in name
        return name if known and schema is self.definitions[name] else ""

    def renamed(self, ref: str) -> str:
        """A reference to a definition of the root, as one into ``$defs``."""
        return self.local(ref).replace("#/definitions/", "#/$defs/", 1)

    @cached_property
    def definitions(self) -> dict[str, Any]:
        """The definitions of the root by their names, those of either spelling."""
        found: dict[str, Any] = {}
        for place in reversed(_DEFINITIONS):
            named = self._root.get(place)
            found.update(named if isinstance(named, dict) else {})
        return found

    @cached_property
    def circular(self) -> frozenset[str]:
        """The definitions that lead back to themselves, and those that lead to the root."""
        leads = {name: self._leads(schema) for name, schema in self.definitions.items()}
        return frozenset(name for name in leads if _reaches(leads, name))

    def _leads(self, schema: Any) -> set[str]:
        """The definitions that a schema refers to; ``#`` is the root."""
        names: set[str] = set()
        seen: set[int] = set()
        waiting = [schema]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, dict) or id(node) in seen:
                continue
            seen.add(id(node))
            waiting.extend(schemas_below(node, but=_DEFINITIONS))
            ref = node.get("$ref")
            if name := self.defined(ref):
                names.add(name)
            elif self.local(ref) == "#":
                names.add("#")
            elif ref is not None:
                waiting.append(self._pointed(self.local(ref)))
        return names


def _plain(step: str) -> str:
    """A step of a pointer without its escapes."""
    return step.replace("~1", "/").replace("~0", "~")


def _below(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 6:
        index = int(step)
        return value[index] if index < len(value) else None
    return None


def _reaches(leads: dict[str, set[str]], name: str) -> bool:
    """Whether a definition leads to itself or to the root."""
    seen: set[str] = set()
    waiting = list(leads[name])
    while waiting:
        at = waiting.pop()
        if at in {name, "#"}:
            return True
        if at not in seen:
            seen.add(at)
            waiting.extend(leads.get(at, ()))
    return False

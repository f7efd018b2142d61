"""What reading a request has found besides the thing that was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aimux.model.loss import Loss
from aimux.wire.anthropic.fields import unknown
from aimux.wire.errorkinds import mapping


@dataclass(slots=True)
class Notes:
    """Kept while one request is read."""

    losses: list[Loss] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    """Tools that a search has found, or that have been called."""
    effort: str = ""
    """The last that was said for a single turn."""
    cached: bool = False
    """There are marks of what to cache."""

    def lose(self, code: str, where: str = "", detail: str = "") -> None:
        """Something that does not cross."""
        self.losses.append(Loss(code, where, detail))

    def unknown(self, names: Iterable[str], where: str) -> None:
        """Fields of an object that nobody knows."""
        self.losses += unknown(names, where)

    def mark(self, block: dict[str, Any]) -> None:
        """A block that may say that it is to be cached."""
        if block.get("cache_control"):
            self.cached = True

    def reference(self, value: object) -> None:
        """References to tools, which from here on are open."""
        for each in value if isinstance(value, list) else ():
            said = mapping(each)
            name = said.get("tool_name") or said.get("name")
            if isinstance(name, str):
                self.found.add(name)

"""What the generations of Gemini differ in, by the model's name.

A name that tells no version (``gemini-flash-latest``, a proxy's own) is taken for the newest: models
come, and a table of exceptions that nobody extends must stay right for them.

Sources, read 2026-11: ai.google.dev and docs.cloud.google.com on thinking, function calling, structured
output and the guides to Gemini 3 and 3.5 Flash; reference: protocols, 1.4, 2.9.5 and 2.20.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from aimux.model.request import Effort

_NAME: Final = re.compile(r"gemini-(?:(\d{1,3})(?:\.(\d{1,3}))?(?:-|$))?(pro|flash-lite|flash)?")

_NEWEST: Final = (999, 0)
_BUDGETS: Final = {  # reference: protocols, 2.9.5
    Effort.MINIMAL: 512,
    Effort.LOW: 1024,
    Effort.MEDIUM: 8192,
    Effort.HIGH: 24576,
}
_ASCENDING: Final = (Effort.MINIMAL, Effort.LOW, Effort.MEDIUM, Effort.HIGH)


class Thought(Enum):
    """How a generation is told how much to think."""

    NOT = auto()
    """Not at all: a thinkingConfig is refused."""
    BUDGET = auto()
    LEVEL = auto()


@dataclass(frozen=True, slots=True)
class Family:
    """One generation and size.  ``variant`` is pro, flash, flash-lite or empty."""

    version: tuple[int, int] = _NEWEST
    variant: str = ""

    @property
    def is_third(self) -> bool:
        """Gemini 3 and later: calls and results have ids, results may hold media, the calls of a turn
        must be signed, search and functions go together, and so do functions and JSON output.
        """
        return self.version >= (3, 0)

    @property
    def has_json_schema(self) -> bool:
        """``parametersJsonSchema``, ``responseJsonSchema`` and the mode VALIDATED (since 2.5)."""
        return self.version >= (2, 5)

    @property
    def thought(self) -> Thought:
        """How it is told to think."""
        if self.is_third:
            return Thought.LEVEL
        return Thought.BUDGET if self.version >= (2, 5) else Thought.NOT

    @property
    def lowest_level(self) -> Effort:
        """Only Flash before 3.7 and Flash-Lite know MINIMAL."""
        minimal = self.variant == "flash-lite" or (
            self.variant == "flash" and self.version < (3, 7)
        )
        return Effort.MINIMAL if minimal else Effort.LOW

    def level(self, effort: Effort) -> Effort:
        """The nearest effort that it knows as a level.  3 Pro has no MEDIUM; XHIGH is in the API's
        types, but no model is documented to take it.
        """
        if effort in {Effort.OFF, Effort.MINIMAL}:
            return self.lowest_level
        if effort is Effort.MEDIUM and self.variant == "pro" and self.version < (3, 1):
            return Effort.HIGH
        return effort if effort in _ASCENDING else Effort.HIGH

    def budget(self, effort: Effort) -> int:
        """An effort as a budget of tokens; -1 leaves it to the model."""
        if effort is Effort.AUTO:
            return -1
        if effort is Effort.OFF:
            return 128 if self.variant == "pro" else 0  # 2.5 Pro cannot be turned off
        return self.within(_BUDGETS.get(effort, self._most))

    def within(self, tokens: int) -> int:
        """A budget brought into the range that it takes."""
        least = {"pro": 128, "flash-lite": 512}.get(self.variant, 1)
        return max(least, min(tokens, self._most))

    @property
    def _most(self) -> int:
        return 32768 if self.variant == "pro" else 24576


@lru_cache(maxsize=256)
def family_of(model: str) -> Family:
    """The family of a model's name, which may have a path before it."""
    found = _NAME.search(model.lower())
    if found is None:
        return Family()
    major, minor, variant = found.groups()
    version = (int(major), int(minor or 0)) if major else _NEWEST
    return Family(version, variant or "")

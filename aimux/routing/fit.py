"""Whether a target can take a request at all: what it sees and calls, and how much it reads.

Only content decides here.  Settings that a model does not know (thinking, a schema) are left out on the
way and reported; content that cannot be said would be a 400.  A model that nobody described takes
everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from aimux.routing.features import Features
from aimux.routing.plan import Candidate


class Calibration(Protocol):
    """How far guesses at a prompt's tokens are off, by what was billed."""

    def factor(self, place: tuple[str, str]) -> float:
        """Multiplies a guess."""


_ASKED: Final = ("tools", "images", "documents", "web-search")
"""The capabilities without which content cannot be said."""


class Floor(NamedTuple):
    """What everybody among several candidates can take: one look at it mostly answers for all of them.

    ``lacking`` are capabilities that somebody lacks, ``context`` is the smallest window, None where none
    is known.
    """

    lacking: frozenset[str] = frozenset()
    context: int | None = None

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> Floor:
        """That of these candidates."""
        facts = [each.facts for each in candidates]
        lacking = (name for name in _ASKED for each in facts if _lacks(each.capabilities, name))
        windows = [each.context for each in facts if each.context is not None]
        return cls(frozenset(lacking), min(windows, default=None))

    def takes(self, features: Features) -> bool:
        """Whether a request is certainly no misfit for any of them."""
        lacking = self.lacking
        if lacking and (
            ("tools" in lacking and features.has_tools)
            or ("images" in lacking and features.images_last)
            or ("documents" in lacking and features.documents_last)
            or ("web-search" in lacking and features.only_web_search)
        ):
            return False
        return self.context is None or features.bytes <= self.context


def _lacks(capabilities: frozenset[str] | None, name: str) -> bool:
    return capabilities is not None and name not in capabilities


def misfit(candidate: Candidate, features: Features, calibration: Calibration) -> str | None:
    """Why a target cannot take a request, in words; None when it can."""
    facts = candidate.facts
    capabilities = facts.capabilities
    if capabilities is not None:
        if "tools" not in capabilities and features.has_tools:
            return "it cannot call tools"
        if "images" not in capabilities and features.images_last:
            return "it sees no images"
        if "documents" not in capabilities and features.documents_last:
            return "it reads no documents"
        if "web-search" not in capabilities and features.only_web_search:
            return "it cannot search the web"
    context = facts.context
    if context is not None and features.bytes > context:  # a token is at least a byte
        tokens = round(features.input_tokens * calibration.factor(candidate.place))
        if tokens > context:
            return f"its window of {context:,} tokens is too small for about {tokens:,}"
    return None

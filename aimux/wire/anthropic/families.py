"""What single Claude models take: thinking, effort, sampling, the beginning of an answer, instructions
in the middle (platform.claude.com: models, adaptive thinking, effort, prefill; read 2026-11-22).

A name that is Claude's but of no known generation is taken for a new one.  A name that is not
Claude's stands at another vendor who speaks this format: what such a server refuses is left out, and
what only Claude's newest models refuse is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from aimux.model.request import Effort

_NEW: Final = re.compile(
    r"claude-(opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)"
)
_OLD: Final = re.compile(
    r"claude-(\d)(?:[.-](\d))?-(?:opus|sonnet|haiku)|claude-(?:instant|v?[12])"
)
_ANY: Final = re.compile(r"claude")

_TO_HIGH: Final = (Effort.LOW, Effort.MEDIUM, Effort.HIGH)


class Sampling(Enum):
    """Which of temperature, top_p and top_k a model takes."""

    ANY = auto()
    ONE = auto()
    """Not temperature together with top_p."""
    NONE = auto()
    """Any of them is a 400."""


@dataclass(frozen=True, slots=True)
class Family:
    """What the models of one generation take."""

    adaptive: bool = True
    """``thinking`` of the type adaptive."""
    budget: bool = False
    """``thinking`` of the type enabled, with a number of tokens.  Neither: no thinking at all."""
    always: bool = False
    """Thinking cannot be turned off."""
    efforts: tuple[Effort, ...] = (*_TO_HIGH, Effort.XHIGH, Effort.MAX)
    """What ``output_config.effort`` may be, rising."""
    sampling: Sampling = Sampling.NONE
    display: str = "omitted"
    """What ``thinking.display`` is by itself; empty where the field is not known to be taken."""
    strict: bool = True
    """Strict tools."""
    format: bool = True
    """``output_config.format``."""
    prefill: bool = False
    """The last message may be the beginning of the answer."""
    middle_system: bool = True
    """Instructions may stand between messages."""

    @property
    def thinks(self) -> bool:
        """Whether there is any thinking to ask for."""
        return self.adaptive or self.budget

    def nearest(self, effort: Effort) -> Effort:
        """The highest effort the model knows that is not above one, or else its lowest."""
        rank = _RANKS[effort]
        below = [each for each in self.efforts if _RANKS[each] <= rank]
        return below[-1] if below else self.efforts[0]


_RANKS: Final = {
    effort: rank
    for rank, effort in enumerate(
        (Effort.MINIMAL, Effort.LOW, Effort.MEDIUM, Effort.HIGH, Effort.XHIGH, Effort.MAX)
    )
}

MODERN: Final = Family()
ALWAYS: Final = Family(always=True)
CLAUDE_4_7: Final = Family(middle_system=False)
CLAUDE_4_6: Final = Family(
    efforts=(*_TO_HIGH, Effort.MAX),
    sampling=Sampling.ONE,
    display="summarized",
    middle_system=False,
)
CLAUDE_4_5: Final = Family(
    adaptive=False,
    budget=True,
    efforts=(),  # Opus 4.5 has it behind a beta, which is not asked for
    sampling=Sampling.ONE,
    display="summarized",
    prefill=True,
    middle_system=False,
)
CLAUDE_4: Final = Family(
    adaptive=False,
    budget=True,
    efforts=(),
    sampling=Sampling.ONE,
    display="",
    strict=False,
    format=False,
    prefill=True,
    middle_system=False,
)
CLAUDE_3: Final = Family(
    adaptive=False,
    efforts=(),
    sampling=Sampling.ANY,
    display="",
    strict=False,
    format=False,
    prefill=True,
    middle_system=False,
)
FOREIGN: Final = Family(
    sampling=Sampling.ANY,
    display="",
    strict=False,
    prefill=True,
    middle_system=False,
)
"""Other vendors' models behind this format: what Claude Code sends to a name it does not know works
there (adaptive thinking and an effort), ``display`` is refused by some, and instructions in the middle
are refused or upset the model's template (vLLM 0.11, 0.24)."""


@lru_cache(maxsize=256)
def family_of(model: str) -> Family:
    """The family of a model by its name, in any of the spellings that resellers use."""
    name = model.lower()
    if new := _NEW.search(name):
        return _by_version(new[1], int(new[2]), int(new[3] or 0))
    if old := _OLD.search(name):
        return CLAUDE_4 if (old[1], old[2]) == ("3", "7") else CLAUDE_3
    return MODERN if _ANY.search(name) else FOREIGN


def _by_version(line: str, major: int, minor: int) -> Family:
    if line in {"fable", "mythos"}:
        return ALWAYS
    match major, minor:
        case (4, 5):
            return CLAUDE_4_5
        case (4, 6):
            return CLAUDE_4_6
        case (4, 7):
            return CLAUDE_4_7
        case (number, below) if number < 4 or (number == 4 and below < 5):
            return CLAUDE_4
        case _:
            return MODERN

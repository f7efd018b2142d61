"""What OpenAI's model families take, by their names.

Read from the vendor's own refusals and its SDK's words on ``reasoning.effort``: openai/codex issue 6647
and sst/opencode issue 4451 (November 2025), openai-ruby's ReasoningEffort (December 2025), SDK types 3.54
(November 2026).  A name that is not known gets what the newest families take.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aimux.model.request import Effort

_ORDER: Final = (
    Effort.OFF,
    Effort.MINIMAL,
    Effort.LOW,
    Effort.MEDIUM,
    Effort.HIGH,
    Effort.XHIGH,
    Effort.MAX,
)


@dataclass(frozen=True, slots=True)
class Family:
    """``efforts`` are those the models know, rising; empty where the effort cannot be set.

    Models that do not reason refuse ``reasoning`` and what goes with it; of those that do, most refuse
    ``temperature`` and ``top_p``: those that ``samples`` is False of take them only where their
    reasoning is off.
    """

    efforts: tuple[Effort, ...]
    reasons: bool = True
    samples: bool = False

    def takes_sampling(self, effort: Effort | None) -> bool:
        """Whether the models take ``temperature`` and ``top_p`` beside an effort."""
        return self.samples or (effort is Effort.OFF and Effort.OFF in self.efforts)

    def nearest(self, effort: Effort) -> Effort | None:
        """The effort that comes closest, the higher of two; None where it cannot be set."""
        if effort in self.efforts or not self.efforts:
            return effort if self.efforts else None
        wanted = _ORDER.index(effort)
        above = [each for each in self.efforts if _ORDER.index(each) > wanted]
        return above[0] if above else self.efforts[-1]


def _between(first: Effort, last: Effort) -> tuple[Effort, ...]:
    return _ORDER[_ORDER.index(first) : _ORDER.index(last) + 1]


_LOW_TO_HIGH: Final = _between(Effort.LOW, Effort.HIGH)
_OLD: Final = Family((), reasons=False, samples=True)
UNKNOWN: Final = Family(_ORDER, samples=True)
"""Models of another vendor: what they take is known where their accents are."""
NEWEST: Final = Family((Effort.OFF, *_between(Effort.LOW, Effort.MAX)))

_FAMILIES: Final = tuple(
    (re.compile(pattern), family)
    for pattern, family in (
        (r"(chatgpt-|gpt-3|gpt-4)", _OLD),
        (r"gpt-[\d.]+(-mini|-nano)?-chat", Family(())),
        (r"(o\d|codex-mini)", Family(_LOW_TO_HIGH)),
        (r"gpt-5-pro", Family((Effort.HIGH,))),
        (r"gpt-5(\.1)?-codex(?!-max)", Family(_LOW_TO_HIGH)),
        (r"gpt-5(-|$)", Family(_between(Effort.MINIMAL, Effort.HIGH))),
        (r"gpt-5\.\d+-codex", Family(_between(Effort.LOW, Effort.XHIGH))),
        (r"gpt-5\.[2-5]-pro", Family(_between(Effort.MEDIUM, Effort.XHIGH))),
        (r"gpt-5\.1(-|$)", Family((Effort.OFF, *_LOW_TO_HIGH))),
        (r"gpt-5\.[2-5](-|$)", Family((Effort.OFF, *_between(Effort.LOW, Effort.XHIGH)))),
    )
)


_OWN: Final = re.compile(r"(chatgpt-|gpt-\d|o\d|codex-)")


def is_own(model: str) -> bool:
    """Whether a name is one of the vendor's models', wherever it is served."""
    return bool(_OWN.match(model.rsplit("/", 1)[-1]))


def family_of(model: str) -> Family:
    """The family of one of the vendor's models."""
    name = model.rsplit("/", 1)[-1]
    return next((family for pattern, family in _FAMILIES if pattern.match(name)), NEWEST)

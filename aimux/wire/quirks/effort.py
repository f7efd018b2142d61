"""How much a model shall think, in the levels that a vendor's models know.

Chat Completions says it as ``reasoning_effort``, Responses as ``reasoning.effort``.  A level that the
model lacks becomes the nearest one it has; words that nobody here knows pass as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.quirks.bodies import inner, word
from aimux.wire.target import Target

Levels = Mapping[str, str | None]
"""What becomes of a level; None: the model takes no effort at all."""

_NO_LEVELS: Final = dict.fromkeys(("none", "minimal", "low", "medium", "high", "xhigh", "max"))
_UP_TO_HIGH: Final = {"minimal": "low", "xhigh": "high", "max": "high"}
_LOW_TO_HIGH: Final = {"none": "low", **_UP_TO_HIGH}
_LOW_OR_HIGH: Final = {**_LOW_TO_HIGH, "medium": "high"}
_DEFAULT_OR_NONE: Final = dict.fromkeys(_NO_LEVELS.keys() - {"none"}, "default")
_HIGH_OR_NONE: Final = {
    "minimal": "none", "low": "high", "medium": "high", "xhigh": "high", "max": "high",
}  # fmt: skip

_MISTRAL_PLAIN: Final = re.compile(
    r"magistral|codestral|devstral|ministral|pixtral|voxtral|mixtral|open-|-(?:tiny|embed|ocr|moderation)"
)
"""Models that take no effort: they do not think, or, as Magistral, always do (docs.mistral.ai:
reasoning, 2026-10-03).
"""

_GROK_PLAIN: Final = re.compile(
    r"grok-(?:[12]|3(?!-mini)|4(?![.\d])|4[.-]1\b|4\.20|code|beta|vision)"
)
"""Models that refuse the parameter (docs.x.ai: reasoning; vercel/ai releases of xai, 2026-07)."""


def up_to_high(body: dict[str, Any], target: Target) -> list[Loss]:
    """None, low, medium, high."""
    del target
    return _levelled(body, _UP_TO_HIGH)


def of_cerebras(body: dict[str, Any], target: Target) -> list[Loss]:
    """gpt-oss cannot be kept from thinking; the others can."""
    return _levelled(body, _LOW_TO_HIGH if "gpt-oss" in target.model else _UP_TO_HIGH)


def of_groq(body: dict[str, Any], target: Target) -> list[Loss]:
    """gpt-oss has levels, Qwen a switch, and no other model takes the parameter."""
    if "gpt-oss" in target.model:
        return _levelled(body, _LOW_TO_HIGH)
    return _levelled(body, _DEFAULT_OR_NONE if "qwen" in target.model else _NO_LEVELS)


def of_mistral(body: dict[str, Any], target: Target) -> list[Loss]:
    """High or none, where a model takes the parameter at all."""
    plain = _MISTRAL_PLAIN.search(target.model)
    return _levelled(body, _NO_LEVELS if plain else _HIGH_OR_NONE)


def of_xai(body: dict[str, Any], target: Target) -> list[Loss]:
    """Low to high; the small Grok 3 knows no medium, and several models refuse the parameter."""
    if "grok-3-mini" in target.model:
        return _levelled(body, _LOW_OR_HIGH)
    return _levelled(body, _NO_LEVELS if _GROK_PLAIN.search(target.model) else _LOW_TO_HIGH)


def _levelled(body: dict[str, Any], levels: Levels) -> list[Loss]:
    losses = []
    for holder, field, path in _holders(body):
        wanted = holder[field]
        level = levels.get(wanted, wanted)
        if level == wanted:
            continue
        losses.append(mapped(wanted, level, path))
        if level is None:
            del holder[field]
        else:
            holder[field] = level
    return losses


def mapped(wanted: str, level: str | None, path: str = "reasoning_effort") -> Loss:
    """That one level became another."""
    return Loss("effort.mapped", path, f"{wanted} to {level}" if level else wanted)


def _holders(body: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    if word(body.get("reasoning_effort")):
        yield body, "reasoning_effort", "reasoning_effort"
    reasoning = inner(body.get("reasoning"))
    if word(reasoning.get("effort")):
        yield reasoning, "effort", "reasoning.effort"

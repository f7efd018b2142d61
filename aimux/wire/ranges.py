"""Values of sampling that a provider would refuse, brought into what it takes.

A client is bound by its own vendor's ranges, and another's may be narrower: what is outside goes out as
the nearest value inside, and that is reported (reference: protocols, 2.2).  Only what is about to be
sent is looked at, so that what a model refuses altogether is reported once, as that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import WireFormat
from aimux.wire.target import Target


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the most that is taken, both included."""

    least: float
    most: float


_UNIT: Final = Range(0, 1)
_PENALTY: Final = Range(-2, 2)
_ABOVE_NOTHING: Final = Range(0.01, 1)
"""For a vendor that takes (0, 1]: nobody can tell less from it."""

_OF_FORMAT: Final[Mapping[WireFormat, Mapping[str, Range]]] = {
    WireFormat.ANTHROPIC: {"temperature": _UNIT, "top_p": _UNIT},
    WireFormat.OPENAI_CHAT: {
        "temperature": Range(0, 2),
        "top_p": _UNIT,
        "presence_penalty": _PENALTY,
        "frequency_penalty": _PENALTY,
    },
    WireFormat.OPENAI_RESPONSES: {"temperature": Range(0, 2), "top_p": _UNIT},
    WireFormat.GEMINI: {
        "temperature": Range(0, 2),
        "topP": _UNIT,
        "presencePenalty": _PENALTY,
        "frequencyPenalty": _PENALTY,
    },
}
"""The formats' own vendors (reference: protocols, 1.1.3, 1.2.2, 1.3.2, 1.4.2)."""

_OF_VENDOR: Final[Mapping[str, Mapping[str, Range]]] = {
    # platform.minimax.io: text-chat, text-chat-anthropic (2026-11)
    "minimax": {"temperature": _ABOVE_NOTHING, "top_p": _ABOVE_NOTHING},
    # docs.z.ai, OpenAI SDK guide; modelparams.dev: glm-5-turbo (2026-11)
    "zai": {"temperature": _UNIT, "top_p": _ABOVE_NOTHING},
    "zai-coding": {"temperature": _UNIT, "top_p": _ABOVE_NOTHING},
    # inference-docs.cerebras.ai: completions (2026-11)
    "cerebras": {"temperature": Range(0, 1.5)},
    # mistralai/client-python: ChatCompletionRequest; the limit itself is not confirmed
    "mistral": {"temperature": Range(0, 1.5)},
    # platform.kimi.ai: chat, moonshot-v1; the other series take none; not confirmed
    "moonshot": {"temperature": _UNIT},
}

_TOP_K: Final = {WireFormat.ANTHROPIC: "top_k", WireFormat.GEMINI: "topK"}
"""Formats in which leaving it out says that any word may be drawn; servers of the others say -1 or 0."""


def clamped(body: dict[str, Any], format_: WireFormat, target: Target) -> list[Loss]:
    """Brings the sampling of a request that is ready to be sent into the target's ranges, in place."""
    holder = body.get("generationConfig", {}) if format_ is WireFormat.GEMINI else body
    ranges = {**_OF_FORMAT[format_], **_OF_VENDOR.get(target.vendor, {})}
    losses = []
    for name, taken in ranges.items():
        value = holder.get(name)
        if value is not None and not taken.least <= value <= taken.most:
            holder[name] = taken.least if value < taken.least else taken.most
            losses.append(Loss("sampling.clamped", name, f"{value:g} to {holder[name]:g}"))
    if (name := _TOP_K.get(format_, "")) in holder and holder[name] <= 0:
        del holder[name]
    return losses

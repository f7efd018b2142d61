"""How an answer is drawn: fields that a vendor or a model refuses."""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import Effort
from aimux.wire import jsontext
from aimux.wire.openai_families import family_of
from aimux.wire.quirks.bodies import inner, objects, renamed, without
from aimux.wire.target import Target

PENALTIES: Final = ("presence_penalty", "frequency_penalty")
LIKELY: Final = ("logit_bias", "logprobs", "top_logprobs")
"""What is said and asked of words that are likely."""

_GROK_DRAWS: Final = re.compile(r"non-reasoning|grok-2|grok-3(?!-mini)|grok-beta|grok-vision")
"""xAI's models that do not reason (docs.x.ai: models, 2026-10-15)."""

_MOONSHOT_DRAWS: Final = re.compile(r"moonshot-v1")
"""The only series of Moonshot's whose sampling is not fixed (platform.kimi.ai: chat, 2026-10-24)."""


def without_sampling(body: dict[str, Any], target: Target) -> list[Loss]:
    """A model that reasons draws as it sees fit, unless its reasoning is off."""
    family = family_of(target.model)
    effort = body.get("reasoning_effort") or inner(body.get("reasoning")).get("effort")
    losses = without(body, "stop") if family.reasons else []
    if not family.takes_sampling(Effort.OFF if effort == "none" else None):
        losses += without(body, "temperature", "top_p", *PENALTIES, *LIKELY)
    return losses


def without_grok_penalties(body: dict[str, Any], target: Target) -> list[Loss]:
    """Models of xAI that reason refuse penalties and stop sequences (edge 322)."""
    if _GROK_DRAWS.search(target.model):
        return []
    return without(body, *PENALTIES, "stop")


def with_fixed_temperature(body: dict[str, Any], target: Target) -> list[Loss]:
    """Temperature 1 and nothing else, and the rest of sampling is the platform's too."""
    if _MOONSHOT_DRAWS.search(target.model):
        return []
    if "temperature" in body and jsontext.dumps(body["temperature"]) in (b"1", b"1.0"):
        del body["temperature"]
    return without(body, "temperature", "top_p", *PENALTIES)


def without_penalties(body: dict[str, Any], target: Target) -> list[Loss]:
    """What draws differently from what the model would."""
    del target
    return without(body, *PENALTIES, *LIKELY, "seed")


def without_names(body: dict[str, Any], target: Target) -> list[Loss]:
    """Speakers have no names, and nobody is told of other words that were likely (edge 291)."""
    del target
    losses = without(body, *LIKELY)
    for at, turn in objects(body.get("messages")):
        losses += without(turn, "name", path=f"messages[{at}].")
    return losses


def with_random_seed(body: dict[str, Any], target: Target) -> list[Loss]:
    """Mistral's name for the seed."""
    del target
    renamed(body, "seed", "random_seed")
    return []

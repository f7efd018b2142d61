"""Switches of thinking under the vendors' own names, made from ``reasoning_effort``.

A switch that the client has set itself stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.quirks.bodies import inner, without, word
from aimux.wire.quirks.effort import mapped
from aimux.wire.target import Target

_LOW_HIGH_MAX: Final = {"none": "low", "minimal": "low", "medium": "high", "xhigh": "high"}
_KIMI_LEVELS: Final = {**_LOW_HIGH_MAX, "xhigh": "max"}
_HIGH_MAX: Final = {"minimal": "high", "low": "high", "medium": "high", "xhigh": "max"}

_KIMI_LEVELLED: Final = re.compile(r"k[3-9]")
_KIMI_SWITCHED: Final = re.compile(r"k2\.[56]|k2\.7(?!-code)")
"""Kimi's series: from K3 on they have levels and always think, as K2.7 Code does without levels; the
rest of K2.5 and later has a switch (platform.kimi.ai: chat, 2026-10-24).
"""

_GLM_LEVELLED: Final = re.compile(r"glm-(?:5\.[2-9]|[6-9])")
"""GLM has two levels from 5.2 on (docs.z.ai: thinking mode, 2026-08-19)."""

_MINIMAX_THINKS: Final = re.compile(r"M2(?![0-9])|M1\b")
"""MiniMax models that think whatever they are told (platform.minimax.io: text-openai-api, 2026-09-11)."""


def of_deepseek(body: dict[str, Any], target: Target) -> list[Loss]:
    """A switch, and three levels."""
    del target
    wanted = word(body.get("reasoning_effort"))
    if not wanted:
        return []
    if wanted == "none":
        return _switched(body, "disabled")
    return _levelled(body, wanted, _LOW_HIGH_MAX)


def of_kimi(body: dict[str, Any], target: Target) -> list[Loss]:
    """Levels for K3, a switch for K2, nothing for what thinks always or never (edge 299)."""
    wanted = word(body.get("reasoning_effort"))
    if _KIMI_SWITCHED.search(target.model):
        return _switched(body, "disabled" if wanted == "none" else "enabled") if wanted else []
    losses = []
    if inner(body.get("thinking")).get("type") == "disabled":
        losses += without(body, "thinking")
    if wanted and _KIMI_LEVELLED.search(target.model):
        losses += _levelled(body, wanted, _KIMI_LEVELS)
    elif wanted:
        losses += without(body, "reasoning_effort")
    return losses


def of_glm(body: dict[str, Any], target: Target) -> list[Loss]:
    """A switch, and two levels where the model has any (edge 301)."""
    wanted = word(body.get("reasoning_effort"))
    if not wanted:
        return []
    if wanted == "none" or not _GLM_LEVELLED.search(target.model):
        return _switched(body, "disabled" if wanted == "none" else "enabled")
    return _levelled(body, wanted, _HIGH_MAX)


def of_minimax(body: dict[str, Any], target: Target) -> list[Loss]:
    """A switch without levels; M2 cannot be kept from thinking."""
    wanted = word(body.get("reasoning_effort"))
    if not wanted:
        return []
    if _MINIMAX_THINKS.search(target.model):
        return without(body, "reasoning_effort")
    return _switched(body, "disabled" if wanted == "none" else "adaptive")


def of_openrouter(body: dict[str, Any], target: Target) -> list[Loss]:
    """One object for all there is to say about thinking; the highest level has another name."""
    del target
    wanted = word(body.get("reasoning_effort"))
    if not wanted:
        return []
    del body["reasoning_effort"]
    reasoning = body["reasoning"] = inner(body.get("reasoning"))
    if "max_tokens" in reasoning or "effort" in reasoning:
        return []
    reasoning["effort"] = "xhigh" if wanted == "max" else wanted
    return [mapped(wanted, "xhigh")] if wanted == "max" else []


def of_templates(body: dict[str, Any], target: Target) -> list[Loss]:
    """What is off is said to the model's chat template, which is all that can turn it off."""
    del target
    if body.get("reasoning_effort") != "none":
        return []
    del body["reasoning_effort"]
    arguments = body["chat_template_kwargs"] = inner(body.get("chat_template_kwargs"))
    arguments.setdefault("enable_thinking", False)
    return []


def _switched(body: dict[str, Any], state: str) -> list[Loss]:
    """The switch in place of a level.  That a level was wanted is lost; on and off are not."""
    wanted = body.pop("reasoning_effort")
    if "thinking" not in body:
        body["thinking"] = {"type": state}
    return [] if state == "disabled" else [mapped(wanted, state)]


def _levelled(body: dict[str, Any], wanted: str, levels: Mapping[str, str]) -> list[Loss]:
    level = levels.get(wanted, wanted)
    body["reasoning_effort"] = level
    return [] if level == wanted else [mapped(wanted, level)]


# ---------------------------------------------------------------- what a translated request adds


def with_kept_glm(body: dict[str, Any], target: Target) -> list[Loss]:
    """The thinking of earlier turns, which is sent back, is read again: tools depend on it."""
    del target
    thinking = inner(body.get("thinking"))
    if body.get("tools") and thinking.get("type") != "disabled":
        body["thinking"] = {"type": "enabled", "clear_thinking": False, **thinking}
    return []


def with_kept_kimi(body: dict[str, Any], target: Target) -> list[Loss]:
    """The same; the models from K3 on keep it anyway."""
    thinking = inner(body.get("thinking"))
    if not re.search(r"k2\.[67]", target.model) or thinking.get("type") == "disabled":
        return []
    if body.get("tools"):
        body["thinking"] = {"type": "enabled", "keep": "all", **thinking}
    return []


def with_split_reasoning(body: dict[str, Any], target: Target) -> list[Loss]:
    """MiniMax's thinking comes beside the text."""
    del target
    body.setdefault("reasoning_split", True)
    return []


def with_parsed_reasoning(body: dict[str, Any], target: Target) -> list[Loss]:
    """Groq's Qwen thinks beside the text; gpt-oss does so always and refuses the field."""
    if "qwen" in target.model:
        body.setdefault("reasoning_format", "parsed")
    return []


def with_streamed_tools(body: dict[str, Any], target: Target) -> list[Loss]:
    """Z.AI sends the arguments of calls as they come, not in one lump at the end (edge 303)."""
    del target
    if body.get("stream") is True and body.get("tools"):
        body.setdefault("tool_stream", True)
    return []

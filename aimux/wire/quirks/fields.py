"""Fields that are one vendor's own, at vendors that refuse what they do not know."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.quirks.bodies import objects, without
from aimux.wire.target import Target

OPENAI_ONLY: Final = (
    "store", "metadata", "prediction", "verbosity", "service_tier", "safety_identifier", "moderation",
    "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "modalities", "audio",
    "web_search_options",
)  # fmt: skip

_COMMON: Final = frozenset(
    {
        "model", "messages", "stream", "temperature", "top_p", "stop", "tools", "tool_choice",
        "response_format", "reasoning_effort",
    }
)  # fmt: skip
_CEREBRAS: Final = _COMMON | {
    "max_completion_tokens", "min_tokens", "stream_options", "seed", "user", "logprobs",
    "top_logprobs", "prediction", "reasoning_format", "clear_thinking", "disable_reasoning",
}  # fmt: skip
_MISTRAL: Final = _COMMON | {
    "max_tokens", "random_seed", "presence_penalty", "frequency_penalty", "n", "prediction",
    "parallel_tool_calls", "metadata", "prompt_mode", "safe_prompt", "guardrails",
}  # fmt: skip
_ANY: Final = _COMMON | {"max_tokens", "max_completion_tokens", "stream_options", "seed", "user"}

_FIELDS: Final = {"cerebras": _CEREBRAS, "mistral": _MISTRAL}
"""Fields of a request by vendor (inference-docs.cerebras.ai: chat-completions and resources/openai,
which disagree on ``parallel_tool_calls`` and ``service_tier``: left out; mistralai/client-python).
"""

_MESSAGE_FIELDS: Final = frozenset({"role", "content", "name", "tool_calls", "tool_call_id"})
_MESSAGE_EXTRAS: Final = {"cerebras": frozenset({"reasoning"}), "mistral": frozenset({"prefix"})}
_CALL_FIELDS: Final = frozenset({"id", "type", "function", "index"})

_TOLD_ANYWAY: Final = "stream_options"
"""Mistral refuses ``include_usage`` and does what it asks for without being asked."""


def without_openais(body: dict[str, Any], target: Target) -> list[Loss]:
    """What only OpenAI keeps, caches and prices by (edge 289)."""
    del target
    return without(body, *OPENAI_ONLY)


def known_only(body: dict[str, Any], target: Target) -> list[Loss]:
    """Nothing but fields that the vendor documents; where nobody said which those are, the ones that
    everybody has (edge 309).  Several answers are still asked for (edge 279).
    """
    if target.vendor == "mistral":
        body.pop(_TOLD_ANYWAY, None)
    known = _FIELDS.get(target.vendor, _ANY)
    several = body.get("n")
    if (
        isinstance(several, int) and several > 1
    ):  # the vendor says no; without it one answer would come
        known = known | {"n"}
    losses = _only(body, known, "")
    fields = _MESSAGE_FIELDS | _MESSAGE_EXTRAS.get(target.vendor, frozenset())
    for at, message in objects(body.get("messages")):
        losses += _only(message, fields, f"messages[{at}].")
        for inside, call in objects(message.get("tool_calls")):
            losses += _only(call, _CALL_FIELDS, f"messages[{at}].tool_calls[{inside}].")
    return losses


def _only(holder: dict[str, Any], fields: frozenset[str], path: str) -> list[Loss]:
    return without(holder, *(field for field in tuple(holder) if field not in fields), path=path)


def without_cache_marks(body: dict[str, Any], target: Target) -> list[Loss]:
    """Marks of what to cache, in Anthropic's spelling (edge 223)."""
    del target
    marked = 0
    for holder in _markable(body):
        marked += holder.pop("cache_control", None) is not None
    return [Loss("cache_control.dropped")] if marked else []


def _markable(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything on which clients put such a mark."""
    found = [body]
    for key in ("messages", "tools"):
        for _, each in objects(body.get(key)):
            found.append(each)
            found += [part for _, part in objects(each.get("content"))]
            if isinstance(each.get("function"), dict):
                found.append(each["function"])
    return found

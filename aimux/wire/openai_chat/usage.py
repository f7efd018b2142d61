"""Tokens as Chat Completions counts them, both ways (reference: protocols, 1.7)."""

from __future__ import annotations

from typing import Any

from aimux.model.response import Usage
from aimux.wire.errorkinds import billed_usd, mapping, number


def usage_of(usage: dict[str, Any]) -> Usage:
    """Usage in our convention, which for input is the vendor's: the whole prompt."""
    prompt = mapping(usage.get("prompt_tokens_details"))
    completion = mapping(usage.get("completion_tokens_details"))
    cached = (
        prompt.get("cached_tokens"),
        usage.get("prompt_cache_hit_tokens"),  # DeepSeek
        usage.get("cached_tokens"),  # Kimi
    )
    written, thought = _written(usage), number(completion.get("reasoning_tokens"))
    if written is not None and thought is not None:
        thought = min(thought, written)  # vendors that count more thinking than answer (edge 341)
    return Usage(
        input_tokens=number(usage.get("prompt_tokens")),
        output_tokens=written,
        cache_read_tokens=next((n for n in map(number, cached) if n is not None), None),
        cache_write_tokens=number(prompt.get("cache_write_tokens")),
        reasoning_tokens=thought,
        cost_usd=billed_usd(usage) if "cost" in usage else None,
    )


def _written(usage: dict[str, Any]) -> int | None:
    """Tokens of the answer; where the vendor leaves its reasoning out of them (xAI), the total tells."""
    written, total = number(usage.get("completion_tokens")), number(usage.get("total_tokens"))
    prompt = number(usage.get("prompt_tokens"))
    if written is None or total is None or prompt is None:
        return written
    return max(written, total - prompt)


def usage_object(usage: Usage) -> dict[str, Any]:
    """Our usage as the vendor writes it.

    The format has no word for an unknown total, so that is 0; a part that is unknown is left out, and
    no part is larger than what it is a part of.
    """
    cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    prompt = max(usage.input_tokens or 0, cached)
    completion = max(usage.output_tokens or 0, usage.reasoning_tokens or 0)
    said: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    of_prompt = _known(
        cached_tokens=usage.cache_read_tokens, cache_write_tokens=usage.cache_write_tokens
    )
    if of_prompt:
        said["prompt_tokens_details"] = of_prompt
    if usage.reasoning_tokens is not None:
        said["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return said


def _known(**counts: int | None) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count is not None}

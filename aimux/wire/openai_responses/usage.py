"""Usage of Responses, both ways: its input is the whole prompt, its output includes reasoning."""

from __future__ import annotations

from typing import Any

from aimux.model.response import Usage
from aimux.wire.errorkinds import billed_usd, mapping, number


def usage_of(usage: dict[str, Any]) -> Usage:
    """Usage in our convention, which for input is the vendor's: the whole prompt."""
    read = mapping(usage.get("input_tokens_details"))
    written = mapping(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=number(usage.get("input_tokens")),
        output_tokens=number(usage.get("output_tokens")),
        cache_read_tokens=number(read.get("cached_tokens")),
        cache_write_tokens=number(read.get("cache_write_tokens")),
        reasoning_tokens=number(written.get("reasoning_tokens")),
        cost_usd=billed_usd(usage) if "cost" in usage else None,
    )


def usage_object(usage: Usage) -> dict[str, Any]:
    """Usage as the vendor writes it.

    All five keys always: Codex takes an answer without ``total_tokens`` for a broken one and asks
    again (protocols 1.5.3).  What is unknown is 0; a part is never larger than its whole.
    """
    read = usage.cache_read_tokens or 0
    written = usage.cache_write_tokens or 0
    reasoning = usage.reasoning_tokens or 0
    prompt = max(usage.input_tokens or 0, read + written)
    output = max(usage.output_tokens or 0, reasoning)
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": prompt + output,
    }

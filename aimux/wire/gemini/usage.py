"""``usageMetadata``, both ways (reference: protocols, 1.7).

The vendor's candidates leave out its thoughts, and its prompt the prompts of its own tools; the total
is the sum of all four.
"""

from __future__ import annotations

from typing import Any

from aimux.model.response import Usage
from aimux.wire.errorkinds import number


def usage_of(usage: dict[str, Any]) -> Usage:
    """Usage in our convention."""
    prompt = number(usage.get("promptTokenCount"))
    tools = number(usage.get("toolUsePromptTokenCount"))
    answer = number(usage.get("candidatesTokenCount"))
    thoughts = number(usage.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=None if prompt is None else prompt + (tools or 0),
        output_tokens=None
        if answer is None and thoughts is None
        else (answer or 0) + (thoughts or 0),
        cache_read_tokens=number(usage.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )


def usage_metadata(usage: Usage) -> dict[str, int]:
    """Usage as the vendor writes it, without what is unknown; empty where nothing is known.

    What contradicts the sums is cut down: more read from a cache than there was prompt, more thought
    than said.
    """
    prompt, output = usage.input_tokens, usage.output_tokens
    thoughts = _at_most(usage.reasoning_tokens, output)
    counts = {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": _at_most(usage.cache_read_tokens, prompt),
        "candidatesTokenCount": None if output is None else output - (thoughts or 0),
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": None if prompt is None or output is None else prompt + output,
    }
    return {name: count for name, count in counts.items() if count is not None}


def _at_most(count: int | None, limit: int | None) -> int | None:
    return None if count is None or limit is None else min(count, limit)

"""Tokens as Anthropic counts them: its ``input_tokens`` leave out what touched the cache."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.response import Usage
from aimux.wire.errorkinds import billed_usd, mapping, number

_NOTHING: Final = {
    "input_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 0,
}


def usage_of(usage: dict[str, Any]) -> Usage:
    """Usage in our convention."""
    fresh = number(usage.get("input_tokens"))
    read = number(usage.get("cache_read_input_tokens"))
    written = number(usage.get("cache_creation_input_tokens"))
    details = mapping(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=number(usage.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=number(details.get("thinking_tokens")),
        cost_usd=billed_usd(usage) if "cost" in usage else None,
    )


def usage_object(usage: Usage, searches: int = 0) -> dict[str, Any]:
    """Usage as the vendor writes it, with 0 for what nobody knows: its clients add these numbers up.

    Parts are never more than their whole, even where a provider says so.  ``searches`` are those that
    the provider ran by itself.
    """
    whole = usage.input_tokens or 0
    read = min(usage.cache_read_tokens or 0, whole)
    written = min(usage.cache_write_tokens or 0, whole - read)
    output = usage.output_tokens or 0
    said: dict[str, Any] = {
        "input_tokens": whole - read - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": output,
    }
    if usage.reasoning_tokens is not None:
        thought = min(usage.reasoning_tokens, output)
        said["output_tokens_details"] = {"thinking_tokens": thought}
    if searches:
        said["server_tool_use"] = {"web_search_requests": searches, "web_fetch_requests": 0}
    return said


def first_usage(usage: Usage) -> dict[str, Any]:
    """Usage for ``message_start``.

    Numbers in a stream only rise.  A prompt of which the cached part is not known yet would be shown
    as fresh and then fall, so it is left for the end.
    """
    if usage.input_tokens is None or usage.cache_read_tokens is None:
        return _NOTHING
    return usage_object(usage)

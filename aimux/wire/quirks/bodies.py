"""Ways about a body that may be any JSON: what is not of the form looked for is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aimux.model.loss import Loss

_LOSS_OF: Final = {
    "frequency_penalty": "penalty.dropped",
    "logit_bias": "penalty.dropped",
    "logprobs": "logprobs.dropped",
    "metadata": "metadata.dropped",
    "parallel_tool_calls": "parallel.unsupported",
    "presence_penalty": "penalty.dropped",
    "reasoning_effort": "effort.mapped",
    "seed": "seed.dropped",
    "service_tier": "service_tier.dropped",
    "stop": "stop.truncated",
    "strict": "tool.strict_dropped",
    "temperature": "sampling.dropped",
    "thinking": "effort.mapped",
    "top_k": "sampling.dropped",
    "top_logprobs": "logprobs.dropped",
    "top_p": "sampling.dropped",
    "verbosity": "verbosity.dropped",
    "context_management": "context_management.dropped",
    "cache_control": "cache_control.dropped",
}
"""What it costs to leave a field out; ``unknown_field.dropped`` where nothing is said here."""

_DEFAULTS: Final = {"parallel_tool_calls": True}
"""Switches that are on where nothing is said; all others are off."""


def objects(value: object) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects in an array, each with its place."""
    if isinstance(value, list):
        for place, each in enumerate(value):
            if isinstance(each, dict):
                yield place, each


def inner(value: object, *keys: str) -> dict[str, Any]:
    """The object that these keys lead to; an empty one, of no further use, where they do not."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def word(value: object, *allowed: str) -> str:
    """A text, if it is one (and one of these, where any are given), or an empty one."""
    if not isinstance(value, str) or (allowed and value not in allowed):
        return ""
    return value


def without(holder: dict[str, Any], *fields: str, path: str = "") -> list[Loss]:
    """Leaves fields out.  ``path`` leads to the holder, with its point behind it."""
    left_out = {field: holder.pop(field) for field in fields if field in holder}
    return [
        Loss(_LOSS_OF.get(field, "unknown_field.dropped"), path + field)
        for field, value in left_out.items()
        if not _says_nothing(field, value)
    ]


def _says_nothing(field: str, value: object) -> bool:
    return value is None or value in ("", [], {}) or value is _DEFAULTS.get(field, False)


def renamed(holder: dict[str, Any], old: str, new: str) -> None:
    """Gives a field another name; a value that stands under that name already is kept."""
    if old not in holder:
        return
    value = holder.pop(old)
    if holder.get(new) is None:
        holder[new] = value

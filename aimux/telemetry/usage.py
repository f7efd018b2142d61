"""Sums of the ledger for whoever shows them: since when, all together, and as JSON."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from aimux.errors import UsageError
from aimux.telemetry.ledger_queries import HOUR_MS, Sum

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def since_of(text: str) -> int:
    """Unix milliseconds of ``7d``, ``12h``, or of the beginning of a day here.

    Raises:
        UsageError: it is neither.
    """
    match = _SPAN.fullmatch(text)
    if match:
        span_s = float(match[1]) * _SECONDS[match[2]]
        return max(0, int((time.time() - span_s) * 1000))
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"--since takes a span such as 12h or 7d, or a day such as 2026-11-01, not {text!r}"
        ) from None


def whole_hour(since_ms: int) -> str:
    """Sums are kept by the hour: where they really begin."""
    whole = since_ms // HOUR_MS * HOUR_MS
    return datetime.fromtimestamp(whole / 1000, UTC).isoformat(timespec="seconds")


def total_of(sums: Sequence[Sum]) -> Sum:
    """All of them in one."""
    fields = [name for name in Sum.__dataclass_fields__ if name != "name"]
    return Sum("total", **{name: sum(getattr(each, name) for each in sums) for name in fields})


def sum_shape(each: Sum) -> dict[str, Any]:
    """For a program; ``cost_usd`` is what is known of the cost, null where nothing is."""
    share = each.cache_share
    return {
        "name": each.name,
        "requests": each.exchanges,
        "failed": each.failures,
        "attempts": each.attempts,
        "input_tokens": each.input_tokens,
        "output_tokens": each.output_tokens,
        "cache_read_tokens": each.cache_read_tokens,
        "cache_write_tokens": each.cache_write_tokens,
        "reasoning_tokens": each.reasoning_tokens,
        "cache_share": None if share is None else round(share, 4),
        "cost_usd": None if each.cost_usd is None else round(each.cost_usd, 6),
        "unknown_cost": each.unpriced,
        "unknown_usage": each.untold,
        "cache_loss_usd": round(each.cache_loss_usd, 6),
        "duration_ms": round(each.duration_ms, 3),
    }

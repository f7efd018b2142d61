"""``aimux usage`` as rows: exact for a pipe, short for people, unknown where it is unknown."""

from __future__ import annotations

from typing import Final

from aimux.telemetry.ledger_queries import Sum
from aimux.telemetry.story import short_count, usd
from aimux.telemetry.usage import sum_shape

HEADINGS: Final = ("REQUESTS", "FAILED", "IN", "CACHED", "OUT", "COST", "UNPRICED")
COLUMNS: Final = (
    "requests", "failed", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "reasoning_tokens", "cost_usd", "unknown_cost", "unknown_usage",
    "cache_loss_usd",
)  # fmt: skip
"""Of a line in a pipe, behind the name."""


def short_cells(each: Sum, name: str) -> tuple[str, ...]:
    """For a terminal."""
    share = each.cache_share
    return (
        name,
        str(each.exchanges),
        str(each.failures or "-"),
        short_count(each.input_tokens),
        "-" if share is None else f"{share:.0%}",
        short_count(each.output_tokens),
        "unknown" if each.cost_usd is None else usd(each.cost_usd),
        str(each.unpriced or "-"),
    )


def exact_cells(each: Sum) -> tuple[str, ...]:
    """For a pipe; an empty cell is unknown."""
    values = sum_shape(each)
    cells = [values[name] for name in COLUMNS]
    return (each.name, *("" if cell is None else str(cell) for cell in cells))

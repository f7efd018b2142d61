"""What a vendor's list of models says beside their names: windows and prices.

Only of vendors whose lists are known to say it, in the form that they are known to have:

    OpenRouter   context_length; top_provider.max_completion_tokens; pricing in dollars a token, as text:
                 prompt, completion, input_cache_read, input_cache_write; -1 where it depends
                 (openrouter.ai/docs/models, 2026-10)
    Synthetic    context_length; max_output_length; pricing likewise, with a "$": prompt, completion,
                 input_cache_reads, input_cache_writes (dev.synthetic.new, 2026-09)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aimux.catalogue.listed import Listed, price, tokens
from aimux.catalogue.provider import PriceFacts

TELLING: Final = frozenset({"openrouter", "synthetic"})
"""Presets whose lists say more than names."""

_MILLION: Final = 1_000_000


def listed(entry: Mapping[str, Any]) -> Listed | None:
    """What an entry of such a list says; None where that is nothing."""
    top, pricing = _mapping(entry.get("top_provider")), _mapping(entry.get("pricing"))
    fresh = _per_million(pricing.get("prompt"))
    found = Listed(
        tokens(entry.get("context_length")),
        tokens(top.get("max_completion_tokens")) or tokens(entry.get("max_output_length")),
        PriceFacts(
            fresh,
            _per_million(pricing.get("completion")),
            _of_cache(fresh, pricing, "input_cache_read", "input_cache_reads"),
            _of_cache(fresh, pricing, "input_cache_write", "input_cache_writes"),
        ),
    )
    return None if found == Listed() else found


def _of_cache(fresh: float | None, pricing: Mapping[str, Any], *names: str) -> float | None:
    """A price of the cache.  Zero where the input costs something is a vendor that has none to tell."""
    said = next((pricing[name] for name in names if name in pricing), None)
    found = _per_million(said)
    return None if found == 0 and fresh != 0 else found


def _per_million(said: Any) -> float | None:
    """``"0.0000006"`` or ``"$0.0000006"`` a token as dollars per million."""
    if isinstance(said, str):
        try:
            said = float(said.strip().removeprefix("$"))
        except ValueError:
            return None
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    return price(round(said * _MILLION, 6)) if 0 <= said < 1 else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

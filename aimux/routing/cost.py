"""What a request costs at a target, in US dollars, as far as the prices are known.

Prices are per million tokens.  What is unknown stays unknown (None) and is never taken for free: only
where a guess is better than none does a function say that it guesses.

What is read anew is billed as a write to the cache where the vendor has a price for that, else as input.
A write at 0 is a vendor who asks nothing *beside* the input; it does not make the input free.
"""

from __future__ import annotations

from typing import Final

from aimux.catalogue.provider import PriceFacts
from aimux.model.response import Usage
from aimux.routing.plan import Demand

NOMINAL_USD: Final = 1.0
"""Per million tokens: what a lost cache is taken to cost where the vendor's prices are unknown."""

_MILLION: Final = 1_000_000


def request_cost(price: PriceFacts, demand: Demand, cached_tokens: int = 0) -> float | None:
    """US dollars of a request before it is sent; None where a price that it needs is unknown.

    ``cached_tokens`` of the prompt are warm there and are read from the cache.
    """
    fresh, output_tokens, _ = demand
    cost = 0.0
    if cached_tokens > 0:
        cached = min(cached_tokens, fresh)
        cached_price = price.input if price.cache_read is None else price.cache_read
        if cached_price is None:
            return None
        cost = cached * cached_price
        fresh -= cached
    if fresh:
        fresh_price = price.cache_write or price.input
        if fresh_price is None:
            return None
        cost += fresh * fresh_price
    if output_tokens:
        output_price = price.output
        if output_price is None:
            return None
        cost += output_tokens * output_price
    return cost / _MILLION


def usage_cost(price: PriceFacts, usage: Usage) -> float | None:
    """US dollars of what a provider says it used; None where a part that was used has no price, or a
    part that has a price was not told.

    What the provider does not say of its cache counts as fresh input.
    """
    read = usage.cache_read_tokens or 0
    written = usage.cache_write_tokens or 0
    parts = (
        _part(usage.fresh_tokens, price.input),
        _part(read, price.input if price.cache_read is None else price.cache_read),
        _part(written, price.cache_write or price.input),
        _part(usage.output_tokens, price.output),
    )
    cost = 0.0
    for part in parts:
        if part is None:
            return None
        cost += part
    return cost / _MILLION


def _part(tokens: int | None, price: float | None) -> float | None:
    """Nothing used and nothing asked for are both 0, whatever else is unknown."""
    if tokens == 0 or price == 0:
        return 0.0
    return None if tokens is None or price is None else tokens * price


def lost_prefix_usd(price: PriceFacts, tokens: int) -> float:
    """US dollars by which a prefix of so many tokens costs more when it is read anew.

    Where a price is unknown, the tokens are taken at 1 dollar per million (:data:`NOMINAL_USD`).  A
    guess is right here: the number is nobody's bill, it only weighs leaving a warm cache against
    waiting for it.  Unknown as nothing would throw away the caches of exactly those plans that are
    paid by the month, whose windows a prefix read anew empties all the same; a guess that is too
    high merely stays a little too long.
    """
    fresh = price.cache_write or price.input
    if fresh is None or price.cache_read is None:
        return max(tokens, 0) * NOMINAL_USD / _MILLION
    return max(tokens, 0) * max(fresh - price.cache_read, 0.0) / _MILLION


def known_loss_usd(price: PriceFacts, tokens: int) -> float | None:
    """The same for a bill: None where a price is unknown, never a guess."""
    known = (price.cache_write or price.input) is not None and price.cache_read is not None
    return lost_prefix_usd(price, tokens) if known else None


class Usd(float):
    """An amount that becomes words when somebody wants to read it."""

    __slots__ = ()

    def __str__(self) -> str:
        """As :func:`usd`."""
        return usd(self)


def usd(amount: float) -> str:
    """An amount in words: ``$0.0123`` below one dollar, ``$12.30`` from there on."""
    if amount >= 1:
        return f"${amount:.2f}"
    if amount >= 0.0001:
        return f"${amount:.4f}"
    return "under $0.0001" if amount > 0 else "$0"

"""Which prices hold for a request: of its size, of the hour and of the day, where a vendor has such."""

from __future__ import annotations

from typing import Final

from aimux.catalogue.provider import ModelFacts, PriceFacts

_MINUTES: Final = 24 * 60
_THURSDAY, _SATURDAY = 3, 5
"""From Monday; the first day of Unix time was a Thursday."""


def price_for(facts: ModelFacts, input_tokens: int, now_s: float) -> PriceFacts:
    """The prices of a prompt of so many tokens (cached ones included) that is sent at a Unix time.

    Of the tiers that fit the last one holds; where none fits, the model's usual prices.
    """
    price = facts.price
    if not facts.tiers:
        return price
    day, minute = divmod(int(now_s // 60), _MINUTES)
    at_the_weekend = (day + _THURSDAY) % 7 >= _SATURDAY
    for tier in facts.tiers:
        fits = input_tokens > tier.above_input and now_s >= tier.from_s
        fits = fits and not (tier.weekdays and at_the_weekend)
        if fits and _within(minute, tier.hours):
            price = tier.price
    return price


def _within(minute: int, hours: tuple[int, int] | None) -> bool:
    """Whether a minute of the day lies in these hours, which may go over midnight."""
    if hours is None:
        return True
    begin, end = hours
    return begin <= minute < end if begin <= end else minute >= begin or minute < end

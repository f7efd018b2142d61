"""Prices: what is unknown stays unknown, what is cached is cheaper."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.catalogue.provider import PriceFacts
from aimux.model.response import Usage
from aimux.routing.cost import known_loss_usd, lost_prefix_usd, request_cost, usage_cost, usd
from aimux.routing.plan import Demand, Task

FULL = PriceFacts(input=2, output=10, cache_read=0.2, cache_write=2.5)
PLAIN = PriceFacts(input=2, output=10)
FREE = PriceFacts(0, 0, 0, 0)
UNKNOWN = PriceFacts()
M = 1_000_000


def demand(input_tokens: int, output_tokens: int) -> Demand:
    return Demand(input_tokens, output_tokens, Task.CHAT)


@pytest.mark.parametrize(
    ("price", "tokens", "cached", "cost"),
    [
        (FULL, (M, M), 0, 12.5),
        (FULL, (M, M), M, 10.2),
        (FULL, (2 * M, 0), M, 2.7),
        (FULL, (M, 0), 5 * M, 0.2),  # more cannot be warm than is sent
        (FULL, (M, 0), -1, 2.5),
        (PLAIN, (M, M), M, 12),  # no price of the cache: that of the input
        (PLAIN, (0, 0), 0, 0),
        (FREE, (M, M), 10, 0),
        (UNKNOWN, (M, M), 0, None),
        (UNKNOWN, (M, 0), M, None),
        (UNKNOWN, (0, 0), 0, 0),
        (PriceFacts(input=2), (M, 1), 0, None),
        (PriceFacts(input=2), (M, 0), 0, 2),
        (PriceFacts(output=2), (1, M), 0, None),
        (PriceFacts(cache_read=1, output=2), (M, M), M, 3),
        (PriceFacts(2, 10, 0.2, 0), (M, 0), 0, 2),  # a free write does not make the input free
        (PriceFacts(cache_write=0, output=10), (M, 0), 0, None),
    ],
)
def test_the_price_of_a_request(
    price: PriceFacts, tokens: tuple[int, int], cached: int, cost: float | None
) -> None:
    """The cached part at the cache's price, the rest at that of a write, the answer at its own."""
    assert request_cost(price, demand(*tokens), cached) == (
        None if cost is None else pytest.approx(cost)
    )


@pytest.mark.parametrize(
    ("price", "usage", "cost"),
    [
        (FULL, Usage(3 * M, M, M, M), 2 + 0.2 + 2.5 + 10),
        (FULL, Usage(M, 0), 2),
        (FULL, Usage(M, 0, 2 * M, 0), 0.4),  # a provider that counts wrongly: never below nothing
        (PLAIN, Usage(3 * M, M, M, M), 16),
        (FREE, Usage(M, M), 0),
        (FREE, Usage(), 0),  # a free model is free whatever it did
        (FULL, Usage(), None),
        (FULL, Usage(M), None),
        (FULL, Usage(None, M), None),
        (UNKNOWN, Usage(M, M), None),
        (UNKNOWN, Usage(0, 0), 0),
        (PriceFacts(input=2, output=0), Usage(M), 2),  # embeddings: they have no output to tell
    ],
)
def test_the_price_of_what_was_used(price: PriceFacts, usage: Usage, cost: float | None) -> None:
    """Input tokens hold the cached ones."""
    assert usage_cost(price, usage) == (None if cost is None else pytest.approx(cost))


@pytest.mark.parametrize(
    ("price", "lost"),
    [
        (FULL, 2.3),
        (PriceFacts(input=2, cache_read=0.5), 1.5),
        (PriceFacts(input=2, cache_read=3), 0),
        (FREE, 0),
        (UNKNOWN, 1),
        (PLAIN, 1),
        (PriceFacts(cache_read=1), 1),
    ],
)
def test_the_price_of_a_lost_prefix(price: PriceFacts, lost: float) -> None:
    """The difference between reading anew and reading from the cache; a guess where it is unknown."""
    assert lost_prefix_usd(price, M) == pytest.approx(lost)
    assert lost_prefix_usd(price, -1) == 0


@pytest.mark.parametrize(
    ("price", "lost"),
    [
        (FULL, 2.3),
        (FREE, 0),
        (PriceFacts(input=2, cache_read=0.5), 1.5),
        (PLAIN, None),
        (UNKNOWN, None),
    ],
)
def test_the_price_of_a_lost_prefix_on_a_bill(price: PriceFacts, lost: float | None) -> None:
    """No guess stands there."""
    found = known_loss_usd(price, M)
    assert found == (None if lost is None else pytest.approx(lost))


@settings(max_examples=50, deadline=None)
@given(cached=st.integers(0, 1000), more=st.integers(0, 1000))
def test_a_warmer_cache_never_costs_more(cached: int, more: int) -> None:
    """And the difference is exactly what losing the prefix would cost."""
    warm = request_cost(FULL, demand(1000, 100), min(cached + more, 1000))
    less = request_cost(FULL, demand(1000, 100), cached)
    assert warm is not None
    assert less is not None
    lost = lost_prefix_usd(FULL, min(cached + more, 1000) - cached)
    assert less - warm == pytest.approx(lost, abs=1e-12)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "$0"),
        (0.00001, "under $0.0001"),
        (0.0123, "$0.0123"),
        (0.99994, "$0.9999"),
        (1, "$1.00"),
        (12.3, "$12.30"),
    ],
)
def test_amounts_in_words(amount: float, words: str) -> None:
    """As many digits as tell something."""
    assert usd(amount) == words

"""Our own limits: buckets that fill evenly and may be in debt."""

from __future__ import annotations

import pytest

from aimux.catalogue.provider import OwnLimits
from aimux.routing.rates import Rates
from aimux.routing.state import MemoryState

TWO = OwnLimits(requests_per_minute=2)
TOKENS = OwnLimits(tokens_per_minute=6000)
BOTH = OwnLimits(requests_per_minute=60, tokens_per_minute=6000)


def test_without_limits_nothing_is_kept() -> None:
    """And nobody waits."""
    state = MemoryState()
    rates = Rates(state)
    rates.take("a", OwnLimits(), 10**9, 100)
    assert rates.wait_s("a", OwnLimits(), 10**9, 100) == 0
    assert state.changes == 0


def test_requests_come_back_one_by_one() -> None:
    """Two a minute: after two, one is there again in half a minute."""
    rates = Rates(MemoryState())
    for _ in range(2):
        assert rates.wait_s("a", TWO, 0, 100) == 0
        rates.take("a", TWO, 0, 100)
    assert rates.wait_s("a", TWO, 0, 100) == 30
    assert rates.wait_s("a", TWO, 0, 120) == pytest.approx(10)
    assert rates.wait_s("a", TWO, 0, 130) == 0
    assert rates.wait_s("b", TWO, 0, 100) == 0


def test_tokens_that_were_guessed_wrong_are_settled() -> None:
    """A request that took more than was thought leaves a debt."""
    rates = Rates(MemoryState())
    rates.take("a", TOKENS, 1000, 100)
    rates.settle("a", TOKENS, 8000, 100)
    assert rates.wait_s("a", TOKENS, 100, 100) == pytest.approx(31)
    assert rates.wait_s("a", TOKENS, 100, 131) == 0


def test_a_prompt_larger_than_a_minutes_worth_waits_for_a_full_bucket() -> None:
    """It is let through once, not never."""
    rates = Rates(MemoryState())
    assert rates.wait_s("a", TOKENS, 50_000, 100) == 0
    rates.take("a", TOKENS, 3000, 100)
    assert rates.wait_s("a", TOKENS, 50_000, 100) == pytest.approx(30)


def test_the_longer_wait_of_both_holds() -> None:
    """Requests are there, tokens are not."""
    rates = Rates(MemoryState())
    rates.take("a", BOTH, 6000, 100)
    assert rates.wait_s("a", BOTH, 600, 100) == pytest.approx(6)
    assert rates.wait_s("a", BOTH, 600, 1000) == 0

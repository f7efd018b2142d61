"""Hedges are earned: a share of the requests, with little saved up."""

from __future__ import annotations

import pytest

from aimux.routing.hedging import MOST_SAVED, Hedges


def taken(hedges: Hedges, route: str, requests: int, share: float) -> int:
    """How many of so many requests could be hedged, if each were slow."""
    count = 0
    for _ in range(requests):
        hedges.earn(route, share)
        count += hedges.take(route)
    return count


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
def test_no_more_than_its_share_and_the_first(share: float) -> None:
    """Over any number of requests."""
    assert taken(Hedges(), "r", 1000, share) == pytest.approx(1000 * share + 1, abs=1)


def test_little_is_saved_up() -> None:
    """After a day without slowness not everything is hedged."""
    hedges = Hedges()
    for _ in range(10_000):
        hedges.earn("r", 0.05)
    assert [hedges.take("r") for _ in range(5)].count(True) == MOST_SAVED


def test_routes_do_not_pay_for_each_other() -> None:
    """And a route that has never been asked has nothing."""
    hedges = Hedges()
    hedges.earn("r", 0.5)
    assert not hedges.take("other")
    assert hedges.take("r")

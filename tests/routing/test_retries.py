"""The retry budget: a fifth of what is asked, three besides, for each provider and for all."""

from __future__ import annotations

import pytest

from aimux.routing.retries import HALF_LIFE_S, Retries


def taken(retries: Retries, provider: str, now_s: float) -> int:
    """How many retries can be taken now."""
    count = 0
    while count < 1000 and retries.take(provider, now_s):
        count += 1
    return count


@pytest.mark.parametrize(("asked", "allowed"), [(0, 3), (1, 3), (5, 4), (100, 23)])
def test_a_fifth_and_three(asked: int, allowed: int) -> None:
    """A laptop makes few requests; it may still try again."""
    retries = Retries()
    for _ in range(asked):
        retries.asked("a", 100)
    assert taken(retries, "a", 100) == allowed


def test_the_budget_of_all_binds_too() -> None:
    """Ten providers in trouble together do not have ten budgets."""
    retries = Retries()
    assert sum(taken(retries, str(name), 100) for name in range(10)) == 3


def test_a_provider_cannot_use_up_what_others_have_asked() -> None:
    """Its own budget is of its own requests."""
    retries = Retries()
    for _ in range(100):
        retries.asked("b", 100)
    assert taken(retries, "a", 100) == 3
    assert taken(retries, "b", 100) == 20  # 23 less the three of a


def test_clients_that_come_again_have_had_their_share() -> None:
    """There is one layer of retries, wherever it is."""
    retries = Retries()
    retries.came_again(100)
    retries.came_again(100)
    assert taken(retries, "a", 100) == 1


def test_it_grows_back() -> None:
    """Half of it after ten seconds; nearly all of it after a minute."""
    retries = Retries()
    assert taken(retries, "a", 100) == 3
    assert taken(retries, "a", 100 + HALF_LIFE_S) == 1
    assert taken(retries, "a", 100 + 10 * HALF_LIFE_S) == 2
    assert taken(retries, "a", 90) == 0  # a clock that stands still or goes back gives nothing


def test_what_is_left() -> None:
    """By provider and for all together; never below nothing."""
    retries = Retries()
    for _ in range(10):
        retries.asked("a", 100.0)
    for _ in range(4):
        retries.take("a", 100.0)
    for _ in range(9):
        retries.came_again(100.0)

    assert retries.left(["a", "b"], 100.0) == {"all": 0.0, "a": 1.0, "b": 3.0}

"""Chance that follows from a seed."""

from __future__ import annotations

from math import log

import pytest

from aimux.simulator.dice import Dice, factor, lot


def test_the_sequence_is_that_of_splitmix64() -> None:
    """The first numbers for the seed 1234567 as the generator's authors print them."""
    dice = Dice(1234567)
    printed = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [dice() for _ in printed] == [(each >> 11) / 2**53 for each in printed]


def test_numbers_are_even_and_below_one() -> None:
    dice = Dice(5)
    numbers = [dice() for _ in range(4_000)]
    assert all(0 <= each < 1 for each in numbers)
    assert sum(numbers) / len(numbers) == pytest.approx(0.5, abs=0.02)


def test_half_are_above_the_middle() -> None:
    dice = Dice(6)
    numbers = [dice.around(100, 0.7) for _ in range(4_000)]
    assert sum(each > 100 for each in numbers) / len(numbers) == pytest.approx(0.5, abs=0.03)
    spread = sum(log(each / 100) ** 2 for each in numbers) / len(numbers)
    assert spread**0.5 == pytest.approx(0.7, rel=0.05)


def test_a_lot_belongs_to_its_names() -> None:
    assert lot(1, "a", 2) == lot(1, "a", 2)
    assert len({lot(1, "a", 2), lot(2, "a", 2), lot(1, "a", 3), lot(1, "a2")}) == 4


def test_without_a_spread_a_factor_is_one() -> None:
    assert factor(1, 0.0, "x") == 1.0
    assert factor(1, 0.3, "x") == factor(1, 0.3, "x") != 1.0

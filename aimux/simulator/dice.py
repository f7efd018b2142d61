"""Chance that is the same on every machine: numbers that follow from a seed alone.

The simulator does no I/O and reads no chance of its own, so the generator is written out: SplitMix64
(Steele, Lea and Flood, 2014) for a sequence, and a hash where a number belongs to a thing and must not
depend on how many were drawn before it.
"""

from __future__ import annotations

import hashlib
from math import cos, exp, log, pi, sqrt
from typing import Final

_MASK: Final = 2**64 - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


class Dice:
    """A sequence of numbers from 0 up to 1; called, it gives the next one."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def __call__(self) -> float:
        """The next number."""
        self._state = (self._state + _GOLDEN) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((z ^ (z >> 31)) >> 11) / 2**53

    def happens(self, share: float) -> bool:
        """Whether something happens that happens so often."""
        return self() < share

    def between(self, least: float, most: float) -> float:
        """A number between two, all alike likely."""
        return least + (most - least) * self()

    def around(self, middle: float, spread: float) -> float:
        """A number above 0 of which half are above ``middle``; ``spread`` is that of its logarithm."""
        return middle * exp(spread * _normal(self(), self()))


def lot(seed: int, *names: object) -> float:
    """The number from 0 up to 1 that belongs to a thing of so many names."""
    text = "\0".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64


def factor(seed: int, spread: float, *names: object) -> float:
    """A factor around 1 that belongs to a thing; ``spread`` is that of its logarithm."""
    if spread <= 0:
        return 1.0
    return exp(spread * _normal(lot(seed, "a", *names), lot(seed, "b", *names)))


def _normal(one: float, two: float) -> float:
    """A normal number from two even ones (Box and Muller), within four deviations."""
    return max(-4.0, min(4.0, sqrt(-2.0 * log(1.0 - one)) * cos(2.0 * pi * two)))

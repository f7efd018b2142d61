"""Two thousand worlds of faults in virtual time: what routing promises holds in each of them.

The promises stand in ``tests/support/world.py`` beside what happens; a seed makes the same world again.
"""

from __future__ import annotations

import random

import pytest

from tests.support.world import World

pytestmark = pytest.mark.untraced  # two thousand times over the same lines

WORLDS = 2000
GROUPS = 8


@pytest.mark.parametrize("group", range(GROUPS))
def test_routing_keeps_its_promises(group: int) -> None:
    """In every eighth world."""
    told: set[str] = set()
    hedged = 0
    for seed in range(group, WORLDS, GROUPS):
        world = World(random.Random(seed))
        try:
            world.run()
        except AssertionError as broken:
            raise AssertionError(f"world {seed}: {broken}") from broken
        told.update(world.told)
        hedged += world.hedged
    assert hedged > WORLDS / GROUPS
    assert {"ok", "cut", "left", "no network", "bad_request", "auth", "overloaded"} <= told

"""How late the loop is, with a clock that moves by itself and values by hand."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from aimux.telemetry.lag import EVERY_S, Lag
from tests.support.clock import run


def test_smoothed_and_worst() -> None:
    """One late timer is the worst of its minute; what lasts is what is smoothed."""
    lag = Lag()
    lag.late(0.4, 1.0)
    assert (lag.smoothed_s, lag.worst_s) == (pytest.approx(0.04), 0.4)
    for number in range(60):
        lag.late(0.3, 2.0 + number / 2)
    assert lag.smoothed_s == pytest.approx(0.3, rel=0.01)
    lag.late(-0.1, 59.0)
    assert lag.worst_s == 0.4


@pytest.mark.parametrize(("now_s", "worst_s"), [(59, 0.4), (61, 0.4), (119, 0.4), (300, 0.0)])
def test_the_worst_is_forgotten(now_s: float, worst_s: float) -> None:
    """After a minute to two."""
    lag = Lag()
    lag.late(0.4, 1.0)
    lag.late(0.0, now_s)

    assert lag.worst_s == worst_s


def test_two_minutes_on() -> None:
    """Of the minute before the last one nothing is left."""
    lag = Lag()
    for now_s, by_s in ((1.0, 0.4), (61.0, 0.1), (122.0, 0.0)):
        lag.late(by_s, now_s)

    assert lag.worst_s == 0.1


def test_a_loop_that_is_held_up_is_late() -> None:
    """Somebody who blocks for two seconds is seen; a loop at rest is not late."""

    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        lag = Lag()
        task = asyncio.create_task(lag.watch())
        await asyncio.sleep(10 * EVERY_S + 0.1)
        at_rest = lag.worst_s
        loop._clock.now += 2.0  # type: ignore[attr-defined]  # as if a callback had taken so long
        await asyncio.sleep(EVERY_S)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return at_rest, lag.worst_s

    at_rest, worst = run(main)

    assert at_rest < 0.001
    assert 1.5 < worst <= 2.0

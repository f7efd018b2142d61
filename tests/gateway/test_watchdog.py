"""One timer for every limit of an exchange, tested on a clock that only moves when all wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from aimux.gateway.watchdog import ENDING, Watch, Watchdog
from tests.support.clock import run

Step = Callable[[Watchdog], None]


class Scene:
    """A watchdog over the task that makes it, and what it does, with the seconds it does it at."""

    def __init__(self, heartbeat_s: float = 10.0) -> None:
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.dog = Watchdog(Watch(self.loop), heartbeat_s)
        self.beats: list[float] = []

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return round(self.loop.time() - self.began, 6)

    def beat(self) -> None:
        """What a heartbeat does."""
        self.beats.append(self.now)

    async def barked(self, within_s: float = 10_000.0) -> tuple[str, float]:
        """The phase whose limit ends the wait, and when; an empty one if none does."""
        try:
            await asyncio.sleep(within_s)
        except asyncio.CancelledError:
            return self.dog.claim(), self.now
        return "", self.now


def heard(dog: Watchdog) -> None:
    """The upstream says something."""
    dog.heard = asyncio.get_running_loop().time()


def begins(dog: Watchdog) -> None:
    """The first event of an answer has come; its pauses have a limit of 5 s from now on."""
    heard(dog)
    dog.begun(5, stream=True)


def writes(dog: Watchdog) -> None:
    """The exchange begins to wait for the client."""
    dog.writing = True


def told(dog: Watchdog) -> None:
    """The client has read."""
    dog.writing = False
    dog.told = dog.heard = asyncio.get_running_loop().time()


# What happens at which second of an attempt with 60 s to its first event, 100 s in all and 5 s between
# two pieces; and which limit ends it when.
LIMITS: list[tuple[str, dict[float, Step], tuple[str, float]]] = [
    ("nothing comes", {}, ("first_event", 60.0)),
    ("it says something that is no answer", {30: heard}, ("first_event", 60.0)),
    ("it begins and falls silent", {20: begins}, ("idle", 25.0)),
    ("it goes on and falls silent", {20: begins, 24.5: heard}, ("idle", 29.5)),
    ("it goes on and on", {1: begins, **dict.fromkeys(range(2, 200, 4), heard)}, ("total", 100.0)),
    ("the client does not read", {1: begins, 2: writes}, ("total", 100.0)),
    ("the client reads again", {1: begins, 2: writes, 50: told}, ("idle", 55.0)),
    ("it rests", {10: lambda dog: dog.rest()}, ("", 10_000.0)),
    ("it pauses", {10: lambda dog: dog.pause()}, ("", 10_000.0)),
    ("it is stopped", {10: lambda dog: dog.stop()}, ("", 10_000.0)),
    ("the daemon ends", {10: lambda dog: dog.cut()}, (ENDING, 10.0)),
    ("the daemon ends in a pause", {1: lambda dog: dog.pause(), 2: lambda dog: dog.cut()}, (ENDING, 2.0)),
    ("another attempt begins", {50: lambda dog: dog.attempt(60, 100)}, ("first_event", 110.0)),
    ("it asks once more", {50: lambda dog: dog.again(45)}, ("first_event", 95.0)),
    ("the whole keeps its limit", {50: lambda dog: dog.again(60)}, ("total", 100.0)),
    ("another attempt has less time", {50: lambda dog: dog.attempt(60, 20)}, ("total", 70.0)),
]  # fmt: skip


@pytest.mark.parametrize(("_case", "happens", "ends"), LIMITS, ids=[case for case, _, _ in LIMITS])
def test_a_limit_ends_an_attempt(
    _case: str, happens: dict[float, Step], ends: tuple[str, float]
) -> None:
    """In its phase, at its moment, whatever happens before."""

    async def scene() -> tuple[str, float]:
        scene = Scene()
        scene.dog.attempt(60, 100)
        for at_s, step in happens.items():
            scene.loop.call_later(at_s, step, scene.dog)
        return await scene.barked()

    assert run(scene) == ends


@pytest.mark.parametrize("first_event_s", [30, 100, 200])
def test_the_total_counts_from_the_beginning(first_event_s: float) -> None:
    """Whichever limit passes first ends the attempt; at the same moment it is the total."""

    async def scene() -> tuple[str, float]:
        scene = Scene()
        scene.dog.attempt(first_event_s, 100)
        return await scene.barked()

    assert run(scene) == (("first_event", 30.0) if first_event_s == 30 else ("total", 100.0))


# ---------------------------------------------------------------- silence

BEATS: list[tuple[str, dict[float, Step], list[float]]] = [
    ("silence", {}, [10, 20, 30, 40]),
    ("the client hears something", {5: told, 12: told}, [22, 32, 42]),
    ("the client does not read", {5: writes, 27: told}, [37]),
    ("the upstream is heard, the client is not", {5: heard, 15: heard}, [10, 20, 30, 40]),
    ("between two attempts", {12: lambda dog: dog.pause()}, [10, 20, 30, 40]),
    ("a stream has begun", {12: lambda dog: dog.begun(99, stream=True)}, [10, 20, 30, 40]),
    ("a body has begun", {12: lambda dog: dog.begun(99, stream=False)}, [10]),
    ("nothing is owed any more", {25: lambda dog: dog.rest()}, [10, 20]),
]


@pytest.mark.parametrize(("_case", "happens", "beats"), BEATS, ids=[case for case, _, _ in BEATS])
def test_silence_is_broken(_case: str, happens: dict[float, Step], beats: list[float]) -> None:
    """P13: every ten seconds in which the client hears nothing and could."""

    async def scene() -> list[float]:
        scene = Scene(heartbeat_s=10)
        scene.dog.on_silence = scene.beat
        scene.dog.attempt(500, 1000)
        for at_s, step in happens.items():
            scene.loop.call_later(at_s, step, scene.dog)
        await scene.barked(within_s=45)
        scene.dog.stop()
        return scene.beats

    assert run(scene) == beats


def test_a_client_that_is_owed_nothing_hears_nothing() -> None:
    """A request that asked for no stream has no place for a heartbeat."""

    async def scene() -> tuple[tuple[str, float], list[float]]:
        scene = Scene()
        scene.dog.attempt(60, 100)
        return await scene.barked(), scene.beats

    assert run(scene) == (("first_event", 60.0), [])


def test_heartbeats_do_not_put_a_limit_off() -> None:
    """They are ours, not the upstream's."""

    async def scene() -> tuple[tuple[str, float], list[float]]:
        scene = Scene(heartbeat_s=20)
        scene.dog.on_silence = scene.beat
        scene.dog.attempt(50, 100)
        return await scene.barked(), scene.beats

    assert run(scene) == (("first_event", 50.0), [20.0, 40.0])


# ---------------------------------------------------------------- whose cancellation it was


def test_a_limit_is_claimed_once() -> None:
    """Afterwards the task goes on as if it had never been cancelled."""

    async def scene() -> tuple[str, str, int]:
        scene = Scene()
        scene.dog.attempt(60, 100)
        phase, _ = await scene.barked()
        task = asyncio.current_task()
        assert task is not None
        await asyncio.sleep(0)
        return phase, scene.dog.claim(), task.cancelling()

    assert run(scene) == ("first_event", "", 0)


def test_a_limit_that_has_passed_is_not_overtaken_by_the_end() -> None:
    """One cancellation for one reason: the first."""

    async def scene() -> tuple[tuple[str, float], int]:
        scene = Scene()
        scene.dog.attempt(60, 100)
        scene.loop.call_later(60.001, scene.dog.cut)
        ended = await scene.barked()
        task = asyncio.current_task()
        assert task is not None
        return ended, task.cancelling()

    assert run(scene) == (("first_event", 60.0), 0)


def test_the_next_attempt_has_its_own_limits() -> None:
    """A limit that has passed leaves nothing behind."""

    async def scene() -> list[tuple[str, float]]:
        scene = Scene()
        scene.dog.attempt(60, 100)
        first = await scene.barked()
        scene.dog.attempt(30, 100)
        return [first, await scene.barked()]

    assert run(scene) == [("first_event", 60.0), ("first_event", 90.0)]


@pytest.mark.parametrize("limit_s", [60.0, 100.0], ids=["before-the-limit", "with-the-limit"])
def test_a_cancellation_by_somebody_else_is_theirs(limit_s: float) -> None:
    """The client has left, or the daemon ends; also where a limit passes at the same moment."""

    async def exchange() -> tuple[str, float]:
        scene = Scene()
        scene.dog.attempt(100, 200)
        phase = await scene.barked()
        scene.dog.stop()
        return phase

    async def scene() -> tuple[str, float]:
        task = asyncio.create_task(exchange())
        asyncio.get_running_loop().call_later(limit_s, task.cancel)
        return await task

    assert run(scene) == ("", limit_s)


def test_the_timer_ends_with_the_last_exchange() -> None:
    """It goes off once more and finds nobody; stopping twice is nothing."""

    async def scene() -> tuple[int, int]:
        scene = Scene()
        scene.dog.on_silence = scene.beat
        scene.dog.attempt(60, 100)
        scene.dog.rest()
        scene.dog.stop()
        pending = timers(scene.loop)
        await asyncio.sleep(2)
        return pending, timers(scene.loop)

    assert run(scene) == (1, 0)


def timers(loop: asyncio.AbstractEventLoop) -> int:
    """How many a loop has set."""
    return sum(not timer.cancelled() for timer in loop._scheduled)  # type: ignore[attr-defined]


def test_all_exchanges_share_one_timer() -> None:
    """Each limit is kept all the same, the nearest first."""

    async def scene() -> tuple[int, list[tuple[str, float]]]:
        watch = Watch(asyncio.get_running_loop())

        async def exchange(limit_s: float) -> tuple[str, float]:
            dog = Watchdog(watch, 10)
            dog.attempt(limit_s, 100)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return dog.claim(), round(watch.loop.time(), 6)
            return "", 0

        began = watch.loop.time()
        tasks = [asyncio.create_task(exchange(limit_s)) for limit_s in (30, 0.25, 2.5)]
        await asyncio.sleep(0)
        pending = timers(watch.loop)
        barked = await asyncio.gather(*tasks)
        return pending, [(phase, round(at - began, 6)) for phase, at in barked]

    assert run(scene) == (1, [("first_event", 30), ("first_event", 0.25), ("first_event", 2.5)])

"""Signals and companions of the server."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from typing import Any, cast

import pytest

from aimux.daemon.control import Daemon
from aimux.daemon.signals import beside, signals
from aimux.errors import TimedOut
from tests.support.patience import PATIENCE_S


class Told:
    """Notes what signals do."""

    def __init__(self) -> None:
        self.ending = asyncio.Event()
        self.said: list[object] = []

    def shutdown(self, drain_s: float | None) -> float:
        self.said.append(drain_s)
        self.ending.set()
        return 0

    def follow(self) -> None:
        self.said.append("follow")

    async def reload(self) -> None:
        self.said.append("reload")
        raise TimedOut("refused; the log has it")


ALL = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)


async def test_each_signal() -> None:
    """HUP reloads, and a refused reload harms nobody; USR2 makes a successor; TERM and INT end, the
    second one at once.
    """
    told = Told()
    before = [signal.getsignal(each) for each in ALL]

    try:
        with signals(cast("Daemon", told)):
            for count, number in enumerate(
                (signal.SIGHUP, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT), 1
            ):
                os.kill(os.getpid(), number)
                await until(lambda count=count: len(told.said) == count)
        os.kill(os.getpid(), signal.SIGTERM)  # while everything is being closed: harmless
    finally:
        for each, handler in zip(ALL, before, strict=True):
            signal.signal(each, handler)

    assert told.said == ["reload", "follow", None, 0]


async def test_companions(caplog: pytest.LogCaptureFixture) -> None:
    """They run as long as the block; one that fails is logged and takes nobody along."""
    steps: list[str] = []

    async def fail() -> None:
        steps.append("fail")
        raise KeyError("broken companion")

    async def end() -> None:
        steps.append("end")

    async def stay() -> None:
        steps.append("stay")
        await asyncio.Event().wait()

    with caplog.at_level(logging.ERROR), beside(fail(), end(), stay()):
        await until(lambda: len(steps) == 3)
        await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() if "stay" in repr(task)]
    await asyncio.gather(*left, return_exceptions=True)

    assert [task.cancelled() for task in left] == [True]
    assert "broken companion" in caplog.text


async def until(condition: Callable[[], Any], limit_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.005)

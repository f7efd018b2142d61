"""Signals, and the tasks that run beside the server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine, Iterator
from typing import Any

from aimux.daemon.control import Daemon
from aimux.errors import AimuxError

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def signals(daemon: Daemon) -> Iterator[None]:
    """SIGTERM and SIGINT begin the end, a second one does not wait; SIGHUP reloads; SIGUSR2 starts another
    daemon, which takes over.
    """
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[None]] = set()

    def end() -> None:
        daemon.shutdown(0 if daemon.ending.is_set() else None)

    def reload() -> None:
        task = loop.create_task(_reloaded(daemon))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    handlers = {
        signal.SIGTERM: end,
        signal.SIGINT: end,
        signal.SIGHUP: reload,
        signal.SIGUSR2: daemon.follow,
    }
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in handlers:
            loop.remove_signal_handler(number)
            # One that comes now, while everything is being closed, must not kill us half way.
            signal.signal(number, signal.SIG_IGN)


async def _reloaded(daemon: Daemon) -> None:
    """A reload that nobody waits for; what was refused, and why, stands in the log."""
    with contextlib.suppress(AimuxError):
        await daemon.reload()


@contextlib.contextmanager
def beside(*work: Coroutine[Any, Any, None]) -> Iterator[None]:
    """Runs coroutines as long as the block lasts; one that fails is logged and missed."""
    tasks = [asyncio.get_running_loop().create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(_log_failure)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (problem := task.exception()):
        logger.error("a task beside the server failed", exc_info=problem)

"""Blocking work beside the event loop, in a thread that nobody has to wait for.

``asyncio.to_thread`` uses an executor that the interpreter joins at exit: a keyring that waits for a
person would keep a stopped daemon alive for ever.  A daemon thread is simply left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def aside(work: Callable[[], Result], *, limit_s: float) -> Result:
    """What ``work`` returns or raises.

    Raises:
        TimeoutError: it did not end in time; its thread goes on, and its result is dropped.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Result] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except BaseException as problem:  # noqa: BLE001 -- it is raised again where it is awaited
            _tell(loop, _fail, outcome, problem)
        else:
            _tell(loop, _succeed, outcome, result)

    threading.Thread(target=run, name="aside", daemon=True).start()
    return await asyncio.wait_for(outcome, limit_s)


def _tell(loop: asyncio.AbstractEventLoop, how: Callable[..., None], *arguments: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended; nobody waits any more
        loop.call_soon_threadsafe(how, *arguments)


def _succeed(outcome: asyncio.Future[Result], result: Result) -> None:
    if not outcome.done():
        outcome.set_result(result)


def _fail(outcome: asyncio.Future[Result], problem: BaseException) -> None:
    if not outcome.done():
        outcome.set_exception(problem)

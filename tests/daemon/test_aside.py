"""Work beside the loop."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

import pytest

from aimux.daemon.aside import aside
from tests.support.patience import PATIENCE_S


async def test_result() -> None:
    """What the work returns, from another thread."""
    thread = await aside(threading.get_ident, limit_s=PATIENCE_S)

    assert thread != threading.get_ident()


async def test_failure() -> None:
    """What the work raises."""

    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await aside(fail, limit_s=PATIENCE_S)


@pytest.mark.parametrize("fails", [False, True])
async def test_too_late(fails: bool) -> None:
    """Work that takes too long is left alone; what becomes of it interests nobody."""
    go = threading.Event()

    def slow() -> int:
        go.wait(PATIENCE_S)
        if fails:
            raise KeyError("x")
        return 3

    with pytest.raises(TimeoutError):
        await aside(slow, limit_s=0.01)
    go.set()
    await aside(lambda: None, limit_s=PATIENCE_S)


def test_work_that_never_ends_keeps_nobody() -> None:
    """The interpreter ends though a thread still hangs; work that ends after the loop does no harm."""
    program = """
        import asyncio, threading, time
        from aimux.daemon.aside import aside
        async def main():
            for work in (threading.Event().wait, lambda: time.sleep(0.2)):
                try:
                    await aside(work, limit_s=0.01)
                except TimeoutError:
                    print("left")
        asyncio.run(main())
        time.sleep(0.4)
        """

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )

    assert done.stdout == "left\nleft\n"
    assert done.stderr == ""

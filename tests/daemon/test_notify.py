"""What the service manager hears."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aimux.daemon.notify import Notifier


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        made.settimeout(5)
        yield made


@pytest.mark.parametrize("abstract", [False, True])
def test_what_is_said(tmp_path: Path, abstract: bool) -> None:
    """Ready, reloading, stopping; through a path or an abstract address."""
    address = f"@aimux-test-{os.getpid()}" if abstract else str(tmp_path / "s")
    environ = {"NOTIFY_SOCKET": address, "OTHER": "kept"}

    with manager(address) as listening:
        notifier = Notifier(environ)
        notifier.ready("listening")
        notifier.reloading()
        notifier.stopping("draining 2")
        said = [listening.recv(4096).decode() for _ in range(3)]

    assert said[0] == f"READY=1\nMAINPID={os.getpid()}\nSTATUS=listening"
    assert said[1].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert said[1].rpartition("=")[2].isdigit()
    assert said[2] == "STOPPING=1\nSTATUS=draining 2"
    assert environ == {"OTHER": "kept"}


async def test_watchdog(tmp_path: Path) -> None:
    """A manager that watches hears twice in each of its periods that the loop turns."""
    address = str(tmp_path / "s")
    with manager(address) as listening:
        notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "20000"})
        task = asyncio.create_task(notifier.keep_alive())
        said = [await asyncio.to_thread(listening.recv, 99) for _ in range(2)]
        task.cancel()

    assert notifier.watchdog_s == 0.02
    assert said == [b"WATCHDOG=1"] * 2


@pytest.mark.parametrize(
    "environ",
    [{}, {"WATCHDOG_USEC": "100"}, {"NOTIFY_SOCKET": "/nobody/listens"}],
    ids=["nothing", "only a watchdog", "a dead socket"],
)
async def test_nobody_listens(environ: dict[str, str]) -> None:
    """Without a manager everything is said to nobody, and nothing fails."""
    notifier = Notifier(environ)

    notifier.ready("x")
    await asyncio.wait_for(notifier.keep_alive(), 5)

    assert notifier.watchdog_s is None

"""What the service manager hears."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aimux.daemon.notify import Notifier
from tests.support.patience import PATIENCE_S


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        made.settimeout(PATIENCE_S)
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
        notifier.stopping("draining 2", 1.5)
        said = [listening.recv(4096).decode() for _ in range(3)]

    assert said[0] == f"READY=1\nMAINPID={os.getpid()}\nSTATUS=listening"
    assert said[1].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert said[1].rpartition("=")[2].isdigit()
    assert said[2] == "STOPPING=1\nSTATUS=draining 2\nEXTEND_TIMEOUT_USEC=1500000"
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
    await asyncio.wait_for(notifier.keep_alive(), PATIENCE_S)

    assert notifier.watchdog_s is None


def test_the_socket_is_kept(tmp_path: Path) -> None:
    """The manager gets a copy of the listening socket, by name, and is told when to close it."""
    with manager(str(tmp_path / "s")) as listening, socket.create_server(("127.0.0.1", 0)) as port:
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "s")})
        notifier.store(port)
        notifier.unstore()
        text, descriptors, _, _ = socket.recv_fds(listening, 4096, 1)
        removed = listening.recv(4096)
        with socket.socket(fileno=descriptors[0]) as copy:
            there = copy.getsockname()

        assert text == b"FDSTORE=1\nFDNAME=aimux-listening"
        assert there == port.getsockname()
        assert removed == b"FDSTOREREMOVE=1\nFDNAME=aimux-listening"


def test_failure_and_succession(tmp_path: Path) -> None:
    """The reason of a failed start in one line; after a succession nothing more is said."""
    with manager(str(tmp_path / "s")) as listening:
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "s")})
        notifier.failed("a reason\nwith details")
        notifier.succeeded_by(4711, "handed over")
        notifier.ready("never said")
        said = [listening.recv(4096).decode() for _ in range(2)]
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.recv(4096)

    assert said == ["STATUS=a reason", "MAINPID=4711\nSTATUS=handed over"]


@pytest.mark.parametrize(("pid", "watches"), [("", True), ("own", True), ("1", False)])
def test_whom_the_watchdog_means(pid: str, watches: bool) -> None:
    """A watchdog that waits for another process does not wait for us; a successor is told of both."""
    environ = {
        "NOTIFY_SOCKET": "/s",
        "WATCHDOG_USEC": "1000000",
        "WATCHDOG_PID": pid.replace("own", str(os.getpid())),
    }
    notifier = Notifier(environ)

    assert notifier.watchdog_s == (1.0 if watches else None)
    assert notifier.given == {"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "1000000"}
    assert Notifier({}).given == {}
    assert environ == {}


HANDED = """
import os, socket, sys
from aimux.daemon.notify import handed_down

one = socket.create_server(("127.0.0.1", 0))
there = one.getsockname()
os.dup2(one.detach(), 3)
os.environ |= {"LISTEN_FDS": sys.argv[1], "LISTEN_PID": sys.argv[2] or str(os.getpid())}
found = handed_down(os.environ)
print([name for name, _ in found], {"LISTEN_FDS", "LISTEN_PID"} & set(os.environ))
print(all(given.getsockname() == there for _, given in found))
print(any(given.get_inheritable() for _, given in found))
for _, given in found:
    given.close()
"""


@pytest.mark.parametrize(
    ("count", "pid", "names", "found"),
    [
        ("1", "", "a:b", ["a"]),
        ("1", "", None, [""]),
        ("1", "1", "a", []),
        ("", "", "a", []),
        ("x", "", "a", []),
    ],
)
def test_handed_down(count: str, pid: str, names: str | None, found: list[str]) -> None:
    """sd_listen_fds(3): from descriptor 3 on, for this process only, and never for a child."""
    environ = {**os.environ, **({"LISTEN_FDNAMES": names} if names else {})}
    done = subprocess.run(
        [sys.executable, "-c", HANDED, count, pid],
        env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == [f"{found} set()", "True", "False"]

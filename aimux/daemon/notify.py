"""What the service manager is told: sd_notify(3) in a few lines.

``NOTIFY_SOCKET`` is taken out of the environment, so that no child can speak in our name.  What is said:
READY with the main pid, RELOADING with the time at which it began, STOPPING with the time that it may take,
WATCHDOG, STATUS with each of them, and the listening socket to keep (FDSTORE): a restart or a crash of the
daemon closes no port then.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import MutableMapping
from typing import Final

STORED: Final = "aimux-listening"
"""Name of the socket that the manager keeps."""

_LISTEN_FROM: Final = 3
"""The first descriptor that a manager hands down; sd_listen_fds(3)."""


class Notifier:
    """Speaks to the service manager, or to nobody when there is none."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        address = environ.pop("NOTIFY_SOCKET", "")
        watchdog_us = environ.pop("WATCHDOG_USEC", "")
        watched = environ.pop("WATCHDOG_PID", "") in {"", str(os.getpid())}
        self._given = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": watchdog_us} if address else {}
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watches = bool(address) and watched and watchdog_us.isdigit()
        self.watchdog_s = int(watchdog_us) / 1e6 if self._watches else None
        """Longest time the manager waits between two ``alive``; None if it does not watch."""

    @property
    def given(self) -> dict[str, str]:
        """The variables through which a successor can speak to the same manager."""
        return {name: value for name, value in self._given.items() if value}

    def ready(self, status: str) -> None:
        """Started, or reloaded."""
        self._send(f"READY=1\nMAINPID={os.getpid()}\nSTATUS={status}")

    def reloading(self) -> None:
        """A reload has begun; ``ready`` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str, limit_s: float) -> None:
        """The end has begun, and takes no longer than this."""
        self._send(f"STOPPING=1\nSTATUS={status}\nEXTEND_TIMEOUT_USEC={int(limit_s * 1e6)}")

    def failed(self, why: str) -> None:
        """There will be no daemon, for a reason that the manager shows."""
        line = why.partition("\n")[0]
        self._send(f"STATUS={line}")

    def succeeded_by(self, pid: int, status: str) -> None:
        """Another process is the daemon from here on; this one has nothing more to say."""
        self._send(f"MAINPID={pid}\nSTATUS={status}")
        self._address = ""

    def store(self, listening: socket.socket) -> None:
        """Gives the manager a copy of the listening socket, for the next daemon."""
        self._send(f"FDSTORE=1\nFDNAME={STORED}", [listening.fileno()])

    def unstore(self) -> None:
        """The manager closes its copy: the port is not ours any more."""
        self._send(f"FDSTOREREMOVE=1\nFDNAME={STORED}")

    async def keep_alive(self) -> None:
        """Tells a watching manager that the event loop turns, twice in each of its periods.

        From within the loop, on purpose: a loop that is stuck must be seen.
        """
        while self.watchdog_s:
            self._send("WATCHDOG=1")
            await asyncio.sleep(self.watchdog_s / 2)

    def _send(self, text: str, descriptors: list[int] | None = None) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.connect(self._address)
            if descriptors:
                socket.send_fds(one, [text.encode()], descriptors)
            else:
                one.send(text.encode())


def handed_down(environ: MutableMapping[str, str]) -> list[tuple[str, socket.socket]]:
    """The sockets that the manager has given us, with their names; the environment then names none."""
    count, pid = environ.pop("LISTEN_FDS", ""), environ.pop("LISTEN_PID", "")
    names = environ.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not count.isdigit():
        return []
    found = []
    for number in range(int(count)):
        with contextlib.suppress(OSError):
            given = socket.socket(fileno=_LISTEN_FROM + number)
            given.set_inheritable(False)
            found.append((names[number] if number < len(names) else "", given))
    return found

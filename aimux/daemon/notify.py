"""What the service manager is told: sd_notify(3) in a few lines.

``NOTIFY_SOCKET`` is taken out of the environment, so that no child can speak in our name.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import MutableMapping


class Notifier:
    """Speaks to the service manager, or to nobody when there is none."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        address = environ.pop("NOTIFY_SOCKET", "")
        watchdog_us = environ.pop("WATCHDOG_USEC", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_s = int(watchdog_us) / 1e6 if address and watchdog_us.isdigit() else None
        """Longest time the manager waits between two ``alive``; None if it does not watch."""

    def ready(self, status: str) -> None:
        """Started, or reloaded."""
        self._send(f"READY=1\nMAINPID={os.getpid()}\nSTATUS={status}")

    def reloading(self) -> None:
        """A reload has begun; ``ready`` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        """The end has begun."""
        self._send(f"STOPPING=1\nSTATUS={status}")

    async def keep_alive(self) -> None:
        """Tells a watching manager that the event loop turns, twice in each of its periods.

        From within the loop, on purpose: a loop that is stuck must be seen.
        """
        while self.watchdog_s:
            self._send("WATCHDOG=1")
            await asyncio.sleep(self.watchdog_s / 2)

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.connect(self._address)
            one.send(text.encode())

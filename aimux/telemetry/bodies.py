"""What is said, kept encrypted for a while: by choice, and off unless it is chosen.

The gateway keeps references to the bytes that pass by and hands them over when an exchange has ended; a
thread encrypts and writes them, one file for each exchange (``bodies_file``), and deletes what is older
than its lifetime and what is too much.  More than ``MOST_WAITING_BYTES`` never wait: then an exchange is
given up, and counted.

The key is asked for where the keys of providers are.  Where it cannot be had nothing is kept, one warning
says so, and it is asked for again every half minute.  What was kept before is deleted after its lifetime
also when nothing is kept any more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from aimux.config.schema import ReplaySettings
from aimux.errors import VaultError
from aimux.telemetry.bodies_file import Said, sweep, sweep_leftovers, write_said
from aimux.vault.secret import Secret

MOST_WAITING_BYTES: Final = 64 * 2**20
MOST_WAITING: Final = 1000
RETRY_S: Final = 30.0
SWEEP_EVERY_S: Final = 30.0
STOP_LIMIT_S: Final = 5.0
_MIB: Final = 2**20

Clock = Callable[[], float]

logger = logging.getLogger(__name__)


class Bodies:
    """The queue and its writer.  ``take`` belongs to the event loop's thread."""

    def __init__(
        self,
        folder: Path,
        settings: ReplaySettings,
        key: Callable[[], Secret],
        *,
        clock: Clock = time.time,
    ) -> None:
        """``key`` gives the key or raises a VaultError; ``clock`` tells seconds since 1970."""
        self.dropped = 0
        """Exchanges that were not kept though they should have been."""
        self._folder = folder
        self._settings = settings
        self._key = key
        self._clock = clock
        self._material: bytes | None = None
        self._queue: deque[Said] = deque()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._trouble = ""
        self._retry_at = 0.0
        self._sweep_at = 0.0
        self._kept_bytes = 0
        self._awake = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------ used by the daemon

    def start(self) -> None:
        """Begins to work where there is something to keep or to delete; nothing otherwise."""
        if self._thread is None and (self._settings.keep or self._folder.exists()):
            self._thread = threading.Thread(target=self._work, name="bodies", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Writes what waits; waits no longer than five seconds."""
        self._ending.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join(STOP_LIMIT_S)

    def configure(self, settings: ReplaySettings) -> None:
        """Applies whether, how long and how much is kept; soon."""
        self._settings = settings
        self._sweep_at = 0.0
        self.start()
        self._awake.set()

    def notices(self) -> Iterator[str]:
        """What a person should know."""
        if self._trouble and self._settings.keep:
            yield f"what is said is not kept for replay: {self._trouble}"
        elif self.dropped:
            yield f"{self.dropped} exchanges were not kept for replay: it could not keep up with them"

    # ------------------------------------------------------------ in the event loop's thread

    def take(self, said: Said) -> None:
        """An exchange has ended."""
        size = said.held_bytes
        with self._lock:
            full = (
                self._waiting_bytes + size > MOST_WAITING_BYTES or len(self._queue) >= MOST_WAITING
            )
            if full:
                self.dropped += 1
                return
            self._waiting_bytes += size
            self._queue.append(said)
        self._awake.set()

    # ------------------------------------------------------------ in the writer's thread

    def _work(self) -> None:
        sweep_leftovers(self._folder)
        if self._settings.keep:
            self._has_key()  # a keyring that is locked is told of now, not with the first request
        while not self._ending.is_set():
            self._turn()
            self._awake.wait(SWEEP_EVERY_S)
            self._awake.clear()
        self._turn()

    def _turn(self) -> None:
        while self._queue:
            with self._lock:
                said = self._queue.popleft()
                self._waiting_bytes -= said.held_bytes
            self._write(said)
            if self._kept_bytes > self._settings.max_mb * _MIB:
                self._sweep()
        if time.monotonic() >= self._sweep_at:
            self._sweep()

    def _write(self, said: Said) -> None:
        if not self._has_key():
            self.dropped += 1
            return
        assert self._material is not None  # noqa: S101 -- _has_key has seen to it
        try:
            self._kept_bytes += write_said(self._folder, said, self._material)
        except OSError as problem:
            self.dropped += 1
            self._bear(f"its folder cannot be written ({problem.strerror})")
        except Exception as problem:  # noqa: BLE001 -- its words might be those that were said
            self.dropped += 1
            self._bear(f"aimux has a bug ({type(problem).__name__})")
        else:
            self._trouble = ""

    def _has_key(self) -> bool:
        from aimux.vault.own import own_material

        if self._material is not None:
            return True
        if time.monotonic() < self._retry_at:
            return False
        try:
            self._material = own_material(self._key())
        except VaultError as problem:
            self._retry_at = time.monotonic() + RETRY_S
            self._bear(problem.message)
            return False
        self._trouble = ""
        return True

    def _bear(self, reason: str) -> None:
        """Says once what is wrong."""
        if self._trouble != reason:
            self._trouble = reason
            logger.warning("what is said is not kept for replay: %s", reason)

    def _sweep(self) -> None:
        self._sweep_at = time.monotonic() + SWEEP_EVERY_S
        settings = self._settings
        self._kept_bytes = sweep(self._folder, settings.lifetime, settings.max_mb, self._clock())

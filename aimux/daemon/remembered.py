"""What routing remembers, over a restart: one small file beside the daemon.

It holds no secret and no word of a conversation: names of providers, models, keys and sessions, with times
and counts.  A client may send a key where a model's name belongs; what is known under such a name is not
kept.  It is written a moment after something has changed and at the end; what a crash loses is the
last ten seconds, and none of it is needed to answer.  A file that cannot be read is as good as none.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aimux.config.paths import write_private
from aimux.routing.circuits import Circuits
from aimux.routing.state import MemoryState
from aimux.telemetry.redact import Redactor

VERSION: Final = 1
EVERY_S: Final = 10.0
MAX_BYTES: Final = 64 * 2**20

logger = logging.getLogger(__name__)


def recall(path: Path, now_s: float) -> MemoryState:
    """The state that the file holds, with circuits ready to be tried; an empty one where there is none."""
    state = MemoryState()
    try:
        if path.stat().st_size <= MAX_BYTES:
            whole = json.loads(path.read_bytes())
            if isinstance(whole, dict) and whole.get("version") == VERSION:
                rows = whole.get("state")
                state.load(rows if isinstance(rows, list) else [], now_s)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, RecursionError) as problem:
        logger.warning("what routing remembered cannot be read and is forgotten: %s", problem)
    Circuits(state).rearm(now_s)
    return state


def remember(path: Path, state: MemoryState, now_s: float, redactor: Redactor) -> None:
    """Writes the file, without whatever has a secret in it.

    Raises:
        OSError: it cannot be written.
    """
    rows = state.dump(now_s)
    said = _json(rows)
    if not redactor.is_clean(said):
        each_said = map(_json, rows)
        said = f"[{','.join(each for each in each_said if redactor.text(each) == each)}]"
    write_private(path, f'{{"version":{VERSION},"state":{said}}}'.encode())


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


class Remembering:
    """Writes the file for as long as the daemon lives."""

    def __init__(self, path: Path, state: MemoryState, redactor: Redactor) -> None:
        self._path = path
        self._state = state
        self._redactor = redactor
        self._written = state.changes
        self._failing = False
        self._left = False

    def leave(self, now_s: float) -> None:
        """Writes for the last time: somebody else remembers from now on."""
        self.write(now_s)
        self._left = True

    def resume(self) -> None:
        """Nobody else does."""
        self._left = False

    async def keep(self, now_s: Callable[[], float], every_s: float = EVERY_S) -> None:
        """Writes after changes, in a thread: a slow disk holds nobody up."""
        while True:
            await asyncio.sleep(every_s)
            if self._state.changes != self._written:
                await asyncio.to_thread(self.write, now_s())

    def write(self, now_s: float) -> None:
        """Writes now; a disk that is full is told of once."""
        if self._left:
            return
        changes = self._state.changes
        try:
            remember(self._path, self._state, now_s, self._redactor)
        except OSError as problem:
            if not self._failing:
                logger.warning("what routing remembers cannot be written: %s", problem)
            self._failing = True
        else:
            self._written, self._failing = changes, False

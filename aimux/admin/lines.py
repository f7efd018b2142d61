"""``GET /aimux/v1/logs``: the end of the log, read in a thread."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from aiohttp import web

from aimux.admin.answers import Hide, answering, one_of, text_of, whole_number
from aimux.admin.shapes import API
from aimux.errors import TimedOut
from aimux.telemetry.log_tail import LEVELS, Wanted, newest

MOST_LINES: Final = 2000
LIKELY_LINES: Final = 200


class Lines:
    """The log of one daemon.  Its sink has redacted it; what was written before a key was known may
    hold it, so it is redacted again.
    """

    def __init__(self, log: Path, hide: Hide) -> None:
        self._log = log
        self._hide = hide

    def register(self, app: web.Application) -> None:
        """Adds the address."""
        app.router.add_get(f"{API}/logs", answering(self.logs))

    async def logs(self, request: web.Request) -> object:
        """The last lines, the oldest of them first."""
        limit = whole_number(request, "limit", LIKELY_LINES, MOST_LINES)
        level = one_of(request, "level", "", ("", *LEVELS))
        wanted = Wanted(level, text_of(request, "request"), text_of(request, "q"))
        try:
            lines = await asyncio.to_thread(
                lambda: self._hide(newest(self._log, wanted, limit) if limit else [])
            )
        except OSError as problem:
            raise TimedOut(f"the log cannot be read now: {problem.strerror}") from problem
        return {"lines": lines}

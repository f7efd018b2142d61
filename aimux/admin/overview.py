"""Where conversations are, and where requests would go: what routing holds, as the dashboard shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from aimux.admin.answers import Hide, answering
from aimux.admin.shapes import API
from aimux.config.schema import Config
from aimux.routing.sentences import told_routes
from aimux.routing.sessions import pinned_sessions
from aimux.routing.state import MemoryState

MOST_SESSIONS: Final = 200


class Overview:
    """The questions.  ``config`` and ``now_s`` are of the moment."""

    def __init__(
        self,
        state: MemoryState,
        config: Callable[[], Config],
        now_s: Callable[[], float],
        hide: Hide,
    ) -> None:
        self._state = state
        self._config = config
        self._now_s = now_s
        self._hide = hide

    def register(self, app: web.Application) -> None:
        """Adds the addresses."""
        app.router.add_get(f"{API}/sessions", answering(self.sessions))
        app.router.add_get(f"{API}/routes", answering(self.routes))

    async def sessions(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        """The latest conversations; looked through in a thread, there may be thousands."""
        now_s = self._now_s()
        found = await asyncio.to_thread(
            lambda: pinned_sessions(self._state.dump(now_s), now_s, MOST_SESSIONS)
        )
        return self._hide({"sessions": [each._asdict() for each in found]})

    async def routes(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        """Every rule as a sentence."""
        return self._hide(told_routes(self._config()))

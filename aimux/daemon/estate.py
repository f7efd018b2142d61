"""What a daemon leaves to its successor, and how it ends behind it; see ``daemon.succession``."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from aimux.daemon.control import Daemon, Parts
from aimux.daemon.remembered import Remembering
from aimux.gateway.server import Runner

LOOK_S: Final = 0.05
"""How often it is looked whether a connection is left."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Leaving:
    """The parts of a daemon that somebody else is about to have; implements ``succession.Estate``."""

    parts: Parts
    daemon: Daemon
    remembering: Remembering
    runner: Runner
    site: web.BaseSite

    def yield_up(self) -> None:
        """Routing's memory is written for the last time; the ledger counts in this process."""
        self.remembering.leave(self.daemon.gateway.fleet.now_s())
        if self.parts.ledger:
            self.parts.ledger.leave()

    def resume(self) -> None:
        """Nobody took it; what is counted stays in this process."""
        self.remembering.resume()

    async def hand_over(self, pid: int, drain_s: float | None) -> None:
        """From here on the successor is the daemon."""
        await self.site.stop()
        self.parts.notifier.succeeded_by(pid, f"pid {pid} takes over")
        self.parts.instance.leave()
        self.daemon.succeed(pid, drain_s)

    def hurry(self) -> None:
        """Cuts what is open."""
        self.daemon.forced.set()

    async def fade(self) -> dict[str, float]:
        """Answers what comes over the connections there are, until none is left or the limit is
        reached: what was finished, what has to be cut, how long it took.
        """
        daemon, gateway, began = self.daemon, self.daemon.gateway, time.monotonic()
        open_at_first = gateway.in_flight
        fields = {
            "successor": daemon.successor,
            "in_flight": open_at_first,
            "drain_s": daemon.drain_s,
        }
        logger.info("handed over", extra={"fields": fields})
        while self.runner.leave() and not daemon.forced.is_set():
            if time.monotonic() - began > daemon.drain_s:
                break
            await asyncio.sleep(LOOK_S)
        cut = gateway.in_flight
        seconds = round(time.monotonic() - began, 1)
        return {"drained": max(open_at_first - cut, 0), "cut": cut, "seconds": seconds}

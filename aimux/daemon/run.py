"""The daemon's process, from its first line to its last.

    validate -> lock -> log -> bind -> keys -> gateway -> listen -> publish -> ready
             -> a signal or the admin API -> drain -> close -> release

The configuration is complete and right before anything is touched; the lock is held before anything
is bound; ``ready`` means that requests are answered, not that every provider works.  At the end new
requests are refused, open ones finish within the limit, and only then aiohttp is told: it would
wait for every open stream twice over.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from aimux import __version__
from aimux.admin.api import routes
from aimux.config.load import Loaded
from aimux.config.paths import Paths, make_private_folder
from aimux.daemon.build import Builder, Sources
from aimux.daemon.control import Daemon, Parts, first_snapshot
from aimux.daemon.demo import DemoProvider
from aimux.daemon.hardening import harden, raise_open_files
from aimux.daemon.instance import Instance
from aimux.daemon.notify import Notifier
from aimux.daemon.port import address_of, bound, url_of
from aimux.daemon.ready import ReadyPipe
from aimux.daemon.signals import beside, signals
from aimux.errors import AimuxError, StartFailed
from aimux.gateway.app import Gateway
from aimux.gateway.carried import Carried
from aimux.gateway.server import Runner
from aimux.telemetry.log import LogWriter, start_logging
from aimux.vault.tokens import ensure_token

GC_YOUNG_OBJECTS: Final = 20_000
SWITCH_S: Final = 0.001
CLOSING_S: Final = 0.5
"""What aiohttp may wait at the end, twice over: all exchanges have ended before."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who waits to hear what becomes of us: the command that started us, the service manager.

    Both are named by the environment and taken out of it, so that no child inherits them.
    """

    pipe: ReadyPipe
    notifier: Notifier


def run_foreground(paths: Paths, overrides: Mapping[str, object]) -> int:
    """Is the daemon until it is told to end; returns 0, or 1 if it had to cut requests.

    Raises:
        ConfigError: the configuration has problems; nothing was touched.
        AlreadyRunning: another daemon serves this home.
        PortInUse: another program has the address.
    """
    listeners = Listeners(ReadyPipe.inherited(os.environ), Notifier(os.environ))
    try:
        return _locked(Sources(paths, dict(os.environ), overrides), listeners)
    except AimuxError as problem:
        listeners.pipe.failed(problem)
        raise
    except Exception as problem:
        kind = type(problem).__name__
        hint = f"its log is {str(paths.log)!r}"
        listeners.pipe.failed(StartFailed(f"aimux has a bug: {kind}", hint=hint))
        raise


def _locked(sources: Sources, listeners: Listeners) -> int:
    harden()
    loaded = sources.load()
    instance = Instance.take(sources.paths)
    try:
        make_private_folder(sources.paths.logs)
        log = start_logging(
            loaded.config.logging, sources.paths.log, also_stderr=not listeners.pipe.is_open
        )
        try:
            return _logged(sources, loaded, instance, log, listeners)
        finally:
            log.stop()
    finally:
        instance.release()


def _logged(
    sources: Sources, loaded: Loaded, instance: Instance, log: LogWriter, listeners: Listeners
) -> int:
    try:
        import uvloop

        faulthandler.enable()
        raise_open_files()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
        _hide_tokens(sources.paths, log)
        server = loaded.config.server
        with bound(server.host, server.port) as listening:
            parts = Parts(
                instance=instance,
                builder=Builder(sources),
                demo=DemoProvider(),
                log=log,
                notifier=listeners.notifier,
                address=address_of(listening),
                url=url_of(listening),
            )
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_serve(parts, loaded, listening, listeners.pipe))
    except AimuxError as problem:
        logger.error("%s", problem.message)  # noqa: TRY400 -- a reason, not a bug
        raise
    except Exception:
        logger.exception("aimux has a bug and ends")
        raise


def _hide_tokens(paths: Paths, log: LogWriter) -> None:
    """Our own tokens, made now if they are not there, never stand in the log."""
    log.hide([ensure_token(paths.admin_token, "admin"), ensure_token(paths.client_token, "client")])


async def _serve(parts: Parts, loaded: Loaded, listening: socket.socket, pipe: ReadyPipe) -> int:
    carried = Carried(parts.builder.sources.paths.carried)
    gateway = Gateway(
        await first_snapshot(parts, loaded), instance=parts.instance.id, carried=carried
    )
    daemon = Daemon(parts, gateway, loaded)
    runner = Runner(gateway.application(routes(gateway, daemon)), shutdown_timeout=CLOSING_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listening, backlog=1024).start()
        with beside(daemon.retry_locked(), parts.notifier.keep_alive()), signals(daemon):
            _announce(parts, daemon, pipe)
            await daemon.ending.wait()
            ended = await _drain(parts, daemon)
    finally:
        await gateway.close()
        await runner.cleanup()
        await parts.demo.close()
    logger.info("ended", extra={"fields": ended})
    return 1 if ended["cut"] else 0


def _tune() -> None:
    """Settings of the interpreter for a process that serves.

    What lives now lives to the end, so that collections need not look at it; new objects nearly all
    die by their reference counts, so that looking for cycles after every 700 of them (CPython's
    default) costs a tenth of a small request and finds nothing.  The thread that writes the log
    gives way within a millisecond, not five: the loop has somebody waiting.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_YOUNG_OBJECTS, 20, 50)
    sys.setswitchinterval(SWITCH_S)


def _announce(parts: Parts, daemon: Daemon, pipe: ReadyPipe) -> None:
    presence = parts.instance.publish(parts.address, parts.url)
    _tune()
    logger.info(
        "aimux listens",
        extra={"fields": {"url": presence.url, "pid": presence.pid, "version": __version__}},
    )
    parts.notifier.ready(f"listening on {presence.url}")
    pipe.ready(
        {
            "pid": presence.pid,
            "url": presence.url,
            "address": presence.address,
            "instance": presence.instance,
            "version": __version__,
            "generation": daemon.gateway.snapshot.generation,
        }
    )


async def _drain(parts: Parts, daemon: Daemon) -> dict[str, float]:
    """Lets open exchanges finish; how many did, how many have to be cut, how long it took."""
    gateway, began = daemon.gateway, time.monotonic()
    gateway.begin_drain()
    open_at_first = gateway.in_flight
    parts.notifier.stopping(f"finishing {open_at_first} requests")
    fields = {"in_flight": open_at_first, "drain_s": daemon.drain_s}
    logger.info("ending", extra={"fields": fields})
    await _first_of(gateway.drained(daemon.drain_s), daemon.forced.wait())
    cut = gateway.in_flight
    seconds = round(time.monotonic() - began, 1)
    return {"drained": max(open_at_first - cut, 0), "cut": cut, "seconds": seconds}


async def _first_of(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(each) for each in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()

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
import contextlib
import faulthandler
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from aimux import __version__
from aimux.admin.api import routes
from aimux.catalogue.provider import Provider
from aimux.config.load import Loaded
from aimux.config.paths import Paths, make_private_folder
from aimux.daemon.arrival import Listeners
from aimux.daemon.aside import aside
from aimux.daemon.build import KEYS_LIMIT_S, Builder, Sources
from aimux.daemon.control import Daemon, Parts, first_snapshot
from aimux.daemon.demo import DemoProvider
from aimux.daemon.estate import Leaving
from aimux.daemon.face import Face
from aimux.daemon.hardening import harden, raise_open_files
from aimux.daemon.instance import Instance
from aimux.daemon.port import address_of, url_of
from aimux.daemon.ready import ReadyPipe
from aimux.daemon.remembered import Remembering, recall
from aimux.daemon.signals import beside, signals
from aimux.daemon.succession import Offer
from aimux.daemon.watch import Watch
from aimux.errors import AimuxError, StartFailed
from aimux.gateway.app import Gateway
from aimux.gateway.carried import Carried
from aimux.gateway.meters import Meters
from aimux.gateway.meters import routes as metrics_routes
from aimux.gateway.server import Runner
from aimux.telemetry import otel
from aimux.telemetry.bodies import Bodies
from aimux.telemetry.ledger import Ledger
from aimux.telemetry.log import LogWriter, start_logging
from aimux.upstream.quotas import QuotaPoller
from aimux.vault.access import Access
from aimux.vault.own import BODIES, ensure_own_key
from aimux.vault.secret import Credential, Secret
from aimux.vault.tokens import ensure_token

GC_YOUNG_OBJECTS: Final = 20_000
SWITCH_S: Final = 0.001
CLOSING_S: Final = 0.5
"""What aiohttp may wait at the end, twice over: all exchanges have ended before."""

CLOSING_LIMIT_S: Final = 15.0
"""For writing down and closing everything behind the drain, at most; the service manager is told so."""

logger = logging.getLogger(__name__)


def run_foreground(paths: Paths, overrides: Mapping[str, object]) -> int:
    """Is the daemon until it is told to end; returns 0, or 1 if it had to cut requests.

    Raises:
        ConfigError: the configuration has problems; nothing was touched.
        AlreadyRunning: another daemon serves this home.
        PortInUse: another program has the address.
    """
    listeners = Listeners.of(os.environ)
    try:
        return _locked(Sources(paths, dict(os.environ), overrides), listeners)
    except AimuxError as problem:
        listeners.pipe.failed(problem)
        listeners.notifier.failed(problem.message)
        raise
    except Exception as problem:
        kind = type(problem).__name__
        hint = f"its log is {str(paths.log)!r}"
        listeners.pipe.failed(StartFailed(f"aimux has a bug: {kind}", hint=hint))
        raise


def _locked(sources: Sources, listeners: Listeners) -> int:
    harden()
    loaded = sources.load()
    before = listeners.predecessor(sources.paths)
    instance = Instance(sources.paths, before.lock) if before else Instance.take(sources.paths)
    try:
        make_private_folder(sources.paths.logs)
        log = start_logging(
            loaded.config.logging, sources.paths.log, also_stderr=not listeners.pipe.is_open
        )
        try:
            return _logged(sources, loaded, instance, log, replace(listeners, before=before))
        finally:
            log.stop()
    finally:
        instance.release()
        if before:
            before.close()


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
        with listeners.bound(server.host, server.port) as listening:
            builder = Builder(sources)
            parts = Parts(
                instance=instance,
                builder=builder,
                demo=DemoProvider(),
                log=log,
                notifier=listeners.notifier,
                address=address_of(listening),
                url=url_of(listening),
                bodies=_bodies(builder, loaded),
                ledger=_ledger(sources.paths, loaded, instance, log),
            )
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_serve(parts, loaded, listening, listeners))
    except AimuxError as problem:
        logger.error("%s", problem.message)  # noqa: TRY400 -- a reason, not a bug
        raise
    except Exception:
        logger.exception("aimux has a bug and ends")
        raise


def _hide_tokens(paths: Paths, log: LogWriter) -> None:
    """Our own tokens, made now if they are not there, never stand in the log."""
    log.hide([ensure_token(paths.admin_token, "admin"), ensure_token(paths.client_token, "client")])


def _ledger(paths: Paths, loaded: Loaded, instance: Instance, log: LogWriter) -> Ledger | None:
    """The ledger, not started yet, where one is wanted."""
    settings = loaded.config.ledger
    if not settings.enabled:
        return None
    return Ledger(paths.ledger, settings, instance.id, redactor=log.redactor)


def _bodies(builder: Builder, loaded: Loaded) -> Bodies:
    """What is kept of what is said; its key is asked for where the keys of providers are."""
    sources = builder.sources

    def key() -> Secret:
        access = Access(sources.environ, limit_s=KEYS_LIMIT_S, passphrase=builder.passphrase)
        return ensure_own_key(BODIES, sources.paths, access)

    return Bodies(sources.paths.bodies, loaded.config.replay, key)


async def _serve(
    parts: Parts, loaded: Loaded, listening: socket.socket, listeners: Listeners
) -> int:
    paths, ledger, bodies = parts.builder.sources.paths, parts.ledger, parts.bodies
    snapshot = await first_snapshot(parts, loaded)
    listeners.begin_taking_over()
    watch = Watch(Meters(snapshot))
    tracing = [otel.Tracing()] if otel.wanted(parts.builder.sources.environ) else []
    recording = [ledger] if ledger else []
    face = Face(parts)
    gateway = Gateway(
        snapshot,
        instance=parts.instance.id,
        carried=Carried(paths.carried),
        state=recall(paths.routing, time.time()),
        observers=(
            watch.meters.observe,
            face.live.observe,
            *(each.observe for each in tracing),
            *(each.observe for each in recording),
        ),
        counters=tuple(each.begin for each in recording),
        bodies=bodies,
    )
    fleet = gateway.fleet
    remembering = Remembering(paths.routing, fleet.state, parts.log.redactor)
    daemon = Daemon(parts, gateway, loaded, watch)
    metrics = metrics_routes(watch.meters, gateway, daemon.completed)
    admin = routes(gateway, daemon, parts.log.redactor.value)
    served = gateway.application(admin, metrics, *face.routes(daemon))
    runner = Runner(served, shutdown_timeout=CLOSING_S)
    await runner.setup()
    watch.connections = lambda: len(runner.server.connections) if runner.server else 0
    try:
        with signals(daemon):  # from before anybody can know our pid
            if ledger:
                ledger.start()
            if bodies:
                bodies.start()
            listeners.take_over(listening)
            parts.instance.publish(parts.address, parts.url)
            site = web.SockSite(runner, listening, backlog=1024)
            await site.start()
            offer = Offer(paths.handover, listening, parts.instance.lock)
            leaving = Leaving(parts, daemon, remembering, runner, site)
            work = (
                offer.stand(leaving),
                daemon.retry_locked(),
                parts.notifier.keep_alive(),
                remembering.keep(fleet.now_s),
                gateway.watch_network(),
                watch.lag.watch(),
            )
            office = (daemon.alerting.run(), _quota_poller(gateway).run())  # a successor does these
            with beside(*work):
                with beside(*office):
                    _announce(parts, daemon, listeners.pipe)
                    await daemon.ending.wait()
                ended = await (leaving.fade() if daemon.successor else _drain(parts, daemon))
        _withdrawn(offer, daemon, listeners)
    finally:
        await gateway.close()
        if ledger:
            await asyncio.to_thread(ledger.stop)
        if bodies:
            await asyncio.to_thread(bodies.stop)
        remembering.write(fleet.now_s())
        await runner.cleanup()
        await parts.demo.close()
        for each in tracing:
            with contextlib.suppress(TimeoutError):
                await aside(each.close, limit_s=otel.EXPORT_S + 1)
    logger.info("ended", extra={"fields": ended})
    return 1 if ended["cut"] else 0


def _withdrawn(offer: Offer, daemon: Daemon, listeners: Listeners) -> None:
    """Nobody can take over any more; who is not waited for is not waited for in the one before either."""
    offer.withdraw()
    if listeners.before and daemon.forced.is_set():
        listeners.before.hurry()


def _quota_poller(gateway: Gateway) -> QuotaPoller:
    """Asks after the plans of the providers that there are at the time."""

    def accounts() -> list[tuple[Provider, tuple[Credential, ...]]]:
        snapshot = gateway.snapshot
        return [
            (each, snapshot.credentials.get(name, ())) for name, each in snapshot.providers.items()
        ]

    return QuotaPoller(gateway.fleet.router.quotas, accounts)


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
    gc.enable()
    sys.setswitchinterval(SWITCH_S)


def _announce(parts: Parts, daemon: Daemon, pipe: ReadyPipe) -> None:
    instance, url, pid = parts.instance, parts.url, os.getpid()
    _tune()
    fields = {"url": url, "pid": pid, "version": __version__}
    logger.info("aimux listens", extra={"fields": fields})
    parts.notifier.ready(f"listening on {url}")
    pipe.ready(
        {
            "pid": pid,
            "url": url,
            "address": parts.address,
            "instance": instance.id,
            "version": __version__,
            "generation": daemon.gateway.snapshot.generation,
        }
    )


async def _drain(parts: Parts, daemon: Daemon) -> dict[str, float]:
    """Lets open exchanges finish; how many did, how many have to be cut, how long it took."""
    gateway, began = daemon.gateway, time.monotonic()
    gateway.begin_drain()
    open_at_first = gateway.in_flight
    parts.notifier.stopping(f"finishing {open_at_first} requests", daemon.drain_s + CLOSING_LIMIT_S)
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

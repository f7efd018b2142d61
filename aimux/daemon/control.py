"""What a running daemon lets itself be told.

Every change comes through here: from the admin API, from SIGHUP, from the timer that asks a locked
keyring again.  Changes are made one at a time, and each ends in one new snapshot or in none.
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass, replace
from typing import Final

from aimux import __version__
from aimux.admin.shapes import AlertShape, PingShape, ReloadShape, StatusShape, ToldShape
from aimux.config.load import Loaded
from aimux.daemon.alerting import Alerting
from aimux.daemon.aside import aside
from aimux.daemon.build import Builder
from aimux.daemon.changes import (
    changes,
    key_changes,
    token_changes,
    waiting_for_restart,
    with_started,
)
from aimux.daemon.demo import DemoProvider
from aimux.daemon.instance import Instance
from aimux.daemon.notify import Notifier
from aimux.daemon.status import Facts, status_shape
from aimux.daemon.succession import spawn_successor
from aimux.daemon.watch import Watch
from aimux.errors import AimuxError, KeyringLocked, TimedOut, VaultCorrupt, VaultError, VaultLocked
from aimux.gateway.app import Gateway
from aimux.gateway.meters import Meters
from aimux.gateway.snapshot import Snapshot
from aimux.telemetry.bodies import Bodies
from aimux.telemetry.ledger import Ledger
from aimux.telemetry.log import LogWriter
from aimux.telemetry.metrics import Live
from aimux.upstream.webhook import Webhook
from aimux.vault.secret import Secret
from aimux.vault.tokens import ensure_token

RETRY_S: Final = 30.0
"""How often a locked keyring is asked again."""

LOAD_LIMIT_S: Final = 10.0
"""For reading one small file: if that takes longer, its disk is gone."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a daemon is made of before it has a gateway."""

    instance: Instance
    builder: Builder
    demo: DemoProvider
    log: LogWriter
    notifier: Notifier
    address: str
    url: str
    ledger: Ledger | None = None
    bodies: Bodies | None = None


async def first_snapshot(parts: Parts, loaded: Loaded) -> Snapshot:
    """The snapshot that the daemon begins with; its keys are hidden from the log first."""
    parts.builder.demo = await parts.demo.site_for(loaded.config)
    snapshot = await parts.builder.build(loaded.config)
    hide_keys(parts.log, snapshot)
    return snapshot


def hide_keys(log: LogWriter, snapshot: Snapshot) -> None:
    """Tells the log's sink every key that is about to be used."""
    log.hide(each.secret for found in snapshot.credentials.values() for each in found)


class Daemon:
    """The daemon that runs; implements ``admin.api.Control``."""

    def __init__(
        self, parts: Parts, gateway: Gateway, loaded: Loaded, watch: Watch | None = None
    ) -> None:
        self.gateway = gateway
        self.watch = watch or Watch(Meters(gateway.snapshot))
        self.reloads = {"ok": 0, "refused": 0}
        """How many there were, by result."""
        sources = parts.builder.sources
        self.alerting = Alerting(
            gateway, self.watch, self._webhook, sources.environ, gateway.budget_used
        )
        self._hook: Webhook | None = None
        self.ending = asyncio.Event()
        """Set when the end has been asked for."""
        self.forced = asyncio.Event()
        """Set when it shall not wait for anybody."""
        self.drain_s = loaded.config.server.drain_timeout
        """How long the end waits for open exchanges, once it has been asked for."""
        self.successor: int | None = None
        """The pid of the daemon that has taken over."""
        self._parts = parts
        self._started = loaded.config
        self._loaded = loaded
        self._refused: AimuxError | None = None
        self._turn = asyncio.Lock()

    # ------------------------------------------------------------ what it says

    def ping(self) -> PingShape:
        """Who answers."""
        return {"aimux": __version__, "instance": self._parts.instance.id, "pid": os.getpid()}

    def status(self) -> StatusShape:
        """The whole state."""
        return status_shape(
            self.gateway,
            Facts(
                instance=self._parts.instance,
                address=self._parts.address,
                url=self._parts.url,
                loaded=self._loaded,
                draining=self.ending.is_set(),
                refused=self._refused,
                restart_needed=waiting_for_restart(self._started, self._loaded.config),
                log_lost=self._parts.log.lost,
                watch=self.watch,
                alerts=self.alerting.firing(),
                ledger=tuple(self._parts.ledger.notices()) if self._parts.ledger else (),
                bodies=tuple(self._parts.bodies.notices()) if self._parts.bodies else (),
            ),
        )

    def shows_dashboard(self) -> bool:
        """Whether the configuration wants a dashboard."""
        return self.gateway.snapshot.config.server.dashboard

    def completed(self, live: Live) -> Live:
        """What stands at the gateway, and what only the daemon knows, for metrics."""
        return replace(
            live,
            process=self.watch.process(),
            reloads=dict(self.reloads),
            log_dropped=self._parts.log.lost,
        )

    def alerts(self) -> list[AlertShape]:
        """All alerts, in the order of the configuration."""
        return self.alerting.shapes()

    async def test_alert(self, number: int | None) -> list[ToldShape]:
        """Sends a test to the places of an alert, or of all.

        Raises:
            UsageError: there is no such alert.
        """
        return await self.alerting.test(number)

    def _webhook(self) -> Webhook:
        if self._hook is None:
            path = self._parts.builder.sources.paths.webhook_secret
            secret = ensure_token(path, "webhook")
            self._parts.log.hide([secret])
            self._hook = Webhook(secret)
        return self._hook

    # ------------------------------------------------------------ what it is told

    async def reload(self) -> ReloadShape:
        """Applies the configuration on the disk, and reads all keys anew.

        Raises:
            ConfigError: it has problems; nothing has changed.
        """
        async with self._turn:
            self._parts.notifier.reloading()
            try:
                told = await self._reload()
            except AimuxError as problem:
                self._refused = problem
                self.reloads["refused"] += 1
                logger.warning("the reload was refused: %s", problem.message)
                raise
            finally:
                self._parts.notifier.ready(self._standing())
            self.reloads["ok"] += 1
            return told

    def _standing(self) -> str:
        """For the service manager: what holds, and whether something newer was refused."""
        told = f"generation {self.gateway.snapshot.generation}"
        return f"{told}; the last reload was refused" if self._refused else told

    async def _reload(self) -> ReloadShape:
        loaded = await self._load()
        old = self.gateway.snapshot
        config = with_started(self._started, loaded.config)
        builder = self._parts.builder
        builder.demo = await self._parts.demo.site_for(config)
        new = await builder.build(config, previous=old)
        self._loaded, self._refused = loaded, None
        self._swap(new)
        told = changes(old.config, new.config) + key_changes(old, new) + token_changes(old, new)
        logger.info(
            "reloaded", extra={"fields": {"generation": new.generation, "changes": tuple(told)}}
        )
        return {
            "generation": new.generation,
            "changes": told,
            "restart_needed": waiting_for_restart(self._started, loaded.config),
        }

    async def reload_tokens(self) -> int:
        """Reads the client tokens anew, and nothing else; how many there are.

        Raises:
            VaultCorrupt: their file is no good; those that hold stay.
        """
        async with self._turn:
            old = self.gateway.snapshot
            following = replace(old, generation=old.generation + 1)
            new = await asyncio.to_thread(self._parts.builder.with_tokens, following)
            if new.tokens_problem:
                self._swap(new)
                raise VaultCorrupt(new.tokens_problem, hint="aimux tokens list")
            self._swap(new)
            told = tuple(token_changes(old, new))
            logger.info("client tokens were read anew", extra={"fields": {"changes": told}})
            return len(new.tokens)

    async def _load(self) -> Loaded:
        try:
            return await aside(self._parts.builder.sources.load, limit_s=LOAD_LIMIT_S)
        except TimeoutError as problem:
            raise TimedOut(
                f"the configuration could not be read within {LOAD_LIMIT_S:g} s",
                hint="is it on a network disk?",
            ) from problem

    def shutdown(self, drain_s: float | None) -> float:
        """Begins the end; the seconds it waits at most.  0 waits for nobody, also later on."""
        if drain_s == 0:
            self.forced.set()
        if not self.ending.is_set():
            configured_s = self.gateway.snapshot.config.server.drain_timeout
            self.drain_s = configured_s if drain_s is None else drain_s
            self.ending.set()
        return 0.0 if self.forced.is_set() else self.drain_s

    def succeed(self, pid: int, drain_s: float | None) -> None:
        """Another process is the daemon now: this one answers what is open, and ends."""
        self.successor = pid
        self.shutdown(drain_s)

    def follow(self) -> None:
        """Starts a process that takes over from this one."""
        spawn_successor(self._parts.builder.sources.environ, self._parts.notifier.given)

    async def unlock(self, passphrase: Secret) -> None:
        """Opens the vault and keeps the passphrase in memory, for reloads.

        Raises:
            VaultLocked: it is not the right one.
        """
        builder = self._parts.builder
        async with self._turn:
            if not self._lacking(VaultLocked):
                return
            before, builder.passphrase = builder.passphrase, passphrase
            self._parts.log.hide([passphrase])
            await self._read_lacking()
            left = self._lacking(VaultLocked, VaultCorrupt)
            if left:
                builder.passphrase = before
        for problem in left:
            raise problem

    # ------------------------------------------------------------ keys

    async def retry_locked(self, every_s: float = RETRY_S) -> None:
        """Asks locked keyrings again, for as long as the daemon lives."""
        while True:
            await asyncio.sleep(every_s)
            if self._lacking(KeyringLocked):
                async with self._turn:
                    await self._read_lacking()

    def _lacking(self, *kinds: type[VaultError]) -> list[VaultError]:
        """The reasons of these kinds for which providers lack a key."""
        problems = self.gateway.snapshot.key_problems.values()
        return [problem for problem in problems if isinstance(problem, kinds)]

    async def _read_lacking(self) -> None:
        """Reads anew the keys of the providers that lack one, and leaves all others alone."""
        old = self.gateway.snapshot
        new = await self._parts.builder.completed(old)
        told = key_changes(old, new)
        if told:
            logger.info("keys have changed", extra={"fields": {"changes": tuple(told)}})
        if told or _reasons(new) != _reasons(old):
            self._swap(new)

    def _swap(self, snapshot: Snapshot) -> None:
        """From here on new requests see this snapshot; those in flight keep theirs."""
        hide_keys(self._parts.log, snapshot)
        self._parts.log.configure(snapshot.config.logging)
        if self._parts.ledger:
            self._parts.ledger.configure(snapshot.config.ledger)
        if self._parts.bodies:
            self._parts.bodies.configure(snapshot.config.replay)
        self.gateway.swap(snapshot)


def _reasons(snapshot: Snapshot) -> dict[str, str]:
    """Why providers lack keys, to compare: an error equals only itself."""
    return {name: f"{each.code}: {each}" for name, each in snapshot.key_problems.items()}

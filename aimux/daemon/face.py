"""The daemon's side of the dashboard: its pages, its login, its events, and what only it asks.

Each subject has a room of its own in ``admin``; here they are given what they need of the daemon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aiohttp import web

from aimux.admin import login, pages
from aimux.admin.accounts import Accounts, Standing, Vendors
from aimux.admin.editing import Editing
from aimux.admin.lines import Lines
from aimux.admin.live import Live
from aimux.admin.overview import Overview
from aimux.admin.recorded import Recorded
from aimux.admin.visitors import Visitors
from aimux.daemon.build import KEYS_LIMIT_S
from aimux.daemon.control import Daemon, Parts
from aimux.resources import folder
from aimux.vault.access import Access

Register = Callable[[web.Application], None]


class Face:
    """Everything that a dashboard talks to, beside what the command line uses as well."""

    def __init__(self, parts: Parts) -> None:
        self.visitors = Visitors()
        self.live = Live(self.visitors, parts.log.redactor)
        self._parts = parts

    def routes(self, daemon: Daemon) -> Iterator[Register]:
        """What adds the addresses to an application."""
        gateway = daemon.gateway
        self.live.follow(gateway.recent, daemon)
        yield pages.routes(folder("web"), daemon.shows_dashboard)
        yield login.routes(self.visitors, daemon.shows_dashboard)
        yield self.live.register
        paths, hide = self._parts.builder.sources.paths, self._parts.log.redactor.value
        yield Recorded(paths.ledger, gateway.recent, gateway.instance, hide).register
        fleet = gateway.fleet
        editing = Editing(paths, self._parts.builder.sources.load, daemon.reload)
        yield editing.register
        yield Lines(paths.log, hide).register
        yield Accounts(self._vendors(daemon, editing), hide).register
        yield Overview(fleet.state, lambda: gateway.snapshot.config, fleet.now_s, hide).register

    def _vendors(self, daemon: Daemon, editing: Editing) -> Vendors:
        builder, log = self._parts.builder, self._parts.log
        sources = builder.sources

        def standing(name: str) -> Standing | None:
            snapshot = daemon.gateway.snapshot
            provider = snapshot.providers.get(name)
            if provider is None:
                return None
            credentials = snapshot.credentials.get(name, ())
            return Standing(provider, credentials, snapshot.key_problems.get(name))

        return Vendors(
            paths=sources.paths,
            load=sources.load,
            reload=daemon.reload,
            change=editing.change,
            hide=lambda key: log.hide([key]),
            access=lambda: Access(
                sources.environ, limit_s=KEYS_LIMIT_S, passphrase=builder.passphrase
            ),
            standing=standing,
        )

"""The gateway's meters: what is counted of each exchange, what stands, and ``GET /metrics``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final

from aiohttp import web

from aimux import __version__
from aimux.catalogue.provider import Provider
from aimux.config.schema import Config
from aimux.gateway.guard import ANONYMOUS, METRICS
from aimux.gateway.snapshot import Snapshot
from aimux.routing.agents import AGENTS
from aimux.routing.verdict import TABLE, Blame
from aimux.telemetry.facts import ExchangeFacts, cost_usd
from aimux.telemetry.metrics import BREAKER, Live, exposition
from aimux.telemetry.tally import Known, Tally
from aimux.telemetry.windows import ALL, Windows

if TYPE_CHECKING:
    from aimux.gateway.app import Gateway

_DIRECT: Final = "direct"
_DEFAULT: Final = "default"
TOGETHER: Final = 32
"""Exchanges that are counted at once, in about a tenth of a millisecond."""
_NO_KEY: Final = "none"
"""The name of a key that is not there."""

_PROVIDERS_FAULT: Final = frozenset(
    signal.value for signal, row in TABLE.items() if row.blame not in {Blame.CALLER, Blame.NOBODY}
)
"""Ends of an attempt that are a failure of its provider."""

_FAILED: Final = frozenset({"upstream_error", "cut"})
"""Ends of an exchange that are a failure which its client did not cause."""

Completed = Callable[[Live], Live]
"""Adds what only the daemon knows."""


class Meters:
    """Counts exchanges; an observer of the gateway.

    They are counted a few dozen at a time, and whenever somebody looks: what counting touches is out of the
    processor's caches after each exchange, and fetching it again costs more than the counting.
    """

    __slots__ = ("_tally", "_waiting", "_windows")

    def __init__(self, snapshot: Snapshot) -> None:
        self._tally = Tally(known_of(snapshot))
        self._windows = Windows()
        self._waiting: list[ExchangeFacts] = []

    @property
    def tally(self) -> Tally:
        """All that was counted, up to now."""
        self._count()
        return self._tally

    @property
    def windows(self) -> Windows:
        """The last hour, up to now."""
        self._count()
        return self._windows

    def observe(self, exchange: ExchangeFacts) -> None:
        """An exchange has ended; it does not change any more."""
        self._waiting.append(exchange)
        if len(self._waiting) >= TOGETHER:
            self._count()

    def _count(self) -> None:
        waiting, self._waiting = self._waiting, []
        for exchange in waiting:
            self._tally.add(exchange)
            self._note(exchange)

    def _note(self, exchange: ExchangeFacts) -> None:
        """Puts an exchange into the windows."""
        ended = exchange.ended
        if ended is None:
            return
        outcome, first, cost = exchange.outcome, exchange.first_event, cost_usd(exchange)
        windows = self._windows
        first_s = None if first is None else first - exchange.began
        windows.add(ended, ALL, outcome in _FAILED, first_s, cost)
        for attempt in exchange.attempts:
            failed, first = attempt.outcome in _PROVIDERS_FAULT, attempt.first_event
            if first is None:
                windows.add(ended, attempt.provider, failed)
            else:
                windows.add(ended, attempt.provider, failed, first - attempt.began, cost)

    def follow(self, snapshot: Snapshot) -> None:
        """Another snapshot holds: its series are there, those of what has gone are not."""
        self.tally.learn(known_of(snapshot))


def routes(
    meters: Meters, gateway: Gateway, completed: Completed = lambda live: live
) -> Callable[[web.Application], None]:
    """Registers ``GET /metrics`` on an application, and lets the meters follow reloads."""
    gateway.followers.append(meters.follow)

    async def answer(request: web.Request) -> web.StreamResponse:
        live = completed(live_of(gateway))
        loop = gateway.fleet.loop
        accept = ",".join(request.headers.getall("accept", ()))
        body, content_type = await loop.run_in_executor(
            None, exposition, meters.tally, live, accept
        )
        headers = {"content-type": content_type, "cache-control": "no-store"}
        return web.Response(body=body, headers=headers)

    def register(app: web.Application) -> None:
        app.router.add_get(METRICS, answer)

    return register


def live_of(gateway: Gateway) -> Live:
    """What stands at a gateway, now."""
    snapshot, fleet = gateway.snapshot, gateway.fleet
    router, now_s = fleet.router, fleet.now_s()
    providers = [each for each in snapshot.providers.values() if each.enabled]
    names = [each.name for each in providers]
    return Live(
        version=__version__,
        generation=snapshot.generation,
        draining=gateway.draining,
        in_flight={name: fleet.busy(name) for name in names},
        exchanges=gateway.in_flight,
        breakers=dict(sorted(_breakers(gateway, names, now_s), key=lambda each: BREAKER[each[1]])),
        keys=dict(_keys(snapshot, gateway, providers, now_s)),
        retries=router.retries.left(names, now_s),
        quotas=dict(_quotas(gateway, names, now_s)),
        budgets={
            (each["name"], each["window"]): max(0.0, each["limit_usd"] - each["spent_usd"])
            for each in gateway.budget_status()
        },
        rejects=dict(gateway.rejects),
    )


def _breakers(
    gateway: Gateway, names: list[str], now_s: float
) -> Iterator[tuple[tuple[str, str], str]]:
    """Those that are not closed; several models may be one ``other``, of which the worst counts last."""
    circuits, known = gateway.fleet.router.circuits, known_of(gateway.snapshot)
    for name in names:
        for model, standing in circuits.of_provider(name, now_s).items():
            yield known.place((name, model)), standing.state


def _keys(
    snapshot: Snapshot, gateway: Gateway, providers: list[Provider], now_s: float
) -> Iterator[tuple[tuple[str, str], bool]]:
    """Keys that are there, up unless they rest; and those that are missing, down."""
    for provider in providers:
        resting = gateway.fleet.router.rests.of_provider(provider.name, now_s)
        labels = snapshot.labels.get(provider.name, ())
        for label in labels:
            yield (provider.name, label), ("key", label) not in resting
        if provider.keys and not labels:
            yield (provider.name, _NO_KEY), False


def _quotas(
    gateway: Gateway, names: list[str], now_s: float
) -> Iterator[tuple[tuple[str, str], tuple[float | None, float | None]]]:
    for name in names:
        for label, model, window in gateway.fleet.router.quotas.told(name, now_s):
            if not model:
                account = f"{name}/{label}" if label else name
                resets = None if window.resets_at_s is None else window.resets_at_s - now_s
                yield (account, window.name), (window.used, resets)


# ---------------------------------------------------------------- names


def known_of(snapshot: Snapshot) -> Known:
    """The names that labels may have under a snapshot."""
    config = snapshot.config
    providers = {name: each for name, each in snapshot.providers.items() if each.enabled}
    foreseen: dict[str, dict[str, None]] = {name: {} for name in providers}
    named: dict[str, None] = dict.fromkeys(config.models)
    behind: dict[str, None] = {}
    for target in _targets(config):
        name, slash, model = target.partition("/")
        if not slash or name not in providers:
            continue
        if model == "*":
            foreseen[name] |= dict.fromkeys(providers[name].models)
            behind |= dict.fromkeys(providers[name].models)
        else:
            foreseen[name][model] = None
            named[model] = None
    models = {name: frozenset((*each.models, *foreseen[name])) for name, each in providers.items()}
    tokens = tuple(dict.fromkeys(snapshot.client_tokens.values()))
    return Known(
        providers=models,
        foreseen={name: tuple(each) for name, each in foreseen.items()},
        asked=frozenset(named).union(*models.values()),
        foreseen_asked=tuple(named | behind),
        clients=tuple(sorted(AGENTS)),
        tokens=tokens if config.server.auth == "token" else (ANONYMOUS, *tokens),
        routes=(_DEFAULT, _DIRECT, *config.models, *(route.name for route in config.routes)),
    )


def _targets(config: Config) -> Iterator[str]:
    yield from config.routing.default
    yield from chain.from_iterable(each.targets for each in config.models.values())
    yield from chain.from_iterable(each.targets for each in config.routes)
    yield from chain.from_iterable(each.targets for each in config.budgets.values())

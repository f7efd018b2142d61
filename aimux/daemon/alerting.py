"""Alerts of the running daemon: looks every few seconds, and tells where it was asked to.

Telling never holds anything up: each message is a task of its own, and there are only so many at a time.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from aimux import __version__
from aimux.admin.shapes import AlertShape, ToldShape
from aimux.config.conditions import Condition, read_condition
from aimux.config.schema import Config
from aimux.daemon.desktop import show
from aimux.daemon.watch import Watch
from aimux.errors import UsageError
from aimux.gateway.app import Gateway
from aimux.gateway.snapshot import Snapshot
from aimux.telemetry.alerts import Alerts, News, Rule, Standing
from aimux.telemetry.windows import ALL
from aimux.upstream.webhook import Webhook, place_of

EVERY_S: Final = 5.0
RATE_S: Final = 300.0
MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
LEAST_REQUESTS: Final = 5
"""One failure of one request is no rate."""
MOST_UNDER_WAY: Final = 32
"""Messages: where a webhook hangs, those that follow are dropped and the log says so."""
WEBHOOK: Final = "webhook:"

logger = logging.getLogger("aimux.alerts")


def rules_of(config: Config) -> list[Rule]:
    """The rules of a validated configuration."""
    read = ((read_condition(each.when), each.notify) for each in config.alerts)
    return [Rule(condition, notify) for condition, notify in read if condition is not None]


class Alerting:
    """The alerts of one daemon."""

    def __init__(
        self,
        gateway: Gateway,
        watch: Watch,
        webhook: Callable[[], Webhook],
        environ: Mapping[str, str],
        budget_used: Callable[[], float | None] = lambda: None,
    ) -> None:
        """``webhook`` is asked for when there is something to send; ``budget_used`` is the largest used
        share of a budget.
        """
        self._gateway = gateway
        self._watch = watch
        self._webhook = webhook
        self._environ = environ
        self._budget_used = budget_used
        self._alerts = Alerts(rules_of(gateway.snapshot.config))
        self._under_way: set[asyncio.Task[None]] = set()
        gateway.followers.append(self._follow)

    def _follow(self, snapshot: Snapshot) -> None:
        self._alerts.follow(rules_of(snapshot.config))

    async def run(self) -> NoReturn:
        """Looks for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look()

    def look(self) -> None:
        """Looks once, and sets off what there is to tell."""
        if self._alerts.standings:
            for news in self._alerts.look(self.value, self._gateway.fleet.now_s()):
                self._tell(news)

    # ------------------------------------------------------------ values

    def value(self, condition: Condition) -> float | None:
        """What a condition compares, now."""
        match condition.metric:
            case "loop_lag":
                return self._watch.lag.smoothed_s
            case "memory_mb":
                return self._watch.memory_mb()
            case "budget_used":
                return self._budget_used()
            case "circuit_open":
                return float(sum(map(self._open_circuits, self._providers(condition))))
            case "quota_used":
                return max(map(self._quota_used, self._providers(condition)), default=None)
            case _:
                return self._lately(condition)

    def _lately(self, condition: Condition) -> float | None:
        seen, of = self._watch.seen, condition.provider or ALL
        match condition.metric:
            case "error_rate":
                rates = seen(RATE_S, of)
                return rates.error_rate if rates.requests >= LEAST_REQUESTS else None
            case "p95_ttft":
                return seen(RATE_S, of).first_event_s(0.95)
            case "spend":
                return seen(HOUR_S, of).spend_usd
            case "requests":
                return float(seen(MINUTE_S, of).requests)
            case _:
                return float(seen(MINUTE_S, of).failures)

    def _providers(self, condition: Condition) -> Iterable[str]:
        return (condition.provider,) if condition.provider else self._gateway.snapshot.providers

    def _open_circuits(self, provider: str) -> int:
        fleet = self._gateway.fleet
        return len(fleet.router.circuits.of_provider(provider, fleet.now_s()))

    def _quota_used(self, provider: str) -> float:
        fleet = self._gateway.fleet
        told = fleet.router.quotas.told(provider, fleet.now_s())
        return max((window.used or 0.0 for _, _, window in told), default=0.0)

    # ------------------------------------------------------------ telling

    def _tell(self, news: News) -> None:
        text = told_text(news)
        for place in news.rule.notify:
            if place == "log":
                level = logging.WARNING if news.firing else logging.INFO
                fields = {"alert": str(news.rule.condition), "value": news.value}
                logger.log(level, "%s", text, extra={"fields": fields})
            else:
                self._set_off(self._delivered(place, text, message(news)), place)

    def _set_off(self, telling: Coroutine[Any, Any, str], place: str) -> None:
        if len(self._under_way) >= MOST_UNDER_WAY:
            telling.close()
            logger.warning("an alert was not told to %s: others still wait", shown_place(place))
            return
        task = asyncio.get_running_loop().create_task(self._noted(telling, place))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _noted(self, telling: Coroutine[Any, Any, str], place: str) -> None:
        if problem := await telling:
            logger.warning("an alert was not told to %s: %s", shown_place(place), problem)

    async def _delivered(self, place: str, text: str, body: dict[str, Any], **how: Any) -> str:
        """Tells one place; in words what went wrong, else nothing."""
        if place == "log":
            logger.warning("%s", text)
            return ""
        if place == "desktop":
            return await show("aimux", text, self._environ)
        try:
            webhook = self._webhook()
        except OSError as problem:
            return f"the secret that signs it cannot be kept: {problem.strerror}"
        return await webhook.send(place.removeprefix(WEBHOOK), body, **how)

    async def told(self) -> None:
        """Waits until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    # ------------------------------------------------------------ by hand

    def shapes(self) -> list[AlertShape]:
        """All rules as ``aimux alerts list`` shows them."""
        return [self._shape(number, each) for number, each in self._numbered()]

    def _numbered(self) -> Iterable[tuple[int, Standing]]:
        return enumerate(self._alerts.standings, 1)

    def _shape(self, number: int, standing: Standing) -> AlertShape:
        value = self.value(standing.rule.condition)
        since_s = standing.since_s
        return AlertShape(
            number=number,
            when=str(standing.rule.condition),
            notify=[shown_place(each) for each in standing.rule.notify],
            state=standing.state,
            value=None if value is None else round(value, 6),
            since=None if since_s is None else _iso(since_s),
        )

    def firing(self) -> list[str]:
        """What fires now, in sentences."""
        return [
            f"alert: {each.rule.condition} (since {_iso(each.began_s)}); see: aimux alerts list"
            for each in self._alerts.standings
            if each.state in {"firing", "fading"}
        ]

    async def test(self, number: int | None) -> list[ToldShape]:
        """Sends a test to every place of a rule, or of all; each place once, without a second try.

        Raises:
            UsageError: there is no such rule.
        """
        standings = self._alerts.standings
        if number is not None and not 1 <= number <= len(standings):
            raise UsageError(f"there is no alert {number}", hint="aimux alerts list numbers them")
        chosen = standings if number is None else [standings[number - 1]]
        now_s = self._gateway.fleet.now_s()
        told: dict[str, ToldShape] = {}
        for each in chosen:
            body = message(News(each.rule, True, self.value(each.rule.condition), now_s, now_s))
            body["test"] = True
            for place in each.rule.notify:
                if place not in told:
                    how = {"pauses_s": ()} if place.startswith(WEBHOOK) else {}
                    text = f"a test: {each.rule.condition}"
                    problem = await self._delivered(place, text, body, **how)
                    told[place] = ToldShape(place=shown_place(place), problem=problem or None)
        return list(told.values())


def told_text(news: News) -> str:
    """An alert in one line for a person."""
    value = "unknown" if news.value is None else f"{news.value:.4g}"
    verb = "alert" if news.firing else "alert is over"
    return f"{verb}: {news.rule.condition} (now {value})"


def message(news: News) -> dict[str, Any]:
    """An alert as a webhook gets it."""
    condition = news.rule.condition
    return {
        "version": 1,
        "source": "aimux",
        "aimux": __version__,
        "host": socket.gethostname(),
        "alert": str(condition),
        "metric": condition.metric,
        "provider": condition.provider,
        "state": "firing" if news.firing else "resolved",
        "value": news.value,
        "threshold": condition.value,
        "at": _iso(news.at_s),
        "since": _iso(news.since_s),
        "text": told_text(news),
        "test": False,
    }


def shown_place(place: str) -> str:
    """A place as it may be shown."""
    if not place.startswith(WEBHOOK):
        return place
    return WEBHOOK + place_of(place.removeprefix(WEBHOOK))


def _iso(seconds: float) -> str:
    when = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return when.replace("+00:00", "Z")

"""Alerts of a gateway: their values, and what is told where, once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aimux.config.conditions import read_condition
from aimux.daemon import alerting as alerting_module
from aimux.daemon.alerting import Alerting
from aimux.daemon.watch import Watch
from aimux.errors import UsageError
from aimux.gateway.app import Gateway
from aimux.routing.circuits import STRIKES
from aimux.routing.quota import Window
from aimux.telemetry.windows import ALL
from aimux.upstream.webhook import Webhook
from tests.support.gateway import open_gateway, provider, snapshot_of

UP = [provider("a", "http://127.0.0.1:9"), provider("b", "http://127.0.0.1:9")]
HOOK = "webhook:https://h.example/s3cret"


class Sent(Webhook):
    """A webhook whose messages stay here."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Any]] = []
        self.problem = ""

    async def send(self, url: str, message: Any, pauses_s: Any = None) -> str:
        self.messages.append((url, message))
        return self.problem


class House:
    """Alerts with a clock."""

    def __init__(self, gateway: Gateway, meters: Any, environ: dict[str, str]) -> None:
        self.now_s = 1000.0
        self.sent = Sent()
        self.watch = Watch(meters, clock=lambda: self.now_s)
        gateway.fleet.now_s = lambda: self.now_s  # type: ignore[method-assign]
        self.gateway = gateway
        self.alerting = Alerting(gateway, self.watch, lambda: self.sent, environ, lambda: 0.75)

    def requests(self, count: int, failed: int = 0, name: str = ALL, **more: Any) -> None:
        for number in range(count):
            self.watch.meters.windows.add(self.now_s, name, number < failed, **more)

    def value(self, metric: str) -> float | None:
        condition = read_condition(f"{metric} > 0")
        assert condition is not None
        return self.alerting.value(condition)

    async def looks(self, seconds: float) -> None:
        """Lets so much time pass, looking every five seconds."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += 5
            self.alerting.look()
        await self.alerting.told()


@asynccontextmanager
async def house(*alerts: Any, environ: dict[str, str] | None = None) -> AsyncIterator[House]:
    settings = {"alerts": [{"when": when, "notify": notify} for when, notify in alerts]}
    async with open_gateway(UP, settings) as served:
        yield House(served.gateway, served.meters, environ or {})


async def test_values_of_requests() -> None:
    """Rates, counts, percentiles and money of all and of one provider."""
    async with house() as here:
        assert here.value("error_rate") is None
        assert here.value("p95_ttft") is None
        here.requests(4, 1)
        assert here.value("error_rate") is None  # four are no rate
        here.requests(6, 4, first_s=2.0, spend_usd=0.25)
        here.requests(5, 5, "a", first_s=8.0)

        assert here.value("error_rate") == 0.5
        assert here.value('error_rate{provider="a"}') == 1.0
        assert here.value('error_rate{provider="b"}') is None
        assert here.value("requests") == 10.0
        assert here.value("failures") == 5.0
        assert here.value("spend") == 1.5
        assert here.value("p95_ttft") == pytest.approx(2.0, rel=0.1)
        assert here.value("p95_ttft{provider='a'}") == pytest.approx(8.0, rel=0.1)
        here.now_s += 61
        assert here.value("requests") == 0.0
        assert here.value("error_rate") == 0.5
        here.now_s += 300
        assert here.value("error_rate") is None
        assert here.value("spend") == 1.5


async def test_values_of_what_stands() -> None:
    """Circuits, quotas, budgets, the process."""
    async with house() as here:
        router = here.gateway.fleet.router
        before = here.value("circuit_open"), here.value("quota_used")
        router.circuits.failed(("a", "m"), STRIKES, "x", here.now_s, lambda: 0.5)
        window = Window("5h", 0.85, seen_at_s=here.now_s, resets_at_s=here.now_s + 60)
        router.quotas.note("b", "k", "", [window], here.now_s)
        here.watch.lag.late(1.0, here.now_s)

        assert before == (0.0, 0.0)
        assert here.value("circuit_open") == here.value('circuit_open{provider="a"}') == 1.0
        assert here.value('circuit_open{provider="b"}') == 0.0
        assert here.value("quota_used") == here.value('quota_used{provider="b"}') == 0.85
        assert here.value('quota_used{provider="a"}') == 0.0
        assert here.value("budget_used") == 0.75
        assert here.value("loop_lag") == pytest.approx(0.1)
        assert 5 < (here.value("memory_mb") or 0) < 4000


async def test_told_once_when_it_fires_and_once_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the log and at the web address, and in status meanwhile."""
    caplog.set_level(logging.INFO, "aimux.alerts")
    async with house(("error_rate > 0.2 for 1m", ["log", HOOK])) as here:
        here.requests(10, 5)
        await here.looks(55)
        early = [each.message for each in caplog.records]
        await here.looks(120)
        firing = here.alerting.firing()
        shape = here.alerting.shapes()[0]
        here.now_s += 300
        await here.looks(600)

    assert early == []
    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("WARNING", "alert: error_rate > 0.2 for 1m (now 0.5)"),
        ("INFO", "alert is over: error_rate > 0.2 for 1m (now unknown)"),
    ]
    assert [(url, each["state"], each["value"]) for url, each in here.sent.messages] == [
        ("https://h.example/s3cret", "firing", 0.5),
        ("https://h.example/s3cret", "resolved", None),
    ]
    message = here.sent.messages[0][1]
    assert (message["alert"], message["threshold"]) == ("error_rate > 0.2 for 1m", 0.2)
    assert message["since"] == "1970-01-01T00:16:45Z"
    assert message["test"] is False
    assert len(firing) == 1
    assert "error_rate > 0.2 for 1m" in firing[0]
    assert shape["state"] == "firing"
    assert shape["value"] == 0.5
    assert shape["notify"] == ["log", "webhook:https://h.example/..."]
    assert here.alerting.firing() == []


async def test_what_cannot_be_told_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Without the part of the address that may be a secret."""
    async with house(("requests > 0", [HOOK, "desktop"])) as here:
        here.sent.problem = "it answered with status 500"
        here.requests(1)
        await here.looks(5)

    assert sorted(each.message for each in caplog.records) == [
        "an alert was not told to desktop: there is no desktop here, or no notify-send",
        "an alert was not told to webhook:https://h.example/...: it answered with status 500",
    ]


async def test_a_secret_that_cannot_be_kept(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is no crash."""

    def full() -> Webhook:
        raise OSError(28, "No space left on device")

    async with house(("requests > 0", [HOOK])) as here:
        here.alerting._webhook = full
        here.requests(1)
        await here.looks(5)

    assert "No space left on device" in caplog.text


async def test_no_more_messages_than_can_wait(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where others still wait, the log says what was not told."""
    monkeypatch.setattr(alerting_module, "MOST_UNDER_WAY", 1)
    async with house(("requests > 0", [HOOK]), ("failures >= 0", [HOOK])) as here:
        here.requests(1)
        await here.looks(5)

    assert len(here.sent.messages) == 1
    assert "others still wait" in caplog.text


async def test_a_reload_changes_the_rules() -> None:
    """Those that stay stand as they stood."""
    async with house(("requests > 0 for 1m", ["log"])) as here:
        here.requests(1)
        await here.looks(10)
        rules = [{"when": "memory_mb > 9000"}, {"when": "requests > 0 for 1m"}]
        here.gateway.swap(snapshot_of(UP, {"alerts": rules}))

        assert [each["state"] for each in here.alerting.shapes()] == ["quiet", "waiting"]


async def test_tests_are_sent_once_to_each_place(tmp_path: Path) -> None:
    """To the places of one alert or of all; a number that nobody has is told."""
    rules = (("requests > 0", ["log", HOOK]), ("failures > 0", [HOOK, "desktop"]))
    async with house(*rules) as here:
        one = await here.alerting.test(1)
        everything = await here.alerting.test(None)
        for number in (0, 3, -1):
            with pytest.raises(UsageError):
                await here.alerting.test(number)

    shown = "webhook:https://h.example/..."
    assert one == [{"place": "log", "problem": None}, {"place": shown, "problem": None}]
    assert [each["place"] for each in everything] == ["log", shown, "desktop"]
    assert everything[2]["problem"]
    assert [each["test"] for _, each in here.sent.messages] == [True, True]

"""Plans are asked after: who, how often, with which key, and what comes of it."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import logging
import time

import pytest

from aimux.catalogue.provider import Provider
from aimux.routing.quota import Quotas
from aimux.routing.state import MemoryState
from aimux.upstream.quotas import EVERY_S, JITTER, Account, QuotaPoller
from aimux.vault.secret import Credential
from tests.support import clock
from tests.support.gateway import credentials_of, provider
from tests.support.upstream import Answer, FakeUpstream

PATH = "/v2/quotas"
REPORT = {"rollingFiveHourLimit": {"max": 500, "remaining": 100}}


def account(upstream: FakeUpstream, *labels: str, path: str = PATH, name: str = "a") -> Account:
    asked = dataclasses.replace(provider(name, upstream), quota_url=upstream.url + path)
    return asked, credentials_of(asked, *labels or ("default",))


def said(value: object, status: int = 200, *headers: tuple[str, str]) -> Answer:
    json_ = ("content-type", "application/json")
    return Answer(status, (json_, *headers), (json.dumps(value).encode(),))


def rounds(accounts: list[Account], count: int = 1) -> Quotas:
    quotas = Quotas(MemoryState())
    poller = QuotaPoller(quotas, lambda: accounts)

    async def asks() -> None:
        for _ in range(count):
            await poller.round()

    asyncio.run(asks())
    return quotas


def known(quotas: Quotas) -> list[tuple[str, str, str, float | None]]:
    return [
        (label, model, window.name, window.used)
        for label, model, window in quotas.told("a", time.time())
    ]


def test_each_key_is_asked_for_itself(upstream: FakeUpstream) -> None:
    """With its own key, and what it says is its account's."""
    upstream.script(PATH, said(REPORT), said({"weeklyTokenLimit": {"percentRemaining": 10}}))
    quotas = rounds([account(upstream, "one", "two")])

    assert known(quotas) == [("one", "", "5h", 0.8), ("two", "", "week", 0.9)]
    assert [each.header("x-api-key") for each in upstream.requests] == [
        "sk-test-a-one",
        "sk-test-a-two",
    ]
    assert {each.method for each in upstream.requests} == {"GET"}


def test_only_those_who_are_to_be_asked(upstream: FakeUpstream) -> None:
    """Not without the setting, not when it is disabled, not without a key."""
    asked, keys = account(upstream)
    rounds(
        [
            (dataclasses.replace(asked, quota_url=None), keys),
            (dataclasses.replace(asked, enabled=False), keys),
            (asked, ()),
        ]
    )

    assert upstream.requests == []


def test_a_key_goes_to_its_own_host_only(upstream: FakeUpstream) -> None:
    """One that is bound elsewhere is not sent."""
    asked, keys = account(upstream)
    elsewhere = [dataclasses.replace(each, hosts=frozenset({"other.test:443"})) for each in keys]
    quotas = rounds([(asked, elsewhere)])

    assert upstream.requests == []
    assert known(quotas) == []


def test_a_redirect_is_not_followed(upstream: FakeUpstream) -> None:
    """A key must not travel."""
    upstream.always(PATH, said({}, 302, ("location", upstream.url + "/elsewhere")))
    rounds([account(upstream)])

    assert [each.target for each in upstream.requests] == [PATH]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (said({}), "a: its quota is not known: answered with something that tells no windows"),
        (said({"error": "no"}, 500), "a: its quota is not known: the provider is in trouble (500)"),
        (Answer(200, pieces=(b"<html>",)), "not with JSON"),
        (said({"success": False, "msg": "no coding plan"}), "no coding plan"),
    ],
)
def test_a_failure_is_told_once(
    upstream: FakeUpstream, caplog: pytest.LogCaptureFixture, answer: Answer, words: str
) -> None:
    """Until it is over: then the next one is told again.  None is raised, none hinders the others."""
    upstream.script(PATH, answer, answer, said(REPORT), answer)
    upstream.always("/b", said(REPORT))
    caplog.set_level(logging.WARNING, "aimux.upstream.quotas")
    quotas = rounds([account(upstream), account(upstream, path="/b", name="b")], 4)

    texts = [record.getMessage() for record in caplog.records]
    assert len(texts) == 2
    assert words in texts[0]
    assert quotas.told("b", time.time()) != []


def test_a_provider_that_went_away_may_fail_anew(
    upstream: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    """What was told of it is forgotten with it."""
    upstream.always(PATH, said({}))
    accounts = [account(upstream)]
    poller = QuotaPoller(Quotas(MemoryState()), lambda: accounts)

    async def asks() -> None:
        await poller.round()
        gone = accounts.pop()
        await poller.round()
        accounts.append(gone)
        await poller.round()

    asyncio.run(asks())
    assert len(caplog.records) == 2


def test_an_address_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """It comes from the catalogue; should it be wrong, the daemon lives."""
    asked = dataclasses.replace(provider("a", "http://a.test"), quota_url="nonsense")
    rounds([(asked, credentials_of(asked, "default"))])

    assert "its address is none" in caplog.records[0].getMessage()


def test_it_asks_every_five_minutes() -> None:
    """More or less, at once in the beginning, and each time of whoever is there."""
    asked_at: list[float] = []

    def accounts() -> list[tuple[Provider, tuple[Credential, ...]]]:
        asked_at.append(asyncio.get_running_loop().time())
        return []

    async def day() -> None:
        task = asyncio.create_task(QuotaPoller(Quotas(MemoryState()), accounts).run())
        await asyncio.sleep(86400)
        task.cancel()

    clock.run(day)

    pauses = [later - sooner for sooner, later in itertools.pairwise(asked_at)]
    assert asked_at[0] == 1000.0
    assert all(EVERY_S * (1 - JITTER) <= each <= EVERY_S * (1 + JITTER) for each in pauses)
    assert len(set(pauses)) > 100

"""Budgets and client tokens of a real daemon: over reloads, restarts and kill -9."""

from __future__ import annotations

import contextlib
import json
import signal

import pytest

from tests.support.answers import ANTHROPIC, answer, path
from tests.support.daemon import SSE, Home, until
from tests.support.upstream import FakeUpstream

pytestmark = pytest.mark.system

WHOLE = {"model": "m", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]}
MONEY = """
[providers.up.models.m]
price = { input = 1000, output = 10000 }

[budgets.daily]
scope = "all"
limit_usd = 1
"""


def running(home: Home, upstream: FakeUpstream) -> None:
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    home.configure(upstream.url, key=None, more=MONEY)
    home.start()


def asked(home: Home, token: str | None = None) -> int:
    with contextlib.closing(home.connection()) as connection:
        headers = {**SSE, "authorization": f"Bearer {token or home.token}"}
        connection.request("POST", "/v1/messages", json.dumps(WHOLE), headers)
        response = connection.getresponse()
        response.read()
        return response.status


def spent(home: Home) -> float:
    return home.admin.status()["budgets"][0]["spent_usd"]


def test_what_is_spent_outlives_the_daemon(home: Home, upstream: FakeUpstream) -> None:
    """After a restart and, but for the last seconds, after kill -9."""
    running(home, upstream)
    assert asked(home) == 200
    until(lambda: spent(home) == pytest.approx(0.3))
    assert home.aimux("restart").returncode == 0
    assert spent(home) == pytest.approx(0.3)

    assert asked(home) == 200
    until(
        lambda: (
            "0.6" in home.paths.routing.read_text() or "600000000" in home.paths.routing.read_text()
        )
    )
    home.signal(signal.SIGKILL)
    until(lambda: not home.is_running)
    home.start()

    assert spent(home) == pytest.approx(0.6)
    shown = home.aimux("status")
    assert "$0.60 of $1.00 (60 %)" in shown.stdout
    codes = [asked(home) for _ in range(3)]
    assert codes == [200, 429, 429]


def test_a_client_token_holds_at_once(home: Home, upstream: FakeUpstream) -> None:
    """Without a restart, and with no word of it in any file; revoked, it is refused at once."""
    running(home, upstream)
    made = home.aimux("tokens", "create", "ci", "--budget", "0.5/day")
    token = made.stdout.strip()

    assert asked(home, token) == 200
    until(lambda: spent(home) > 0)
    assert asked(home, token) == 429
    assert asked(home) == 200
    assert home.aimux("tokens", "revoke", "ci").returncode == 0
    assert asked(home, token) == 401
    secret = token.removeprefix("aimux-client-").encode()
    files = [each for each in home.folder.rglob("*") if each.is_file()]
    assert not [each for each in files if secret in each.read_bytes()]

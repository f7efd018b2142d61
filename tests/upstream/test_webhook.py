"""Alerts to web addresses: a real server with TLS, the signature computed by hand."""

from __future__ import annotations

import hmac
import json
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from aimux.upstream.webhook import PAUSES_S, Webhook, place_of, signature
from aimux.vault.secret import Secret
from tests.support.certificates import self_signed
from tests.support.upstream import CUT, Answer, FakeUpstream

SECRET = Secret("aimux-webhook-of-a-test")
MESSAGE = {"alert": "error_rate > 0.2", "value": 0.5}


class Receiver:
    """A server with TLS, and a webhook that trusts it and notes its pauses."""

    def __init__(self, server: FakeUpstream, authority: Path) -> None:
        self.server = server
        self.pauses: list[float] = []
        trust = ssl.create_default_context(cafile=str(authority))
        self.webhook = Webhook(SECRET, pause=self._pause, trust=trust)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def send(self, **more: Any) -> str:
        return await self.webhook.send(f"{self.server.url}/hook?k=s3cret", MESSAGE, **more)


@pytest.fixture
def receiver(tmp_path: Path) -> Any:
    context, authority = self_signed(tmp_path)
    with FakeUpstream(tls=context) as server:
        yield Receiver(server, authority)


async def test_signed(receiver: Receiver) -> None:
    """The signature is that of timestamp and body, by another computation than ours."""
    receiver.server.always("/hook", Answer(204))

    assert await receiver.send() == ""

    (got,) = receiver.server.requests
    stamp = got.header("x-aimux-timestamp")
    expected = hmac.digest(b"aimux-webhook-of-a-test", f"{stamp}.".encode() + got.body, "sha256")
    assert got.header("x-aimux-signature") == "sha256=" + expected.hex()
    assert json.loads(got.body) == MESSAGE
    assert got.header("content-type") == "application/json"
    assert abs(int(stamp) - time.time()) < 60
    assert receiver.pauses == []


def test_another_secret_or_body_is_another_signature() -> None:
    """Each part of what is signed matters."""
    made = {
        signature(Secret(secret), stamp, body)
        for secret in ("a", "b")
        for stamp in ("1", "2")
        for body in (b"x", b"y")
    }

    assert len(made) == 8


@pytest.mark.parametrize(
    ("answers", "tries", "problem"),
    [
        ([Answer(500)], 2, ""),
        ([Answer(429), Answer(503)], 3, ""),
        ([Answer(503)] * 9, 4, "it answered with status 503"),
        ([Answer(before=(CUT,))], 2, ""),
        ([Answer(400)], 1, "it answered with status 400"),
        ([Answer(404)], 1, "it answered with status 404"),
        (
            [Answer(302, headers=(("location", "/elsewhere"),))],
            1,
            "it redirects (status 302), which is not followed",
        ),
    ],
)
async def test_tries(receiver: Receiver, answers: list[Answer], tries: int, problem: str) -> None:
    """Again where that may help, three times at most, each with the same delivery."""
    receiver.server.script("/hook", *answers)
    receiver.server.always("/hook", Answer(200))

    assert await receiver.send() == problem

    requests = receiver.server.requests
    assert len(requests) == tries
    assert receiver.pauses == list(PAUSES_S[: tries - 1])
    assert len({each.header("x-aimux-delivery") for each in requests}) == 1


async def test_only_tls(receiver: Receiver) -> None:
    """Nothing is sent in the clear, nor to whom nobody vouches for."""
    receiver.server.always("/hook", Answer(200))
    stranger = Webhook(SECRET, pause=receiver._pause)

    clear = await receiver.webhook.send("http://127.0.0.1:9/hook", MESSAGE)
    untrusted = await stranger.send(f"{receiver.server.url}/hook", MESSAGE)

    assert clear == "only https:// is sent to"
    assert untrusted == "TLS failed, or its certificate is not trusted"
    assert receiver.server.requests == []
    assert receiver.pauses == []


async def test_nobody_there(receiver: Receiver) -> None:
    """A server that is away is asked again, and its address is not repeated."""
    problem = await receiver.webhook.send("https://127.0.0.1:9/s3cret", MESSAGE)

    assert problem == "it cannot be reached (ClientConnectorError)"
    assert receiver.pauses == list(PAUSES_S)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/services/T0/s3cret", "https://example.org/..."),
        ("https://example.org", "https://example.org"),
        ("https://me:pw@example.org/?k=s3cret", "https://example.org/..."),
    ],
)
def test_what_is_shown_of_an_address(url: str, shown: str) -> None:
    """The host, and no secret."""
    assert place_of(url) == shown

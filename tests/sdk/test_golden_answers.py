"""The golden answers are what the vendors send: their own SDKs understand them, without aimux between."""

from __future__ import annotations

import pytest

from tests.sdk.clients import CLIENTS, STREAMING, Client, expected
from tests.support.answers import (
    EVERYTHING,
    MODEL,
    TEXT,
    THINKING,
    TOOLS,
    Reply,
    answer,
    crlf,
    path,
    pinging,
)
from tests.support.upstream import FakeUpstream


@pytest.mark.parametrize("reply", [TEXT, THINKING, TOOLS, EVERYTHING], ids=["t", "th", "to", "all"])
@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_an_sdk_understands_the_golden_answer(
    upstream: FakeUpstream, client: Client, reply: Reply
) -> None:
    """Text, thoughts, calls and token counts."""
    upstream.script(path(client.format), answer(client.format, reply, stream=client.stream))

    assert client.ask(upstream.url, "sk-test-1", MODEL) == expected(reply, client)


@pytest.mark.parametrize("client", STREAMING, ids=str)
def test_an_sdk_understands_other_line_ends(upstream: FakeUpstream, client: Client) -> None:
    """CRLF is read by every SDK."""
    upstream.script(path(client.format), crlf(answer(client.format, EVERYTHING, stream=True)))

    assert client.ask(upstream.url, "sk-test-1", MODEL) == expected(EVERYTHING, client)


@pytest.mark.parametrize("client", STREAMING, ids=str)
def test_an_sdk_skips_its_dialect_s_sign_of_life(upstream: FakeUpstream, client: Client) -> None:
    """What the heartbeat relies on: it may stand before every event, the first one too."""
    stream = answer(client.format, EVERYTHING, stream=True)
    upstream.script(path(client.format), pinging(client.format, stream))

    assert client.ask(upstream.url, "sk-test-1", MODEL) == expected(EVERYTHING, client)

"""A conversation that repeats itself is stopped in its client's own words."""

from __future__ import annotations

import json

import pytest

from aimux.model.request import WireFormat
from tests.gateway.test_budgets import KINDS
from tests.gateway.test_relay import FORMATS, path_of
from tests.routing.test_loops import KEYS, history
from tests.support import answers
from tests.support.answers import ANTHROPIC
from tests.support.gateway import open_gateway, provider
from tests.support.upstream import FakeUpstream


def body_of(format_: WireFormat, rounds: int, *, stream: bool) -> bytes:
    body = {"model": "asked-model", "stream": stream, KEYS[format_]: history(format_, rounds)}
    return json.dumps(body).encode()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("format_", FORMATS)
async def test_a_loop_is_a_429_in_the_client_s_words(
    format_: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """What repeats, and how to go on, at the first look behind eight rounds and from then on; nobody is to
    send it again.
    """
    upstream.always(answers.path(format_), answers.answer(format_, stream=stream))
    where = path_of(format_, stream=stream)
    async with open_gateway([provider("a", upstream, format_)]) as served:
        rounds = [7, 8, 9, 10, 11, 12]
        every = [await served.post(where, body_of(format_, each, stream=stream)) for each in rounds]
        got = every[-1]
        shape = await served.settled()

    body = json.loads(got.body)
    assert [each.status for each in every] == [200] * 4 + [429] * 2
    assert KINDS[format_](body)
    assert "called Bash with the same arguments" in body["error"]["message"]
    assert "loop_guard = false" in body["error"]["message"]
    assert got.headers["x-should-retry"] == "false"
    assert len(upstream.requests) == 4
    assert (shape["error"] or "").startswith("looping: ")


async def test_retries_of_failed_requests_are_no_loop(upstream: FakeUpstream) -> None:
    """However often: only what was answered well counts."""
    upstream.always("/v1/messages", answers.failure(ANTHROPIC, 400))
    body = b'{"model":"m","tools":[{"name":"f"}],"messages":[{"role":"user","content":"x"}]}'
    async with open_gateway([provider("a", upstream)]) as served:
        got = [(await served.post("/v1/messages", body)).status for _ in range(40)]

    assert set(got) == {400}


async def test_equal_requests_that_are_answered_are_one(upstream: FakeUpstream) -> None:
    """After thirty; and not where it is switched off."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    body = b'{"model":"m","tools":[{"name":"f"}],"messages":[{"role":"user","content":"x"}]}'
    for guard, last in ((True, 429), (False, 200)):
        settings = {"routing": {"loop_guard": guard}}
        async with open_gateway([provider("a", upstream)], settings) as served:
            got = []
            for _ in range(31):
                sent = await served.post("/v1/messages", body, x_claude_code_session_id="s")
                got.append(sent.status)
                await served.settled()
        assert got == [200] * 30 + [last]

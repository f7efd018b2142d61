"""Whether a provider can be reached: a connection and nothing more."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aimux.upstream.reach import reachable
from tests.support.gateway import provider
from tests.support.patience import PATIENCE_S
from tests.support.upstream import FakeUpstream

NOWHERE = "http://127.0.0.1:9"


async def seen(upstream: FakeUpstream) -> None:
    """Waits until the server has noticed a connection and its end."""
    async with asyncio.timeout(PATIENCE_S):
        while not upstream.connections or upstream._open:
            await asyncio.sleep(0)


async def test_a_server_that_listens_is_reached_and_asked_nothing(upstream: FakeUpstream) -> None:
    """Nothing is sent that anybody would count or bill."""
    assert await reachable(provider("a", upstream))
    await seen(upstream)
    assert upstream.requests == []


async def test_nobody_is_there() -> None:
    """Refused, a name that does not exist, and no time at all."""
    assert not await reachable(provider("a", NOWHERE))
    assert not await reachable(provider("a", "http://nowhere.invalid"))
    assert not await reachable(provider("a", "http://[::1]:9"), limit_s=0)


async def test_behind_a_proxy_the_proxy_is_what_must_be_there(upstream: FakeUpstream) -> None:
    """The provider itself cannot be seen from here."""
    assert await reachable(replace(provider("a", NOWHERE), proxy=upstream.url))
    await seen(upstream)
    assert not await reachable(replace(provider("a", upstream), proxy=NOWHERE))

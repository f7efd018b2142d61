"""What observers are shown does not change any more: the ledger reads it a moment later, elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aimux.gateway.record import Record
from aimux.telemetry.ledger_rows import rows_of
from tests.support.answers import ANTHROPIC, answer, cut, failure, path
from tests.support.gateway import open_gateway, provider
from tests.support.upstream import Answer, FakeUpstream

BODY = b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}'
STREAM = BODY[:-1] + b',"stream":true}'
HEDGE: dict[str, Any] = {
    "routes": [
        {
            "name": "both",
            "targets": ["a/m", "b/m"],
            "hedge": {"after": "50ms", "share": 0.5},
        }
    ]
}


@pytest.mark.parametrize(
    ("answers", "body", "settings", "outcome"),
    [
        ((answer(ANTHROPIC),), BODY, {}, "ok"),
        ((answer(ANTHROPIC, stream=True),), STREAM, {}, "ok"),
        ((failure(ANTHROPIC, 500), answer(ANTHROPIC, stream=True)), STREAM, {}, "ok"),
        ((cut(answer(ANTHROPIC, stream=True), after=3),), STREAM, {}, "cut"),
        ((failure(ANTHROPIC, 400),), BODY, {}, "client_error"),
        ((), b"{}", {}, "rejected"),
        ((answer(ANTHROPIC, stream=True),), STREAM, HEDGE, "ok"),
    ],
    ids=["whole", "streamed", "failed over", "cut", "refused", "rejected", "hedged"],
)
async def test_nothing_changes_afterwards(
    upstream: FakeUpstream,
    answers: tuple[Answer, ...],
    body: bytes,
    settings: dict[str, Any],
    outcome: str,
) -> None:
    """The rows that would be written at once are those that are written later; each exchange is counted
    when it begins and shown when it has ended, once.
    """
    upstream.script(path(ANTHROPIC), *answers)
    seen: list[tuple[Record, object]] = []
    begun: list[int] = []
    async with open_gateway([provider("a", upstream), provider("b", upstream)], settings) as served:
        served.gateway._observers = (lambda each: seen.append((each, rows_of(each, 1, 1))),)
        served.gateway._counters = (lambda: begun.append(len(seen)),)
        await served.post("/v1/messages", body)
        await served.settled()
        await asyncio.sleep(0.05)

    [(record, rows)] = seen
    assert begun == [0]
    assert record.outcome == outcome
    assert rows_of(record, 1, 1) == rows

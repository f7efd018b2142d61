"""What is known of an exchange, as its client, the log and the admin API are told."""

from __future__ import annotations

from datetime import datetime
from math import inf
from typing import get_type_hints

import pytest

from aimux.admin.shapes import AttemptShape, ExchangeShape
from aimux.errors import StreamCut
from aimux.gateway.record import KEPT, AttemptRecord, Recent, Record
from aimux.model.loss import Loss
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.plan import Decision, Ranked, Refusal
from tests.support.providers import candidate

STARTED = datetime.fromisoformat("2026-11-06T08:49:37.120+00:00").timestamp()
DECISION = Decision(
    "asked",
    "cheap",
    ("a/m", "b/m"),
    (Refusal("c/*", "it has no key"),),
    rule="no thinking",
    strategy="cheapest",
    ranks=(Ranked(candidate("a/m"), 0.01, "$0.0100"), Ranked(candidate("b/m"), inf, "unknown")),
    notes=("stays with a/m",),
    session="claude-code:1",
    generation=3,
    input_tokens=120,
)


def fresh() -> Record:
    """An exchange that has just begun."""
    return Record("req-1", began=100.0, started_at=STARTED)


def finished() -> Record:
    """One that was answered at the second attempt."""
    record = fresh()
    record.client, record.format, record.asked_model = "claude-code", WireFormat.ANTHROPIC, "asked"
    record.stream, record.decision = True, DECISION
    record.attempts = [
        AttemptRecord(
            "a", "m", "k1", 100.1, ended=100.35, status=500, outcome="server_error", error="x"
        ),
        AttemptRecord(
            "b", "m", None, 100.4, ended=102.0, first_event=100.9, status=200, outcome="ok"
        ),
    ]
    record.provider, record.model, record.mode = "b", "m", "relay"
    record.status, record.outcome, record.usage = 200, "ok", Usage(100, 20, 30, 5, 8)
    record.first_event, record.ended = 100.9, 102.0
    record.cost_usd, record.cost_source = 0.25, "2026-11-01"
    record.cache_loss_usd, record.cache_loss_tokens = 0.01, 5000
    record.cache_loss_cause = "failover"
    return record


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("code", ["answer.continued", "usage.estimated", "prompt.truncated"])
def test_usage_that_is_not_the_prompts(code: str) -> None:
    """Nobody learns from it what the prompt takes: several requests, a guess, a part."""
    record = finished()
    assert record.tells_prompt

    record.losses = (Loss("seed.dropped"), Loss(code))
    assert not record.tells_prompt


def test_what_a_client_is_told() -> None:
    """As far as it is known: the id at once, the route with the plan, the provider with the answer."""
    record = fresh()
    assert record.headers() == [("x-aimux-request-id", "req-1"), ("x-aimux-attempts", "0")]

    record.decision = DECISION
    record.provider, record.model = "b", "m"
    assert dict(record.headers()).keys() == {
        "x-aimux-request-id",
        "x-aimux-attempts",
        "x-aimux-route",
    }

    assert dict(finished().headers()) == {
        "x-aimux-request-id": "req-1",
        "x-aimux-attempts": "2",
        "x-aimux-route": "cheap",
        "x-aimux-provider": "b",
        "x-aimux-model": "m",
        "x-aimux-mode": "relay",
    }


def test_a_failure_is_noted_with_its_code() -> None:
    """What one greps for, and what one reads."""
    record = fresh()

    record.failed("cut", StreamCut("the stream ended before it was complete"))

    assert record.outcome == "cut"
    assert record.error == "stream-cut: the stream ended before it was complete"


# ---------------------------------------------------------------- the log


def test_the_line_of_the_log() -> None:
    """Facts, times in milliseconds, no content."""
    assert finished().log_fields() == {
        "request_id": "req-1",
        "client": "claude-code",
        "format": "anthropic",
        "asked_model": "asked",
        "route": "cheap",
        "provider": "b",
        "model": "m",
        "mode": "relay",
        "stream": True,
        "attempts": 2,
        "status": 200,
        "outcome": "ok",
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_tokens": 30,
        "cost_usd": 0.25,
        "cache_loss_usd": 0.01,
        "first_event_ms": 900.0,
        "duration_ms": 2000.0,
    }


def test_the_line_of_an_exchange_that_got_nowhere() -> None:
    """What is not known is not there; it is never 0."""
    fields = fresh().log_fields()

    assert set(fields) == {
        "request_id", "client", "asked_model", "stream", "attempts", "status", "outcome",
    }  # fmt: skip


# ---------------------------------------------------------------- the admin API


def test_an_exchange_as_the_admin_api_tells_it() -> None:
    """All that is known, every key of the shape."""
    assert finished().shape(now=500.0) == {
        "id": "req-1",
        "started_at": "2026-11-06T08:49:37.120+00:00",
        "client": "claude-code",
        "format": "anthropic",
        "asked_model": "asked",
        "route": "cheap",
        "rule": "no thinking",
        "strategy": "cheapest",
        "candidates": ["a/m", "b/m"],
        "ranks": [
            {"target": "a/m", "score": 0.01, "words": "$0.0100"},
            {"target": "b/m", "score": None, "words": "unknown"},
        ],
        "refusals": [{"target": "c/*", "reason": "it has no key"}],
        "notes": ["stays with a/m"],
        "session": "claude-code:1",
        "config_generation": 3,
        "estimated_tokens": 120,
        "provider": "b",
        "model": "m",
        "mode": "relay",
        "stream": True,
        "status": 200,
        "outcome": "ok",
        "error": None,
        "attempts": [
            {
                "provider": "a", "model": "m", "key": "k1", "status": 500, "outcome": "server_error",
                "verdict": "an error of its own; counts against the model there",
                "error": "x", "first_event_ms": None, "duration_ms": 250.0,
            },
            {
                "provider": "b", "model": "m", "key": None, "status": 200, "outcome": "ok",
                "verdict": None, "error": None, "first_event_ms": 500.0, "duration_ms": 1600.0,
            },
        ],
        "dropped": [],
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_tokens": 30,
        "cache_write_tokens": 5,
        "reasoning_tokens": 8,
        "cost_usd": 0.25,
        "cost_source": "2026-11-01",
        "cache_loss_usd": 0.01,
        "cache_loss_tokens": 5000,
        "cache_loss_cause": "failover",
        "first_event_ms": 900.0,
        "duration_ms": 2000.0,
    }  # fmt: skip


def test_an_exchange_under_way() -> None:
    """Its attempt lasts until now; how long it takes is not known yet."""
    record = fresh()
    record.attempts = [AttemptRecord("a", "m", "k1", 100.5)]

    shape = record.shape(now=103.0)

    assert shape.keys() == get_type_hints(ExchangeShape).keys()
    assert shape["attempts"][0].keys() == get_type_hints(AttemptShape).keys()
    assert (shape["outcome"], shape["duration_ms"], shape["first_event_ms"]) == ("open", None, None)
    assert (shape["route"], shape["candidates"], shape["refusals"]) == ("", [], [])
    assert (shape["attempts"][0]["outcome"], shape["attempts"][0]["duration_ms"]) == (
        "open",
        2500.0,
    )


# ---------------------------------------------------------------- the recent ones


def recent(count: int) -> Recent:
    """So many exchanges, ``req-0`` the oldest, on a clock that stands at 103."""
    kept = Recent(lambda: 103.0)
    for index in range(count):
        kept.add(Record(f"req-{index}", began=100.0, started_at=STARTED))
    return kept


@pytest.mark.parametrize(
    ("count", "asked", "ids"),
    [
        (0, 5, []),
        (3, 5, ["req-2", "req-1", "req-0"]),
        (3, 2, ["req-2", "req-1"]),
        (3, 0, []),
    ],
)
def test_the_newest_come_first(count: int, asked: int, ids: list[str]) -> None:
    """As many as are wanted and there."""
    assert [shape["id"] for shape in recent(count).newest(asked)] == ids


def test_the_oldest_is_forgotten() -> None:
    """Memory has its limit, also for a daemon that runs for months."""
    kept = recent(KEPT + 1)

    assert len(kept.newest(KEPT + 1)) == KEPT
    assert kept.find("req-0") is None
    assert kept.find("req-1") is not None


def test_one_exchange_is_found_by_its_id() -> None:
    """While it runs it is seen as it is now."""
    kept = recent(0)
    record = fresh()
    kept.add(record)
    record.attempts = [AttemptRecord("a", "m", None, 101.0)]
    record.outcome = "ok"

    found = kept.find("req-1")

    assert found is not None
    assert (found["outcome"], found["attempts"][0]["duration_ms"]) == ("ok", 2000.0)
    assert kept.find("nobody") is None


def test_the_last_exchange_is_found_without_its_id() -> None:
    """What one wants to know right after something went wrong."""
    last = recent(3).find("last")

    assert last is not None
    assert last["id"] == "req-2"
    assert recent(0).find("last") is None

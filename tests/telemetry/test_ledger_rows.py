"""A record as rows: every fact in its column, nothing unknown as 0, nothing too long or too large."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.gateway.record import AttemptRecord
from aimux.model.loss import Loss
from aimux.model.response import UNKNOWN, Usage
from aimux.routing.plan import Ranked, Refusal
from aimux.telemetry.ledger_queries import exchange_shape
from aimux.telemetry.ledger_rows import LONGEST_TEXT, reason_without_quotes, rows_of
from aimux.telemetry.ledger_schema import ATTEMPT, DIMENSIONS, EXCHANGE, SUMS
from aimux.telemetry.ledger_sums import Sums
from aimux.wire.codec import Mode, Operation
from tests.support.records import candidate, decision, ended


def row_of(**more: Any) -> dict[str, Any]:
    return dict(zip(EXCHANGE, rows_of(ended(1, **more), 7, 3).exchange, strict=True))


def sums_of(**more: Any) -> dict[str, float]:
    return dict(zip(SUMS, rows_of(ended(1, **more), 7, 3).sums, strict=True))


def told(**more: Any) -> dict[str, Any]:
    rows = rows_of(ended(1, **more), 7, 3)
    return exchange_shape(
        dict(zip(EXCHANGE, rows.exchange, strict=True)),
        [dict(zip(ATTEMPT, each, strict=True)) for each in rows.attempts],
    )


def test_every_fact_has_its_column() -> None:
    """The whole row of an exchange that went well."""
    row = row_of()
    decided = json.loads(row.pop("decision"))

    assert row == {
        "n": 7, "id": "ax_00000000000000000001", "run": 3, "started_ms": 1_794_000_001_000,
        "client": "claude-code", "token": "default", "project": "/srv/shop", "session": "s1",
        "operation": "generate", "format": "anthropic", "asked_model": "asked", "route": "default",
        "provider": "a", "model": "m", "key_label": "default", "mode": "relay",
        "upstream_format": "anthropic", "stream": 1, "status": 200, "outcome": "ok",
        "error_type": None, "error_code": None, "attempts": 1, "input_tokens": 1000,
        "output_tokens": 200, "cache_read_tokens": 600, "cache_write_tokens": 0,
        "reasoning_tokens": 50, "cost_usd": 0.0045, "cost_source": "catalogue",
        "cache_loss_tokens": None, "cache_loss_usd": None, "cache_loss_cause": None,
        "first_event_ms": 510.0, "duration_ms": 2000.0,
        "other_target": "b/m", "other_usd": 0.002, "dropped": None,
    }  # fmt: skip
    assert decided == {
        "generation": 3,
        "rule": "no rule matches",
        "strategy": "priority",
        "candidates": ["a/m", "b/m"],
        "refusals": [["c/m", "it has no key"]],
    }


def test_attempts() -> None:
    """Times count from the exchange's beginning; one that never ended lasts as long as the exchange."""
    tries = [
        AttemptRecord(
            "a", "m", "k1", 101.1, 101.35, None, 429, "rate_long", "a: no", retry_after_s=900.0
        ),
        AttemptRecord("b", "m", None, 101.4, first_event=101.9, status=200, outcome="client_gone"),
    ]
    rows = rows_of(ended(1, attempts=tries), 7, 3)
    first, second = (dict(zip(ATTEMPT, each, strict=True)) for each in rows.attempts)

    assert first == {
        "exchange": 7, "n": 1, "provider": "a", "model": "m", "key_label": "k1", "began_ms": 100.0,
        "first_event_ms": None, "duration_ms": 250.0, "status": 429, "verdict": "rate_long",
        "error_type": "provider_quota_window", "retry_after_s": 900.0,
    }  # fmt: skip
    assert (second["n"], second["duration_ms"], second["first_event_ms"]) == (2, 1600.0, 500.0)


@pytest.mark.parametrize(
    ("more", "unpriced", "untold", "failures"),
    [
        ({}, 0, 0, 0),
        ({"cost_usd": None}, 1, 0, 0),
        ({"cost_usd": 0.0}, 0, 0, 0),
        ({"cost_usd": None, "usage": UNKNOWN}, 1, 1, 0),
        ({"cost_usd": None, "usage": UNKNOWN, "operation": Operation.COUNT_TOKENS}, 0, 0, 0),
        ({"cost_usd": None, "usage": UNKNOWN, "provider": None, "outcome": "rejected"}, 0, 0, 1),
        ({"cost_usd": None, "outcome": "client_gone"}, 1, 0, 0),
        ({"cost_usd": None, "outcome": "cut"}, 1, 0, 1),
    ],
)
def test_what_is_unknown_is_counted(
    more: dict[str, Any], unpriced: int, untold: int, failures: int
) -> None:
    """What nobody has worked on costs nothing; counting is free; a client that leaves is no failure."""
    sums = sums_of(**more)

    assert (sums["unpriced"], sums["untold"], sums["failures"]) == (unpriced, untold, failures)
    assert sums["priced"] == int(more.get("cost_usd", 0.0045) is not None)


def test_unknown_is_null() -> None:
    """Never 0, but in sums, where it adds nothing."""
    row = row_of(usage=UNKNOWN, cost_usd=None, first_event=None)

    assert {row[name] for name in EXCHANGE if name.endswith("_tokens")} == {None}
    assert row["cost_usd"] is None
    assert row["first_event_ms"] is None
    assert sums_of(usage=UNKNOWN)["input_tokens"] == 0


def test_a_record_without_a_plan() -> None:
    """It was refused at once."""
    row = row_of(
        decision=None, attempts=[], provider=None, model=None, mode=None, format=None, project=None,
        outcome="rejected", error="invalid-request: model 'x' ...", status=400, usage=UNKNOWN,
    )  # fmt: skip

    assert row["decision"] is row["route"] is row["session"] is row["provider"] is None
    assert (row["error_code"], row["error_type"]) == ("invalid-request", "caller_bad_request")


def test_a_bug_has_a_word() -> None:
    """An exchange that ended and is still open."""
    assert row_of(outcome="open", ended=None)["outcome"] == "internal"


def test_texts_are_bounded_and_whole() -> None:
    """A megabyte as a model's name; half of a character; both are in the sums as well."""
    row = row_of(asked_model="x" * 2**20, project="/p/\ud83d")

    assert len(row["asked_model"]) == LONGEST_TEXT
    assert row["project"] == "/p/?"
    assert rows_of(ended(1, project="/p/\ud83d"), 1, 1).names[3] == "/p/?"


@pytest.mark.parametrize("tokens", [2**40 + 1, 10**30])
def test_nonsense_is_unknown(tokens: int) -> None:
    """No database holds such a number, and no model reads so much."""
    assert row_of(usage=Usage(tokens, 5))["input_tokens"] is None


def test_formats_of_a_translation() -> None:
    """In which the one who answered was asked."""
    translated = decision(Ranked(candidate("a", mode=Mode.TRANSLATE)), Ranked(candidate("b")))

    assert row_of(mode="translate", decision=translated)["upstream_format"] == "openai-chat"
    assert row_of(mode="translate", decision=None)["upstream_format"] is None


def test_ranks_have_scores_and_words() -> None:
    """Where a strategy has given them; a score without end is none in JSON."""
    ranks = (Ranked(candidate(), 0.5, "fast"), Ranked(candidate("b"), float("inf"), "never seen"))

    assert told(decision=decision(*ranks, strategy="fastest"))["ranks"] == [
        {"target": "a/m", "score": 0.5, "words": "fast"},
        {"target": "b/m", "score": None, "words": "never seen"},
    ]


@pytest.mark.parametrize(
    ("more", "other"),
    [
        ({}, {"target": "b/m", "would_cost_usd": 0.002}),
        ({"provider": "b"}, {"target": "a/m", "would_cost_usd": 0.006}),
        ({"usage": UNKNOWN}, None),
        ({"decision": decision(Ranked(candidate()))}, None),
        ({"decision": decision(Ranked(candidate()), Ranked(candidate("unpriced")))}, None),
    ],
)
def test_what_the_next_one_would_have_cost(
    more: dict[str, Any], other: dict[str, Any] | None
) -> None:
    """1000 tokens in and 200 out, none of them cached there; left out where it is unknown."""
    assert told(**more)["other"] == other


def test_losses_are_codes_and_counts() -> None:
    """Details may quote; the words come from the table."""
    losses = (Loss("seed.dropped", "seed", "42"), Loss("tool.renamed"), Loss("tool.renamed", "x"))

    assert "42" not in row_of(losses=losses)["dropped"]
    assert told(losses=losses)["dropped"] == [
        {"code": "seed.dropped", "severity": "info", "words": "the seed", "times": 1},
        {
            "code": "tool.renamed",
            "severity": "debug",
            "words": "a tool's name was shortened for the provider",
            "times": 2,
        },
    ]


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("it has no key", "it has no key"),
        ("its circuit is open: a: you said x (for 3 min more)", "its circuit is open (for 3 min more)"),
        ("a: you said (x) (for 30 s more)", "it has failed (for 30 s more)"),
        ("key k2: a: you said x", "key k2"),
        ("its own limit in the configuration is used up", "its own limit in the configuration is used up"),
    ],
)  # fmt: skip
def test_reasons_without_what_the_provider_said(reason: str, kept: str) -> None:
    """Its words may repeat the prompt."""
    assert reason_without_quotes(Refusal("a/m", reason)) == kept


def test_sums_of_a_batch() -> None:
    """Each name of each dimension has one row for each hour."""
    sums = Sums()
    batch = [ended(1), ended(2), ended(3, provider="b"), ended(4, started_at=1_794_010_000.0)]
    for number, record in enumerate(batch):
        sums.add(rows_of(record, number, 1))
    rows = sums.rows()
    providers = {row[1:3]: row[3] for row in rows if row[0] == "provider"}

    assert sorted(providers.values()) == [1, 1, 2]
    for dimension in DIMENSIONS:
        assert sum(row[3] for row in rows if row[0] == dimension) == 4
    assert {row[2] for row in rows if row[0] == "model"} == {"a/m", "b/m"}


@pytest.mark.parametrize("outcome", ["ok", "open"])
def test_what_is_written_are_plain_values(outcome: str) -> None:
    """The database's module looks for an adapter of anything else, at each exchange."""
    rows = rows_of(ended(1, outcome=outcome), 7, 3)
    plain = {int, float, str, type(None)}
    assert {type(each) for each in rows.exchange} <= plain
    assert {type(value) for attempt in rows.attempts for value in attempt} <= plain
    assert {type(each) for each in rows.sums} <= {int, float}

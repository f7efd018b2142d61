"""What is counted of records, by table."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.gateway.record import AttemptRecord, Record
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.plan import Decision
from aimux.routing.verdict import Signal
from aimux.telemetry.tally import ERROR_TYPES, SECONDS, Histogram, Known, Tally
from aimux.wire.codec import Operation

KNOWN = Known(
    providers={"a": frozenset({"m"}), "b": frozenset({"n"})},
    foreseen={"a": ("m",)},
    asked=frozenset({"m", "n", "fast"}),
    foreseen_asked=("fast", "m"),
    clients=("codex",),
    tokens=("ann",),
    routes=("default",),
)


def attempt(provider: str = "a", model: str = "m", outcome: str = "ok", **more: Any) -> Any:
    return AttemptRecord(provider, model, "k", 10.0, 12.0, outcome=outcome, **more)


def record(*attempts: AttemptRecord, **more: Any) -> Record:
    settings: dict[str, Any] = {
        "client": "codex",
        "format": WireFormat.ANTHROPIC,
        "asked_model": "m",
        "decision": Decision("m", "default", (), ()),
        "outcome": "ok",
        "ended": 13.0,
        "attempts": list(attempts),
        **more,
    }
    return Record("ax_1", 9.0, 0.0, **settings)


def nonzero(counts: dict[Any, int]) -> dict[Any, int]:
    return {key: count for key, count in counts.items() if count}


@pytest.mark.parametrize(
    ("value", "bucket"), [(0.0, 0), (0.01, 0), (0.0100001, 1), (81.92, 13), (81.93, 14), (1e9, 14)]
)
def test_buckets(value: float, bucket: int) -> None:
    """A bound belongs to the bucket below it (le)."""
    histogram = Histogram(SECONDS)
    histogram.add(value)

    assert histogram.counts.index(1) == bucket
    assert histogram.total == value


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({}, ("codex", "anthropic", "m", "default", "ok")),
        ({"client": "somebody"}, ("other", "anthropic", "m", "default", "ok")),
        ({"client": "ann"}, ("ann", "anthropic", "m", "default", "ok")),
        ({"format": None}, ("codex", "other", "m", "default", "ok")),
        ({"asked_model": "made-up"}, ("codex", "anthropic", "other", "default", "ok")),
        ({"asked_model": "b/n"}, ("codex", "anthropic", "n", "default", "ok")),
        ({"asked_model": "b,n"}, ("codex", "anthropic", "n", "default", "ok")),
        ({"asked_model": "b/x"}, ("codex", "anthropic", "other", "default", "ok")),
        ({"decision": None}, ("codex", "anthropic", "m", "none", "ok")),
        (
            {"decision": Decision("m", "gone", (), ())},
            ("codex", "anthropic", "m", "other", "ok"),
        ),
        ({"outcome": "cut"}, ("codex", "anthropic", "m", "default", "upstream_error")),
        ({"outcome": "client_gone"}, ("codex", "anthropic", "m", "default", "aborted")),
        ({"outcome": "rejected"}, ("codex", "anthropic", "m", "default", "rejected")),
    ],
)
def test_requests(more: dict[str, Any], key: tuple[str, ...]) -> None:
    """By names that the configuration knows."""
    tally = Tally(KNOWN)
    tally.add(record(**more))

    assert nonzero(tally.requests) == {key: 1}


@pytest.mark.parametrize(
    ("made", "key"),
    [
        (attempt(), ("a", "m", "ok", "")),
        (attempt(outcome="outrun"), ("a", "m", "outrun", "")),
        (attempt(outcome="overloaded"), ("a", "m", "failed", "provider_overloaded")),
        (attempt(outcome="client_gone"), ("a", "m", "failed", "caller_disconnected")),
        (attempt(outcome="unheard-of"), ("a", "m", "failed", "_OTHER")),
        (attempt(model="x"), ("a", "other", "ok", "")),
        (attempt("gone"), ("other", "other", "ok", "")),
    ],
)
def test_attempts(made: AttemptRecord, key: tuple[str, ...]) -> None:
    """By provider, model, and what ended it."""
    tally = Tally(KNOWN)
    tally.add(record(made))

    assert nonzero(tally.attempts) == {key: 1}


def test_every_signal_has_its_type() -> None:
    """A signal that comes later must be given one."""
    assert set(Signal) <= set(ERROR_TYPES)


@pytest.mark.parametrize(
    ("attempts", "fallbacks"),
    [
        ((attempt(outcome="auth"), attempt("b", "n")), {("a", "b", "provider_auth"): 1}),
        ((attempt(outcome="auth"), attempt(model="x")), {}),
        ((attempt(outcome="outrun"), attempt("b", "n")), {}),
        ((attempt("gone", outcome="auth"), attempt("b")), {("other", "b", "provider_auth"): 1}),
    ],
)
def test_fallbacks(attempts: tuple[AttemptRecord, ...], fallbacks: dict[Any, int]) -> None:
    """Another provider after a failure, not another model or key, and not the end of a race."""
    tally = Tally(KNOWN)
    tally.add(record(*attempts))

    assert nonzero(tally.fallbacks) == fallbacks


@pytest.mark.parametrize(
    ("ended", "outcome", "first", "aborts"),
    [
        ("cut", "cut", 11.0, {("a", "upstream_cut"): 1}),
        ("idle", "cut", 11.0, {("a", "idle"): 1}),
        ("ending", "cut", 11.0, {("a", "drain"): 1}),
        ("client_gone", "client_gone", 11.0, {("a", "client_gone"): 1}),
        ("client_gone", "client_gone", None, {}),
        ("ok", "ok", 11.0, {}),
    ],
)
def test_aborts(ended: str, outcome: str, first: float | None, aborts: dict[Any, int]) -> None:
    """Only what had begun can be cut."""
    tally = Tally(KNOWN)
    tally.add(record(attempt(outcome=ended), outcome=outcome, first_event=first))

    assert nonzero(tally.aborts) == aborts


def test_what_an_answer_took() -> None:
    """Tokens, times and phases of one answer."""
    usage = Usage(100, 11, 60, 20, 5)
    tally = Tally(KNOWN)
    tally.add(
        record(
            attempt(first_event=11.0, translate_s=0.25),
            provider="a",
            model="m",
            usage=usage,
            first_event=11.0,
            parse_s=0.5,
            route_s=0.125,
        )
    )
    target = tally.targets["a", "m"]

    assert target.tokens == [100, 11, 60, 20, 5]
    assert (target.tokens_in.total, target.tokens_out.total) == (100, 11)
    assert (target.ok_s.total, target.failed_s.total) == (2.0, 0.0)
    assert target.first_s.total == 1.0
    assert (target.server_s.total, target.server_first_s.total) == (4.0, 2.0)
    assert target.per_token_s.total == pytest.approx(0.2)
    assert {phase: each.total for phase, each in tally.overhead.items()} == {
        "parse": 0.5,
        "route": 0.125,
        "translate": 0.25,
        "total": 0.875,
    }


def test_unknown_usage_is_not_zero() -> None:
    """What nobody has said adds nothing to a histogram; counting tokens is no answer of a model."""
    tally = Tally(KNOWN)
    tally.add(record(attempt(), provider="a", model="m"))
    tally.add(
        record(attempt(), provider="a", model="m", usage=Usage(5), operation=Operation.COUNT_TOKENS)
    )

    assert sum(tally.targets["a", "m"].tokens_in.counts) == 0
    assert sum(tally.targets["a", "m"].ok_s.counts) == 1
    assert nonzero(tally.attempts) == {("a", "m", "ok", ""): 2}


def test_learning_keeps_what_is_still_known() -> None:
    """Counts of a provider that stays stay, those of one that goes are gone."""
    tally = Tally(KNOWN)
    tally.add(record(attempt(), provider="a", model="m", usage=Usage(5, 1)))
    tally.add(record(attempt("b", "n"), provider="b", model="n", usage=Usage(7, 1)))

    tally.learn(Known(providers={"a": frozenset({"m"})}, asked=frozenset({"m"}), routes=("x",)))

    assert nonzero(tally.attempts) == {("a", "m", "ok", ""): 1}
    assert set(tally.targets) == {("a", "m"), ("a", "other")}
    assert tally.targets["a", "m"].tokens[0] == 5
    assert not [key for key in tally.aborts if key[0] == "b"]

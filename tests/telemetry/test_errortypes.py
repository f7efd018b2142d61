"""The closed vocabulary: every verdict and every error of ours has its word."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from aimux import errors
from aimux.routing.verdict import Signal
from aimux.telemetry.errortypes import ErrorType, type_of_attempt, type_of_exchange


@dataclass(frozen=True)
class Tried:
    outcome: str
    error: str | None = None
    retry_after_s: float | None = None


@pytest.mark.parametrize("signal", Signal)
def test_every_verdict_has_a_word(signal: Signal) -> None:
    """A new one must be given one; only a model that nobody knows is nobody's."""
    other = type_of_attempt(signal.value) is ErrorType.OTHER

    assert other == (signal is Signal.MODEL_UNKNOWN)


def test_the_vocabulary_is_the_published_one() -> None:
    """Dashboards and alerts are written with these words."""
    assert [each.value for each in ErrorType] == [
        "caller_bad_request", "caller_context_length", "caller_content_policy",
        "caller_disconnected", "policy_budget", "policy_rate_limit", "policy_forbidden_destination",
        "provider_auth", "provider_billing", "provider_quota_window", "provider_rate_limit",
        "provider_overloaded", "provider_5xx", "provider_timeout_connect", "provider_timeout_ttft",
        "provider_idle", "provider_stream_cut", "provider_protocol", "network_offline",
        "aimux_internal", "_OTHER",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "wait_s", "word"),
    [
        ("ok", None, None),
        ("outrun", None, None),
        ("client_gone", None, ErrorType.CALLER_DISCONNECTED),
        ("rate_long", None, ErrorType.PROVIDER_RATE_LIMIT),
        ("rate_long", 599.0, ErrorType.PROVIDER_RATE_LIMIT),
        ("rate_long", 600.0, ErrorType.PROVIDER_QUOTA_WINDOW),
        ("rate_short", 1.0, ErrorType.PROVIDER_RATE_LIMIT),
        ("overloaded", 900.0, ErrorType.PROVIDER_OVERLOADED),
        ("something new", None, ErrorType.OTHER),
    ],
)
def test_attempts(outcome: str, wait_s: float | None, word: ErrorType | None) -> None:
    """A 429 that asks for ten minutes speaks of a plan."""
    assert type_of_attempt(outcome, wait_s) is word


FAILED = (Tried("overloaded", "a: busy"), Tried("rate_long", "b: spent"))


@pytest.mark.parametrize(
    ("outcome", "error", "attempts", "word"),
    [
        ("ok", None, FAILED, None),
        ("client_gone", "client-gone: it left", FAILED, ErrorType.CALLER_DISCONNECTED),
        ("upstream_error", "upstream-status: a: busy", FAILED, ErrorType.PROVIDER_OVERLOADED),
        ("upstream_error", "upstream-status: b: spent", FAILED, ErrorType.PROVIDER_RATE_LIMIT),
        ("upstream_error", "upstream-status: c: else", FAILED, ErrorType.PROVIDER_RATE_LIMIT),
        ("cut", "stream-cut: x", (Tried("cut", "x"),), ErrorType.PROVIDER_STREAM_CUT),
        ("open", None, (Tried("ok"),), ErrorType.AIMUX_INTERNAL),
        ("open", None, (), ErrorType.AIMUX_INTERNAL),
        ("rejected", "budget-spent: the day's", (), ErrorType.POLICY_BUDGET),
        ("rejected", "loop: the same again", (), ErrorType.POLICY_RATE_LIMIT),
        ("rejected", "no-network: none", FAILED, ErrorType.NETWORK_OFFLINE),
        ("rejected", "brand-new: word", (), ErrorType.OTHER),
    ],
)
def test_exchanges(
    outcome: str, error: str | None, attempts: tuple[Tried, ...], word: ErrorType | None
) -> None:
    """It is the word of the error that the client was told."""
    assert type_of_exchange(outcome, error, attempts) is word


def _tree(kind: type[errors.AimuxError]) -> list[type[errors.AimuxError]]:
    return [kind, *(each for sub in kind.__subclasses__() for each in _tree(sub))]


@pytest.mark.parametrize("kind", _tree(errors.ClientError), ids=lambda kind: kind.__name__)
def test_every_mistake_of_a_caller_has_a_word(kind: type[errors.AimuxError]) -> None:
    """A new error of the caller's must be given one."""
    assert type_of_exchange("rejected", f"{kind.code}: x", ()) is not ErrorType.OTHER

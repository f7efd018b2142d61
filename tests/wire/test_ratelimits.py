"""Limits in the headers of another vendor (reference 2.16)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.request import WireFormat
from aimux.wire.ratelimits import MAX_WAIT_S, translated, wait_s
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES

A, C, R, G = ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI
NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC).timestamp()

OF_OPENAI = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
}
OF_ANTHROPIC = {
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "59",
    "anthropic-ratelimit-requests-reset": "2026-11-30T12:00:01Z",
    "anthropic-ratelimit-tokens-limit": "150000",
    "anthropic-ratelimit-tokens-remaining": "149984",
    "anthropic-ratelimit-tokens-reset": "2026-11-30T12:06:00Z",
}


@pytest.mark.parametrize(
    ("provider", "client", "before", "after"),
    [
        (C, A, OF_OPENAI, OF_ANTHROPIC),
        (R, A, OF_OPENAI, OF_ANTHROPIC),
        (A, C, OF_ANTHROPIC, OF_OPENAI),
        (A, R, OF_ANTHROPIC, OF_OPENAI),
        (C, R, OF_OPENAI, OF_OPENAI),
        (C, G, OF_OPENAI, {}),
        (A, G, OF_ANTHROPIC, {}),
        (G, A, OF_OPENAI, {}),
        (A, C, OF_OPENAI, {}),
        (C, A, {}, {}),
    ],
)
def test_limits_cross(
    provider: WireFormat, client: WireFormat, before: dict[str, str], after: dict[str, str]
) -> None:
    """Each header by its name in the other format, and nothing that is not there."""
    assert dict(translated(before, provider, client, NOW)) == after


@pytest.mark.parametrize(
    ("reset", "date"),
    [
        ("20ms", "2026-11-30T12:00:01Z"),
        ("0s", "2026-11-30T12:00:00Z"),
        ("59.2", "2026-11-30T12:01:00Z"),
        ("2026-11-30T13:00:00+01:00", "2026-11-30T12:00:00Z"),
        ("4294967", "2027-01-19T05:02:47Z"),
        ("4294968", None),
        ("1732968000", None),
        ("2026-11-30T13:00:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_reset_as_a_date(reset: str, date: str | None) -> None:
    """In whole seconds and not too early; what cannot be read, or is too far away, is not said."""
    found = translated({"x-ratelimit-reset-tokens": reset}, C, A, NOW)

    assert found == ([] if date is None else [("anthropic-ratelimit-tokens-reset", date)])


@pytest.mark.parametrize(
    ("reset", "duration"),
    [
        ("2026-11-30T12:00:00.02Z", "20ms"),
        ("2026-11-30T11:00:00Z", "0s"),
        ("2026-12-01T12:00:00Z", "24h0m0s"),
        ("9999-12-31T23:59:59Z", None),
        ("2026-11-30", None),
    ],
)
def test_a_reset_as_a_duration(reset: str, duration: str | None) -> None:
    """One that has passed is no wait."""
    found = translated({"anthropic-ratelimit-requests-reset": reset}, A, C, NOW)

    assert found == ([] if duration is None else [("x-ratelimit-reset-requests", duration)])


def test_a_subscription_and_counts_of_one_vendor_stay() -> None:
    """Nobody else has a word for them; a count that is none is not passed on either."""
    unified = {"anthropic-ratelimit-unified-5h-utilization": "0.5",
               "anthropic-ratelimit-input-tokens-remaining": "7",
               "anthropic-ratelimit-tokens-remaining": "many"}  # fmt: skip

    assert translated(unified, A, C, NOW) == []


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        (OF_OPENAI, None),
        ({**OF_OPENAI, "x-ratelimit-remaining-requests": "0"}, 1.0),
        ({**OF_OPENAI, "x-ratelimit-remaining-tokens": "0"}, 360.0),
        (
            {
                **OF_OPENAI,
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-remaining-requests": "0",
            },
            360.0,
        ),
        ({**OF_ANTHROPIC, "anthropic-ratelimit-requests-remaining": "0"}, 1.0),
        ({"x-ratelimit-remaining-tokens": "0"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "?"}, None),
    ],
)
def test_the_wait_that_limits_say(headers: dict[str, str], wait: float | None) -> None:
    """That of the limit that is used up, the longer of two."""
    assert wait_s(headers, NOW) == wait


@settings(max_examples=200)
@given(
    st.dictionaries(st.sampled_from([*OF_OPENAI, *OF_ANTHROPIC]), st.text(max_size=25)),
    st.sampled_from(WireFormat),
    st.sampled_from(WireFormat),
)
def test_any_headers_are_read(
    headers: dict[str, str], provider: WireFormat, client: WireFormat
) -> None:
    """Nothing is raised, and no wait is longer than clients can hold."""
    for _, value in translated(headers, provider, client, NOW):
        assert value.isascii()
    assert 0 <= (wait_s(headers, NOW) or 0) <= MAX_WAIT_S

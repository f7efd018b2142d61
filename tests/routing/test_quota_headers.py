"""The headers of each vendor's family as they were seen, and whatever else may stand there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from aimux.routing.quota import Quotas, Window
from aimux.routing.quota_headers import moment, number, windows_of
from aimux.routing.state import MemoryState

NOW = 1_790_000_000.0
U = "anthropic-ratelimit-unified-"
A = "anthropic-ratelimit-"


def read(headers: Mapping[str, str]) -> dict[str, Window]:
    return {each.name: each for each in windows_of(headers, NOW)}


def account(name: str, **more: Any) -> Window:
    return Window(name, seen_at_s=NOW, **more)


def own(name: str, *numbers: float | None, **more: Any) -> Window:
    return Window(name, *numbers, seen_at_s=NOW, of_model=True, **more)


CASES: list[tuple[str, dict[str, str], list[Window]]] = [
    ("nothing", {"content-type": "application/json", "x-request-id": "r"}, []),
    (
        "Anthropic (its API reference)",
        {
            A + "requests-limit": "50",
            A + "requests-remaining": "49",
            A + "requests-reset": "2026-09-21T14:13:25Z",
            A + "input-tokens-limit": "40000",
            A + "input-tokens-remaining": "0",
            A + "input-tokens-reset": "2026-09-21T14:13:26+00:00",
            A + "output-tokens-limit": "8000",
        },
        [
            own("requests", pytest.approx(0.02), 49, 50, 1789999_000.0 + 1005),
            own("input-tokens", 1.0, 0, 40000, 1790000_006.0),
            own("output-tokens", None, None, 8000),
        ],
    ),
    (
        "Anthropic's plan (responses of 2026-09-30)",
        {
            U + "status": "allowed",
            U + "5h-status": "allowed",
            U + "5h-utilization": "0.05",
            U + "5h-reset": "1790814600",
            U + "7d-status": "allowed_warning",
            U + "7d-utilization": "0.81",
            U + "7d-reset": "1790899200",
            U + "7d_oi-status": "allowed",
            U + "7d_oi-utilization": "0.3",
            U + "7d_oi-reset": "1790899200",
            U + "overage-status": "rejected",
            U + "overage-disabled-reason": "org_level_disabled",
            U + "representative-claim": "five_hour",
            U + "fallback-percentage": "0.5",
            U + "reset": "1790814600",
        },
        [
            account("5h", used=0.05, resets_at_s=1790814600.0, state="allowed"),
            account("7d", used=0.81, resets_at_s=1790899200.0, state="warning"),
            own("7d_oi", 0.3, resets_at_s=1790899200.0, state="allowed"),
        ],
    ),
    (
        "a window is rejected, and so is the request",
        {
            U + "status": "rejected",
            U + "5h-status": "rejected",
            U + "5h-utilization": "1.02",
            U + "5h-reset": "1790814600",
        },
        [account("5h", used=1.02, resets_at_s=1790814600.0, state="rejected")],
    ),
    (
        "rejected, and only the claim says which",
        {
            U + "status": "rejected",
            U + "reset": "1790814600",
            U + "representative-claim": "seven_day_opus",
        },
        [own("7d_opus", resets_at_s=1790814600.0, state="rejected")],
    ),
    (
        "the claim's window is there without a status",
        {
            U + "status": "rejected",
            U + "5h-utilization": "1",
            U + "reset": "1790814600",
            U + "representative-claim": "five_hour",
        },
        [account("5h", used=1.0, resets_at_s=1790814600.0, state="rejected")],
    ),
    (
        "a claim that nobody knows",
        {U + "status": "rejected", U + "representative-claim": "eternity"},
        [account("plan", state="rejected")],
    ),
    (
        "a window is rejected and requests go on at extra cost",
        {
            U + "status": "allowed",
            U + "overage-status": "allowed",
            U + "5h-status": "rejected",
            U + "5h-utilization": "1.0",
        },
        [account("5h", used=1.0, state="warning")],
    ),
    (
        "extra usage under way",
        {U + "5h-status": "rejected", U + "5h-utilization": "1.0", U + "overage-in-use": "true"},
        [account("5h", used=1.0, state="warning")],
    ),
    (
        "a share whose own state is silent takes the whole's",
        {U + "status": "allowed_warning", U + "5h-utilization": "0.9"},
        [account("5h", used=0.9, state="warning")],
    ),
    (
        "states that nobody knows",
        {U + "status": "active", U + "5h-status": "limited", U + "5h-utilization": "much"},
        [account("5h")],
    ),
    (
        "OpenAI (its page on rate limits)",
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-limit-tokens": "150000",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-remaining-tokens": "149984",
            "x-ratelimit-reset-requests": "1s",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        [
            own("requests", pytest.approx(1 / 60), 59, 60, NOW + 1),
            own("tokens", pytest.approx(16 / 150000), 149984, 150000, NOW + 360),
        ],
    ),
    (
        "Groq (its page on rate limits)",
        {
            "x-ratelimit-limit-requests": "14400",
            "x-ratelimit-limit-tokens": "18000",
            "x-ratelimit-remaining-requests": "14370",
            "x-ratelimit-remaining-tokens": "17997",
            "x-ratelimit-reset-requests": "2m59.56s",
            "x-ratelimit-reset-tokens": "7.66s",
        },
        [
            own("requests", pytest.approx(30 / 14400), 14370, 14400, pytest.approx(NOW + 179.56)),
            own("tokens", pytest.approx(3 / 18000), 17997, 18000, pytest.approx(NOW + 7.66)),
        ],
    ),
    (
        "Cerebras (its page on rate limits)",
        {
            "x-ratelimit-limit-requests-day": "1000000000",
            "x-ratelimit-limit-tokens-minute": "1000000000",
            "x-ratelimit-remaining-requests-day": "999997455",
            "x-ratelimit-remaining-tokens-minute": "999998298",
            "x-ratelimit-reset-requests-day": "33011.382867",
            "x-ratelimit-reset-tokens-minute": "11.382867",
        },
        [
            own("requests-day", pytest.approx(0, abs=1e-5), 999997455, 1e9, NOW + 33011.382867),
            own("tokens-minute", pytest.approx(0, abs=1e-5), 999998298, 1e9, NOW + 11.382867),
        ],
    ),
    (
        "Mistral (responses of 2026)",
        {
            "x-ratelimit-limit-req-minute": "50",
            "x-ratelimit-limit-tokens-minute": "50000",
            "x-ratelimit-remaining-tokens-minute": "47300",
            "x-ratelimit-remaining-req-minute": "49",
            "x-ratelimit-tokens-query-cost": "1300",
        },
        [
            own("requests-minute", pytest.approx(0.02), 49, 50),
            own("tokens-minute", pytest.approx(0.054), 47300, 50000),
        ],
    ),
    (
        "Mistral: a model that the plan does not have",
        {"x-ratelimit-limit-req-minute": "0", "x-ratelimit-remaining-req-minute": "0"},
        [own("requests-minute", 1.0, 0, 0)],
    ),
    (
        "Mistral's older ones",
        {
            "ratelimitbysize-reset": "42",
            "ratelimitbysize-query-cost": "100",
            "x-ratelimitbysize-limit-minute": "500000",
            "x-ratelimitbysize-remaining-minute": "400000",
            "x-ratelimitbysize-limit-month": "1000000000",
            "x-ratelimitbysize-remaining-month": "500000000",
        },
        [
            own("tokens-minute", pytest.approx(0.2), 400000, 500000, NOW + 42),
            own("tokens-month", pytest.approx(0.5), 5e8, 1e9),
        ],
    ),
    (
        "Codex",
        {
            "x-codex-primary-used-percent": "42.5",
            "x-codex-primary-window-minutes": "300",
            "x-codex-primary-reset-at": "1790007200",
            "x-codex-primary-reset-after-seconds": "60",
            "x-codex-secondary-used-percent": "84",
            "x-codex-secondary-window-minutes": "10080",
            "x-codex-secondary-reset-after-seconds": "604800",
        },
        [
            account("5h", used=0.425, resets_at_s=1790007200.0),
            account("7d", used=0.84, resets_at_s=NOW + 604800),
        ],
    ),
    (
        "Codex with credits, a window of no known length and one of half an hour",
        {
            "x-codex-primary-used-percent": "100",
            "x-codex-credits-has-credits": "True",
            "x-codex-secondary-used-percent": "1",
            "x-codex-secondary-window-minutes": "30",
        },
        [
            account("primary", used=1.0, state="allowed"),
            account("minute", used=0.01, state="allowed"),
        ],
    ),
    (
        "Codex without the second",
        {"x-codex-primary-used-percent": "1", "x-codex-primary-window-minutes": "60"},
        [account("1h", used=0.01)],
    ),
    (
        "OpenRouter",
        {
            "x-ratelimit-limit": "50",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": "1790035200000",
        },
        [own("requests", 1.0, 0, 50, 1790035200.0)],
    ),
    ("a reset alone", {"x-ratelimit-reset": "1790035200"}, []),
]


@pytest.mark.parametrize(("case", "headers", "windows"), CASES, ids=[each[0] for each in CASES])
def test_families(case: str, headers: dict[str, str], windows: list[Window]) -> None:
    """Each family, out of a plain mapping and out of aiohttp's, whatever the case of its letters."""
    shouted = CIMultiDict({name.title(): value for name, value in headers.items()})

    assert list(windows_of(headers, NOW)) == windows
    assert list(windows_of(CIMultiDictProxy(shouted), NOW)) == windows


def test_two_families_at_once() -> None:
    """A proxy in between may tell its own besides."""
    found = read({"x-ratelimit-limit-requests": "1", "x-codex-primary-used-percent": "1"})

    assert found.keys() == {"requests", "primary"}


@pytest.mark.parametrize(
    ("text", "after_s"),
    [("2m59.56s", 179.56), ("20ms", 0.02), ("11.38", 11.38), ("1s" * 30, None), ("soon", None)],
)
def test_resets_are_lengths_of_time(text: str, after_s: float | None) -> None:
    """As vendors write them (wire/durations); a text without end is not even read."""
    window = read({"x-ratelimit-limit-requests": "1", "x-ratelimit-reset-requests": text})[
        "requests"
    ]

    assert window.resets_at_s == (None if after_s is None else pytest.approx(NOW + after_s))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1790814600", 1790814600.0),
        ("1790814600123", 1790814600.123),
        (1790814600, 1790814600.0),
        ("2026-09-21T14:13:20Z", NOW),
        ("2026-09-21T16:13:20+02:00", NOW),
        ("2026-09-21 14:13:20", NOW),
        ("60", None),
        ("tomorrow", None),
        (None, None),
        ([], None),
    ],
)
def test_moment(text: object, value: float | None) -> None:
    """Unix seconds, milliseconds, RFC 3339."""
    assert moment(text) == value


@pytest.mark.parametrize("bad", ["", "x", "-1", "nan", "inf", "1e99", True, None, [], 10**400])
def test_no_number(bad: object) -> None:
    """What is no number says nothing."""
    assert number(bad) is None


NAMES = sorted(
    {name for _, headers, _ in CASES for name in headers}
    | {U + "7d-sonnet-utilization", U + "999h_x-status", U + "5h-utilization-"}
)
TEXTS = st.text("0123456789.:-+TZhms a\x00é", max_size=20) | st.sampled_from(
    [
        "0",
        "1e400",
        "-0",
        "nan",
        "9" * 400,
        "1" * 12 + "h",
        "rejected",
        "allowed",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
    ]
)


@given(st.dictionaries(st.sampled_from(NAMES), TEXTS))
def test_no_header_text_raises(headers: dict[str, str]) -> None:
    """Whatever stands in the headers is kept, judged and put into words, or says nothing."""
    windows = windows_of(headers, NOW)
    quotas = Quotas(MemoryState())
    quotas.note("p", "k", "m", windows, NOW)

    quotas.verdict("p", "k", "m", 0.5, NOW)
    for each in windows:
        assert each.used is None or each.used >= 0
        assert each.remaining is None or each.remaining >= 0
        assert len(each.name) < 32

"""The answers of quota addresses, as vendors gave them, and strange ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.routing.quota import Window
from aimux.routing.quota_reports import windows_of_report

NOW = 1_790_000_000.0


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def window(name: str, *numbers: Any, state: str = "") -> Window:
    used, remaining, limit, resets_at_s = (*numbers, None, None, None)[:4]
    return Window(name, pytest.approx(used, abs=1e-9), remaining, limit, resets_at_s, state, NOW)


def weekly(percent: float, remaining: str) -> dict[str, Any]:
    return {
        "nextRegenAt": "2026-08-19T16:19:42.000Z",
        "percentRemaining": percent,
        "maxCredits": "$24.00",
        "remainingCredits": remaining,
        "nextRegenCredits": "$0.48",
    }


def rolling(remaining: float, *, limited: bool = False) -> dict[str, Any]:
    tick = {"nextTickAt": "2026-08-19T15:27:19.000Z", "tickPercent": 0.05}
    return {**tick, "remaining": remaining, "max": 500, "limited": limited}


TICK, REGEN = at("2026-08-19T15:27:19Z"), at("2026-08-19T16:19:42Z")
OLD = {"limit": 135, "requests": 27, "renewsAt": "2025-09-21T14:36:14.288Z"}

CASES: list[tuple[str, Any, list[Window]]] = [
    (
        "1 Synthetic (an answer of 2026-08)",
        {
            "subscription": {"limit": 500, "requests": 0, "renewsAt": "2026-08-19T20:18:11.436Z"},
            "search": {"hourly": {"limit": 250, "requests": 0}},
            "freeToolCalls": {"limit": 0, "requests": 0},
            "weeklyTokenLimit": weekly(75, "$18.00"),
            "rollingFiveHourLimit": rolling(400),
        },
        [window("5h", 0.2, 400, 500), window("week", 0.25, 18, 24)],
    ),
    (
        "2 Synthetic, limited: the next bit is something",
        {"rollingFiveHourLimit": rolling(0.4, limited=True)},
        [window("5h", 0.9992, 0.4, 500, TICK, state="rejected")],
    ),
    (
        "3 Synthetic, nothing left at all",
        {"rollingFiveHourLimit": rolling(0), "weeklyTokenLimit": weekly(0, "$0.00")},
        [window("5h", 1.0, 0, 500, TICK), window("week", 1.0, 0, 24, REGEN)],
    ),
    (
        "4 Synthetic's plan of before",
        {"subscription": OLD, "weeklyTokenLimit": {"percentRemaining": 50, "maxCredits": 24}},
        [
            window("5h", 0.2, 108, 135, at("2025-09-21T14:36:14.288Z")),
            window("week", 0.5, None, 24),
        ],
    ),
    ("5 Synthetic without a plan", {"subscription": {"limit": 0, "requests": 0}}, []),
    (
        "6 Z.AI (shapes of 2026-02 to 2026-09)",
        {
            "code": 200,
            "data": {
                "limits": [
                    {"type": "TIME_LIMIT", "unit": 5, "number": 1, "usage": 100, "percentage": 2},
                    {
                        "type": "TOKENS_LIMIT",
                        "unit": 3,
                        "number": 5,
                        "percentage": 7,
                        "nextResetTime": 1790014803000,
                    },
                    {
                        "type": "CREDIT_LIMIT",
                        "unit": 6,
                        "number": 7,
                        "percentage": 44,
                        "remaining": 1,
                    },
                    {"type": "TOKENS_LIMIT", "unit": 3, "percentage": 0},
                    {"type": "TOKENS_LIMIT", "unit": 9, "percentage": 0},
                    {"type": "TOKENS_LIMIT", "unit": 6},
                    {"type": "TOKENS_LIMIT", "unit": []},
                    "strange",
                ],
                "level": "pro",
            },
        },
        [window("5h", 0.07, None, None, 1790014803.0), window("week", 0.44), window("5h", 0.0)],
    ),
    (
        "7 OpenRouter (its page on limits)",
        {"data": {"label": "sk-or", "limit": 5, "usage": 1.0, "limit_remaining": 4}},
        [window("credits", 0.2, 4, 5)],
    ),
    (
        "8 OpenRouter without a limit",
        {"data": {"limit": None, "usage": 1.0, "limit_remaining": None}},
        [],
    ),
    ("9 nothing of the kind", {"data": {}, "success": True}, []),
    ("10 no object", ["data"], []),
    ("11 nothing", None, []),
]


@pytest.mark.parametrize(("case", "value", "windows"), CASES, ids=[each[0] for each in CASES])
def test_reports(case: str, value: Any, windows: list[Window]) -> None:
    """Each vendor's answer."""
    assert list(windows_of_report(value, NOW)) == windows


KEYS = ["data", "limits", "limit", "limit_remaining", "unit", "percentage", "max", "remaining"]
KEYS += ["rollingFiveHourLimit", "weeklyTokenLimit", "subscription", "percentRemaining", "requests"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from([3, 6, 10**30, "$x", "2026"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_no_answer_raises(value: object) -> None:
    """A vendor may change its answer at any time."""
    for each in windows_of_report(value, NOW):
        assert each.used is None or 0 <= each.used < 10**15

"""What errors tell of windows: the bodies as people met them, read by the codecs first."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import ErrorKind
from aimux.model.request import WireFormat
from aimux.routing.quota import Window
from aimux.routing.quota_errors import windows_of_error
from aimux.wire.codec import Reported
from aimux.wire.formats import CODECS

A, C, G = WireFormat.ANTHROPIC, WireFormat.OPENAI_CHAT, WireFormat.GEMINI
NOW = datetime(2026, 10, 5, 4, 0, tzinfo=UTC).timestamp()


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def closed(name: str, resets_at_s: float | None = None, **more: Any) -> Window:
    return Window(name, resets_at_s=resets_at_s, state="rejected", seen_at_s=NOW, **more)


def zai(code: str, message: str) -> dict[str, Any]:
    words = f"[{code}][{message}][202610051200]"
    return {"type": "error", "error": {"type": "rate_limit_error", "code": code, "message": words}}


def openai(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def minimax(message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": "rate_limit_error", "message": message}}


def google(*details: dict[str, Any]) -> dict[str, Any]:
    words = "You exceeded your current quota, please check your plan and billing details."
    error = {"code": 429, "message": words, "status": "RESOURCE_EXHAUSTED", "details": details}
    return {"error": error}


def failure(*quotas: Any) -> dict[str, Any]:
    violations = [{"quotaId": each, "quotaValue": "20"} for each in quotas]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}


def wait(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


DAILY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
MINUTE = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
INPUT = "GenerateContentInputTokensPerModelPerMinute-FreeTier"
FIVE = "Usage limit reached for 5 hour. Your limit will reset at "
PLAN = "usage limit exceeded, 5-hour usage limit reached for Token Plan Max (1500/1500 used), resets at "

CASES: list[tuple[str, WireFormat, int, Any, list[Window]]] = [
    # Z.AI
    (
        "1 the 5-hour window; the time has no zone and is China's",
        A,
        429,
        zai("1308", FIVE + "2026-10-05 12:12:52"),
        [closed("5h", at("2026-10-05T12:12:52+08:00"))],
    ),
    (
        "2 the same where China's time has passed: UTC",
        C,
        429,
        openai("1308", FIVE + "2026-10-05 05:31:20"),
        [closed("5h", at("2026-10-05T05:31:20Z"))],
    ),
    (
        "3 the code where the type should be",
        A,
        429,
        {"type": "error", "error": {"type": "1308", "message": FIVE + "2026-10-05 12:12:52"}},
        [closed("5h", at("2026-10-05T12:12:52+08:00"))],
    ),
    (
        "4 a date that is none",
        C,
        429,
        openai("1308", FIVE + "2026-99-05 12:12:52"),
        [closed("5h")],
    ),
    ("5 words that name no window", C, 429, openai("1308", "limit reached"), [closed("plan")]),
    ("6 several days", C, 429, openai("1308", "limit reached for 3 day"), [closed("3d")]),
    ("7 a month", C, 429, openai("1308", "limit reached for 1 month"), [closed("month")]),
    ("8 two weeks", C, 429, openai("1308", "limit reached for 2 week"), [closed("14d")]),
    (
        "9 the week",
        A,
        429,
        zai("1310", "Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-10-10 07:49:08"),
        [closed("week", at("2026-10-10T07:49:08+08:00"))],
    ),
    (
        "10 no balance, or not in the plan: the model's",
        C,
        429,
        openai("1113", "Insufficient balance or no resource package. Please recharge."),
        [closed("credits", of_model=True)],
    ),
    ("11 the plan has ended", A, 429, zai("1309", "expired"), [closed("plan")]),
    ("12 not in the plan", A, 429, zai("1311", "m"), [closed("plan", of_model=True)]),
    ("13 today's calls", C, 429, openai("1304", "limit"), [closed("day", of_model=True)]),
    ("14 too many at once", C, 429, openai("1302", "Rate limit reached"), []),
    ("15 too often", A, 429, zai("1303", "slow down"), []),
    ("16 the vendor is busy", C, 429, openai("1305", "overloaded"), []),
    # MiniMax
    (
        "20 the 5-hour window",
        A,
        429,
        minimax(PLAN + "2026-10-05T15:00:00+08:00 (2056)"),
        [closed("5h", at("2026-10-05T07:00:00Z"))],
    ),
    (
        "21 the weekly one",
        A,
        429,
        minimax(
            "usage limit exceeded, weekly usage limit reached, resets at 2026-10-08T00:00:00Z (2056)"
        ),
        [closed("week", at("2026-10-08T00:00:00Z"))],
    ),
    (
        "22 a plan that does not have it at all",
        A,
        429,
        minimax(
            "usage limit exceeded, 5-hour usage limit reached for Token Plan Plus (0/0 used) (2056)"
        ),
        [closed("plan", of_model=True)],
    ),
    ("23 no balance", A, 429, minimax("insufficient balance (1008)"), [closed("credits")]),
    ("24 too often", A, 429, minimax("rate limit (1002)"), []),
    # Google
    (
        "30 a minute's requests, as long as it asks to wait",
        G,
        429,
        google(failure(MINUTE), wait("32s")),
        [closed("requests-minute", NOW + 32, limit=20.0, of_model=True)],
    ),
    (
        "31 without a wait",
        G,
        429,
        google(failure(MINUTE)),
        [closed("requests-minute", NOW + 60, limit=20.0, of_model=True)],
    ),
    (
        "32 a day's, until midnight in California, whatever it asks to wait",
        G,
        429,
        google(wait("21s"), failure(DAILY)),
        [closed("requests-day", at("2026-10-05T08:00:00Z"), limit=20.0, of_model=True)],
    ),
    (
        "33 unless it asks for hours",
        G,
        429,
        google(failure(DAILY), wait("35640s")),
        [closed("requests-day", NOW + 35640, limit=20.0, of_model=True)],
    ),
    (
        "34 tokens, in an array of one, from the OpenAI layer",
        C,
        429,
        [google(failure(INPUT), wait("5s"))],
        [closed("input-tokens-minute", NOW + 5, limit=20.0, of_model=True)],
    ),
    ("35 a quota of another kind", G, 429, google(failure("Something", None, 7)), []),
    ("36 details that are none", G, 429, google({"violations": "QuotaFailure"}), []),
    # others
    (
        "40 OpenRouter's free models",
        C,
        429,
        {
            "error": {
                "message": "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock",
                "code": 429,
                "metadata": {
                    "headers": {
                        "X-RateLimit-Limit": "50",
                        "X-RateLimit-Remaining": "0",
                        "X-RateLimit-Reset": "1791244800000",
                    }
                },
            }
        },
        [Window("requests-day", 1.0, 0, 50, 1791244800.0, "", NOW, of_model=True)],
    ),
    (
        "41 and by the minute",
        C,
        429,
        {
            "error": {
                "message": "Rate limit exceeded: free-models-per-min.",
                "code": 429,
                "metadata": {"headers": {"X-RateLimit-Limit": 20, "X-RateLimit-Reset": "1"}},
            }
        },
        [Window("requests-minute", None, None, 20, None, "", NOW, of_model=True)],
    ),
    (
        "42 and of neither kind",
        C,
        429,
        {"error": {"message": "slow", "metadata": {"headers": {"X-RateLimit-Reset": "1"}}}},
        [],
    ),
    (
        "43 ChatGPT's plan",
        WireFormat.OPENAI_RESPONSES,
        429,
        {"error": {"type": "usage_limit_reached", "message": "limit", "resets_at": 1791244800}},
        [closed("plan", 1791244800.0)],
    ),
    (
        "44 the same with seconds",
        WireFormat.OPENAI_RESPONSES,
        429,
        {"error": {"type": "usage_limit_reached", "message": "m", "resets_in_seconds": 60}},
        [closed("plan", NOW + 60)],
    ),
    (
        "45 the same with nothing",
        WireFormat.OPENAI_RESPONSES,
        429,
        {"error": {"type": "usage_limit_reached", "message": "limit"}},
        [closed("plan")],
    ),
    ("46 no credit", C, 402, openai("402", "Insufficient credits"), [closed("credits")]),
    ("47 a rate limit like any", C, 429, openai("rate_limit_exceeded", "slow"), []),
    ("48 a bad request that speaks of it", C, 400, openai("1113", "bad (2056)"), []),
    ("49 no such model", C, 404, openai("1310", "no"), []),
]


@pytest.mark.parametrize(
    ("case", "format_", "status", "body", "windows"), CASES, ids=[each[0] for each in CASES]
)
def test_bodies(
    case: str, format_: WireFormat, status: int, body: Any, windows: list[Window]
) -> None:
    """Each vendor's error, by the way of the codec that reads it."""
    text = json.dumps(body).encode()
    said = CODECS[format_].read_error(status, text)

    assert list(windows_of_error(said, text, NOW)) == windows


def test_an_error_inside_an_answer_has_no_body() -> None:
    """Code and words are enough."""
    said = Reported(ErrorKind.UPSTREAM, PLAN + "2026-10-05T07:00:00Z", "2056")

    assert windows_of_error(said, b"", NOW) == (closed("5h", at("2026-10-05T07:00:00Z")),)


STRANGE = (
    b"",
    b"QuotaFailure",
    b'{"error":{"details":[{"violations":[7]},[]],"x":"QuotaFailure"}}',
    b'[{"error":"X-RateLimit-Reset"}]',
    b'{"error":{"metadata":[],"m":"X-RateLimit-Reset"}}',
    b'{"error":{"resets_at":[],"resets_in_seconds":"x"}}',
    b"\xff\x00",
    b"[]",
)


@given(
    st.sampled_from(list(ErrorKind)),
    st.sampled_from(["", "[1308][", FIVE, PLAN, "(2056)", "resets at 2026-13-41T99:99:99"]),
    st.sampled_from(["", "1113", "2056", "usage_limit_reached", "x"]),
    st.sampled_from(STRANGE),
)
def test_no_error_raises(kind: ErrorKind, message: str, code: str, body: bytes) -> None:
    """A strange error says nothing, or as much as can be read."""
    for each in windows_of_error(Reported(kind, message, code), body, NOW):
        assert each.state == "rejected"

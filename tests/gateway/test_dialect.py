"""In whose format an error is told, with which status and which headers."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from aimux import errors
from aimux.errors import AimuxError, ErrorKind, UpstreamError, UpstreamStatus
from aimux.gateway.dialect import dialect, error_headers, status_for
from aimux.model.request import WireFormat
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES


@pytest.mark.parametrize(
    ("path", "headers", "format_"),
    [
        ("/v1/messages", {}, ANTHROPIC),
        ("/v1/messages/count_tokens", {}, ANTHROPIC),
        ("/anthropic/v1/messages", {}, ANTHROPIC),
        ("/anthropic/v1/nothing", {}, ANTHROPIC),
        ("/v1/chat/completions", {}, OPENAI_CHAT),
        ("/openai/v1/chat/completions", {}, OPENAI_CHAT),
        ("/v1/embeddings", {}, OPENAI_CHAT),
        ("/openai/v1/embeddings", {}, OPENAI_CHAT),
        ("/v1/responses", {}, OPENAI_RESPONSES),
        ("/v1/responses/resp_1", {}, OPENAI_RESPONSES),
        ("/openai/v1/responses", {}, OPENAI_RESPONSES),
        ("/v1beta/models/m:generateContent", {}, GEMINI),
        ("/v1beta/models", {}, GEMINI),
        # a path beats a header
        ("/v1/messages", {"x-goog-api-key": "k"}, ANTHROPIC),
        ("/v1beta/models", {"anthropic-version": "2023-06-01"}, GEMINI),
        ("/v1/chat/completions", {"x-api-key": "k"}, OPENAI_CHAT),
        # elsewhere the SDK's own headers tell
        ("/v1/models", {}, OPENAI_CHAT),
        ("/v1/models", {"authorization": "Bearer k"}, OPENAI_CHAT),
        ("/v1/models", {"anthropic-version": "2023-06-01"}, ANTHROPIC),
        ("/v1/models", {"X-Api-Key": "k"}, ANTHROPIC),
        ("/v1/models", {"X-Goog-Api-Key": "k"}, GEMINI),
        ("/", {}, OPENAI_CHAT),
        ("/wp-login.php", {}, OPENAI_CHAT),
        ("", {}, OPENAI_CHAT),
    ],
)
def test_whose_language_is_spoken(path: str, headers: dict[str, str], format_: WireFormat) -> None:
    """By the path, else by the headers that only one vendor's SDK sends."""
    assert dialect(path, CIMultiDict(headers)) is format_


@pytest.mark.parametrize("format_", list(WireFormat))
def test_overload_has_a_status_of_its_own_only_at_anthropic_s(format_: WireFormat) -> None:
    """Its clients know 529; nobody else's do."""
    overloaded = UpstreamStatus("busy", status=503, kind=ErrorKind.OVERLOADED)
    limited = UpstreamStatus("slow", status=429, kind=ErrorKind.RATE_LIMIT)

    assert status_for(overloaded, format_) == (529 if format_ is ANTHROPIC else 503)
    assert status_for(limited, format_) == 429
    assert status_for(errors.Draining("x"), format_) == 503


@pytest.mark.parametrize(
    ("error", "header"),
    [
        (errors.InvalidRequest("m"), ("x-should-retry", "false")),
        (errors.Unauthorized("m"), ("x-should-retry", "false")),
        (errors.InternalError("m"), ("x-should-retry", "false")),
        (errors.KeyMissing("m"), ("x-should-retry", "false")),
        (errors.NoCandidate("m"), ("x-should-retry", "false")),
        (UpstreamError("m"), ("x-should-retry", "false")),
        (UpstreamError("m", retry_after_s=3.4), ("retry-after", "4")),
        (UpstreamError("m", retry_after_s=3.6), ("retry-after", "4")),
        (UpstreamError("m", retry_after_s=0.0), ("retry-after", "1")),
        (UpstreamError("m", retry_after_s=60), ("retry-after", "60")),
        (UpstreamError("m", retry_after_s=1e9), ("retry-after", "4294967")),
        (errors.Draining("m"), ("retry-after", "1")),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_client_is_told_whether_to_come_again(error: AimuxError, header: tuple[str, str]) -> None:
    """One retry layer: all there was to try has been tried, unless a wait makes sense."""
    assert error_headers(error) == [("content-type", "application/json"), header]


def test_a_wait_below_a_second_is_told_exactly() -> None:
    """Edge 191: beside the second that all understand, the milliseconds that SDKs look for first."""
    assert error_headers(UpstreamError("m", retry_after_s=0.25))[1:] == [
        ("retry-after", "1"),
        ("retry-after-ms", "250"),
    ]

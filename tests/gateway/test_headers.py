"""Which headers cross, and which never do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from aimux.gateway.headers import (
    goes_to_client,
    goes_to_provider,
    request_headers,
    response_headers,
)

HOP_BY_HOP = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade",
]  # fmt: skip
CREDENTIALS = [
    "authorization",
    "x-api-key",
    "x-goog-api-key",
    "api-key",
    "cookie",
    "proxy-authorization",
]

TO_PROVIDER = [
    "accept", "content-type", "user-agent", "anthropic-beta", "anthropic-version",
    "anthropic-dangerous-direct-browser-access", "anthropic-anything-new", "x-stainless-retry-count",
    "x-stainless-lang", "x-app", "x-claude-code-session-id", "openai-beta", "originator", "session_id",
    "conversation_id", "x-codex-turn-state", "idempotency-key", "x-goog-api-client",
    "x-goog-request-params", "http-referer", "x-title", "traceparent", "tracestate",
]  # fmt: skip
NOT_TO_PROVIDER = [
    *HOP_BY_HOP, *CREDENTIALS, "host", "content-length", "content-encoding", "accept-encoding", "origin",
    "referer", "forwarded", "x-forwarded-for", "x-real-ip", "sec-fetch-site", "x-aimux-target",
    "x-aimux-anything", "set-cookie", "x-goog-api-key", "x-goog-user-project", "", "x-stainless",
]  # fmt: skip
TO_CLIENT = [
    "content-type", "content-encoding", "cache-control", "request-id", "x-request-id", "retry-after",
    "retry-after-ms", "x-should-retry", "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-unified-5h-utilization", "anthropic-priority-input-tokens-remaining",
    "x-ratelimit-remaining-tokens", "x-codex-primary-used-percent", "openai-processing-ms",
    "openai-version", "openai-model",
]  # fmt: skip
NOT_TO_CLIENT = [
    *HOP_BY_HOP, "set-cookie", "content-length", "anthropic-organization-id", "openai-organization",
    "openai-project", "access-control-allow-origin", "strict-transport-security", "server", "date", "via",
    "cf-ray", "alt-svc", "location", "x-aimux-provider", "www-authenticate", "",
]  # fmt: skip


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_the_two_tables(change: Callable[[str], str]) -> None:
    """In any case of letters."""
    for name in TO_PROVIDER:
        assert goes_to_provider(change(name)), name
    for name in NOT_TO_PROVIDER:
        assert not goes_to_provider(change(name)), name
    for name in TO_CLIENT:
        assert goes_to_client(change(name)), name
    for name in NOT_TO_CLIENT:
        assert not goes_to_client(change(name)), name


def proxy(*pairs: tuple[str, str]) -> CIMultiDictProxy[str]:
    """Headers as aiohttp holds them."""
    return CIMultiDictProxy(CIMultiDict(pairs))


AUTH = (("x-api-key", "sk-test-1"),)


def test_a_request_s_headers() -> None:
    """As the client wrote them, in its order, repeated ones too; identity is asked for; the key."""
    client = proxy(
        ("Host", "127.0.0.1:1"),
        ("Anthropic-Beta", "a-1"),
        ("Authorization", "Bearer client-token"),
        ("anthropic-beta", "b-2"),
        ("X-Api-Key", "client-token"),
        ("Accept-Encoding", "gzip, br"),
        ("Content-Type", "application/json"),
        ("Content-Length", "7"),
        ("Connection", "keep-alive, X-Secret"),
    )

    assert request_headers(client, AUTH) == (
        ("Anthropic-Beta", "a-1"),
        ("anthropic-beta", "b-2"),
        ("Content-Type", "application/json"),
        ("accept-encoding", "identity"),
        *AUTH,
    )


def test_the_configuration_s_headers_take_the_place_of_the_client_s() -> None:
    """All of that name, in any case of letters; and come besides where there is none."""
    client = proxy(("User-Agent", "x"), ("user-agent", "y"), ("accept", "a"))

    sent = request_headers(client, AUTH, {"USER-AGENT": "mine", "X-Own": "1"})

    assert sorted(sent) == sorted(
        [
            ("accept", "a"),
            ("USER-AGENT", "mine"),
            ("X-Own", "1"),
            ("accept-encoding", "identity"),
            *AUTH,
        ]
    )


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*HOP_BY_HOP, *CREDENTIALS, *TO_PROVIDER, "host"]).flatmap(
                lambda name: st.sampled_from([name, name.upper(), name.title()])
            ),
            st.just("client-token"),
        ),
        max_size=8,
    )
)
def test_no_credential_of_a_client_ever_crosses(pairs: list[tuple[str, str]]) -> None:
    """The provider gets its own key, once, and nothing that belongs to the connection."""
    sent = request_headers(proxy(*pairs), AUTH)

    names = [name.lower() for name, _ in sent]
    assert not {*HOP_BY_HOP, *CREDENTIALS, "host"} & {*names[:-1]}
    assert sent[-1:] == AUTH
    assert names.count("accept-encoding") == 1


def test_an_answer_s_headers() -> None:
    """As the provider wrote them; no cookies, no account, nothing of the connection."""
    upstream = proxy(
        ("Content-Type", "text/event-stream"),
        ("Transfer-Encoding", "chunked"),
        ("X-RateLimit-Remaining", "1"),
        ("Set-Cookie", "a=1"),
        ("Anthropic-Organization-Id", "org"),
        ("Retry-After", "3"),
    )

    assert response_headers(upstream) == [
        ("Content-Type", "text/event-stream"),
        ("X-RateLimit-Remaining", "1"),
        ("Retry-After", "3"),
    ]

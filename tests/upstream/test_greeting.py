"""The smallest paid call, in each format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.catalogue.resolve import resolve_provider
from aimux.config.schema import ProviderSettings
from aimux.upstream.greeting import greet
from tests.support.upstream import Answer, FakeUpstream

HI = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("settings", "target", "body"),
    [
        (
            {"format": "anthropic", "base_url": ""},
            "/v1/messages",
            {"model": "m/1", "max_tokens": 1, "messages": HI},
        ),
        (
            {"format": "openai-chat", "base_url": "/v1"},
            "/v1/chat/completions",
            {"model": "m/1", "max_tokens": 1, "messages": HI},
        ),
        (
            {"format": "openai-chat", "base_url": "/v1", "quirks": ["max-completion-tokens"]},
            "/v1/chat/completions",
            {"model": "m/1", "max_completion_tokens": 1, "messages": HI},
        ),
        (
            {"format": "openai-responses", "base_url": "/v1"},
            "/v1/responses",
            {"model": "m/1", "input": "Hi", "max_output_tokens": 16, "store": False},
        ),
        (
            {"format": "gemini", "base_url": ""},
            "/v1beta/models/m/1:generateContent",
            {
                "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
                "generationConfig": {"maxOutputTokens": 1},
            },
        ),
    ],
)
async def test_one_word_is_sent_in_the_main_format(
    upstream: FakeUpstream, settings: dict[str, Any], target: str, body: dict[str, Any]
) -> None:
    """The call is the cheapest that the format allows."""
    upstream.always("*", Answer(pieces=(b'{"id": "x"}',)))
    settings |= {"base_url": upstream.url + settings["base_url"], "keys": []}
    provider = resolve_provider("mine", ProviderSettings.model_validate(settings))

    answer = await greet(provider, None, "m/1", timeout_s=5)

    received = upstream.wait()
    assert answer.ok
    assert (received.method, received.target) == ("POST", target)
    assert received.header("content-type") == "application/json"
    assert json.loads(received.body) == body


async def test_a_refused_model_is_told(upstream: FakeUpstream) -> None:
    """What the provider says of it is shown."""
    upstream.always("*", Answer(400, pieces=(b'{"error": {"message": "no such model"}}',)))
    settings = {"format": "anthropic", "base_url": upstream.url, "keys": []}
    provider = resolve_provider("mine", ProviderSettings.model_validate(settings))

    answer = await greet(provider, None, "m", timeout_s=5)

    assert (answer.outcome, answer.message) == ("status", "answered 400: 'no such model'")

"""The ways to ask with Anthropic's SDK."""

from __future__ import annotations

from typing import Any, Final

import anthropic

from tests.sdk.heard import QUESTION, TIMEOUT_S, TOOL, Heard

_BETAS: Final = {"anthropic-beta": "interleaved-thinking-2025-05-14,context-1m-2025-08-07"}


def _question(model: str) -> dict[str, Any]:
    return {
        "model": model,
        "max_tokens": 100,
        "system": "be terse",
        "messages": [{"role": "user", "content": QUESTION}],
        "tools": [{"name": "f", "description": "a tool", "input_schema": TOOL}],
        "extra_headers": _BETAS,
    }


def client_of(url: str, key: str) -> anthropic.Anthropic:
    """A client that shows the key as the SDK shows it by itself."""
    return anthropic.Anthropic(api_key=key, base_url=url, max_retries=0, timeout=TIMEOUT_S)


def async_client_of(url: str, key: str) -> anthropic.AsyncAnthropic:
    """The same for async programs."""
    return anthropic.AsyncAnthropic(api_key=key, base_url=url, max_retries=0, timeout=TIMEOUT_S)


def _heard_message(message: Any) -> Heard:
    heard = Heard(output_tokens=message.usage.output_tokens)
    for block in message.content:
        if block.type == "text":
            heard.text += block.text
        elif block.type == "thinking":
            heard.thinking += block.thinking
        elif block.type == "tool_use":
            heard.calls += ((block.name, block.input),)
    return heard


def whole(url: str, key: str, model: str) -> Heard:
    """The whole answer."""
    with client_of(url, key) as client:
        return _heard_message(client.messages.create(**_question(model)))


def stream(url: str, key: str, model: str) -> Heard:
    """The answer as a stream."""
    with (
        client_of(url, key) as client,
        client.messages.stream(**_question(model)) as events,
    ):
        return _heard_message(events.get_final_message())


async def whole_async(url: str, key: str, model: str) -> Heard:
    """The whole answer, asked in a loop."""
    async with async_client_of(url, key) as client:
        return _heard_message(await client.messages.create(**_question(model)))


async def stream_async(url: str, key: str, model: str) -> Heard:
    """The answer as a stream, asked in a loop."""
    async with (
        async_client_of(url, key) as client,
        client.messages.stream(**_question(model)) as events,
    ):
        return _heard_message(await events.get_final_message())

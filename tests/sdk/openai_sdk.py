"""The ways to ask with OpenAI's SDK: Chat Completions and Responses."""

from __future__ import annotations

from typing import Any, Final

import openai

from tests.sdk.heard import QUESTION, TIMEOUT_S, TOOL, Heard, parsed


def client_of(url: str, key: str) -> openai.OpenAI:
    """A client for Chat and Responses."""
    return openai.OpenAI(api_key=key, base_url=url + "/v1", max_retries=0, timeout=TIMEOUT_S)


def async_client_of(url: str, key: str) -> openai.AsyncOpenAI:
    """The same for async programs."""
    return openai.AsyncOpenAI(api_key=key, base_url=url + "/v1", max_retries=0, timeout=TIMEOUT_S)


def _chat_question(model: str) -> dict[str, Any]:
    function = {"name": "f", "description": "a tool", "parameters": TOOL}
    return {
        "model": model,
        "messages": [{"role": "user", "content": QUESTION}],
        "tools": [{"type": "function", "function": function}],
    }


_CHAT_STREAM: Final[dict[str, Any]] = {"stream": True, "stream_options": {"include_usage": True}}


def _heard_completion(completion: Any) -> Heard:
    message = completion.choices[0].message
    calls = ((call.function.name, call.function.arguments) for call in message.tool_calls or ())
    thinking = (message.model_extra or {}).get("reasoning_content", "")
    return Heard(message.content, thinking, parsed(calls), completion.usage.completion_tokens)


class _ChatPieces:
    """Puts the chunks of a stream together."""

    def __init__(self) -> None:
        self._heard = Heard()
        self._calls: dict[int, list[str]] = {}

    def take(self, chunk: Any) -> None:
        if chunk.usage:
            self._heard.output_tokens = chunk.usage.completion_tokens
        for choice in chunk.choices:
            self._heard.text += choice.delta.content or ""
            self._heard.thinking += (choice.delta.model_extra or {}).get("reasoning_content", "")
            for call in choice.delta.tool_calls or ():
                known = self._calls.setdefault(call.index, [call.function.name or "", ""])
                known[1] += call.function.arguments or ""

    def heard(self) -> Heard:
        self._heard.calls = parsed((name, text) for name, text in self._calls.values())
        return self._heard


def chat(url: str, key: str, model: str) -> Heard:
    """The whole answer."""
    with client_of(url, key) as client:
        return _heard_completion(client.chat.completions.create(**_chat_question(model)))


def chat_stream(url: str, key: str, model: str) -> Heard:
    """The answer as a stream."""
    pieces = _ChatPieces()
    with (
        client_of(url, key) as client,
        client.chat.completions.create(**_chat_question(model), **_CHAT_STREAM) as stream,
    ):
        for chunk in stream:
            pieces.take(chunk)
    return pieces.heard()


async def chat_async(url: str, key: str, model: str) -> Heard:
    """The whole answer, asked in a loop."""
    async with async_client_of(url, key) as client:
        return _heard_completion(await client.chat.completions.create(**_chat_question(model)))


async def chat_async_stream(url: str, key: str, model: str) -> Heard:
    """The answer as a stream, asked in a loop."""
    pieces = _ChatPieces()
    async with async_client_of(url, key) as client:
        question = {**_chat_question(model), **_CHAT_STREAM}
        async with await client.chat.completions.create(**question) as stream:
            async for chunk in stream:
                pieces.take(chunk)
    return pieces.heard()


# ---------------------------------------------------------------- responses


def _responses_question(model: str) -> dict[str, Any]:
    return {
        "model": model,
        "input": QUESTION,
        "tools": [{"type": "function", "name": "f", "parameters": TOOL, "strict": False}],
        "store": False,
    }


def _heard_response(response: Any) -> Heard:
    heard = Heard(response.output_text, output_tokens=response.usage.output_tokens)
    for item in response.output:
        if item.type == "reasoning":
            heard.thinking += "".join(part.text for part in item.summary)
        elif item.type == "function_call":
            heard.calls += parsed([(item.name, item.arguments)])
    return heard


def responses(url: str, key: str, model: str) -> Heard:
    """The whole answer."""
    with client_of(url, key) as client:
        return _heard_response(client.responses.create(**_responses_question(model)))


def responses_stream(url: str, key: str, model: str) -> Heard:
    """The helper, which checks the grammar of the stream."""
    with (
        client_of(url, key) as client,
        client.responses.stream(**_responses_question(model)) as stream,
    ):
        return _heard_response(stream.get_final_response())


async def responses_async(url: str, key: str, model: str) -> Heard:
    """The whole answer, asked in a loop."""
    async with async_client_of(url, key) as client:
        return _heard_response(await client.responses.create(**_responses_question(model)))


async def responses_async_stream(url: str, key: str, model: str) -> Heard:
    """The bare stream, which takes any event as it comes."""
    heard = Heard()
    async with async_client_of(url, key) as client:
        question = {**_responses_question(model), "stream": True}
        async with await client.responses.create(**question) as stream:
            async for event in stream:
                if event.type == "response.completed":
                    heard = _heard_response(event.response)
    return heard

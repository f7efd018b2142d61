"""The vendors' own SDKs as clients: every way a program can ask, in one table.

Each takes where to ask, the key to show and the model to name, asks the same question, and returns what it
heard in the SDK's own objects.  SDKs are told not to retry, so that an error is the first one, and are
closed, so that nothing is left to the garbage collector.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import anthropic
import openai
from google import genai

from aimux.model.request import WireFormat
from tests.sdk import anthropic_sdk, gemini_sdk, openai_sdk
from tests.sdk.heard import Heard
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES, TEXT, events
from tests.support.reply import OUTPUT_TOKENS, REASONING_TOKENS, Reply


@dataclass(frozen=True, slots=True)
class Client:
    """One way to ask."""

    name: str
    format: WireFormat
    stream: bool
    ask: Callable[[str, str, str], Heard]

    def __str__(self) -> str:
        return self.name


def expected(reply: Reply, client: Client) -> Heard:
    """What the client must hear; Gemini counts thoughts apart from the rest of the output."""
    calls = tuple((call.name, json.loads(call.arguments)) for call in reply.calls)
    tokens = OUTPUT_TOKENS - REASONING_TOKENS if client.format is GEMINI else OUTPUT_TOKENS
    return Heard(reply.whole_text, reply.thinking, calls, tokens)


def _in_a_loop(
    ask: Callable[[str, str, str], Awaitable[Heard]],
) -> Callable[[str, str, str], Heard]:
    """An async way to ask in a loop of its own."""

    async def asked(url: str, key: str, model: str) -> Heard:
        return await ask(url, key, model)

    return lambda url, key, model: asyncio.run(asked(url, key, model))


CLIENTS: Final = (
    Client("anthropic", ANTHROPIC, False, anthropic_sdk.whole),
    Client("anthropic-stream", ANTHROPIC, True, anthropic_sdk.stream),
    Client("anthropic-async", ANTHROPIC, False, _in_a_loop(anthropic_sdk.whole_async)),
    Client("anthropic-async-stream", ANTHROPIC, True, _in_a_loop(anthropic_sdk.stream_async)),
    Client("openai-chat", OPENAI_CHAT, False, openai_sdk.chat),
    Client("openai-chat-stream", OPENAI_CHAT, True, openai_sdk.chat_stream),
    Client("openai-chat-async", OPENAI_CHAT, False, _in_a_loop(openai_sdk.chat_async)),
    Client("openai-chat-async-stream", OPENAI_CHAT, True, _in_a_loop(openai_sdk.chat_async_stream)),
    Client("openai-responses", OPENAI_RESPONSES, False, openai_sdk.responses),
    Client("openai-responses-stream", OPENAI_RESPONSES, True, openai_sdk.responses_stream),
    Client(
        "openai-responses-async", OPENAI_RESPONSES, False, _in_a_loop(openai_sdk.responses_async)
    ),
    Client(
        "openai-responses-async-stream",
        OPENAI_RESPONSES,
        True,
        _in_a_loop(openai_sdk.responses_async_stream),
    ),
    Client("gemini", GEMINI, False, gemini_sdk.whole),
    Client("gemini-stream", GEMINI, True, gemini_sdk.stream),
    Client("gemini-async", GEMINI, False, _in_a_loop(gemini_sdk.whole_async)),
    Client("gemini-async-stream", GEMINI, True, _in_a_loop(gemini_sdk.stream_async)),
)
STREAMING: Final = tuple(client for client in CLIENTS if client.stream)

TWO_OF_EACH: Final = tuple(each for each in CLIENTS if each.stream == ("async" in each.name))
"""Whole and sync, streamed and async: where all four would only say the same again."""

ANY_ERROR: Final[dict[WireFormat, type[Exception]]] = {
    ANTHROPIC: anthropic.APIError,
    OPENAI_CHAT: openai.APIError,
    OPENAI_RESPONSES: openai.APIError,
    GEMINI: genai.errors.APIError,
}
"""What a program catches to hear of any failure."""


def named(name: str) -> Client:
    """A way to ask, by its name."""
    return next(client for client in CLIENTS if client.name == name)


def raised(client: Client, url: str, key: str, model: str) -> Exception:
    """The exception that a question ends in; the test fails when it ends well."""
    try:
        heard = client.ask(url, key, model)
    except Exception as error:  # noqa: BLE001 -- which one it is, is what is asked
        return error
    raise AssertionError(f"no exception, but {heard}")


def facts(error: Exception) -> tuple[type, str, int | None]:
    """What a program can tell an exception by: class, text and status."""
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    return type(error), str(error), status if isinstance(status, int) else None


def outcome(client: Client, url: str, key: str, model: str) -> object:
    """What an SDK makes of an answer: what it heard, or the facts of what it raised."""
    try:
        return client.ask(url, key, model)
    except Exception as error:  # noqa: BLE001 -- which one it is, is what is compared
        return facts(error)


def first_text(wire_format: WireFormat) -> int:
    """How many events bring the first text of the plain answer."""
    stream = events(wire_format, TEXT)
    return next(number for number, event in enumerate(stream, 1) if b"Hello" in event)

"""The smallest call of a model: one word in, one token out.  It costs money, if very little."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from aimux.catalogue.provider import Provider
from aimux.model.request import WireFormat
from aimux.upstream.outcome import Answer
from aimux.upstream.probe import Question, ask
from aimux.vault.secret import Credential

WORD: Final = "Hi"
LEAST_RESPONSES_TOKENS: Final = 16  # the Responses API refuses less


async def greet(
    provider: Provider, credential: Credential | None, model: str, *, timeout_s: float
) -> Answer:
    """Calls a model in the provider's main format; a failure is an answer, never raised."""
    main = next(iter(provider.endpoints.values()))
    path, body = _GREETINGS[main.format](model, provider)
    return await ask(
        provider, credential, Question(main.base_url + path, body), timeout_s=timeout_s
    )


Greeting = tuple[str, dict[str, Any]]
"""A path behind the base URL, and a body."""


def _anthropic(model: str, _: Provider) -> Greeting:
    return "/v1/messages", {"model": model, "max_tokens": 1, "messages": _MESSAGES}


def _openai_chat(model: str, provider: Provider) -> Greeting:
    renamed = "max-completion-tokens" in provider.quirks
    limit = "max_completion_tokens" if renamed else "max_tokens"
    return "/chat/completions", {"model": model, limit: 1, "messages": _MESSAGES}


def _openai_responses(model: str, _: Provider) -> Greeting:
    limits = {"max_output_tokens": LEAST_RESPONSES_TOKENS, "store": False}
    return "/responses", {"model": model, "input": WORD, **limits}


def _gemini(model: str, _: Provider) -> Greeting:
    contents = [{"role": "user", "parts": [{"text": WORD}]}]
    path = f"/v1beta/models/{quote(model, safe='/')}:generateContent"
    return path, {"contents": contents, "generationConfig": {"maxOutputTokens": 1}}


_MESSAGES: Final = [{"role": "user", "content": WORD}]
_GREETINGS: Final[Mapping[WireFormat, Callable[[str, Provider], Greeting]]] = {
    WireFormat.ANTHROPIC: _anthropic,
    WireFormat.OPENAI_CHAT: _openai_chat,
    WireFormat.OPENAI_RESPONSES: _openai_responses,
    WireFormat.GEMINI: _gemini,
}

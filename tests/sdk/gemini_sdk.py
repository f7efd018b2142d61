"""The ways to ask with Google's SDK."""

from __future__ import annotations

from typing import Any

from google import genai
from google.genai import types

from tests.sdk.heard import QUESTION, TIMEOUT_S, TOOL, Heard


def client_of(url: str, key: str) -> genai.Client:
    """A client for the Gemini API, never for Vertex."""
    options = types.HttpOptions(base_url=url, timeout=int(TIMEOUT_S * 1000))
    return genai.Client(api_key=key, vertexai=False, http_options=options)


def _question(model: str) -> dict[str, Any]:
    tool = {"name": "f", "description": "a tool", "parameters_json_schema": TOOL}
    config = {"tools": [{"function_declarations": [tool]}], "temperature": 0.5}
    return {"model": model, "contents": QUESTION, "config": config}


def _add_content(heard: Heard, response: Any) -> None:
    heard.output_tokens = response.usage_metadata.candidates_token_count
    for part in response.candidates[0].content.parts or ():
        if part.function_call:
            heard.calls += ((part.function_call.name, part.function_call.args),)
        elif part.thought:
            heard.thinking += part.text
        else:
            heard.text += part.text


def whole(url: str, key: str, model: str) -> Heard:
    """The whole answer."""
    heard = Heard()
    with client_of(url, key) as client:
        _add_content(heard, client.models.generate_content(**_question(model)))
    return heard


def stream(url: str, key: str, model: str) -> Heard:
    """The answer as a stream."""
    heard = Heard()
    with client_of(url, key) as client:
        for chunk in client.models.generate_content_stream(**_question(model)):
            _add_content(heard, chunk)
    return heard


async def whole_async(url: str, key: str, model: str) -> Heard:
    """The whole answer, asked in a loop."""
    heard = Heard()
    async with client_of(url, key).aio as client:
        _add_content(heard, await client.models.generate_content(**_question(model)))
    return heard


async def stream_async(url: str, key: str, model: str) -> Heard:
    """The answer as a stream, asked in a loop."""
    heard = Heard()
    async with client_of(url, key).aio as client:
        async for chunk in await client.models.generate_content_stream(**_question(model)):
            _add_content(heard, chunk)
    return heard

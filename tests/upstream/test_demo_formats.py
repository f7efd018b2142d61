"""The demo provider heard by the vendors' own libraries, in all four formats, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from aimux.model.request import WireFormat
from aimux.upstream.demo import DemoServer

# google-genai derives from aiohttp's ClientSession, which aiohttp warns of (google-genai 3.4).
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class:DeprecationWarning")

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Site:
    """Where the demo provider listens, and its key."""

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as a library understood it, in the same words for all of them."""

    thinking: str
    text: str
    calls: list[tuple[str, Any]]
    finish: str | None
    input_tokens: int | None
    output_tokens: int | None
    thinking_tokens: int | None


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    server = DemoServer(pace=0)
    yield Site(await server.start(), server.key.reveal())
    await server.close()


async def hear_anthropic(site: Site, model: str, prompt: str, *, stream: bool) -> Heard:
    asked: dict[str, Any] = {
        "model": model,
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": prompt}],
        "tools": [{"name": "get_weather", "input_schema": SCHEMA}],
    }
    async with anthropic.AsyncAnthropic(base_url=site.url, api_key=site.key) as client:
        if stream:
            async with client.messages.stream(**asked) as events:
                message = await events.get_final_message()
        else:
            message = await client.messages.create(**asked)
    blocks = message.content
    details = message.usage.output_tokens_details
    assert all(block.signature for block in blocks if block.type == "thinking")
    return Heard(
        thinking="".join(block.thinking for block in blocks if block.type == "thinking"),
        text="".join(block.text for block in blocks if block.type == "text"),
        calls=[(block.name, block.input) for block in blocks if block.type == "tool_use"],
        finish=message.stop_reason,
        input_tokens=message.usage.input_tokens,
        output_tokens=message.usage.output_tokens,
        thinking_tokens=details.thinking_tokens if details else None,
    )


async def hear_chat(site: Site, model: str, prompt: str, *, stream: bool) -> Heard:
    function = {"name": "get_weather", "parameters": SCHEMA, "strict": True}
    asked: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "tools": [{"type": "function", "function": function}],
    }
    completion: Any
    async with openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key=site.key) as client:
        if stream:
            options = {"include_usage": True}
            async with client.chat.completions.stream(**asked, stream_options=options) as events:
                completion = await events.get_final_completion()
        else:
            completion = await client.chat.completions.create(**asked)
    message = completion.choices[0].message
    calls = [each.function for each in message.tool_calls or []]
    return Heard(
        thinking=getattr(message, "reasoning_content", "") or "",
        text=message.content or "",
        calls=[(call.name, json.loads(call.arguments)) for call in calls],
        finish=completion.choices[0].finish_reason,
        input_tokens=completion.usage.prompt_tokens,
        output_tokens=completion.usage.completion_tokens,
        thinking_tokens=completion.usage.completion_tokens_details.reasoning_tokens,
    )


async def hear_responses(site: Site, model: str, prompt: str, *, stream: bool) -> Heard:
    tool = {"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": True}
    asked: dict[str, Any] = {"model": model, "input": prompt, "tools": [tool]}
    response: Any
    async with openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key=site.key) as client:
        if stream:
            async with client.responses.stream(**asked) as events:
                response = await events.get_final_response()
        else:
            response = await client.responses.create(**asked)
    items = response.output
    summaries = [part.text for item in items if item.type == "reasoning" for part in item.summary]
    calls = [item for item in items if item.type == "function_call"]
    return Heard(
        thinking="".join(summaries),
        text=response.output_text,
        calls=[(call.name, json.loads(call.arguments)) for call in calls],
        finish=response.status,
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        thinking_tokens=response.usage.output_tokens_details.reasoning_tokens,
    )


async def hear_gemini(site: Site, model: str, prompt: str, *, stream: bool) -> Heard:
    options = types.HttpOptions(base_url=site.url, api_version="v1beta")
    declaration = {"name": "get_weather", "parameters_json_schema": SCHEMA}
    asked: dict[str, Any] = {
        "model": model,
        "contents": prompt,
        "config": {"tools": [{"function_declarations": [declaration]}]},
    }
    async with genai.Client(api_key=site.key, http_options=options).aio as client:
        if stream:
            events = [event async for event in await client.models.generate_content_stream(**asked)]
        else:
            events = [await client.models.generate_content(**asked)]
    parts: list[Any] = [part for event in events for part in event.candidates[0].content.parts]
    usage: Any = events[-1].usage_metadata
    return Heard(
        thinking="".join(part.text for part in parts if part.thought),
        text="".join(part.text or "" for part in parts if not part.thought),
        calls=[(part.function_call.name, part.function_call.args) for part in parts
               if part.function_call],
        finish=str(events[-1].candidates[0].finish_reason.value),
        input_tokens=usage.prompt_token_count,
        output_tokens=usage.candidates_token_count + usage.thoughts_token_count,
        thinking_tokens=usage.thoughts_token_count,
    )  # fmt: skip


HEAR: dict[WireFormat, Callable[..., Awaitable[Heard]]] = {
    WireFormat.ANTHROPIC: hear_anthropic,
    WireFormat.OPENAI_CHAT: hear_chat,
    WireFormat.OPENAI_RESPONSES: hear_responses,
    WireFormat.GEMINI: hear_gemini,
}
ENDS = {
    WireFormat.ANTHROPIC: ("end_turn", "tool_use"),
    WireFormat.OPENAI_CHAT: ("stop", "tool_calls"),
    WireFormat.OPENAI_RESPONSES: ("completed", "completed"),
    WireFormat.GEMINI: ("STOP", "STOP"),
}
CALL = ("get_weather", {"city": "demo"})


@pytest.mark.parametrize("model", ["demo-fast", "demo-thinker"])
@pytest.mark.parametrize("prompt", ["What is this?", "use get_weather"])
@pytest.mark.parametrize("format_", WireFormat)
async def test_whole_and_streamed_are_the_same_answer(
    site: Site, format_: WireFormat, prompt: str, model: str
) -> None:
    """Thinking, text, calls, the reason of the end and every count agree."""
    whole = await HEAR[format_](site, model, prompt, stream=False)
    streamed = await HEAR[format_](site, model, prompt, stream=True)

    assert streamed == whole
    assert bool(whole.thinking) is (model == "demo-thinker")
    assert whole.calls == ([CALL] if "use" in prompt else [])
    assert whole.finish == ENDS[format_][bool(whole.calls)]


@pytest.mark.parametrize("prompt", ["What is this?", "use get_weather"])
async def test_every_format_says_the_same(site: Site, prompt: str) -> None:
    """The words and the counts of what was said do not depend on the format."""
    heard = [await hear(site, "demo-thinker", prompt, stream=True) for hear in HEAR.values()]

    assert len({(each.thinking, each.text) for each in heard}) == 1
    assert len({(each.output_tokens, each.thinking_tokens) for each in heard}) == 1
    assert heard[0].thinking_tokens == -(-len(heard[0].thinking) // 4)
    assert all(each.input_tokens for each in heard)


async def test_counting_agrees_with_usage(site: Site) -> None:
    """What the counting addresses say is what an answer's usage says later."""
    messages: Any = [{"role": "user", "content": "count me"}]
    options = types.HttpOptions(base_url=site.url, api_version="v1beta")
    async with anthropic.AsyncAnthropic(base_url=site.url, api_key=site.key) as client:
        counted = await client.messages.count_tokens(model="demo-fast", messages=messages)
        message = await client.messages.create(model="demo-fast", max_tokens=50, messages=messages)
    async with genai.Client(api_key=site.key, http_options=options).aio as gemini:
        total = await gemini.models.count_tokens(model="demo-fast", contents="count me")
        answer = await gemini.models.generate_content(model="demo-fast", contents="count me")

    assert counted.input_tokens == message.usage.input_tokens > 0
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 50
    assert answer.usage_metadata
    assert total.total_tokens == answer.usage_metadata.prompt_token_count


async def test_the_models_are_listed_for_every_library(site: Site) -> None:
    """One list serves Anthropic's and OpenAI's libraries, another Google's."""
    options = types.HttpOptions(base_url=site.url, api_version="v1beta")
    async with anthropic.AsyncAnthropic(base_url=site.url, api_key=site.key) as client:
        first = [model.id async for model in client.models.list()]
    async with openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key=site.key) as other:
        second = [model.id async for model in other.models.list()]
    async with genai.Client(api_key=site.key, http_options=options).aio as gemini:
        third = [model.name async for model in await gemini.models.list()]

    assert first == second == ["demo-fast", "demo-thinker"]
    assert third == ["models/demo-fast", "models/demo-thinker"]


async def test_a_cut_response_is_incomplete(site: Site) -> None:
    """Responses say that a limit ended them, in the last event and in the item that was cut."""
    async with openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key=site.key) as client:
        events = [
            event
            async for event in await client.responses.create(
                model="demo-fast", input="hi", max_output_tokens=16, stream=True
            )
        ]

    last = events[-1]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details
    assert last.response.incomplete_details.reason == "max_output_tokens"
    assert last.response.output[-1].status == "incomplete"  # type: ignore[union-attr]  # a message


async def test_encrypted_reasoning_comes_when_it_is_asked_for(site: Site) -> None:
    """A client that keeps no state gets what it needs to send the reasoning back."""
    async with openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key=site.key) as client:
        plain = await client.responses.create(model="demo-thinker", input="hi")
        asked = await client.responses.create(
            model="demo-thinker", input="hi", include=["reasoning.encrypted_content"]
        )

    assert plain.output[0].encrypted_content is None  # type: ignore[union-attr]  # reasoning
    assert asked.output[0].encrypted_content  # type: ignore[union-attr]  # reasoning


async def test_errors_are_the_vendors_own(site: Site) -> None:
    """Each library raises its own exception for a model that is not there and for a bad key."""
    messages: Any = [{"role": "user", "content": "hi"}]
    options = types.HttpOptions(base_url=site.url, api_version="v1beta")
    async with (
        anthropic.AsyncAnthropic(base_url=site.url, api_key=site.key) as client,
        openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key="sk-test-wrong") as stranger,
        genai.Client(api_key=site.key, http_options=options).aio as gemini,
    ):
        with pytest.raises(anthropic.NotFoundError, match="only demo-fast and demo-thinker"):
            await client.messages.create(model="gpt-9", max_tokens=5, messages=messages)
        with pytest.raises(openai.AuthenticationError):
            await stranger.chat.completions.create(model="demo-fast", messages=messages)
        with pytest.raises(genai.errors.ClientError) as refusal:
            await gemini.models.generate_content(model="gpt-9", contents="hi")

    assert refusal.value.status == "NOT_FOUND"

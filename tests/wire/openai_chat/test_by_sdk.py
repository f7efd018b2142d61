"""Our chunks as the vendor's own SDK puts them together, against its reading of the whole answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from aimux.model.events import replay
from aimux.model.parts import (
    CallKind,
    Citation,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from aimux.model.request import Request
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire.openai_chat import OpenAIChat
from aimux.wire.target import Audience
from tests.support.answers import OPENAI_CHAT, path
from tests.support.upstream import Answer, FakeUpstream

CODEC = OpenAIChat()
TO = Audience(Request("m", (), echo={"include_usage": True}), 1_790_000_000)
USAGE = Usage(100, 20, 30, None, 5)
SIGNED = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "other", "m")
ASKED: Any = [{"role": "user", "content": "?"}]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeUpstream]:
    """One upstream for all."""
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def client(server: FakeUpstream) -> Iterator[openai.OpenAI]:
    """The SDK."""
    url = f"{server.url}/v1"
    with openai.OpenAI(api_key="sk-test-1", base_url=url, max_retries=0) as sdk:
        yield sdk


ANSWERS = {
    "text": Response("chatcmpl-1", "m", (Text("w\xf6rld \u2028 \u2603"),), FinishReason.END_TURN, USAGE),
    "everything": Response(
        "chatcmpl-1", "m",
        (
            Thinking("r", SIGNED), Text("a"), ToolCall("call_1", "f", '{"x":1}'),
            ToolCall("call_2", "g"),
        ),
        FinishReason.TOOL_USE, USAGE,
    ),
    "refusal": Response("chatcmpl-1", "m", (Refusal("no"),), FinishReason.REFUSAL, Usage()),
    "length": Response("chatcmpl-1", "m", (Text("a"), Text("b")), FinishReason.MAX_TOKENS, USAGE),
    "sources": Response(
        "chatcmpl-1", "m",
        (Text("a", (Citation("https://x", "t"),)), Thinking("r"), Text("b", (Citation("https://y"),))),
        FinishReason.END_TURN, USAGE,
    ),
    "images": Response(
        "chatcmpl-1", "m",
        (Media(MediaKind.IMAGE, url="https://x"), Media(MediaKind.IMAGE, url="https://y")),
        FinishReason.END_TURN, USAGE,
    ),
    "nothing": Response("chatcmpl-1", "m", (), FinishReason.END_TURN, USAGE),
}  # fmt: skip


def gist(completion: Any) -> Any:
    """What a program reads of a completion."""
    choice = completion.choices[0]
    message = choice.message
    return {
        "id": completion.id,
        "model": completion.model,
        "created": completion.created,
        "finish": choice.finish_reason,
        "content": message.content or None,
        "refusal": message.refusal,
        "annotations": message.model_dump().get("annotations") or None,
        "images": getattr(message, "images", None),
        "reasoning": getattr(message, "reasoning_content", None),
        "calls": [
            (call.id, call.type, call.function.name, call.function.arguments)
            for call in message.tool_calls or ()
        ],
        "slots": [getattr(call, "extra_content", None) for call in message.tool_calls or ()],
        "usage": completion.usage.model_dump(exclude_none=True) if completion.usage else None,
    }


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_the_sdk_makes_the_same_of_a_stream_and_of_a_whole_answer(
    server: FakeUpstream, client: openai.OpenAI, answer: Response
) -> None:
    """Its accumulating stream, which asserts on indexes and types, against its model of a completion."""
    stream_type = ("content-type", "text/event-stream; charset=utf-8")
    writer = CODEC.writer(TO)
    pieces = [piece for event in replay(answer) if (piece := writer.write([event]))]
    server.script(
        path(OPENAI_CHAT),
        Answer(headers=(stream_type,), pieces=tuple(pieces), framing="chunked"),
        Answer(
            headers=(("content-type", "application/json"),),
            pieces=(CODEC.write_response(answer, TO),),
        ),
    )

    with client.chat.completions.stream(model="m", messages=ASKED) as stream:
        try:
            heard = stream.get_final_completion()
        except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError) as stopped:
            heard = getattr(stopped, "completion", None) or stream.current_completion_snapshot
    whole = client.chat.completions.create(model="m", messages=ASKED)

    assert gist(heard) == gist(whole)


def test_the_sdk_reads_a_call_of_a_custom_tool(server: FakeUpstream, client: openai.OpenAI) -> None:
    """From a whole answer; of its chunks it has no type for them and keeps them as they are."""
    call = ToolCall("call_1", "patch", "*** x", CallKind.CUSTOM)
    answer = Response("chatcmpl-1", "m", (call,), FinishReason.TOOL_USE, USAGE)
    body = CODEC.write_response(answer, TO)
    json_type = ("content-type", "application/json")
    server.script(path(OPENAI_CHAT), Answer(headers=(json_type,), pieces=(body,)))

    message = client.chat.completions.create(model="m", messages=ASKED).choices[0].message

    assert message.tool_calls is not None
    [heard] = message.tool_calls
    assert heard.type == "custom"
    assert (heard.custom.name, heard.custom.input) == ("patch", "*** x")


def test_the_sdk_reads_sources(server: FakeUpstream, client: openai.OpenAI) -> None:
    """As annotations of the message."""
    text = Text("a source", (Citation("https://x", "t"),))
    body = CODEC.write_response(
        Response("chatcmpl-1", "m", (text,), FinishReason.END_TURN, USAGE), TO
    )
    json_type = ("content-type", "application/json")
    server.script(path(OPENAI_CHAT), Answer(headers=(json_type,), pieces=(body,)))

    message = client.chat.completions.create(model="m", messages=ASKED).choices[0].message

    assert message.annotations is not None
    [heard] = message.annotations
    said = heard.url_citation
    assert (said.url, said.title, said.start_index, said.end_index) == ("https://x", "t", 0, 8)

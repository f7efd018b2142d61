"""What we write, as the vendor's own SDK puts it together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import anthropic
import pytest
from hypothesis import given, settings

from aimux.model.events import Cite, Finish, Sign, Start, replay
from aimux.model.parts import (
    Citation,
    Hit,
    Opaque,
    OpaqueKind,
    Text,
    Thinking,
    ToolCall,
    WebSearch,
)
from aimux.model.request import Request
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire.target import Audience
from tests.support.upstream import Answer, FakeUpstream
from tests.wire.anthropic.streams import CODEC, USAGE, answer, grow, written
from tests.wire.anthropic.test_writer import REQUESTS, RESPONSES

STATE = Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA", "oa", "gpt")
EVENTS = answer(
    (Thinking(""), (*grow("R", "1"), Sign(0, STATE))),
    (WebSearch("ws", "q", (Hit("https://a.example", "A"),)), ()),
    (
        Text(""),
        (*grow("w\xf6rld ", "\u2603", "\u2028"), Cite(0, Citation("https://a.example", "A", "c"))),
    ),
    (ToolCall("toolu_a", "f"), grow('{"x":', '[1,{"y":"\\u00e9"}]}')),
    (ToolCall("toolu_b", "g"), ()),
    start=Start("msg_1", "M", Usage(100, 1, 30, 0)),
    finish=Finish(FinishReason.TOOL_USE, USAGE),
)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeUpstream]:
    """One upstream for all."""
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def client(server: FakeUpstream) -> Iterator[anthropic.Anthropic]:
    """The vendor's client."""
    with anthropic.Anthropic(api_key="sk-test-1", base_url=server.url, max_retries=0) as sdk:
        yield sdk


QUESTION: dict[str, Any] = {
    "model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "?"}]
}  # fmt: skip


def streamed(server: FakeUpstream, client: anthropic.Anthropic, body: bytes) -> dict[str, Any]:
    """The message that the SDK accumulates from a stream."""
    head = (("content-type", "text/event-stream; charset=utf-8"),)
    server.script("/v1/messages", Answer(headers=head, pieces=(body,), framing="chunked"))
    with client.messages.stream(**QUESTION) as events:
        return _plain(events.get_final_message())


def whole(server: FakeUpstream, client: anthropic.Anthropic, body: bytes) -> dict[str, Any]:
    """The message that the SDK reads from an answer that is not streamed."""
    head = (("content-type", "application/json"),)
    server.script("/v1/messages", Answer(headers=head, pieces=(body,)))
    return _plain(client.messages.create(**QUESTION))


def _plain(message: anthropic.types.Message) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(message.to_json())
    if said.get("stop_details") is None:
        said.pop("stop_details", None)
    for block in said["content"]:
        block.pop("parsed_output", None)
    return said


def test_a_stream_is_put_together(server: FakeUpstream, client: anthropic.Anthropic) -> None:
    """Every kind of block, with usage of both ends."""
    message = streamed(server, client, written(EVENTS))
    thinking, call, found, text, first, second = message["content"]

    assert (thinking["thinking"], bool(thinking["signature"])) == ("R1", True)
    assert call["input"] == {"query": "q"}
    assert found["tool_use_id"] == call["id"]
    assert text["text"] == "w\xf6rld \u2603\u2028"
    assert text["citations"][0]["cited_text"] == "c"
    assert (first["id"], first["input"]) == ("toolu_a", {"x": [1, {"y": "\xe9"}]})
    assert (second["id"], second["input"]) == ("toolu_b", {})
    assert (message["stop_reason"], message["model"]) == ("tool_use", "the-model")
    assert message["usage"]["input_tokens"] == 70
    assert message["usage"]["cache_read_input_tokens"] == 30
    assert message["usage"]["output_tokens"] == 20
    assert message["usage"]["output_tokens_details"] == {"thinking_tokens": 5}
    assert message["usage"]["server_tool_use"]["web_search_requests"] == 1


@settings(max_examples=30, deadline=None)
@given(RESPONSES, REQUESTS)
def test_streamed_and_whole_are_one_message(
    server: FakeUpstream, client: anthropic.Anthropic, response: Response, request_: Request
) -> None:
    """P5: by an independent accumulator."""
    whole_parts = tuple(
        replace(part, arguments="{}")
        if isinstance(part, ToolCall) and part.arguments == '{"x":'
        else part
        for part in response.parts
    )  # half a call is the client's to judge in a stream, and wrapped in a whole answer
    response = replace(response, parts=whole_parts)
    body = CODEC.write_response(response, Audience(request_))

    assert streamed(server, client, written(replay(response), request_)) == whole(
        server, client, body
    )

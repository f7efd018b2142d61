"""Our answers as OpenAI's own SDK understands them: it checks identities while it puts a stream together,
and its types say what every event and item must have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.responses import Response as SdkResponse
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from aimux.errors import ErrorKind, StreamCut, UpstreamStatus
from aimux.model.events import BlockStart, Delta, Start, replay
from aimux.model.parts import (
    CallKind,
    Citation,
    Hit,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    WebSearch,
)
from aimux.model.response import FinishReason, Response, Usage
from tests.support.answers import OPENAI_RESPONSES, path
from tests.support.upstream import Answer, FakeUpstream
from tests.wire.openai_responses.asking import CODEC, audience

TO = audience(encrypted=True)
ANSWERS = {
    "text": Response("resp_1", "m", (Text("Hello"), Text(", world")), FinishReason.END_TURN),
    "calls": Response(
        "resp_1",
        "m",
        (
            Thinking("hm", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "s", "claude", "opus")),
            Text("a", (Citation("http://a", "A", start=0, end=1),)),
            ToolCall("call_00000001", "f", '{"x":1}', namespace="ns"),
            ToolCall("call_00000002", "g"),
            ToolCall("call_00000003", "p", "*** raw", CallKind.CUSTOM),
        ),
        FinishReason.TOOL_USE,
        Usage(100, 20, 30, 0, 5),
    ),
    "everything-else": Response(
        "resp_1",
        "m",
        (
            WebSearch("s", "q", (Hit("http://a"),)),
            ToolCall("call_00000004", "tool_search", '{"q":1}', CallKind.TOOL_SEARCH),
            ToolCall("call_00000005", "shell", '{"commands":["ls"]}', CallKind.SHELL),
            ToolCall("call_00000006", "local_shell", '{"command":["ls"]}', CallKind.LOCAL_SHELL),
            ToolCall(
                "call_00000007",
                "apply_patch",
                '{"type":"delete_file","path":"a"}',
                CallKind.APPLY_PATCH,
            ),
            Media(MediaKind.IMAGE, "image/png", "AAAA"),
        ),
        FinishReason.TOOL_USE,
    ),
    "refused": Response("resp_1", "m", (Refusal("no"),), FinishReason.REFUSAL),
    "cut": Response("resp_1", "m", (Text("a"),), FinishReason.MAX_TOKENS),
    "nothing": Response("resp_1", "m", (), FinishReason.END_TURN),
}
each_answer = pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeUpstream]:
    """One upstream for all."""
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def gpt(server: FakeUpstream) -> Iterator[openai.OpenAI]:
    """The SDK, pointed at it."""
    with openai.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0) as client:
        yield client


def play(server: FakeUpstream, *pieces: bytes) -> None:
    """Makes the next answer a stream of these pieces."""
    kind = ("content-type", "text/event-stream; charset=utf-8")
    server.script(path(OPENAI_RESPONSES), Answer(headers=(kind,), pieces=pieces, framing="chunked"))


@each_answer
def test_a_stream_is_put_together(
    server: FakeUpstream, gpt: openai.OpenAI, answer: Response
) -> None:
    """Edge 133 to 136: the SDK raises on a wrong identity, and its result is the whole answer."""
    play(server, whole(answer))
    last: Any = None
    with gpt.responses.stream(model="m", input="?") as stream:
        for event in stream:
            if event.type in {"response.completed", "response.incomplete"}:
                last = event.response  # type: ignore[union-attr]

    expected = json.loads(CODEC.write_response(answer, TO))
    assert last.to_dict(mode="json", exclude_unset=True)["usage"] == expected["usage"]
    assert [item.type for item in last.output] == [item["type"] for item in expected["output"]]
    assert last.output_text == "".join(p.text for p in answer.parts if isinstance(p, Text))


def whole(answer: Response) -> bytes:
    """A whole stream."""
    return CODEC.writer(TO).write(replay(answer))


@each_answer
def test_a_whole_answer_is_understood(
    server: FakeUpstream, gpt: openai.OpenAI, answer: Response
) -> None:
    """By the same program."""
    body = CODEC.write_response(answer, TO)
    kind = ("content-type", "application/json")
    server.script(path(OPENAI_RESPONSES), Answer(headers=(kind,), pieces=(body,)))

    heard = gpt.responses.create(model="m", input="?")

    calls = [part for part in answer.parts if isinstance(part, ToolCall)]
    assert [item.call_id for item in heard.output if hasattr(item, "call_id")] == [
        call.id for call in calls
    ]
    assert heard.usage is not None


@each_answer
def test_every_event_is_of_the_vendors_types(answer: Response) -> None:
    """All that they require is there, and of the right kind."""
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for line in whole(answer).split(b"\n"):
        if line.startswith(b"data: "):
            event = adapter.validate_json(line[6:])
            assert event.type == json.loads(line[6:])["type"]
    SdkResponse.model_validate_json(CODEC.write_response(answer, TO))


BEFORE = [Start("resp_1", "m"), BlockStart(0, Text("")), Delta(0, "half")]


@pytest.mark.parametrize("how", ["events", "helper"])
@pytest.mark.parametrize("events", [BEFORE, []], ids=["later", "first"])
@pytest.mark.parametrize(
    "error",
    [
        StreamCut("it was cut"),
        UpstreamStatus("it was long", status=400, kind=ErrorKind.CONTEXT_OVERFLOW),
    ],
)
def test_a_stream_that_breaks_off_raises(
    server: FakeUpstream, gpt: openai.OpenAI, how: str, events: list[Any], error: Any
) -> None:
    """With our text: a program that only goes through the events must not take half for the whole."""
    writer = CODEC.writer(TO)
    play(server, writer.write(events) + writer.fail(error, "req-1"))

    def listen() -> None:
        if how == "events":
            list(gpt.responses.create(model="m", input="?", stream=True))
        else:
            with gpt.responses.stream(model="m", input="?") as stream:
                stream.until_done()

    with pytest.raises(openai.APIError, match=error.message):
        listen()

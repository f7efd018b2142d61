"""Our answers as Google's own SDK reads them, and what it sends back of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from google import genai
from google.genai import types

from aimux.model.events import replay
from aimux.model.parts import (
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
from aimux.model.request import FunctionTool, Message, Reasoning, WebSearchTool
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from aimux.wire import jsontext
from aimux.wire.target import Audience
from tests.support.answers import GEMINI, path
from tests.support.upstream import Answer, FakeUpstream
from tests.wire.gemini.forms import CODEC, PNG, THIRD, asked, model, signature, user

# google-genai defines a subclass of aiohttp's session at run time
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")

A_SIGNATURE = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "EqQB/+=", "claude", "opus")
SHOWING = Audience(asked(reasoning=Reasoning(shown=True)))
SOURCE = Citation("https://a.example", "A", "", 0, 2)

PARTS: tuple[AnswerPart, ...] = (
    Thinking("R", A_SIGNATURE),
    WebSearch("s", "q", (Hit("https://a.example", "A"),)),
    Text("T\u00e9 \u2028x", (SOURCE,), state=signature("c2lnbmVk")),
    Media(MediaKind.IMAGE, "image/png", data=PNG),
    ToolCall("call_1", "f", '{"x":1.0,"y":[{}]}'),
    ToolCall("call_2", "g", "", state=signature("c2ln")),
)
USAGE = Usage(100, 20, 30, None, 5)


def answer(
    *parts: AnswerPart, finish: FinishReason = FinishReason.TOOL_USE, **more: Any
) -> Response:
    """An answer as it comes from another provider."""
    return Response("r1", "upstream-model", parts, finish, USAGE, **more)


def as_stream(response: Response) -> Answer:
    """Our stream of it, an event to a piece."""
    writer = CODEC.writer(SHOWING)
    pieces = tuple(piece for event in replay(response) if (piece := writer.write([event])))
    kind = ("content-type", "text/event-stream; charset=utf-8")
    return Answer(headers=(kind,), pieces=pieces, framing="chunked")


def at_once(response: Response) -> Answer:
    """Our whole answer."""
    kind = ("content-type", "application/json")
    return Answer(headers=(kind,), pieces=(CODEC.write_response(response, SHOWING),))


@dataclass(frozen=True)
class Bench:
    """The SDK and whom it asks."""

    upstream: FakeUpstream
    client: genai.Client

    def ask(self, response: Response, *, stream: bool) -> list[types.GenerateContentResponse]:
        """What the SDK makes of an answer."""
        self.upstream.script(path(GEMINI), as_stream(response) if stream else at_once(response))
        if stream:
            return list(self.client.models.generate_content_stream(model="m", contents="?"))
        return [self.client.models.generate_content(model="m", contents="?")]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One for all."""
    with FakeUpstream() as upstream:
        options = types.HttpOptions(base_url=upstream.url)
        with genai.Client(api_key="sk-test-1", vertexai=False, http_options=options) as client:
            yield Bench(upstream, client)


def parts_of(responses: list[types.GenerateContentResponse]) -> list[types.Part]:
    """All parts, in order."""
    contents = [each.candidates[0].content for each in responses if each.candidates]
    return [part for content in contents if content for part in content.parts or ()]


def gist(part: types.Part) -> Any:
    """What a part is to a program."""
    if part.function_call:
        return part.function_call.name, part.function_call.id, part.function_call.args
    if part.inline_data:
        return part.inline_data.mime_type
    return ("thought" if part.thought else "text"), part.text


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_everything_at_once(bench: Bench, stream: bool) -> None:
    """Text, thoughts, calls, media, sources, usage, why it ended."""
    responses = bench.ask(answer(*PARTS), stream=stream)
    said = [gist(part) for part in parts_of(responses)]
    last = responses[-1]
    (candidate,) = last.candidates or ()

    assert [each for each in said if each != ("text", "")] == [
        ("thought", "R"),
        ("text", "T\u00e9 \u2028x"),
        "image/png",
        ("f", "call_1", {"x": 1.0, "y": [{}]}),
        ("g", "call_2", {}),
    ]
    assert candidate.finish_reason is types.FinishReason.STOP
    assert (last.model_version, last.response_id) == ("m", "r1")
    usage = last.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.cached_content_token_count) == (100, 30)
    assert (usage.candidates_token_count, usage.thoughts_token_count) == (15, 5)
    assert usage.total_token_count == 120
    grounding = candidate.grounding_metadata
    assert grounding is not None
    assert grounding.web_search_queries == ["q"]
    (support,) = grounding.grounding_supports or ()
    assert support.segment is not None
    assert (support.segment.start_index, support.segment.end_index) == (0, 3)
    assert support.segment.text == "T\u00e9"


def test_every_event_is_a_response_by_the_types() -> None:
    """Which take no field that they do not know."""
    stream = b"".join(
        piece for piece in as_stream(answer(*PARTS)).pieces if isinstance(piece, bytes)
    )
    events = [json.loads(event[6:]) for event in stream.split(b"\n\n") if event]
    whole = json.loads(CODEC.write_response(answer(*PARTS), SHOWING))

    for each in (*events, whole):
        types.GenerateContentResponse.model_validate(each)


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (answer(Refusal("no"), finish=FinishReason.REFUSAL), "SAFETY"),
        (answer(finish=FinishReason.REFUSAL, detail="why"), "SAFETY"),
        (answer(Text("a"), finish=FinishReason.MAX_TOKENS), "MAX_TOKENS"),
        (answer(finish=FinishReason.END_TURN), "STOP"),
    ],
    ids=["refusal", "refused", "cut", "nothing"],
)
def test_endings(bench: Bench, response: Response, reason: str, stream: bool) -> None:
    """And an answer of nothing is one, too; this SDK passes over finishMessage."""
    (candidate,) = bench.ask(response, stream=stream)[-1].candidates or ()

    assert candidate.finish_reason is not None
    assert candidate.finish_reason.value == reason
    assert candidate.content is not None
    assert candidate.content.parts


def test_the_count_of_tokens(bench: Bench) -> None:
    """As countTokens answers."""
    body = CODEC.write_count(7) or b""
    bench.upstream.script(path(GEMINI), Answer(pieces=(body,)))

    assert bench.client.models.count_tokens(model="m", contents="?").total_tokens == 7


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_what_a_chat_sends_back(bench: Bench, stream: bool) -> None:
    """The state of another provider survives a round through the SDK, in front of what it led to."""
    first = answer(Thinking("R1", A_SIGNATURE), Text("T1"), ToolCall("call_1", "f", '{"x":1}'))
    second = answer(Text("done"), finish=FinishReason.END_TURN)
    written = as_stream if stream else at_once
    bench.upstream.script(path(GEMINI), written(first), written(second))
    chat = bench.client.chats.create(model="m")
    result = types.Part.from_function_response(name="f", response={"output": "ok"})
    for message in ("go", [result]):
        if stream:
            list(chat.send_message_stream(message))  # type: ignore[arg-type]  # the SDK's own unions
        else:
            chat.send_message(message)  # type: ignore[arg-type]  # the same

    messages = last_asked(bench).messages
    assert messages[0] == user("go")
    assert messages[1] == model(
        Thinking("R1", A_SIGNATURE), "T1", ToolCall("call_1", "f", '{"x":1}')
    )
    assert len(messages) == 3


def last_asked(bench: Bench) -> Any:
    """The last request that the SDK sent."""
    body = bench.upstream.requests[-1].body
    return CODEC.read_request(jsontext.scan(body), "m", stream=False)


def test_what_the_sdk_asks(bench: Bench) -> None:
    """Everything that it can say is understood, without a loss but for what nobody else has."""
    bench.upstream.script(path(GEMINI), at_once(answer(Text("a"), finish=FinishReason.END_TURN)))
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    function = types.FunctionDeclaration(name="f", description="d", parameters_json_schema=schema)
    image = types.Part.from_bytes(data=b"\x89PNG\r\n\x1a\nrest", mime_type="image/png")
    bench.client.models.generate_content(
        model="m",
        contents=["hi", image],
        config=types.GenerateContentConfig(
            system_instruction="S",
            temperature=0.5,
            top_k=40,
            max_output_tokens=9,
            stop_sequences=["x"],
            tools=[
                types.Tool(function_declarations=[function]),
                types.Tool(google_search=types.GoogleSearch()),
            ],
            tool_config=types.ToolConfig(
                function_calling_config=types.FunctionCallingConfig(
                    mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["f"]
                )
            ),
            thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=2048),
            response_mime_type="application/json",
            response_json_schema=schema,
        ),
    )
    request = last_asked(bench)

    assert request.losses == ()
    assert request.messages == (
        user("hi", Media(MediaKind.IMAGE, "image/png", data="iVBORw0KGgpyZXN0")),
    )
    assert request.system == (Text("S"),)
    assert FunctionTool("f", "d", schema) in request.tools
    assert WebSearchTool() in request.tools
    assert request.tool_choice.name == "f"
    assert request.sampling.stop == ("x",)
    assert (request.reasoning.budget_tokens, request.reasoning.shown) == (2048, True)
    assert request.output.schema == schema


def test_what_the_sdk_takes_for_a_request() -> None:
    """Our requests by its types, which take no field that they do not know."""
    messages: list[Message] = [
        user("hi", Media(MediaKind.IMAGE, "image/png", data=PNG)),
        model(Text("a"), ToolCall("c", "f", '{"x":1}')),
    ]
    body = json.loads(jsontext.dumps(CODEC.write_request(asked(*messages), THIRD).body))

    for content in body["contents"]:
        types.Content.model_validate(
            {**content, "parts": [unsigned(part) for part in content["parts"]]}
        )


def unsigned(part: dict[str, Any]) -> dict[str, Any]:
    """A part without its signature: the stand-in is no base64, and Google takes it all the same."""
    return {name: value for name, value in part.items() if name != "thoughtSignature"}

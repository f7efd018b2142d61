"""What holds for whatever comes (reference: protocols, 4.2)."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import InvalidRequest, UpstreamError
from aimux.model.events import Event, collect, replay
from aimux.model.parts import (
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aimux.model.request import Message, Reasoning, Request, Role
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire import jsontext
from aimux.wire.sse import BlockReader
from aimux.wire.target import Audience, Target
from tests.support.chunks import CUTS, pieces
from tests.support.grammar import gemini as grammar
from tests.support.grammar import neutral
from tests.wire.gemini.forms import CODEC, PNG, THIRD, asked, block, model, user

TARGETS = st.sampled_from(
    [
        THIRD,
        Target("", "m"),
        Target("google", "gemini-2.5-flash"),
        Target("proxy", "gemini-2.0-flash", quirks=frozenset({"cumulative"})),
    ]
)

# ---------------------------------------------------------------- nonsense

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "a", "model", "user", "STOP", "OTHER", "c2ln", "ANY", "\ud83d", PNG, "OBJECT"]
    ),
)


def nonsense(*names: str) -> st.SearchStrategy[Any]:
    """JSON whose objects have keys that mean something."""
    keys = st.sampled_from([*names, "x"])
    return st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=25,
    )


REQUESTS = nonsense(
    "role", "parts", "text", "thought", "thoughtSignature", "functionCall", "functionResponse", "name",
    "args", "id", "response", "output", "error", "inlineData", "mimeType", "data", "fileData", "fileUri",
    "executableCode", "code", "functionDeclarations", "parameters", "parametersJsonSchema", "type",
    "properties", "items", "nullable", "anyOf", "googleSearch", "functionCallingConfig", "mode",
    "allowedFunctionNames", "temperature", "maxOutputTokens", "stopSequences", "thinkingConfig",
    "thinkingBudget", "thinkingLevel", "includeThoughts", "responseSchema", "responseMimeType", "seed",
)  # fmt: skip
BODIES = st.fixed_dictionaries(
    {"contents": REQUESTS},
    optional=dict.fromkeys(
        ("systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier"), REQUESTS
    ),
)


@given(BODIES, TARGETS)
@settings(max_examples=70, deadline=None)
def test_any_request_is_read_or_refused(body: dict[str, Any], target: Target) -> None:
    """Never another exception, and what was read can be written."""
    document = jsontext.scan(json.dumps(body).encode())
    with contextlib.suppress(InvalidRequest):
        request = CODEC.read_request(document, "m", stream=False)
        CODEC.write_request(request, target)


ANSWERS = nonsense(
    "candidates", "content", "parts", "text", "thought", "thoughtSignature", "functionCall", "name", "args",
    "id", "finishReason", "finishMessage", "index", "usageMetadata", "promptTokenCount", "promptFeedback",
    "blockReason", "groundingMetadata", "groundingChunks", "web", "uri", "title", "groundingSupports",
    "segment", "startIndex", "endIndex", "groundingChunkIndices", "citationMetadata", "citationSources",
    "webSearchQueries", "inlineData", "data", "error", "message", "code", "executableCode", "partialArgs",
)  # fmt: skip
RESPONSES = st.one_of(
    ANSWERS,
    st.builds(
        lambda parts, more: {"candidates": [{"content": {"parts": parts}, **more}]},
        st.lists(ANSWERS, max_size=4),
        st.dictionaries(
            st.sampled_from(["finishReason", "groundingMetadata", "citationMetadata"]), ANSWERS
        ),
    ),
)


@given(st.lists(RESPONSES, max_size=4), TARGETS)
@settings(max_examples=70, deadline=None)
def test_any_stream_is_a_word_of_the_grammar(responses: list[Any], target: Target) -> None:
    """P6, P7: with one end, whatever comes."""
    reader = CODEC.reader(target)
    events: list[Event] = []
    for each in responses:
        events += reader.read(block(each))
    events += reader.end()

    neutral.judge(events)
    assert reader.end() == []


@given(RESPONSES, TARGETS)
@settings(max_examples=50, deadline=None)
def test_any_whole_answer_is_read_or_refused(whole: Any, target: Target) -> None:
    """As the provider's fault."""
    with contextlib.suppress(UpstreamError):
        CODEC.read_response(whole, target)


# ---------------------------------------------------------------- answers

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
ARGUMENTS = st.dictionaries(
    st.sampled_from(["a", "\u00e9"]),
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXTS,
    max_size=2,
).map(jsontext.text_of)
STATES = st.sampled_from(
    [
        None,
        Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "claude", "opus"),
        Opaque(OpaqueKind.TEXT, "", "deepseek", "v4"),
        Opaque(OpaqueKind.REASONING_DETAILS, "[1]", "router", "m"),
    ]
)
IMAGE = Media(MediaKind.IMAGE, "image/png", data=PNG)


def calls(index: int) -> st.SearchStrategy[ToolCall]:
    """A call with an id of its own."""
    return st.builds(ToolCall, st.just(f"call_{index}"), st.sampled_from(["f", "g"]), ARGUMENTS)


@st.composite
def responses(draw: st.DrawFn) -> Response:
    """Answers of other providers."""
    parts: list[Any] = []
    for index in range(draw(st.integers(0, 5))):
        kinds = (
            st.builds(Text, TEXTS),
            st.builds(Thinking, TEXTS, STATES),
            calls(index),
            st.just(IMAGE),
        )
        parts.append(draw(st.one_of(*kinds)))
    called = any(isinstance(part, ToolCall) for part in parts)
    finish = FinishReason.TOOL_USE if called else FinishReason.END_TURN
    usage = Usage(draw(st.integers(0, 99)), draw(st.integers(0, 99)))
    return Response("r1", "m", tuple(parts), finish, usage)


AUDIENCES = st.sampled_from([Audience(asked()), Audience(asked(reasoning=Reasoning(shown=True)))])


@given(responses(), AUDIENCES)
@settings(max_examples=70, deadline=None)
def test_a_stream_says_what_a_whole_answer_says(response: Response, to: Audience) -> None:
    """P5, by the judge of the format."""
    streamed = grammar.judge(CODEC.writer(to).write(replay(response)), model="m")
    at_once = grammar.judge_whole(CODEC.write_response(response, to), model="m")

    assert streamed.gist == at_once.gist
    told = neutral.told_of(response)
    assert streamed.words == told.words
    assert [call.gist for call in streamed.calls] == [call.gist for call in told.calls]


@given(responses(), CUTS)
@settings(max_examples=50, deadline=None)
def test_what_we_write_we_read(response: Response, cuts: list[int]) -> None:
    """P1, P9: in any pieces, nothing lost and nothing twice."""
    stream = CODEC.writer(Audience(asked(reasoning=Reasoning(shown=True)))).write(replay(response))
    blocks, reader = BlockReader(), CODEC.reader(THIRD)
    events: list[Event] = []
    for piece in pieces(stream, cuts):
        for each in blocks.feed(piece):
            events += reader.read(each)
    read = neutral.told_of(collect([*events, *reader.end()]))
    told = neutral.told_of(response)

    assert read.words == told.words
    assert read.thinking == told.thinking
    assert [call.gist for call in read.calls] == [call.gist for call in told.calls]
    assert read.tokens.counted[:2] == told.tokens.counted[:2]


# ---------------------------------------------------------------- requests

RESULTS = st.builds(
    ToolResult,
    st.just("call_1"),
    st.tuples(st.builds(Text, TEXTS)) | st.just(()),
    st.booleans(),
    st.just("f"),
)


@st.composite
def histories(draw: st.DrawFn) -> Request:
    """Requests of the lossless core, as adapt() leaves them."""
    messages: list[Message] = [user(draw(TEXTS))]
    if draw(st.booleans()):
        state = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln")
        call = ToolCall("call_1", "f", draw(ARGUMENTS), state=state)
        said: list[Part | str] = draw(st.lists(TEXTS, max_size=1))  # type: ignore[assignment]  # texts
        messages += [model(*said, call), user(draw(RESULTS))]
    system = tuple(Text(each) for each in draw(st.lists(TEXTS, max_size=2)))
    return Request("m", tuple(messages), system)


@given(histories())
@settings(max_examples=50, deadline=None)
def test_a_request_comes_back_as_it_was(request: Request) -> None:
    """P16: of the lossless core; P20: without a loss."""
    before = copy.deepcopy(request)
    written = CODEC.write_request(request, THIRD)
    again = CODEC.read_request(jsontext.scan(jsontext.dumps(written.body)), "m", stream=False)

    assert written.losses == []
    assert again.messages == request.messages
    assert again.system == request.system
    assert again.losses == ()
    assert request == before


@given(responses())
@settings(max_examples=50, deadline=None)
def test_state_comes_back_from_a_client_that_drops_thoughts(response: Response) -> None:
    """Of every turn that has a call behind it, as Gemini CLI keeps them."""
    written = json.loads(CODEC.write_response(response, Audience(asked())))
    content = written["candidates"][0]["content"]
    document = jsontext.scan(jsontext.dumps({"contents": [user_content("q"), content]}))
    messages = CODEC.read_request(document, "m", stream=False).messages
    states = [
        part.state
        for message in messages
        if message.role is Role.ASSISTANT
        for part in message.parts
        if isinstance(part, Thinking)
    ]

    assert states == [p.state for p in response.parts if isinstance(p, Thinking) and p.state]


def user_content(text: str) -> dict[str, Any]:
    """What the user asked."""
    return {"role": "user", "parts": [{"text": text}]}

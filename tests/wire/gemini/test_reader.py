"""Gemini's streams as neutral events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.model.events import (
    BlockStart,
    BlockStop,
    Delta,
    Event,
    Finish,
    Sign,
    Start,
    collect,
)
from aimux.model.parts import Media, MediaKind, Opaque, OpaqueKind, Text, Thinking, ToolCall
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from aimux.wire.sse import BlockReader
from aimux.wire.target import Target
from tests.support.answers import EVERYTHING, GEMINI, events
from tests.support.chunks import single_bytes
from tests.wire.gemini.forms import CODEC, PNG, THIRD, block, heard, response, signature

OWN = signature("c2ln", THIRD.provider, THIRD.model)
WRITTEN_BY = Opaque(OpaqueKind.TEXT, "", THIRD.provider, THIRD.model)

CALL = {"functionCall": {"name": "f", "args": {"x": 1}}}
END = FinishReason.END_TURN


def answer(*responses: Any, target: Target = THIRD) -> Response:
    """What a stream amounts to."""
    return collect(heard(*responses, target=target))


def parts(*responses: Any, target: Target = THIRD) -> list[AnswerPart]:
    """Its parts."""
    return list(answer(*responses, target=target).parts)


def said(*each: Any) -> list[AnswerPart]:
    """What parts mean that come one to an event."""
    return parts(*(response(part) for part in each), response(finish="STOP"))


def test_an_answer_event_by_event() -> None:
    """One event in, its events out; the end is said at the end, since usage may come late."""
    reader = CODEC.reader(THIRD)

    assert reader.read(block(response({"text": "R", "thought": True}))) == [
        Start("r1", "gemini-x"),
        BlockStart(0, Thinking("")),
        Delta(0, "R"),
    ]
    assert reader.read(block(response({"text": "Hel"}))) == [
        Sign(0, WRITTEN_BY),
        BlockStop(0),
        BlockStart(1, Text("")),
        Delta(1, "Hel"),
    ]
    assert reader.read(block(response({"text": "lo"}))) == [Delta(1, "lo")]
    assert reader.read(block(response({**CALL, "thoughtSignature": "c2ln"}, finish="STOP"))) == [
        BlockStop(1),
        BlockStart(2, ToolCall("", "f", state=OWN)),
        Delta(2, '{"x":1}'),
        BlockStop(2),
    ]
    assert reader.read(block({"usageMetadata": {"promptTokenCount": 7}})) == []
    assert reader.end() == [Finish(FinishReason.TOOL_USE, Usage(7))]
    assert reader.end() == []


def test_the_golden_answer_at_every_cut() -> None:
    """Byte by byte it is the same as whole, with a signature on the first of two calls."""
    stream = b"".join(events(GEMINI, EVERYTHING, "m"))
    blocks, reader = BlockReader(), CODEC.reader(THIRD)
    out: list[Event] = []
    for byte in single_bytes(stream):
        for each in blocks.feed(byte):
            out += reader.read(each)
    out += reader.end()

    assert collect(out) == Response(
        "resp-1",
        "m",
        (
            Thinking("R1", WRITTEN_BY),
            Text("T1"),
            ToolCall(
                "call_a",
                "f",
                '{"x":1}',
                state=signature("c2lnbmVkIGJ5IHRoZSBmYWtl", "google", THIRD.model),
            ),
            ToolCall("call_b", "g", "{}"),
        ),
        FinishReason.TOOL_USE,
        Usage(100, 20, 30, None, 5),
    )


@pytest.mark.parametrize(
    ("each", "meant"),
    [
        pytest.param([{"text": "a"}, {"text": "b"}], [Text("ab")], id="fragments"),
        pytest.param(
            [{"text": ""}, {"text": "a"}, {"text": ""}], [Text("a")], id="empty-fragments"
        ),
        pytest.param([{"text": "a", "thought": False}], [Text("a")], id="no-thought"),
        pytest.param(
            [{"text": "a"}, {"text": "", "thoughtSignature": "c2ln"}],
            [Text("a", state=OWN)],
            id="edge-171-behind-a-text",
        ),
        pytest.param(
            [{"text": "R", "thought": True}, {"text": "", "thoughtSignature": "c2ln"}],
            [Thinking("R", OWN)],
            id="edge-171-behind-a-thought",
        ),
        pytest.param(
            [{"text": "", "thoughtSignature": "c2ln"}, CALL],
            [ToolCall("", "f", '{"x":1}', state=OWN)],
            id="edge-171-before-a-call",
        ),
        pytest.param(
            [{"thoughtSignature": "c2ln"}, {"text": "a"}],
            [Text("a", state=OWN)],
            id="before-a-text",
        ),
        pytest.param(
            [CALL, {"text": "", "thoughtSignature": "c2ln"}],
            [ToolCall("", "f", '{"x":1}'), Thinking("", OWN)],
            id="edge-171-behind-everything",
        ),
        pytest.param(
            [{"text": "a", "thoughtSignature": "c2ln"}, {"text": "b"}],
            [Text("a", state=OWN), Text("b")],
            id="signed-is-not-joined-to-unsigned",
        ),
        pytest.param(
            [CALL, CALL],
            [ToolCall("", "f", '{"x":1}'), ToolCall("", "f", '{"x":1}')],
            id="edge-175-calls-without-ids",
        ),
        pytest.param([{"functionCall": {"name": "f"}}], [ToolCall("", "f", "{}")], id="no-args"),
        pytest.param(
            [{"functionCall": {"name": "f", "args": '{"x":1.0}', "id": 7}}],
            [ToolCall("", "f", '{"x":1.0}')],
            id="args-that-are-text",
        ),
        pytest.param(
            [{"functionCall": {"name": "f", "args": ""}}],
            [ToolCall("", "f", "{}")],
            id="empty-args",
        ),
        pytest.param(
            [{"functionCall": {"args": {}}}, {"text": "a"}], [Text("a")], id="a-call-of-nothing"
        ),
        pytest.param(
            [{"inlineData": {"mimeType": "image/png", "data": PNG}}],
            [Media(MediaKind.IMAGE, "image/png", data=PNG)],
            id="an-image",
        ),
        pytest.param([{"inlineData": {"data": "!"}}, {"inlineData": {}}], [], id="no-image"),
        pytest.param(
            [
                {"text": "a"},
                {"executableCode": {"language": "PYTHON", "code": "1"}},
                {"codeExecutionResult": {"output": "1"}},
            ],
            [Text("a\n```python\n1\n```\n\n```\n1\n```\n")],
            id="code-that-google-ran",
        ),
        pytest.param(
            [{"toolCall": {}}, {"toolResponse": {}}, {"text": "a"}, 7],
            [Text("a")],
            id="googles-own-tools",
        ),
        pytest.param([{"text": "\ud83d"}, {"text": "\ude00!"}], [Text("\U0001f600!")], id="edge-4"),
        pytest.param(
            [{"text": "a\ud83d"}, CALL],
            [Text("a\ufffd"), ToolCall("", "f", '{"x":1}')],
            id="edge-4-alone",
        ),
        pytest.param(
            [{"text": "\ud83d"}, {"text": "x"}], [Text("\ufffdx")], id="edge-4-no-second-half"
        ),
    ],
)
def test_parts(each: list[Any], meant: list[AnswerPart]) -> None:
    """One to an event."""
    assert said(*each) == meant


def test_without_a_provider_nobody_has_written_the_thinking() -> None:
    """From a format to itself."""
    assert parts(
        response({"text": "R", "thought": True}, finish="STOP"), target=Target("", "m")
    ) == [Thinking("R")]


@pytest.mark.parametrize(
    ("args", "kept"),
    [
        pytest.param('{"b":1.0,"a":1e3}', '{"b":1.0,"a":1e3}', id="edge-351"),
        pytest.param(
            '{"n":12345678901234567890123}', '{"n":12345678901234567890123}', id="edge-352"
        ),
        pytest.param('{"a":"\\ud83d"}', '{"a":"\\ud83d"}', id="edge-357"),
    ],
)
def test_arguments_keep_their_spelling(args: str, kept: str) -> None:
    """As the model wrote them."""
    call = f'{{"functionCall":{{"name":"f","args":{args}}}}}'
    event = f'data: {{"candidates":[{{"content":{{"parts":[{call}]}}}}]}}\n\n'

    assert parts(event.encode(), response(finish="STOP")) == [ToolCall("", "f", kept)]


def test_a_key_twice_costs_only_the_spelling() -> None:
    """Such a response is read like any other reader reads it."""
    twice = (
        b'data: {"responseId":"a","responseId":"b","candidates":[{"content":{"parts":'
        b'[{"functionCall":{"name":"f","args":{"x":1e3}}}]}}]}\n\n'
    )

    assert parts(twice, response(finish="STOP")) == [ToolCall("", "f", '{"x":1000.0}')]


# ---------------------------------------------------------------- usage, noise


def test_edge_343_the_last_usage_counts() -> None:
    """Of those that run along; the prompt's is known at once."""
    running = [
        {**response({"text": "a"}), "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1}},
        {**response(finish="STOP"), "usageMetadata": {}},
        {
            "usageMetadata": {
                "promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 3,
                "cachedContentTokenCount": 2,
            }
        },
    ]  # fmt: skip
    out = heard(*running)

    assert isinstance(out[0], Start)
    assert out[0].usage == Usage(9)
    assert out[-1] == Finish(END, Usage(9, 7, 2, None, 3))


@pytest.mark.parametrize(
    "noise",
    [
        b": a comment\n\n",
        b"\n\n",
        b"data: [DONE]\n\n",
        b"data: 7\n\n",
        b'data: {"broken\n\n',
        b"data: {}\n\n",
        b"data: []\n\n",
        b'data: {"candidates":7}\n\n',
        b'data: {"candidates":[7]}\n\n',
        b'data: {"candidates":[{"index":1,"content":{"parts":[{"text":"x"}]}}]}\n\n',
        b'data: {"candidates":[{"index":[],"content":7,"finishReason":7}]}\n\n',
        b'data: {"candidates":[{"content":{"parts":7}}],"usageMetadata":7,"promptFeedback":7}\n\n',
        b'data: {"candidates":[{"groundingMetadata":7,"citationMetadata":[7]}]}\n\n',
        b'data: {"responseId":7,"modelVersion":7,"error":null}\n\n',
    ],
)
def test_noise(noise: bytes) -> None:
    """Anywhere between two events it changes nothing but who is said to answer."""
    plain = [response({"text": "a"}), response({"text": "b"}, finish="STOP")]
    noisy = collect(heard(noise, plain[0], noise, plain[1], noise))

    assert noisy.parts == answer(*plain).parts
    assert noisy.finish is END


def test_several_documents_in_one_event() -> None:
    """Edge 9: a server that forgets the blank line."""
    lines = b"\n".join(
        b"data: " + json.dumps(each).encode()
        for each in (response({"text": "a"}), response({"text": "b"}, finish="STOP"))
    )

    assert parts(lines + b"\n\n") == [Text("ab")]


def test_a_stream_as_an_array() -> None:
    """Edge 31: in one piece."""
    assert parts([response({"text": "a"}), response({"text": "b"}, finish="STOP")]) == [Text("ab")]


# ---------------------------------------------------------------- repeats

CUMULATIVE = Target("proxy", "gemini-3", quirks=frozenset({"cumulative"}))


@pytest.mark.parametrize(
    ("responses", "meant"),
    [
        pytest.param(
            [[{"text": "He"}], [{"text": "Hello"}], [{"text": "Hello"}]], [Text("Hello")], id="text"
        ),
        pytest.param(
            [
                [{"text": "R", "thought": True}],
                [{"text": "R1", "thought": True}, {"text": "a"}],
                [{"text": "R1", "thought": True}, {"text": "ab"}, CALL],
                [{"text": "R1", "thought": True}, {"text": "ab"}, CALL, CALL, 7],
            ],
            [
                Thinking("R1", Opaque(OpaqueKind.TEXT, "", "proxy", "gemini-3")),
                Text("ab"),
                ToolCall("", "f", '{"x":1}'),
                ToolCall("", "f", '{"x":1}'),
            ],
            id="everything",
        ),
        pytest.param(
            [
                [{"text": "a"}, CALL],
                [{"text": "a"}, CALL, {"text": "b"}],
                [{"text": "a"}, CALL, {"text": "bc"}],
            ],
            [Text("a"), ToolCall("", "f", '{"x":1}'), Text("bc")],
            id="text-behind-a-call",
        ),
        pytest.param([[{"text": "a"}], [{"text": "b"}]], [Text("ab")], id="not-repeated"),
        pytest.param(
            [[{"inlineData": {"mimeType": "image/png", "data": PNG}}]],
            [Media(MediaKind.IMAGE, "image/png", data=PNG)],
            id="an-image",
        ),
    ],
)
def test_a_proxy_that_repeats_itself(responses: list[Any], meant: list[AnswerPart]) -> None:
    """What is new counts, and only where the quirk says so."""
    stream = [*(response(*each) for each in responses), response(finish="STOP")]

    assert parts(*stream, target=CUMULATIVE) == meant

"""Answers for Gemini's clients: streams, whole answers, and that the two say the same."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from aimux.errors import ErrorKind, StreamCut
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
    replay,
)
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
from aimux.model.request import Reasoning
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from aimux.wire.opaque import open_base64, seal_base64
from aimux.wire.target import Audience
from tests.support.grammar import gemini as grammar
from tests.wire.gemini.forms import CODEC, PNG, asked, parts_told, signature, told

A_SIGNATURE = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "claude", "opus")
ONLY_TEXT = Opaque(OpaqueKind.TEXT, "", "deepseek", "v4")
CALL = ToolCall("c1", "f", '{"x":1.0}')
OTHER = ToolCall("c2", "g", "{}")
END = FinishReason.END_TURN

HIDING = Audience(asked())
SHOWING = Audience(asked(reasoning=Reasoning(shown=True)))


def stream(*parts: AnswerPart, to: Audience = HIDING, **more: Any) -> bytes:
    """An answer as a stream."""
    whole = Response("r1", "upstream-model", parts, more.pop("finish", END), **more)
    return CODEC.writer(to).write(replay(whole))


def whole(*parts: AnswerPart, to: Audience = HIDING, **more: Any) -> bytes:
    """It as one document."""
    answer = Response("r1", "upstream-model", parts, more.pop("finish", END), **more)
    return CODEC.write_response(answer, to)


def said(*parts: AnswerPart, to: Audience = HIDING) -> list[Any]:
    """The parts that a client of a stream gets."""
    return parts_told(told(stream(*parts, to=to)))


def test_an_answer_event_by_event() -> None:
    """One event in, its bytes out: text at once, a call when it is complete, the end last."""
    writer = CODEC.writer(SHOWING)
    tail = b'"modelVersion":"m","responseId":"r1"}\n\n'
    head = b'data: {"candidates":[{"content":{"parts":['
    end = b'],"role":"model"},"index":0}],'
    steps: list[tuple[list[Event], bytes]] = [
        ([Start("r1", "upstream-model", Usage(7))], b""),
        ([BlockStart(0, Thinking(""))], b""),
        ([Delta(0, "R")], head + b'{"text":"R","thought":true}' + end + tail),
        ([BlockStop(0), BlockStart(1, Text(""))], b""),
        ([Delta(1, 'a"')], head + rb'{"text":"a\""}' + end + tail),
        ([BlockStop(1), BlockStart(2, ToolCall("c1", "f"))], b""),
        ([Delta(2, '{"x":')], b""),
        ([Delta(2, "1.0}")], b""),
        (
            [BlockStop(2)],
            head + b'{"functionCall":{"name":"f","args":{"x":1.0},"id":"c1"}}' + end + tail,
        ),
        (
            [Finish(FinishReason.TOOL_USE, Usage(output_tokens=5, reasoning_tokens=2))],
            b'data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},'
            b'"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,'
            b'"candidatesTokenCount":3,"thoughtsTokenCount":2,"totalTokenCount":12},' + tail,
        ),
    ]

    for events, written in steps:
        assert writer.write(events) == written


@pytest.mark.parametrize(
    ("part", "meant"),
    [
        pytest.param(Text("a\nb"), [{"text": "a\nb"}], id="text"),
        pytest.param(Text(""), [], id="empty-text"),
        pytest.param(Refusal("no"), [{"text": "no"}], id="refusal"),
        pytest.param(Thinking("R"), [], id="a-thought-for-who-did-not-ask"),
        pytest.param(
            ToolCall("", "f"),
            [{"functionCall": {"name": "f", "args": {}}}],
            id="no-id-no-arguments",
        ),
        pytest.param(
            ToolCall("c", "f", '{\n "x": [1,\r\n 2]\n}'),
            [{"functionCall": {"name": "f", "args": {"x": [1, 2]}, "id": "c"}}],
            id="arguments-on-several-lines",
        ),
        pytest.param(
            ToolCall("c", "f", '{"x'),
            [{"functionCall": {"name": "f", "args": {"_raw": '{"x'}, "id": "c"}}],
            id="broken-arguments",
        ),
        pytest.param(
            Media(MediaKind.IMAGE, "image/png", data=PNG),
            [{"inlineData": {"mimeType": "image/png", "data": PNG}}],
            id="an-image",
        ),
        pytest.param(
            Media(MediaKind.IMAGE, url="https://x.example/i.png"),
            [{"fileData": {"fileUri": "https://x.example/i.png"}}],
            id="an-image-elsewhere",
        ),
        pytest.param(Media(MediaKind.DOCUMENT, text="D"), [{"text": "D"}], id="a-text-document"),
        pytest.param(WebSearch("s", "q"), [], id="a-search-is-metadata"),
    ],
)
def test_parts(part: AnswerPart, meant: list[Any]) -> None:
    """Each in an event of its own, and the empty one at the end; whole answers the same."""
    assert said(part) == [*meant, {"text": ""}]
    assert json.loads(whole(part))["candidates"][0]["content"] == {
        "role": "model",
        "parts": meant or [{"text": ""}],
    }


def test_parts_that_begin_with_something() -> None:
    """A reader may know a part's beginning when it opens it."""
    events = [
        Start("r1"),
        BlockStart(0, Thinking("R", ONLY_TEXT)), Delta(0, "1"), BlockStop(0),
        BlockStart(1, Refusal("n")), Delta(1, "o"), BlockStop(1),
        BlockStart(2, ToolCall("c", "f", '{"x"')), Delta(2, ":1}"), BlockStop(2),
        Finish(FinishReason.REFUSAL),
    ]  # fmt: skip
    responses = told(CODEC.writer(SHOWING).write(events))

    assert parts_told(responses) == [
        {"text": "R", "thought": True},
        {"text": "1", "thought": True},
        {"text": "n"},
        {"text": "o"},
        {
            "functionCall": {"name": "f", "args": {"x": 1}, "id": "c"},
            "thoughtSignature": seal_base64(ONLY_TEXT, "R1"),
        },
        {"text": ""},
    ]
    assert responses[-1]["candidates"][0]["finishMessage"] == "no"


# ---------------------------------------------------------------- state


def carried(part: Any) -> tuple[str, Opaque | None]:
    """What a part is, and what state of another provider it carries."""
    name = next(iter(part))
    value = part.get("thoughtSignature", "")
    return f"{name}:{part[name]}" if name == "text" else name, open_base64(value)


def kept(state: Opaque, text: str) -> Opaque:
    """The same with the text that it binds."""
    return Opaque(state.kind, state.value, state.issuer, state.model, text)


def test_thinking_rides_on_the_next_call() -> None:
    """Clients drop thoughts from their history and keep signatures."""
    out = said(Thinking("R", A_SIGNATURE), Text("a"), CALL, CALL)

    assert [carried(part) for part in out] == [
        ("text:a", None),
        ("functionCall", kept(A_SIGNATURE, "R")),
        ("functionCall", None),
        ("text:", None),
    ]


def test_thinking_before_other_thinking() -> None:
    """Each has a part of its own; their order stays."""
    out = said(Thinking("R", A_SIGNATURE), Text("a"), Thinking("S", ONLY_TEXT), CALL)

    assert [carried(part) for part in out] == [
        ("text:a", None),
        ("text:", kept(A_SIGNATURE, "R")),
        ("functionCall", kept(ONLY_TEXT, "S")),
        ("text:", None),
    ]


def test_thinking_without_a_call() -> None:
    """Rides on the empty part at the end."""
    out = said(Thinking("R", A_SIGNATURE), Text("a"))

    assert [carried(part) for part in out] == [("text:a", None), ("text:", kept(A_SIGNATURE, "R"))]


def test_a_call_with_state_of_its_own() -> None:
    """Keeps it; what waits goes on waiting."""
    issued = signature("c2ln", "google", "gemini-3")
    out = said(Thinking("R", A_SIGNATURE), ToolCall("c", "f", "{}", state=issued), CALL)

    assert [carried(part) for part in out] == [
        ("functionCall", issued),
        ("functionCall", kept(A_SIGNATURE, "R")),
        ("text:", None),
    ]


@pytest.mark.parametrize(
    ("part", "meant"),
    [
        pytest.param(
            ToolCall("c", "f", "{}", state=signature("c2ln")),
            [
                {
                    "functionCall": {"name": "f", "args": {}, "id": "c"},
                    "thoughtSignature": "c2ln",
                }
            ],
            id="edge-170-a-call",
        ),
        pytest.param(
            Text("a", state=signature("c2ln")),
            [{"text": "a"}, {"text": "", "thoughtSignature": "c2ln"}],
            id="a-text",
        ),
        pytest.param(
            Thinking("R", signature("c2ln")),
            [
                {"text": "R", "thought": True},
                {"text": "", "thought": True, "thoughtSignature": "c2ln"},
            ],
            id="a-thought",
        ),
        pytest.param(Thinking("R"), [{"text": "R", "thought": True}], id="an-unsigned-thought"),
    ],
)
def test_geminis_own_state_is_bare(part: AnswerPart, meant: list[Any]) -> None:
    """On the part it came with."""
    assert said(part, to=SHOWING)[:-1] == meant


def test_a_signed_thought_for_who_did_not_ask() -> None:
    """Only its signature goes out."""
    assert said(Thinking("R", signature("c2ln")))[0] == {"text": "", "thoughtSignature": "c2ln"}


def test_every_signature_is_base64() -> None:
    """The SDK decodes it strictly, in the alphabet of URLs."""
    text = "".join(map(chr, range(32, 0x250)))
    for state in (A_SIGNATURE, ONLY_TEXT, signature("c2ln", "google", "m")):
        (part,) = said(Thinking(text, state))
        value = part["thoughtSignature"]
        assert base64.b64decode(value, validate=True) == base64.urlsafe_b64decode(value)


# ---------------------------------------------------------------- the end


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (FinishReason.END_TURN, "STOP"),
        (FinishReason.TOOL_USE, "STOP"),
        (FinishReason.STOP_SEQUENCE, "STOP"),
        (FinishReason.PAUSE_TURN, "MAX_TOKENS"),
        (FinishReason.COMPACTION, "STOP"),
        (FinishReason.MAX_TOKENS, "MAX_TOKENS"),
        (FinishReason.CONTEXT_WINDOW, "MAX_TOKENS"),
        (FinishReason.REFUSAL, "SAFETY"),
    ],
)
def test_reasons(reason: FinishReason, word: str) -> None:
    """On the last event only."""
    responses = told(stream(Text("a"), finish=reason))

    assert [each["candidates"][0].get("finishReason") for each in responses] == [None, word]


@pytest.mark.parametrize(
    ("parts", "detail", "message"),
    [
        ([Text("a")], "why", "why"),
        ([Refusal("no")], "", "no"),
        ([Refusal("no")], "why", "why"),
        ([], "", None),
    ],
)
def test_why_it_was_refused(parts: list[AnswerPart], detail: str, message: str | None) -> None:
    """In the provider's words or the model's."""
    for out in (
        told(stream(*parts, finish=FinishReason.REFUSAL, detail=detail))[-1],
        json.loads(whole(*parts, finish=FinishReason.REFUSAL, detail=detail)),
    ):
        assert out["candidates"][0].get("finishMessage") == message


def test_a_failure_is_said_elsewhere() -> None:
    """By fail(), as the vendor says an error; nothing is closed before it."""
    writer = CODEC.writer(HIDING)
    writer.write([Start("r1"), BlockStart(0, Text("")), Delta(0, "a")])

    assert writer.write([Failure(ErrorKind.UPSTREAM, "m")]) == b""
    error = StreamCut("the stream ended before it was complete")
    assert writer.fail(error, "req-1") == CODEC.error_event(error, "req-1")


USAGES = [
    pytest.param(Usage(), None, id="unknown"),
    pytest.param(Usage(7), {"promptTokenCount": 7}, id="edge-185-no-output"),
    pytest.param(
        Usage(100, 20, 30, 10, 5),
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 30,
            "candidatesTokenCount": 15,
            "thoughtsTokenCount": 5,
            "totalTokenCount": 120,
        },
        id="edge-184-thoughts-apart",
    ),
    pytest.param(
        Usage(5, 3, 9, None, 9),
        {
            "promptTokenCount": 5,
            "cachedContentTokenCount": 5,
            "candidatesTokenCount": 0,
            "thoughtsTokenCount": 3,
            "totalTokenCount": 8,
        },
        id="edge-341-more-than-there-was",
    ),
    pytest.param(Usage(None, 3, 9, None, None), {"candidatesTokenCount": 3}, id="no-input"),
]


@pytest.mark.parametrize(("usage", "written"), USAGES)
def test_usage(usage: Usage, written: Any) -> None:
    """What is unknown is not written, and what is adds up."""
    assert told(stream(Text("a"), usage=usage))[-1].get("usageMetadata") == written
    assert json.loads(whole(Text("a"), usage=usage)).get("usageMetadata") == written


def test_a_count_of_tokens() -> None:
    """The answer to countTokens."""
    assert CODEC.write_count(7) == b'{"totalTokens":7}'


# ---------------------------------------------------------------- both the same

SOURCE = Citation("https://a.example", "A", "", 0, 1)
ANSWERS = [
    pytest.param([Text("a")], id="text"),
    pytest.param([], id="nothing"),
    pytest.param(
        [Text("a", (SOURCE,)), WebSearch("s", "q", (Hit("https://a.example"),))], id="sources"
    ),
    pytest.param([Thinking("R", A_SIGNATURE), Text("a"), CALL, OTHER], id="thinking-and-calls"),
    pytest.param([Thinking("R", ONLY_TEXT), Thinking("S", A_SIGNATURE)], id="thinking-alone"),
    pytest.param([Text("a", state=signature("c2ln")), CALL], id="a-signed-text"),
    pytest.param([Refusal("no")], id="a-refusal"),
]


@pytest.mark.parametrize("parts", ANSWERS)
@pytest.mark.parametrize("to", [HIDING, SHOWING], ids=["hiding", "showing"])
def test_a_stream_says_what_a_whole_answer_says(parts: list[AnswerPart], to: Audience) -> None:
    """Judged by the format's grammar."""
    calls = any(isinstance(part, ToolCall) for part in parts)
    more: dict[str, Any] = {
        "finish": FinishReason.TOOL_USE if calls else END,
        "usage": Usage(9, 5, 2, None, 1),
    }
    streamed = grammar.judge(stream(*parts, to=to, **more), model="m")
    at_once = grammar.judge_whole(whole(*parts, to=to, **more), model="m")

    assert streamed.gist == at_once.gist
    assert streamed.id == at_once.id == "r1"


def test_citations_in_a_stream() -> None:
    """Are kept for the last event."""
    events = [
        Start("r1"),
        BlockStart(0, Text("")),
        Delta(0, "\u00e9t"),
        Cite(0, Citation("https://a.example", "A", "", 1, 2)),
        Sign(0, signature("c2ln")),
        BlockStop(0),
        Finish(END),
    ]
    last = told(CODEC.writer(HIDING).write(events))[-1]

    assert last["candidates"][0]["groundingMetadata"]["groundingSupports"] == [
        {"segment": {"startIndex": 2, "endIndex": 3, "text": "t"}, "groundingChunkIndices": [0]}
    ]

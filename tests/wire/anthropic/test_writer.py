"""Neutral events as a Messages stream, judged by its grammar."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import ErrorKind, StreamCut
from aimux.model.events import BlockStart, Cite, Delta, Event, Failure, Finish, Sign, Start, replay
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
from aimux.model.request import Effort, Reasoning, Request, WebSearchTool
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from aimux.wire.opaque import is_carrier, open_carrier, seal
from aimux.wire.target import Audience
from tests.support.grammar import anthropic
from tests.support.grammar.told import Broken
from tests.wire.anthropic.streams import ASKED, CODEC, USAGE, answer, grow, told, written

OMITTED = replace(ASKED, reasoning=Reasoning(Effort.AUTO, shown=False))
HIDDEN = replace(ASKED, reasoning=Reasoning(Effort.OFF, shown=False))
SEARCHING = replace(ASKED, tools=(WebSearchTool(),))

NATIVE = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "EqQB")
REDACTED = Opaque(OpaqueKind.ANTHROPIC_REDACTED, "Edata")
ENCRYPTED = Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA", "oa", "gpt")
GOOGLE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "sig", "google", "gemini-3")
WROTE = Opaque(OpaqueKind.TEXT, "", "zai", "glm")


def blocks(events: list[Event], request: Request = ASKED) -> list[dict[str, Any]]:
    """What a written stream says of its blocks, after a look at its grammar."""
    stream = written(events, request)
    anthropic.judge(stream, model=request.model)
    return [each for each in told(stream) if "index" in each]


def signs(state: Opaque) -> tuple[Event, ...]:
    """A block that is signed."""
    return (Sign(0, state),)


def opened(index: int, **block: Any) -> dict[str, Any]:
    """content_block_start."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def grown(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    """content_block_delta."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def closed(index: int) -> dict[str, Any]:
    """content_block_stop."""
    return {"type": "content_block_stop", "index": index}


THINKING = {"type": "thinking", "thinking": "", "signature": ""}


def test_an_answer_byte_for_byte() -> None:
    """Each event is named, each block is closed, input comes in pieces: appendix A of the reference."""
    events = answer(
        (Thinking(""), (*grow("R", "1"), Sign(0, NATIVE))),
        (Text(""), grow("T1")),
        (ToolCall("toolu_a", "f"), grow('{"x"', ":1}")),
        (ToolCall("toolu_b", "g"), ()),
        finish=Finish(FinishReason.TOOL_USE, USAGE),
        start=Start("msg_1", "M", Usage(100, 1, 30, 0)),
    )

    assert written(events).decode() == (
        'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message",'
        '"role":"assistant","model":"the-model","content":[],"stop_reason":null,"stop_sequence":null,'
        '"usage":{"input_tokens":70,"cache_creation_input_tokens":0,"cache_read_input_tokens":30,'
        '"output_tokens":1}}}\n\n'
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":'
        '{"type":"thinking","thinking":"","signature":""}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
        '{"type":"thinking_delta","thinking":"R"}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
        '{"type":"thinking_delta","thinking":"1"}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
        '{"type":"signature_delta","signature":"EqQB"}}\n\n'
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
        'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":'
        '{"type":"text","text":""}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":'
        '{"type":"text_delta","text":"T1"}}\n\n'
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n'
        'event: content_block_start\ndata: {"type":"content_block_start","index":2,"content_block":'
        '{"type":"tool_use","id":"toolu_a","name":"f","input":{}}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":2,"delta":'
        '{"type":"input_json_delta","partial_json":""}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":2,"delta":'
        '{"type":"input_json_delta","partial_json":"{\\"x\\""}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":2,"delta":'
        '{"type":"input_json_delta","partial_json":":1}"}}\n\n'
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":2}\n\n'
        'event: content_block_start\ndata: {"type":"content_block_start","index":3,"content_block":'
        '{"type":"tool_use","id":"toolu_b","name":"g","input":{}}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":3,"delta":'
        '{"type":"input_json_delta","partial_json":""}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":3,"delta":'
        '{"type":"input_json_delta","partial_json":"{}"}}\n\n'
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":3}\n\n'
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use",'
        '"stop_sequence":null},"usage":{"input_tokens":70,"cache_creation_input_tokens":0,'
        '"cache_read_input_tokens":30,"output_tokens":20,"output_tokens_details":{"thinking_tokens":5}}}\n\n'
        'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    )  # fmt: skip


def test_one_event_in_bytes_out() -> None:
    """A piece is written when it comes, whatever is written together."""
    events = answer((Text(""), grow("a", "b")), (ToolCall("toolu_a", "f"), grow("{}")))
    writer = CODEC.writer(Audience(ASKED))

    assert writer.write(events) == written(events)
    assert writer.write([]) == b""


@pytest.mark.parametrize(
    ("part", "inside", "out"),
    [
        pytest.param(Text(""), (), [], id="empty-text"),
        pytest.param(
            Text("a"), grow("b"),
            [opened(0, type="text", text=""), grown(0, "text_delta", text="a"),
             grown(0, "text_delta", text="b"), closed(0)],
            id="text-in-the-start",
        ),
        pytest.param(
            Text(""), grow("a\u2028b\u2029c"),
            [opened(0, type="text", text=""), grown(0, "text_delta", text="a\u2028b\u2029c"), closed(0)],
            id="edge-13",
        ),
        pytest.param(
            Refusal(""), grow("no"),
            [opened(0, type="text", text=""), grown(0, "text_delta", text="no"), closed(0)],
            id="refusal",
        ),
        pytest.param(
            ToolCall("toolu_a", "f", '{"x":1}'), (),
            [opened(0, type="tool_use", id="toolu_a", name="f", input={}),
             grown(0, "input_json_delta", partial_json=""),
             grown(0, "input_json_delta", partial_json='{"x":1}'), closed(0)],
            id="arguments-in-the-start",
        ),
        pytest.param(
            ToolCall("toolu_a", "key", namespace="computer"), (),
            [opened(0, type="tool_use", id="toolu_a", name="key", input={}, toolset_name="computer"),
             grown(0, "input_json_delta", partial_json=""),
             grown(0, "input_json_delta", partial_json="{}"), closed(0)],
            id="toolset",
        ),
        pytest.param(
            ToolCall("toolu_a", "f", state=GOOGLE), grow("{}"),
            [opened(0, type="redacted_thinking", data=seal(GOOGLE)), closed(0),
             opened(1, type="tool_use", id="toolu_a", name="f", input={}),
             grown(1, "input_json_delta", partial_json=""),
             grown(1, "input_json_delta", partial_json="{}"), closed(1)],
            id="state-of-a-call",
        ),
        pytest.param(
            ToolCall("toolu_a", "f"), (*grow("{}"), *signs(GOOGLE)),
            [opened(0, type="tool_use", id="toolu_a", name="f", input={}),
             grown(0, "input_json_delta", partial_json=""),
             grown(0, "input_json_delta", partial_json="{}"), closed(0),
             opened(1, type="redacted_thinking", data=seal(GOOGLE)), closed(1)],
            id="state-of-a-call-behind-it",
        ),
        pytest.param(
            Text(""), (*grow("a"), *signs(GOOGLE)),
            [opened(0, type="text", text=""), grown(0, "text_delta", text="a"), closed(0),
             opened(1, type="redacted_thinking", data=seal(GOOGLE)), closed(1)],
            id="state-of-a-text",
        ),
        pytest.param(
            Text("", state=GOOGLE), (),
            [opened(0, type="redacted_thinking", data=seal(GOOGLE)), closed(0)],
            id="state-of-no-text",
        ),
        pytest.param(
            Text(""), (*grow("a"), *signs(WROTE)),
            [opened(0, type="text", text=""), grown(0, "text_delta", text="a"), closed(0)],
            id="who-wrote-a-text",
        ),
        pytest.param(
            Media(MediaKind.IMAGE, "image/png", data="AAAA"), (),
            [opened(0, type="text", text=""),
             grown(0, "text_delta", text="[image of the model, which cannot be shown here: image/png]"),
             closed(0)],
            id="image",
        ),
        pytest.param(
            Media(MediaKind.AUDIO, url="https://a.example/b"), (),
            [opened(0, type="text", text=""),
             grown(0, "text_delta", text="[audio](https://a.example/b)"), closed(0)],
            id="address",
        ),
    ],
)  # fmt: skip
def test_parts(part: AnswerPart, inside: tuple[Event, ...], out: list[dict[str, Any]]) -> None:
    """Each as its blocks, with indexes that have no gap."""
    reason = FinishReason.TOOL_USE if isinstance(part, ToolCall) else FinishReason.END_TURN

    assert blocks(answer((part, inside), finish=Finish(reason))) == out


def test_line_ends_of_unicode_are_escaped() -> None:
    """Edge 13: some readers split at them."""
    stream = written(answer((Text(""), grow("a\u2028b\u2029c\u2027", "\u2028"))))

    assert "a\\u2028b\\u2029c\u2027".encode() in stream
    assert "\u2028".encode() not in stream


HIDES = seal(replace(ENCRYPTED, text="Rr"))


@pytest.mark.parametrize(
    ("state", "pieces", "request_", "out"),
    [
        pytest.param(None, ("R",), ASKED, [opened(0, **THINKING),
            grown(0, "thinking_delta", thinking="R"), closed(0)], id="unsigned"),
        pytest.param(WROTE, ("R",), ASKED, [opened(0, **THINKING), grown(0, "thinking_delta", thinking="R"),
            grown(0, "signature_delta", signature=seal(WROTE)), closed(0)], id="edge-122"),
        pytest.param(ENCRYPTED, ("R", "r"), ASKED, [opened(0, **THINKING),
            grown(0, "thinking_delta", thinking="R"), grown(0, "thinking_delta", thinking="r"),
            grown(0, "signature_delta", signature=seal(ENCRYPTED)), closed(0)], id="carrier"),
        pytest.param(ENCRYPTED, (), ASKED, [
            opened(0, type="redacted_thinking", data=seal(ENCRYPTED)), closed(0)], id="state-alone"),
        pytest.param(NATIVE, (), ASKED, [opened(0, **THINKING),
            grown(0, "signature_delta", signature="EqQB"), closed(0)], id="native-without-words"),
        pytest.param(REDACTED, (), ASKED, [
            opened(0, type="redacted_thinking", data="Edata"), closed(0)], id="edge-104"),
        pytest.param(WROTE, (), ASKED, [], id="nothing"),
        pytest.param(None, (), ASKED, [], id="nothing-at-all"),
        pytest.param(ENCRYPTED, ("R", "r"), OMITTED, [opened(0, **THINKING),
            grown(0, "signature_delta", signature=HIDES), closed(0)], id="omitted"),
        pytest.param(WROTE, ("Rr",), OMITTED, [opened(0, **THINKING),
            grown(0, "signature_delta", signature=seal(WROTE, "Rr")), closed(0)], id="omitted-text"),
        pytest.param(None, ("Rr",), OMITTED, [opened(0, **THINKING),
            grown(0, "signature_delta", signature=seal(Opaque(OpaqueKind.TEXT, ""), "Rr")), closed(0)],
            id="omitted-unsigned"),
        pytest.param(NATIVE, ("Rr",), OMITTED, [opened(0, **THINKING),
            grown(0, "signature_delta", signature=seal(NATIVE, "Rr")), closed(0)], id="omitted-native"),
        pytest.param(ENCRYPTED, (), OMITTED, [
            opened(0, type="redacted_thinking", data=seal(ENCRYPTED)), closed(0)], id="omitted-state"),
        pytest.param(ENCRYPTED, ("R", "r"), HIDDEN, [
            opened(0, type="redacted_thinking", data=HIDES), closed(0)], id="edge-221-state"),
        pytest.param(NATIVE, ("R", "r"), HIDDEN, [
            opened(0, type="redacted_thinking", data=seal(NATIVE, "Rr")), closed(0)], id="edge-221-native"),
        pytest.param(WROTE, ("R",), HIDDEN, [], id="edge-221"),
        pytest.param(None, ("R",), HIDDEN, [], id="edge-221-unsigned"),
    ],
)  # fmt: skip
def test_thinking_as_the_client_wants_it(
    state: Opaque | None, pieces: tuple[str, ...], request_: Request, out: list[dict[str, Any]]
) -> None:
    """Shown, without its words, or not at all; state always comes back."""
    inside = (*grow(*pieces), *(signs(state) if state else ()))

    assert (
        blocks(answer((Thinking(""), inside), (Text(""), grow("T"))), request_)[: len(out)] == out
    )


def test_hidden_words_are_those_of_their_own_block() -> None:
    """The next block begins with none."""
    first = (Thinking(""), (*grow("a"), *signs(ENCRYPTED)))
    second = (Thinking(""), (*grow("b"), *signs(ENCRYPTED)))
    seen = blocks(answer(first, second, (Text(""), grow("T"))), HIDDEN)
    carried = [open_carrier(each["content_block"]["data"]) for each in seen[:4:2]]

    assert [state.text for state in carried if state] == ["a", "b"]


def test_a_search_is_a_call_and_its_result() -> None:
    """Its hits hold what no other provider can use; it is counted."""
    search = WebSearch(
        "ws_1", "q", (Hit("https://a.example", "A", "1 day"), Hit("https://b.example"))
    )
    failed = WebSearch("srvtoolu_x", "q", error="of-a-new-kind")
    events = answer((search, ()), (failed, ()), (Text(""), grow("t")))
    stream = written(events)
    anthropic.judge(stream)
    seen = [each for each in told(stream) if "index" in each]
    call, _, piece, _, result = seen[:5]
    id_ = call["content_block"]["id"]

    assert id_.startswith("srvtoolu_")
    assert piece == grown(0, "input_json_delta", partial_json='{"query":"q"}')
    content = result["content_block"]["content"]
    assert [(hit["url"], hit["title"], hit["page_age"]) for hit in content] == [
        ("https://a.example", "A", "1 day"), ("https://b.example", "", None)
    ]  # fmt: skip
    assert all(is_carrier(hit["encrypted_content"]) for hit in content)
    assert seen[6]["content_block"]["id"] == "srvtoolu_x"
    assert seen[10]["content_block"]["content"] == {
        "type": "web_search_tool_result_error", "error_code": "unavailable"
    }  # fmt: skip
    assert told(stream)[-2]["usage"]["server_tool_use"] == {
        "web_search_requests": 2, "web_fetch_requests": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("citation", "request_", "cited"),
    [
        (Citation("https://a.example", "A", "c"), ASKED, "c"),
        (Citation("https://a.example", "", "", 1, 3), SEARCHING, "bc"),
        (Citation("https://a.example", "", "", 1, 3), ASKED, ""),
        (Citation("https://a.example"), SEARCHING, ""),
    ],
)
def test_citations(citation: Citation, request_: Request, cited: str) -> None:
    """Behind the text they are for, with what of it is cited."""
    events = answer((Text(""), (*grow("ab", "cd"), Cite(0, citation))))
    seen = blocks(events, request_)[3]["delta"]["citation"]

    assert is_carrier(seen.pop("encrypted_index"))
    assert seen == {
        "type": "web_search_result_location", "url": citation.url, "title": citation.title or None,
        "cited_text": cited,
    }  # fmt: skip


def test_a_citation_of_nothing_is_left_out() -> None:
    """There is no block that it could stand in."""
    assert blocks(answer((Text(""), (Cite(0, Citation("https://a.example")),)))) == []


@pytest.mark.parametrize(
    ("finish", "parts", "delta"),
    [
        (Finish(FinishReason.END_TURN), (Text("t"),), {"stop_reason": "end_turn", "stop_sequence": None}),
        (Finish(FinishReason.MAX_TOKENS), (Text("t"),), {"stop_reason": "max_tokens", "stop_sequence": None}),
        (Finish(FinishReason.STOP_SEQUENCE, stop_sequence="END"), (Text("t"),),
         {"stop_reason": "stop_sequence", "stop_sequence": "END"}),
        (Finish(FinishReason.END_TURN, stop_sequence="END"), (Text("t"),),
         {"stop_reason": "end_turn", "stop_sequence": None}),
        (Finish(FinishReason.END_TURN), (ToolCall("toolu_a", "f"),),
         {"stop_reason": "tool_use", "stop_sequence": None}),
        (Finish(FinishReason.TOOL_USE), (Text("t"),), {"stop_reason": "end_turn", "stop_sequence": None}),
        (Finish(FinishReason.END_TURN), (Refusal("no"),), {"stop_reason": "refusal", "stop_sequence": None}),
        (Finish(FinishReason.REFUSAL, detail="why"), (),
         {"stop_reason": "refusal", "stop_sequence": None,
          "stop_details": {"type": "refusal", "category": None, "explanation": "why"}}),
        (Finish(FinishReason.CONTEXT_WINDOW), (),
         {"stop_reason": "model_context_window_exceeded", "stop_sequence": None}),
        (Finish(FinishReason.PAUSE_TURN), (), {"stop_reason": "pause_turn", "stop_sequence": None}),
        (Finish(FinishReason.COMPACTION), (), {"stop_reason": "compaction", "stop_sequence": None}),
    ],
)  # fmt: skip
def test_the_end(finish: Finish, parts: tuple[AnswerPart, ...], delta: dict[str, Any]) -> None:
    """A reason that agrees with what was said; an answer of nothing has no block."""
    stream = written(answer(*((part, ()) for part in parts), finish=finish))
    anthropic.judge(stream)

    assert told(stream)[-2]["delta"] == delta
    assert len(told(stream)) >= 3


@pytest.mark.parametrize(
    ("start", "finish", "first", "last"),
    [
        pytest.param(Usage(), Usage(), (0, 0, 0, 0), (0, 0, 0, 0), id="edge-119"),
        pytest.param(Usage(), USAGE, (0, 0, 0, 0), (70, 0, 30, 20), id="known-at-the-end"),
        pytest.param(Usage(100, 1, 30), Usage(None, 20), (70, 0, 30, 1), (70, 0, 30, 20), id="kept"),
        pytest.param(
            Usage(100), Usage(100, 20, 30, 10), (0, 0, 0, 0), (60, 10, 30, 20), id="edge-338-cache-known-late"
        ),
        pytest.param(Usage(), Usage(10, 5, 30, 7, 9), (0, 0, 0, 0), (0, 0, 10, 5), id="edge-341"),
    ],
)  # fmt: skip
def test_usage(start: Usage, finish: Usage, first: tuple[int, ...], last: tuple[int, ...]) -> None:
    """Edge 340: fresh tokens without what touched the cache; numbers never fall, parts never exceed."""
    events = answer(
        (Text("t"), ()),
        start=Start("msg_1", "", start),
        finish=Finish(FinishReason.END_TURN, finish),
    )
    stream = written(events)
    anthropic.judge(stream)
    names = (
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
    )
    seen = told(stream)

    assert tuple(seen[0]["message"]["usage"][name] for name in names) == first
    assert tuple(seen[-2]["usage"][name] for name in names) == last


def test_an_error_is_the_last_event() -> None:
    """No message_stop follows, and the block that was open stays so: the client asks again."""
    writer = CODEC.writer(Audience(ASKED))
    stream = writer.write([Start("msg_1"), BlockStart(0, Text("")), Delta(0, "a")])
    stream += writer.fail(StreamCut("it was cut"), "req-1")

    assert anthropic.judge(stream).error == "it was cut"
    assert told(stream)[-1]["request_id"] == "req-1"
    assert b"message_stop" not in stream


def test_a_failure_is_not_written() -> None:
    """Whoever holds the stream says it."""
    assert CODEC.writer(Audience(ASKED)).write([Failure(ErrorKind.UPSTREAM, "x")]) == b""


# ---------------------------------------------------------------- any answer

_TEXT = st.text(max_size=6).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))
_STATES = st.sampled_from([None, ENCRYPTED, WROTE, GOOGLE, NATIVE])
_PARTS = st.one_of(
    st.builds(Text, _TEXT, state=st.sampled_from([None, GOOGLE])),
    st.builds(Thinking, _TEXT, _STATES),
    st.builds(Refusal, _TEXT),
    st.builds(ToolCall, st.uuids().map(lambda each: f"toolu_{each.hex}"), st.just("f"),
              st.sampled_from(["", "{}", '{"x":1}', '{"x":']), state=st.sampled_from([None, GOOGLE])),
    st.builds(WebSearch, st.uuids().map(str), _TEXT, st.just((Hit("https://a.example"),))),
    st.just(Media(MediaKind.IMAGE, "image/png", data="AAAA")),
)  # fmt: skip
_COUNTS = st.none() | st.integers(0, 50)
_USAGES = st.builds(Usage, _COUNTS, _COUNTS, _COUNTS, _COUNTS, _COUNTS)
RESPONSES = st.builds(
    Response, st.just("msg_1"), st.just("M"), st.lists(_PARTS, max_size=4).map(tuple),
    st.sampled_from(FinishReason), _USAGES, st.sampled_from(["", "END"]), _TEXT,
)  # fmt: skip
REQUESTS = st.sampled_from([ASKED, OMITTED, HIDDEN, SEARCHING])


@settings(max_examples=100)
@given(RESPONSES, REQUESTS)
def test_any_answer_is_a_word_of_the_grammar(response: Response, request_: Request) -> None:
    """P6; and what was not streamed says the same (P5)."""
    stream = anthropic.judge(written(replay(response), request_), model=request_.model)
    whole = CODEC.write_response(response, Audience(request_))
    if any(isinstance(part, ToolCall) and part.arguments == '{"x":' for part in response.parts):
        anthropic.judge_whole(
            whole
        )  # half a call is wrapped: what is not streamed holds objects only
        return

    assert stream.gist == anthropic.judge_whole(whole, model=request_.model).gist


def test_the_judge_is_not_content_with_anything() -> None:
    """It finds a stop that is missing."""
    stream = written(answer((Text("t"), ())))
    with pytest.raises(Broken):
        anthropic.judge(stream.replace(b"content_block_stop", b"ping"))
    assert json.loads(stream.split(b"data: ", 2)[1].split(b"\n", 1)[0])

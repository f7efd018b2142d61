"""Streams of Anthropic's, and of others who speak its format, as neutral events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import ErrorKind
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
    collect,
)
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
from aimux.model.response import FinishReason, Usage
from aimux.wire.target import Target
from tests.support.answers import ANTHROPIC, EVERYTHING, TEXT, events
from tests.support.chunks import CUTS, halves, pieces, single_bytes
from tests.support.grammar import neutral
from tests.support.reply import SIGNATURE
from tests.wire.anthropic.streams import (
    CODEC,
    STOP,
    UPSTREAM,
    begun,
    closed,
    ended,
    event,
    events_of,
    events_of_chunks,
    grown,
    opened,
)

START = Start("msg_1", "M")
CUT = Failure(ErrorKind.UPSTREAM, "the stream ended before it was complete", "stream-cut")
NOBODY = Target("", "M")


def signed(kind: OpaqueKind, value: str) -> Opaque:
    """State as the reader tags it."""
    return Opaque(kind, value, "main", UPSTREAM.model)


UNSIGNED = signed(OpaqueKind.TEXT, "")


def said(*inside: bytes, last: tuple[bytes, ...] = (ended(), STOP)) -> list[Event]:
    """What stands between Start and Finish of a stream with this in it."""
    read = events_of([begun(), *inside, *last])
    assert read[0] == START
    assert isinstance(read[-1], Finish | Failure)
    neutral.judge(read)
    return read[1:-1]


def end_of(*blocks: bytes) -> Event:
    """The last event of a stream."""
    read = events_of(blocks)
    neutral.judge(read)
    return read[-1]


# ---------------------------------------------------------------- what Anthropic writes


def test_an_answer_with_everything() -> None:
    """Thinking with its state, text, two calls, and usage in our convention."""
    response = collect(events_of(events(ANTHROPIC, EVERYTHING)))

    assert response.parts == (
        Thinking("R1", signed(OpaqueKind.ANTHROPIC_SIGNATURE, SIGNATURE)),
        Text("T1"),
        ToolCall("call_a", "f", '{"x":1}'),
        ToolCall("call_b", "g", "{}"),
    )
    assert (response.id, response.model) == ("msg_1", "model-1")
    assert response.finish is FinishReason.TOOL_USE
    assert response.usage == Usage(100, 20, 30, 0, 5)


def test_however_it_arrives_it_is_the_same() -> None:
    """Edge 3: at every byte, and in two at every place."""
    stream = b"".join(events(ANTHROPIC, EVERYTHING))
    whole = events_of(events(ANTHROPIC, EVERYTHING))

    assert events_of_chunks(single_bytes(stream)) == whole
    short = b"".join(events(ANTHROPIC, TEXT))
    assert all(events_of_chunks(cut) == events_of_chunks([short]) for cut in halves(short))


@settings(max_examples=50)
@given(CUTS, st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_however_it_is_cut_and_its_lines_end(cuts: list[int], end: bytes) -> None:
    """Edges 1 and 2."""
    stream = b"".join(events(ANTHROPIC, EVERYTHING))
    whole = events_of(events(ANTHROPIC, EVERYTHING))

    assert events_of_chunks(pieces(stream.replace(b"\n", end), cuts)) == whole


def test_one_event_in_one_event_out() -> None:
    """Nothing is held back."""
    reader = CODEC.reader(UPSTREAM)

    assert reader.read(begun()) == [START]
    assert reader.read(opened(0, "tool_use", id="a", name="f", input={})) == [
        BlockStart(0, ToolCall("a", "f"))
    ]
    assert reader.read(grown(0, "input_json_delta", partial_json="")) == []
    assert reader.read(grown(0, "input_json_delta", partial_json='{"x"')) == [Delta(0, '{"x"')]
    assert reader.read(closed(0)) == [BlockStop(0)]
    assert reader.read(event("ping")) == []
    assert reader.read(ended("tool_use")) == []
    assert reader.read(STOP) == [Finish(FinishReason.TOOL_USE)]
    assert reader.read(STOP) == []
    assert reader.end() == []


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("first", "last", "usage"),
    [
        pytest.param(
            {"input_tokens": 9, "output_tokens": 1}, {"output_tokens": 5}, Usage(9, 5), id="edge-99"
        ),
        pytest.param(
            {"input_tokens": 9, "cache_read_input_tokens": 3},
            {"input_tokens": 9, "cache_read_input_tokens": 3, "output_tokens": 5},
            Usage(12, 5, 3),
            id="edge-100",
        ),
        pytest.param({"output_tokens": 4}, {"output_tokens": 5}, Usage(None, 5), id="edge-101"),
        pytest.param(
            {"input_tokens": 9},
            {"input_tokens": None, "cache_read_input_tokens": None, "output_tokens": 5},
            Usage(9, 5),
            id="edge-118",
        ),
        pytest.param({}, {}, Usage(), id="edge-119"),
        pytest.param(
            {"input_tokens": 0, "output_tokens": 0},
            {"input_tokens": 70, "cache_read_input_tokens": 30, "output_tokens": 2},
            Usage(100, 2, 30),
            id="input-at-the-end",
        ),
    ],
)  # fmt: skip
def test_usage(first: dict[str, Any], last: dict[str, Any], usage: Usage) -> None:
    """Totals that overwrite; what is left out keeps its value."""
    read = events_of([begun(**first), ended(usage=last), STOP])

    assert collect(read).usage == usage
    assert isinstance(read[-1], Finish)
    assert read[-1].usage == usage


# ---------------------------------------------------------------- blocks


@pytest.mark.parametrize(
    ("inside", "out"),
    [
        pytest.param(
            [opened(0, "text", text=""), grown(0, "text_delta", text="a"), closed(0)],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="text",
        ),
        pytest.param([opened(0, "text", text=""), closed(0)], [], id="empty-text"),
        pytest.param(
            [opened(0, "text", text="a"), grown(0, "text_delta", text=""), closed(0)],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="text-in-the-start",
        ),
        pytest.param(
            [opened(0, "thinking", thinking="", signature=""), grown(0, "thinking_delta", thinking="R"),
             grown(0, "signature_delta", signature="E"), closed(0)],
            [BlockStart(0, Thinking("")), Delta(0, "R"),
             Sign(0, signed(OpaqueKind.ANTHROPIC_SIGNATURE, "E")), BlockStop(0)],
            id="edge-105",
        ),
        pytest.param(
            [opened(0, "thinking", thinking="", signature=""), grown(0, "signature_delta", signature="E"),
             closed(0)],
            [BlockStart(0, Thinking("")), Sign(0, signed(OpaqueKind.ANTHROPIC_SIGNATURE, "E")), BlockStop(0)],
            id="thinking-that-is-not-shown",
        ),
        pytest.param(
            [opened(0, "thinking", thinking="R"), closed(0)],
            [BlockStart(0, Thinking("")), Delta(0, "R"), Sign(0, UNSIGNED), BlockStop(0)],
            id="edge-122",
        ),
        pytest.param(
            [opened(0, "redacted_thinking", data="E"), closed(0)],
            [BlockStart(0, Thinking("")), Sign(0, signed(OpaqueKind.ANTHROPIC_REDACTED, "E")), BlockStop(0)],
            id="edge-104",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f", input={}), closed(0)],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, "{}"), BlockStop(0)],
            id="edge-103",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f", input={}),
             grown(0, "input_json_delta", partial_json=""), closed(0)],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, "{}"), BlockStop(0)],
            id="edge-103-empty-piece",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f"), closed(0)],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, "{}"), BlockStop(0)],
            id="no-input",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f", input={"x": 1}), closed(0)],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, '{"x":1}'), BlockStop(0)],
            id="edge-121",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f", input={"x": 1}),
             grown(0, "input_json_delta", partial_json='{"y":2}'), closed(0)],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, '{"y":2}'), BlockStop(0)],
            id="edge-121-pieces-win",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f"),
             grown(0, "input_json_delta", partial_json={"x": 1}), closed(0)],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, '{"x":1}'), BlockStop(0)],
            id="an-object-for-a-piece",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="key", toolset_name="computer"), closed(0)],
            [BlockStart(0, ToolCall("a", "key", namespace="computer")), Delta(0, "{}"), BlockStop(0)],
            id="toolset",
        ),
        pytest.param([opened(0, "tool_use", id="a", name=""), closed(0)], [], id="a-call-of-nothing"),
        pytest.param(
            [opened(0, "compaction", content=None), grown(0, "compaction_delta", content="short"), closed(0)],
            [BlockStart(0, Text("")), Delta(0, "short"), BlockStop(0)],
            id="compaction",
        ),
        pytest.param(
            [opened(0, "fallback"), closed(0), opened(1, "of_a_new_kind"),
             grown(1, "of_a_new_kind"), closed(1), event("of_a_new_kind"),
             opened(2, "text", text=""), grown(2, "of_a_new_kind"), grown(2, "text_delta", text="a"),
             closed(2)],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="what-nobody-knows",
        ),
        pytest.param(
            [opened(0, "text", text=""), event("ping"), b": a comment\n\n", grown(0, "text_delta", text="a"),
             closed(0)],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="edge-110",
        ),
        pytest.param(
            [opened(0, "text", text=""), grown(0, "text_delta", text="a"), opened(1, "text", text=""),
             grown(1, "text_delta", text="b"), closed(1)],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0), BlockStart(1, Text("")), Delta(1, "b"),
             BlockStop(1)],
            id="missing-stop",
        ),
        pytest.param(
            [opened(0, "text", text=""), grown(0, "text_delta", text="a")],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="missing-stop-at-the-end",
        ),
        pytest.param(
            [opened(0, "text", text="a"), opened(1, "text", text="b"), grown(0, "text_delta", text="c"),
             closed(0), closed(1)],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0), BlockStart(1, Text("")), Delta(1, "b"),
             BlockStop(1), BlockStart(2, Text("")), Delta(2, "c"), BlockStop(2)],
            id="text-behind-its-end",
        ),
        pytest.param(
            [grown(0, "thinking_delta", thinking="R"), grown(1, "text_delta", text="a")],
            [BlockStart(0, Thinking("")), Delta(0, "R"), Sign(0, UNSIGNED), BlockStop(0),
             BlockStart(1, Text("")), Delta(1, "a"), BlockStop(1)],
            id="missing-starts",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f"), opened(1, "tool_use", id="b", name="g"),
             grown(1, "input_json_delta", partial_json="{}"),
             grown(0, "input_json_delta", partial_json='{"x":1}'), closed(1), closed(0)],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, '{"x":1}'), BlockStop(0),
             BlockStart(1, ToolCall("b", "g")), Delta(1, "{}"), BlockStop(1)],
            id="calls-at-once",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f"), closed(0), opened(0, "tool_use", id="b", name="g")],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, "{}"), BlockStop(0),
             BlockStart(1, ToolCall("b", "g")), Delta(1, "{}"), BlockStop(1)],
            id="one-index-twice",
        ),
        pytest.param(
            [opened(0, "tool_use", id="a", name="f"), opened(0, "text", text="a")],
            [BlockStart(0, ToolCall("a", "f")), Delta(0, "{}"), BlockStop(0),
             BlockStart(1, Text("")), Delta(1, "a"), BlockStop(1)],
            id="one-index-again",
        ),
        pytest.param([closed(7), grown(7, "input_json_delta", partial_json="{}")], [], id="of-no-block"),
        pytest.param(
            [event("content_block_start", content_block={"type": "text", "text": ""}),
             event("content_block_delta", delta={"type": "text_delta", "text": "a"}),
             event("content_block_stop"),
             event("content_block_start", content_block={"type": "text", "text": "b"})],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0), BlockStart(1, Text("")), Delta(1, "b"),
             BlockStop(1)],
            id="no-index",
        ),
        pytest.param(
            [opened(5, "text", text="a"), closed(5), opened(9, "text", text="b"), closed(9)],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0), BlockStart(1, Text("")), Delta(1, "b"),
             BlockStop(1)],
            id="gaps",
        ),
        pytest.param(
            [opened(0, "text", text=""), event("content_block_delta", index=0, delta="a"),
             event("content_block_delta", index=0), grown(0, "text_delta", text=7),
             grown(0, "thinking_delta", thinking="R"), closed(0),
             opened(1, "thinking"), grown(1, "thinking_delta", thinking=7),
             opened(2, "tool_use", id=7, name="f"), grown(2, "input_json_delta", partial_json=7)],
            [BlockStart(0, Thinking("")), Sign(0, UNSIGNED), BlockStop(0),
             BlockStart(1, ToolCall("", "f")), Delta(1, "{}"), BlockStop(1)],
            id="wrong-types",
        ),
        pytest.param(
            [b"data: " + opened(0, "text", text="a").split(b"data: ")[1]],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="edge-14-no-name",
        ),
        pytest.param(
            [b'data: {"index":0,"content_block":{"type":"text","text":"a"}}\nevent: content_block_start\n\n'],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="edge-14-name-behind",
        ),
        pytest.param(
            [opened(0, "text", text=""),
             b'event: content_block_delta\ndata: {"type":"content_block_delta",\n'
             b'data: "index":0,"delta":{"type":"text_delta","text":"a"}}\n\n'],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="edge-8",
        ),
        pytest.param(
            [opened(0, "text", text=""), b"event: content_block_delta\ndata: {oops\n\n", b"data: [DONE]\n\n",
             b"data: [1]\n\n", grown(0, "text_delta", text="a")],
            [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)],
            id="no-json",
        ),
    ],
)  # fmt: skip
def test_blocks(inside: list[bytes], out: list[Event]) -> None:
    """In the neutral grammar, whatever is left out or comes too much."""
    assert said(*inside) == out


@pytest.mark.parametrize("index", [0, 1])
def test_thinking_for_a_client_of_the_same_format_is_not_tagged(index: int) -> None:
    """Where nobody knows the provider, its state stays bare and what is unsigned stays so."""
    stream = [
        begun(), opened(0, "thinking", thinking="R", signature="E"), closed(0),
        opened(1, "thinking", thinking="S"), closed(1), ended(), STOP,
    ]  # fmt: skip
    parts = collect(events_of(stream, NOBODY)).parts

    assert parts[index] == (
        Thinking("R", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "E", "", "M")),
        Thinking("S"),
    )[index]  # fmt: skip


WEB = {
    "type": "web_search_result_location", "url": "https://a.example", "title": "A", "encrypted_index": "E",
    "cited_text": "c",
}  # fmt: skip
SAID, CITING = grown(0, "text_delta", text="a"), grown(0, "citations_delta", citation=WEB)
CITED = Citation("https://a.example", "A", "c")


@pytest.mark.parametrize(
    "inside",
    [
        [opened(0, "text", text=""), SAID, CITING],
        [opened(0, "text", text=""), CITING, SAID],
        [opened(0, "text", text="", citations=[WEB]), SAID],
    ],
    ids=["behind", "before", "in-the-start"],
)  # fmt: skip
def test_a_citation_stands_behind_what_it_is_for(inside: list[bytes]) -> None:
    """Edge 107: wherever the vendor puts it."""
    page = grown(0, "citations_delta", citation={"type": "page_location"})

    assert said(*inside, page, closed(0)) == [
        BlockStart(0, Text("")), Delta(0, "a"), Cite(0, CITED), BlockStop(0)
    ]  # fmt: skip


def test_a_citation_of_nothing_is_left_out() -> None:
    """A block without text is none."""
    assert (
        said(opened(0, "text", text=""), grown(0, "citations_delta", citation=WEB), closed(0)) == []
    )


RESULTS = [
    {"type": "web_search_result", "url": "https://a.example", "title": "A", "page_age": "1 d"},
    {"type": "web_search_result", "url": "https://b.example", "title": "B", "encrypted_content": "E"},
    "x",
]  # fmt: skip
HITS = (Hit("https://a.example", "A", "1 d"), Hit("https://b.example", "B"))


@pytest.mark.parametrize(
    ("call", "query"),
    [
        ([grown(0, "input_json_delta", partial_json='{"que'),
          grown(0, "input_json_delta", partial_json='ry":"q"}')], "q"),
        ([], "of-the-start"),
        ([grown(0, "input_json_delta", partial_json="{")], ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("content", "hits", "error"),
    [
        (RESULTS, HITS, ""),
        ({"error_code": "too_many_requests"}, (), "too_many_requests"),
        ({}, (), "unavailable"),
        (None, (), ""),
    ],
)  # fmt: skip
def test_a_search_is_one_part_when_its_result_comes(
    call: list[bytes], query: str, content: object, hits: tuple[Hit, ...], error: str
) -> None:
    """Edge 106: its call and its result together."""
    start = opened(0, "server_tool_use", id="s", name="web_search", input={"query": "of-the-start"})
    result = opened(1, "web_search_tool_result", tool_use_id="s", content=content)
    search = WebSearch("s", query, hits, error)

    assert said(start, *call, closed(0), result, closed(1)) == [BlockStart(0, search), BlockStop(0)]


def test_other_tools_of_the_vendor_are_not_told() -> None:
    """Edge 106: no gap in the numbers either."""
    inside = [
        opened(0, "server_tool_use", id="s", name="code_execution", input={}), closed(0),
        opened(1, "code_execution_tool_result", tool_use_id="s", content={}), closed(1),
        opened(2, "text", text="a"), closed(2),
    ]  # fmt: skip

    assert said(*inside) == [BlockStart(0, Text("")), Delta(0, "a"), BlockStop(0)]


# ---------------------------------------------------------------- the end

TEXTS = (opened(0, "text", text="a"), closed(0))
HALF = grown(0, "input_json_delta", partial_json='{"x')
CALLS = (opened(0, "tool_use", id="a", name="f", input={}), closed(0))


@pytest.mark.parametrize(
    ("reason", "inside", "finish"),
    [
        ("end_turn", TEXTS, FinishReason.END_TURN),
        ("max_tokens", TEXTS, FinishReason.MAX_TOKENS),
        ("tool_use", CALLS, FinishReason.TOOL_USE),
        ("end_turn", CALLS, FinishReason.TOOL_USE),
        ("tool_use", TEXTS, FinishReason.END_TURN),
        ("pause_turn", TEXTS, FinishReason.PAUSE_TURN),
        ("model_context_window_exceeded", TEXTS, FinishReason.CONTEXT_WINDOW),
        ("compaction", TEXTS, FinishReason.COMPACTION),
        ("sensitive", (), FinishReason.REFUSAL),
        ("of_a_new_kind", TEXTS, FinishReason.END_TURN),
        (7, CALLS, FinishReason.TOOL_USE),
    ],
)
def test_why_it_ended(reason: object, inside: tuple[bytes, ...], finish: FinishReason) -> None:
    """Edge 113 among them; a reason agrees with what was said."""
    assert end_of(begun(), *inside, ended(reason), STOP) == Finish(finish)


def test_the_sequence_that_it_stopped_at() -> None:
    """With the reason."""
    last = ended("stop_sequence", stop_sequence="END")

    assert end_of(begun(), *TEXTS, last, STOP) == Finish(
        FinishReason.STOP_SEQUENCE, stop_sequence="END"
    )


@pytest.mark.parametrize(
    ("details", "detail"),
    [
        ({"type": "refusal", "category": "cyber", "explanation": "no"}, "no"),
        ({"type": "refusal", "category": "cyber", "explanation": None}, "cyber"),
        (None, ""),
        ({"explanation": 7}, ""),
    ],
)
def test_a_refusal_says_why(details: object, detail: str) -> None:
    """Edge 112: also without any content."""
    last = ended("refusal", stop_details=details)

    assert end_of(begun(), last, STOP) == Finish(FinishReason.REFUSAL, detail=detail)


@pytest.mark.parametrize(
    ("blocks", "end"),
    [
        pytest.param((begun(), *TEXTS, ended()), Finish(FinishReason.END_TURN), id="edge-111"),
        pytest.param((begun(), *TEXTS, STOP), Finish(FinishReason.END_TURN), id="no-message-delta"),
        pytest.param((begun(), *CALLS, STOP), Finish(FinishReason.TOOL_USE), id="inferred-from-calls"),
        pytest.param(
            (begun(), *TEXTS, ended("max_tokens"), ended(None, {"output_tokens": 3}), STOP),
            Finish(FinishReason.MAX_TOKENS, Usage(None, 3)),
            id="twice-message-delta",
        ),
        pytest.param(
            (begun(), *TEXTS, ended("end_turn"), ended("max_tokens"), STOP),
            Finish(FinishReason.MAX_TOKENS),
            id="the-last-reason",
        ),
        pytest.param(
            (begun(), *TEXTS, ended(), STOP, ended("max_tokens")),
            Finish(FinishReason.END_TURN),
            id="message-delta-too-late",
        ),
        pytest.param((begun(), ended(), STOP), Finish(FinishReason.END_TURN), id="no-content"),
        pytest.param((ended(), STOP), Finish(FinishReason.END_TURN), id="no-message-start"),
        pytest.param(
            (begun(), *TEXTS, begun(output_tokens=3), STOP),
            Finish(FinishReason.END_TURN, Usage(None, 3)),
            id="twice-message-start",
        ),
        pytest.param((), CUT, id="nothing"),
        pytest.param((begun(),), CUT, id="cut-before-content"),
        pytest.param((begun(), *TEXTS), CUT, id="cut-behind-content"),
        pytest.param((begun(), *TEXTS, ended(None)), CUT, id="cut-without-a-reason"),
        pytest.param((begun(), CALLS[0], HALF), CUT, id="half-a-call"),
    ],
)  # fmt: skip
def test_how_it_ended(blocks: tuple[bytes, ...], end: Event) -> None:
    """Complete only where it says so."""
    assert end_of(*blocks) == end


def test_a_call_that_the_vendor_completed_is_passed_on_as_it_is() -> None:
    """With a proper end the client decides what to make of half a call."""
    read = said(CALLS[0], HALF, last=(ended("max_tokens"), STOP))

    assert read == [BlockStart(0, ToolCall("a", "f")), Delta(0, '{"x'), BlockStop(0)]


@pytest.mark.parametrize(
    ("block", "failure"),
    [
        pytest.param(
            event("error", error={"type": "overloaded_error", "message": "Overloaded"}),
            Failure(ErrorKind.OVERLOADED, "Overloaded", "overloaded_error"),
            id="edge-109",
        ),
        pytest.param(
            event("error", error={"type": "invalid_request_error", "message": "prompt is too long"}),
            Failure(ErrorKind.CONTEXT_OVERFLOW, "prompt is too long", "invalid_request_error"),
            id="too-long",
        ),
        pytest.param(
            event("error", error="broken"), Failure(ErrorKind.UPSTREAM, "broken", ""), id="only-a-text"
        ),
        pytest.param(
            b'data: {"error":{"type":"rate_limit_error","message":"slow"}}\n\n',
            Failure(ErrorKind.RATE_LIMIT, "slow", "rate_limit_error"),
            id="without-a-type",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [(), (begun(),), (begun(), opened(0, "text", text="a"))])
def test_an_error_ends_the_stream(
    block: bytes, failure: Failure, before: tuple[bytes, ...]
) -> None:
    """Wherever it comes, and nothing behind it counts."""
    read = events_of([*before, block, *TEXTS, grown(0, "text_delta", text="x"), ended(), STOP])

    neutral.judge(read)
    assert read[-1] == failure


_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "index": st.integers(0, 2) | st.none(),
    "content_block": st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "thinking", "tool_use", "redacted_thinking", "server_tool_use",
                                  "web_search_tool_result", "compaction", "x"])},
        optional={"text": st.text(max_size=2), "id": st.text(max_size=2), "name": st.just("f"),
                  "input": st.just({"x": 1}), "signature": st.just("E"), "tool_use_id": st.just("a"),
                  "content": st.just([{"url": "u"}])},
    ),
    "delta": st.fixed_dictionaries(
        {"type": st.sampled_from(["text_delta", "thinking_delta", "signature_delta", "input_json_delta",
                                  "citations_delta", "x"])},
        optional={"text": st.text(max_size=2), "thinking": st.just("R"), "partial_json": st.just('{"x":1}'),
                  "signature": st.just("E"), "citation": st.just(WEB),
                  "stop_reason": st.sampled_from(["end_turn", "tool_use", None])},
    ),
    "usage": st.just({"output_tokens": 1}),
    "message": st.just({"id": "m"}),
    "error": st.just({"type": "api_error", "message": "x"}),
}  # fmt: skip
_KINDS = st.sampled_from([
    "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
    "message_stop", "error", "ping", "x",
])  # fmt: skip
_EVENTS = st.lists(st.tuples(_KINDS, st.fixed_dictionaries({}, optional=_FIELDS)), max_size=12)


@settings(max_examples=100)
@given(_EVENTS)
def test_any_events_become_a_word_of_the_grammar(stream: list[tuple[str, dict[str, Any]]]) -> None:
    """P6: in any order, with anything missing."""
    neutral.judge(events_of([event(kind, **fields) for kind, fields in stream]))


@settings(max_examples=50)
@given(st.integers(0, 10**4), st.binary(max_size=6))
def test_a_stream_that_is_cut_or_spoiled_never_ends_as_if_complete(
    place: int, noise: bytes
) -> None:
    """Edge 26: at any byte, with any bytes in its place."""
    stream = b"".join(events(ANTHROPIC, EVERYTHING))
    last = stream.rindex(b"event: message_delta")
    cut = stream[: place % last]
    read = events_of_chunks([cut])

    neutral.judge(read)
    assert read[-1] == CUT
    neutral.judge(events_of_chunks([cut + noise + stream[len(cut) + 1 :]]))


def test_json_of_the_vendor_may_hold_half_a_character() -> None:
    """Edge 4: it goes on to be joined with the other half."""
    text = json.dumps("\ud83d")
    block = (
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        f'"delta":{{"type":"text_delta","text":{text}}}}}\n\n'
    ).encode()

    assert events_of([begun(), opened(0, "text", text=""), block])[2] == Delta(0, "\ud83d")

"""A provider's stream as neutral events, however well it keeps to the format."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import ErrorKind
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Delta,
    Failure,
    Finish,
    Sign,
    Start,
    collect,
)
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
from aimux.wire.target import Target
from tests.support.answers import EVERYTHING, OPENAI_RESPONSES, TEXT, events
from tests.support.chunks import halves, single_bytes
from tests.support.grammar import neutral
from tests.support.reply import SIGNATURE
from tests.wire.openai_responses.asking import PROVIDER, answer_in, heard, told

CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "m-1"}}
USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
WHOSE = Opaque(OpaqueKind.TEXT, "", "p", "m")
CUT = Failure(ErrorKind.UPSTREAM, "the stream ended before it was complete", "stream-cut")


def on(index: int, type_: str, **fields: Any) -> dict[str, Any]:
    """An event of an item."""
    return {"type": f"response.{type_}", "output_index": index, **fields}


def added(index: int, **item: Any) -> dict[str, Any]:
    """An item is announced."""
    return on(index, "output_item.added", item=item)


def done(index: int, **item: Any) -> dict[str, Any]:
    """An item is complete."""
    return on(index, "output_item.done", item=item)


def ended(**response: Any) -> dict[str, Any]:
    """The answer is complete."""
    return {"type": "response.completed", "response": {"id": "resp_1", **response}}


def message(*content: dict[str, Any]) -> dict[str, Any]:
    """A message."""
    return {"type": "message", "role": "assistant", "content": list(content)}


def text(words: str, **more: Any) -> dict[str, Any]:
    """A part of a message."""
    return {"type": "output_text", "text": words, **more}


def delta(index: int, words: str, part: int = 0) -> dict[str, Any]:
    """A piece of text."""
    return on(index, "output_text.delta", delta=words, content_index=part)


def call(id_: str = "call_1", arguments: str = "", **more: Any) -> dict[str, Any]:
    """A call of a function."""
    return {"type": "function_call", "call_id": id_, "name": "f", "arguments": arguments, **more}


def thought(*summary: str, **more: Any) -> dict[str, Any]:
    """Reasoning."""
    parts = [{"type": "summary_text", "text": each} for each in summary]
    return {"type": "reasoning", "summary": parts, **more}


def parts_in(*events_: dict[str, Any], target: Target = PROVIDER) -> tuple[Any, ...]:
    """The parts of an answer that ends well."""
    return answer_in(told(CREATED, *events_, ended()), target).parts


# ---------------------------------------------------------------- whole answers


def test_an_answer_with_everything() -> None:
    """As the vendor writes it."""
    assert answer_in(b"".join(events(OPENAI_RESPONSES, EVERYTHING))) == Response(
        "resp_1",
        "model-1",
        (
            Thinking("R1", Opaque(OpaqueKind.OPENAI_REASONING, SIGNATURE, "p", "m")),
            Text("T1"),
            ToolCall("call_a", "f", '{"x":1}'),
            ToolCall("call_b", "g", "{}"),
        ),
        FinishReason.TOOL_USE,
        Usage(100, 20, 30, 0, 5),
    )


@pytest.mark.parametrize("reply", [TEXT, EVERYTHING], ids=["text", "everything"])
def test_however_it_arrives(reply: Any) -> None:
    """Cut at every byte, and with any line ends, it is the same answer."""
    stream = b"".join(events(OPENAI_RESPONSES, reply))
    whole = heard(stream)

    assert heard(stream, pieces=single_bytes(stream)) == whole
    assert all(heard(stream, pieces=cut) == whole for cut in halves(stream))
    assert heard(stream.replace(b"\n", b"\r\n")) == whole
    neutral.judge(whole)


@pytest.mark.parametrize("count", range(1, 22))
def test_a_stream_that_is_cut_never_ends_well(count: int) -> None:
    """Behind any of its events but the last."""
    whole = events(OPENAI_RESPONSES, EVERYTHING)
    cut = heard(b"".join(whole[:count]))

    assert cut[0] == Start("resp_1", "model-1")
    assert cut[-1] == CUT
    neutral.judge(cut)


def test_pieces_go_on_as_they_come() -> None:
    """One event in, one out, and the block is over with its part."""
    assert heard(
        told(
            CREATED,
            added(0, **message()),
            on(0, "content_part.added", content_index=0, part=text("")),
            delta(0, "a"),
            delta(0, "b"),
            on(0, "content_part.done", content_index=0, part=text("ab")),
            done(0, **message(text("ab"))),
            ended(usage=USAGE),
        )
    ) == [
        Start("resp_1", "m-1"),
        BlockStart(0, Text("")),
        Delta(0, "a"),
        Delta(0, "b"),
        BlockStop(0),
        Finish(FinishReason.END_TURN, Usage(3, 2)),
    ]


# ---------------------------------------------------------------- what is left out


def test_only_done() -> None:
    """Codex lives on that alone, and so do some servers."""
    assert parts_in(
        done(0, **thought("hm")),
        done(1, **message(text("a"), {"type": "refusal", "refusal": "no"})),
        done(2, **call(arguments="{}")),
    ) == (Thinking("hm", WHOSE), Text("a"), Refusal("no"), ToolCall("call_1", "f", "{}"))


def test_only_the_output_at_the_end() -> None:
    """What never came is read there, what came is not read twice, whatever its number."""
    output = [
        thought("hm"),
        {"id": "msg_1", **message(text("a"))},
        call(arguments="{}"),
        call("call_2", "{}"),
    ]
    stream = told(CREATED, done(4, **output[1]), done(2, **output[2]), ended(output=output))

    assert answer_in(stream).parts == (
        Text("a"),
        ToolCall("call_1", "f", "{}"),
        Thinking("hm", WHOSE),
        ToolCall("call_2", "f", "{}"),
    )


def test_an_output_of_as_many_items_as_came_is_theirs() -> None:
    """Some proxies make up new ids and numbers."""
    stream = told(
        CREATED,
        done(1, id="a", **message(text("a"))),
        ended(output=[{"id": "b", **message(text("a"))}]),
    )

    assert answer_in(stream).parts == (Text("a"),)


def test_an_item_that_was_not_done_is_completed_by_the_last_event() -> None:
    """Here a limit has cut it."""
    stream = told(
        CREATED,
        added(0, **message()),
        delta(0, "a"),
        {
            "type": "response.incomplete",
            "response": {
                "status": "incomplete",
                "incomplete_details": {"reason": "max_output_tokens"},
                "output": [message(text("abc"))],
            },
        },
    )

    assert answer_in(stream) == Response("resp_1", "m-1", (Text("abc"),), FinishReason.MAX_TOKENS)


def test_no_beginning_no_announcements() -> None:
    """Deltas say by their kind what they are of, and items by their end what they call."""
    stream = told(
        on(0, "reasoning_text.delta", delta="hm"),
        delta(1, "a"),
        on(2, "function_call_arguments.delta", delta='{"x":'),
        done(2, **call()),
        {"type": "response.completed"},
    )

    assert answer_in(stream) == Response(
        "",
        "",
        (Thinking("hm", WHOSE), Text("a"), ToolCall("call_1", "f", '{"x":')),
        FinishReason.TOOL_USE,
    )


def test_events_without_a_number_go_by_the_items_id() -> None:
    """Two texts at once stay two."""
    stream = told(
        {"type": "response.output_text.delta", "item_id": "a", "delta": "1"},
        {"type": "response.output_text.delta", "item_id": "b", "delta": "2"},
        {"type": "response.output_text.delta", "item_id": "a", "delta": "1"},
        ended(),
    )

    assert answer_in(stream).parts == (Text("11"), Text("2"))


def test_names_may_be_missing() -> None:
    """Edge 14: the data say the type."""
    stream = told(CREATED, delta(0, "a"), ended())
    bare = b"".join(line + b"\n\n" for line in stream.split(b"\n") if line.startswith(b"data:"))

    assert heard(bare) == heard(stream)


def test_data_may_leave_the_type_to_the_name() -> None:
    """The other way round."""
    stream = (
        b'event: response.output_text.delta\ndata: {"output_index":0,"delta":"a"}\n\n'
        b"event: response.completed\ndata: {}\n\n"
    )

    assert answer_in(stream).parts == (Text("a"),)


def test_an_item_that_says_nothing_leaves_no_block() -> None:
    """Nobody has a use for an empty one."""
    assert (
        parts_in(
            added(0, **thought()),
            done(0, **thought()),
            added(1, **message()),
            delta(1, ""),
            done(1, **message(text(""))),
            done(2, **call(name="")),
        )
        == ()
    )


# ---------------------------------------------------------------- what is said twice


@pytest.mark.parametrize("kind", ["text", "arguments", "input", "reasoning"])
def test_what_done_says_beyond_the_deltas_is_added(kind: str) -> None:
    """Edge 159: by whatever says it first, and once."""
    piece = {"delta": "ab"}
    stream: list[dict[str, Any]]
    whole: object
    match kind:
        case "text":
            stream = [
                delta(0, "ab"),
                on(0, "output_text.done", content_index=0, text="abc"),
                on(0, "content_part.done", content_index=0, part=text("abcd")),
                done(0, **message(text("abcd"))),
            ]
            whole = Text("abcd")
        case "arguments":
            stream = [
                added(0, **call()),
                on(0, "function_call_arguments.delta", **piece),
                on(0, "function_call_arguments.done", arguments="abc"),
                done(0, **call(arguments="abcd")),
            ]
            whole = ToolCall("call_1", "f", "abcd")
        case "input":
            item = {"type": "custom_tool_call", "call_id": "c", "name": "p", "namespace": "ns"}
            stream = [
                added(0, **item, input=""),
                on(0, "custom_tool_call_input.delta", **piece),
                on(0, "custom_tool_call_input.done", input="abc"),
                done(0, **item, input="abcd"),
            ]
            whole = ToolCall("c", "p", "abcd", CallKind.CUSTOM, "ns")
        case _:
            stream = [
                on(0, "reasoning_summary_text.delta", summary_index=0, **piece),
                done(0, **thought("abc", "d")),
            ]
            whole = Thinking("abc\n\nd", WHOSE)

    assert parts_in(*stream) == (whole,)


def test_what_done_says_shorter_or_not_at_all_changes_nothing() -> None:
    """What was said cannot be taken back."""
    assert parts_in(
        delta(0, "abc"),
        on(0, "output_text.done", text="a"),
        on(0, "output_text.done", text=None),
        done(0, **message(text("ab"))),
        done(1),
    ) == (Text("abc"),)


def test_an_item_that_is_done_twice_counts_once() -> None:
    """But two calls under one id are two, which the client must see (protocols 1.5.3)."""
    assert parts_in(
        done(0, **call(arguments="{}")),
        done(0, **call(arguments="{}")),
        done(1, **call(arguments="{}")),
    ) == (ToolCall("call_1", "f", "{}"), ToolCall("call_1", "f", "{}"))


def test_a_number_that_is_used_again_is_another_item() -> None:
    """Some servers say 0 of every item; what was open there is over."""
    assert parts_in(
        added(0, **message()),
        delta(0, "a"),
        added(0, **call()),
        on(0, "function_call_arguments.delta", delta="{}"),
        added(0, **call("call_2")),
        done(0, **call("call_2", "{}")),
        added(0, **message()),
        delta(0, "b"),
    ) == (
        Text("a"),
        ToolCall("call_1", "f", "{}"),
        ToolCall("call_2", "f", "{}"),
        Text("b"),
    )


def test_text_behind_its_end_is_not_lost() -> None:
    """It becomes a block of its own."""
    assert parts_in(delta(0, "a"), on(0, "content_part.done", part=text("a")), delta(0, "b")) == (
        Text("a"),
        Text("b"),
    )


# ---------------------------------------------------------------- reasoning


def state(value: str) -> Opaque:
    """What the vendor keeps of a thought."""
    return Opaque(OpaqueKind.OPENAI_REASONING, value, "p", "m")


@pytest.mark.parametrize(
    ("stream", "part"),
    [
        pytest.param(
            [
                on(0, "reasoning_summary_text.delta", summary_index=0, delta="a"),
                on(0, "reasoning_text.delta", content_index=0, delta="a"),
                on(0, "reasoning_summary_text.delta", summary_index=1, delta="b"),
                on(0, "reasoning_summary_text.delta", summary_index=1, delta="c"),
                done(0, **thought("a", "bc", content=[{"text": "a"}], encrypted_content="e")),
            ],
            Thinking("a\n\nbc", state("e")),
            id="edge-157-158",
        ),
        (
            [
                on(0, "reasoning_text.delta", content_index=0, delta="a"),
                on(0, "reasoning_summary_text.delta", summary_index=0, delta="x"),
                done(0, **thought("x", content=[{"text": "ab"}])),
            ],
            Thinking("ab", WHOSE),
        ),
        ([done(0, **thought("a", content=[{"text": "b"}]))], Thinking("a", WHOSE)),
        ([done(0, **thought(content=[{"text": "b"}, {"text": ""}, 7]))], Thinking("b", WHOSE)),
        ([done(0, **thought(encrypted_content="e"))], Thinking("", state("e"))),
        ([done(0, **thought("a", encrypted_content=None))], Thinking("a", WHOSE)),
        (
            [on(0, "reasoning_summary_text.delta", summary_index=0, delta="a")],
            Thinking("a", WHOSE),
        ),
    ],
)
def test_reasoning(stream: list[dict[str, Any]], part: Thinking) -> None:
    """One block with one state, and nothing told twice."""
    assert parts_in(*stream) == (part,)


def test_the_state_comes_last() -> None:
    """Behind all of the text."""
    stream = told(CREATED, done(0, **thought("a", encrypted_content="e")), ended())

    assert heard(stream)[1:5] == [
        BlockStart(0, Thinking("")),
        Delta(0, "a"),
        Sign(0, state("e")),
        BlockStop(0),
    ]


def test_an_answer_of_nobody_is_signed_by_nobody() -> None:
    """A client's own format, read for the client: the state goes through as it is."""
    nobody = Target("", "m")

    assert parts_in(
        done(0, **thought("a")), done(1, **thought("b", encrypted_content="aimux1.x")), target=nobody
    ) == (Thinking("a"), Thinking("b", Opaque(OpaqueKind.OPENAI_REASONING, "aimux1.x", "", "m")))  # fmt: skip


# ---------------------------------------------------------------- order


def test_items_at_the_same_time_are_put_in_order() -> None:
    """Their pieces come in turn; what waits is said in one piece."""
    events_ = heard(
        told(
            CREATED,
            added(0, **call("call_1")),
            added(1, **call("call_2")),
            on(0, "function_call_arguments.delta", delta="{"),
            on(1, "function_call_arguments.delta", delta="{"),
            on(1, "function_call_arguments.delta", delta="}"),
            done(1, **call("call_2", "{}")),
            on(0, "function_call_arguments.delta", delta="}"),
            done(0, **call("call_1", "{}")),
            ended(),
        )
    )

    neutral.judge(events_)
    assert [event for event in events_ if isinstance(event, Delta)] == [
        Delta(0, "{"), Delta(0, "}"), Delta(1, "{}"),
    ]  # fmt: skip
    assert collect(events_).parts == (
        ToolCall("call_1", "f", "{}"),
        ToolCall("call_2", "f", "{}"),
    )


# ---------------------------------------------------------------- other items


@pytest.mark.parametrize(
    ("item", "part"),
    [
        pytest.param(
            {
                "type": "web_search_call",
                "id": "ws_1",
                "status": "completed",
                "action": {
                    "type": "search",
                    "query": "q",
                    "sources": [{"url": "http://a"}, {"url": "http://b", "title": "B"}, 7],
                },
            },
            WebSearch("ws_1", "q", (Hit("http://a"), Hit("http://b", "B"))),
            id="edge-163",
        ),
        (
            {
                "type": "web_search_call",
                "id": "ws_1",
                "status": "failed",
                "action": {"queries": ["", "q"]},
            },
            WebSearch("ws_1", "q", error="unavailable"),
        ),
        (
            {
                "type": "web_search_call",
                "id": "ws_1",
                "action": {"type": "open_page", "url": "http://a"},
            },
            WebSearch("ws_1", "http://a"),
        ),
        (
            {"type": "image_generation_call", "result": "AAAA", "output_format": "webp"},
            Media(MediaKind.IMAGE, "image/webp", "AAAA"),
        ),
        (
            {"type": "image_generation_call", "result": "AAAA"},
            Media(MediaKind.IMAGE, "image/png", "AAAA"),
        ),
        (
            {
                "type": "tool_search_call",
                "execution": "client",
                "call_id": "c",
                "arguments": {"q": 1},
            },
            ToolCall("c", "tool_search", '{"q":1}', CallKind.TOOL_SEARCH),
        ),
        (
            {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}},
            ToolCall("c", "shell", '{"commands":["ls"]}', CallKind.SHELL),
        ),
        (call(None, "{}", id="fc_1"), ToolCall("fc_1", "f", "{}")),
        (call(None, "{}"), ToolCall("", "f", "{}")),
        (call(arguments={"x": 1}), ToolCall("call_1", "f", '{"x":1}')),
    ],
)
def test_items_that_come_whole(item: dict[str, Any], part: object) -> None:
    """When they are done."""
    assert parts_in(added(0, **item), done(0, **item)) == (part,)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "file_search_call"},
        {"type": "tool_search_call", "execution": "server", "arguments": {}},
        {"type": "image_generation_call", "result": None},
        {"type": "of_a_new_type"},
        {"type": ["x"]},
        {},
    ],
)
def test_what_only_the_vendor_knows_is_hidden(item: dict[str, Any]) -> None:
    """No client of another format has a word for it."""
    assert parts_in(added(0, **item), done(0, **item), delta(1, "a")) == (Text("a"),)


def test_sources_of_a_text() -> None:
    """As events, in the part, or in both; only those on the web, and each once."""
    one, two = ({"type": "url_citation", "url": url, "title": "t"} for url in "uv")
    file = {"type": "file_citation", "file_id": "f"}
    annotated = on(0, "output_text.annotation.added", content_index=0)
    events_ = heard(
        told(
            CREATED,
            {**annotated, "annotation": one},  # before its text: told again at the end
            delta(0, "a"),
            {**annotated, "annotation": one},
            {**annotated, "annotation": file},
            done(0, **message(text("a", annotations=[one, file, two, file]))),
            ended(),
        )
    )

    assert [event for event in events_ if isinstance(event, Cite)] == [
        Cite(0, Citation("u", "t")),
        Cite(0, Citation("v", "t")),
    ]


# ---------------------------------------------------------------- the end


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        ([delta(0, "a"), ended()], FinishReason.END_TURN),
        ([done(0, **call(arguments="{}")), ended()], FinishReason.TOOL_USE),
        pytest.param(
            [on(0, "refusal.delta", delta="n"), on(0, "refusal.delta", delta="o"), ended()],
            FinishReason.REFUSAL,
            id="edge-160",
        ),
        (
            [
                {
                    "type": "response.incomplete",
                    "response": {"incomplete_details": {"reason": "max_output_tokens"}},
                }
            ],
            FinishReason.MAX_TOKENS,
        ),
        (
            [
                {
                    "type": "response.incomplete",
                    "response": {"incomplete_details": {"reason": "content_filter"}},
                }
            ],
            FinishReason.REFUSAL,
        ),
        pytest.param(
            [
                delta(0, "a"),
                {"type": "response.incomplete", "response": {"incomplete_details": None}},
            ],
            FinishReason.END_TURN,
            id="edge-161",
        ),
        (
            [
                done(0, **call(arguments="{}")),
                {
                    "type": "response.incomplete",
                    "response": {"incomplete_details": {"reason": ["x"]}},
                },
            ],
            FinishReason.TOOL_USE,
        ),
    ],
)
def test_why_it_ended(stream: list[dict[str, Any]], reason: FinishReason) -> None:
    """By its reason, whatever the event is called."""
    events_ = heard(told(CREATED, *stream))

    neutral.judge(events_)
    assert collect(events_).finish is reason


def test_a_refusal() -> None:
    """Is one, not a text."""
    assert parts_in(
        on(0, "refusal.delta", content_index=0, delta="n"),
        on(0, "content_part.done", content_index=0, part={"type": "refusal", "refusal": "no"}),
    ) == (Refusal("no"),)


@pytest.mark.parametrize(
    ("event", "failure"),
    [
        (
            {
                "type": "response.failed",
                "response": {"error": {"code": "rate_limit_exceeded", "message": "slow"}},
            },
            Failure(ErrorKind.RATE_LIMIT, "slow", "rate_limit_exceeded"),
        ),
        (
            {"type": "error", "code": "context_length_exceeded", "message": "long", "param": None},
            Failure(ErrorKind.CONTEXT_OVERFLOW, "long", "context_length_exceeded"),
        ),
        (
            {"type": "error", "error": {"type": "server_error", "message": "m"}},
            Failure(ErrorKind.UPSTREAM, "m", "server_error"),
        ),
        ({"error": "m"}, Failure(ErrorKind.UPSTREAM, "m", "")),
        ({"error": {"message": "m", "code": 529}}, Failure(ErrorKind.OVERLOADED, "m", "529")),
        ({"type": "response.failed"}, Failure(ErrorKind.UPSTREAM, "an error without words", "")),
        (
            {
                "type": "response.completed",
                "response": {"status": "failed", "error": {"message": "m"}},
            },
            Failure(ErrorKind.UPSTREAM, "m", ""),
        ),
        (
            {"type": "response.completed", "response": {"status": "cancelled"}},
            Failure(ErrorKind.UPSTREAM, "an error without words", ""),
        ),
    ],
)
@pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
def test_a_provider_that_fails(event: dict[str, Any], failure: Failure, *, later: bool) -> None:
    """Whatever way it says so; nothing follows, and a block that is open stays so."""
    before = (CREATED, delta(0, "a")) if later else ()
    events_ = heard(told(*before, event, delta(0, "b"), ended()))

    neutral.judge(events_)
    assert events_[-1] == failure
    assert len(events_) == (4 if later else 2)


def test_nothing_follows_the_end() -> None:
    """Neither a late piece, nor a second end, nor ``[DONE]``."""
    stream = told(CREATED, delta(0, "a"), ended())

    assert heard(stream + told(delta(0, "b"), ended()) + b"data: [DONE]\n\n") == heard(stream)


@pytest.mark.parametrize(
    "noise",
    [
        {"type": "ping"},
        {"type": "keepalive", "sequence_number": 1},
        {"type": "response.of_a_new_kind", "delta": "x"},
        {"type": 7},
        {"type": "response.output_text.delta", "output_index": 0, "delta": 7},
        {"type": "response.output_text.delta", "output_index": 0},
        {"type": "response.reasoning_text.delta", "output_index": 9, "delta": None},
        {"type": "response.function_call_arguments.delta", "output_index": 9, "delta": {}},
        {"type": "response.function_call_arguments.done", "output_index": 9},
        {"type": "response.output_item.added", "output_index": 9, "item": None},
        {"type": "response.content_part.done", "output_index": 9, "part": {"type": "new"}},
        {"type": "response.created", "response": None},
    ],
)
def test_what_means_nothing_is_passed_over(noise: dict[str, Any]) -> None:
    """Wherever it comes."""
    stream = [CREATED, delta(0, "a"), delta(0, "b"), ended()]
    clean = heard(told(*stream))

    for at in range(1, 5):
        assert heard(told(*stream[:at], noise, *stream[at:])) == clean


@pytest.mark.parametrize("line", [b"data: 7\n\n", b"data: {\n\n", b"data: [1]\n\n", b": c\n\n"])
def test_what_is_no_event_is_passed_over(line: bytes) -> None:
    """A stream of nothing else was cut."""
    assert heard(line) == [Start(), CUT]


def test_the_beginning_is_said_once() -> None:
    """By whatever comes first."""
    stream = told(
        CREATED, {**CREATED, "type": "response.in_progress"}, {"type": "response.queued"}, ended()
    )

    assert [type(event) for event in heard(stream)] == [Start, Finish]


def test_a_number_that_json_cannot_hold_harms_nobody() -> None:
    """Nor does nesting."""
    deep = "[" * 50_000 + "]" * 50_000
    stream = f'data: {{"type":"response.output_text.delta","delta":{deep}}}\n\n'.encode()

    assert heard(stream) == [Start(), CUT]

"""Neutral events as a client's stream, judged by the format's grammar (tests.support.grammar)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.errors import AimuxError, ErrorKind, StreamCut, UpstreamStatus
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
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from aimux.wire import opaque
from aimux.wire.target import Audience
from tests.support.failures import OF_EVERY_KIND
from tests.support.grammar import openai_responses as grammar
from tests.wire.openai_responses.asking import CODEC, audience

ENCRYPTED = audience(encrypted=True)
USAGE = Usage(100, 20, 30, 10, 5)
WHOSE = Opaque(OpaqueKind.TEXT, "", "claude", "opus")


def answer(
    *parts: AnswerPart, finish: FinishReason = FinishReason.END_TURN, **more: Any
) -> Response:
    """An answer of these parts."""
    return Response("resp_1", "m", parts, finish, USAGE, **more)


def streamed(events: Any, to: Audience = ENCRYPTED) -> bytes:
    """A whole stream."""
    return CODEC.writer(to).write(events)


def told(stream: bytes) -> list[dict[str, Any]]:
    """The data of its events."""
    return [json.loads(line[6:]) for line in stream.split(b"\n") if line.startswith(b"data: ")]


def output(*parts: AnswerPart, to: Audience = ENCRYPTED, **more: Any) -> list[dict[str, Any]]:
    """The items of an answer, which a stream and a whole answer tell alike."""
    whole = answer(*parts, **more)
    stream = streamed(replay(whole), to)
    body = CODEC.write_response(whole, to)
    assert grammar.judge(stream, model="asked-for").gist == grammar.judge_whole(body).gist
    last: dict[str, Any] = told(stream)[-1]["response"]
    assert last == json.loads(body)
    items: list[dict[str, Any]] = last["output"]
    return items


EVERYTHING: tuple[AnswerPart, ...] = (
    Thinking("hm \u2028", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "s", "claude", "opus")),
    Text("a", (Citation("http://a", "A", start=0, end=1),)),
    Text("b"),
    WebSearch("s", "q", (Hit("http://a"),)),
    ToolCall("call_00000001", "f", '{"x":1.0}', namespace="ns"),
    ToolCall("call_00000002", "g"),
    ToolCall("call_00000003", "p", "*** raw", CallKind.CUSTOM, "ns"),
    ToolCall("call_00000004", "tool_search", '{"q":1.0}', CallKind.TOOL_SEARCH),
    ToolCall("call_00000005", "shell", '{"commands":["ls"]}', CallKind.SHELL),
    ToolCall("call_00000006", "local_shell", '{"command":["ls"]}', CallKind.LOCAL_SHELL),
    ToolCall(
        "call_00000007", "apply_patch", '{"type":"delete_file","path":"a"}', CallKind.APPLY_PATCH
    ),
    Media(MediaKind.IMAGE, "image/webp", "AAAA"),
    Refusal("no"),
)


def test_an_answer_with_everything() -> None:
    """Every kind of item, in order, by the grammar."""
    items = output(*EVERYTHING, finish=FinishReason.TOOL_USE)

    assert [item["type"] for item in items] == [
        "reasoning", "message", "web_search_call", "function_call", "function_call", "custom_tool_call",
        "tool_search_call", "shell_call", "local_shell_call", "apply_patch_call", "image_generation_call",
        "message",
    ]  # fmt: skip


def test_one_event_in_one_event_out() -> None:
    """Edge 128, 129: an item is added before its first piece and done behind its last."""
    writer = CODEC.writer(ENCRYPTED)
    steps: list[Event] = [
        Start("resp_1", "m"),
        BlockStart(0, Text("")),
        Delta(0, "a"),
        Delta(0, "b"),
        BlockStop(0),
        Finish(FinishReason.END_TURN, USAGE),
    ]
    named = [
        [event["type"].removeprefix("response.") for event in told(writer.write([step]))]
        for step in steps
    ]

    assert named == [
        ["created", "in_progress"],
        [],
        ["output_item.added", "content_part.added", "output_text.delta"],
        ["output_text.delta"],
        ["output_text.done", "content_part.done"],
        ["output_item.done", "completed"],
    ]


def test_numbers_and_ids() -> None:
    """Edge 133, 134, 136: without a gap, and the same wherever they stand."""
    events = told(streamed(replay(answer(*EVERYTHING, finish=FinishReason.TOOL_USE))))
    added = [e for e in events if e["type"] == "response.output_item.added"]
    done = [e for e in events if e["type"] == "response.output_item.done"]

    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["output_index"] for event in added] == list(range(len(added)))
    assert [event["item"]["id"] for event in added] == [event["item"]["id"] for event in done]
    assert {event["response"]["id"] for event in events if "response" in event} == {"resp_1"}


def test_ids_are_made_of_the_answer_alone() -> None:
    """Edge 350: the same bytes give the same ids, another answer others."""
    whole = answer(Text("a"))
    stream = streamed(replay(whole))

    assert stream == streamed(replay(whole))
    other = told(streamed([Start("resp_2"), *list(replay(whole))[1:]]))
    assert other[-1]["response"]["output"][0]["id"] not in stream.decode()


@pytest.mark.parametrize("part", [Text(""), Thinking(""), Refusal(""), Thinking("", WHOSE)])
def test_a_block_that_says_nothing_is_no_item(part: AnswerPart) -> None:
    """Unless it has a state that the client keeps."""
    assert output(part, to=audience()) == []


def test_a_run_of_text_is_one_message() -> None:
    """Claude cuts a text at each of its sources; to the reader it is one."""
    (item,) = output(Text("a"), Text(""), Refusal("b"), Text("c"))

    assert item["status"] == "completed"
    assert [part.get("text", part.get("refusal")) for part in item["content"]] == ["a", "b", "c"]


def test_what_a_block_begins_with_is_a_piece_of_it() -> None:
    """Readers may know a part of it at once."""
    steps: list[Event] = [
        Start("resp_1"), BlockStart(0, Text("a")), Delta(0, "b"), BlockStop(0),
        BlockStart(1, ToolCall("call_00000001", "f", '{"x":')), Delta(1, "1}"), BlockStop(1),
        Finish(FinishReason.TOOL_USE),
    ]  # fmt: skip
    text, call = told(streamed(steps))[-1]["response"]["output"]

    assert text["content"][0]["text"] == "ab"
    assert call["arguments"] == '{"x":1}'


def test_sources() -> None:
    """Behind the text they are for; without a place they are of the text so far, without an address
    they are none.
    """
    steps: list[Event] = [
        Start("resp_1"), BlockStart(0, Text("")), Cite(0, Citation("early")), Delta(0, "ab"),
        Cite(0, Citation("u", "t")), Delta(0, "c"), Cite(0, Citation("v", start=1, end=2)),
        Cite(0, Citation("", "a page")), BlockStop(0),
        BlockStart(1, ToolCall("call_00000001", "f")), Cite(1, Citation("u")),
        Sign(1, WHOSE), BlockStop(1), Finish(FinishReason.TOOL_USE),
    ]  # fmt: skip
    stream = streamed(steps)

    grammar.judge(stream)
    part = told(stream)[-1]["response"]["output"][0]["content"][0]
    assert part["annotations"] == [
        {"type": "url_citation", "start_index": 0, "end_index": 2, "url": "u", "title": "t"},
        {"type": "url_citation", "start_index": 1, "end_index": 2, "url": "v", "title": ""},
    ]


# ---------------------------------------------------------------- reasoning


@pytest.mark.parametrize(
    "state",
    [
        Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "s", "claude", "opus"),
        Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA", "gpt", "gpt-5.5"),
        WHOSE,
    ],
)
@pytest.mark.parametrize("text", ["hm", ""])
def test_a_state_rides_in_a_carrier(state: Opaque, text: str) -> None:
    """Only where the client keeps it, and only when all is said."""
    (item,) = output(Thinking(text, state))

    assert opaque.open_carrier(item["encrypted_content"]) == state
    assert item["summary"] == ([{"type": "summary_text", "text": "hm"}] if text else [])
    assert "encrypted_content" not in json.dumps(output(Thinking(text, state), to=audience()))


def test_a_state_of_the_clients_own_vendor_goes_as_it_is() -> None:
    """The client's next request brings it back, to whoever issued it."""
    (item,) = output(Thinking("", Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA")))

    assert item["encrypted_content"] == "gAAAA"


@pytest.mark.parametrize(("to", "types"), [
    (ENCRYPTED, ["reasoning", "function_call"]),
    (audience(), ["function_call"]),
])  # fmt: skip
def test_a_calls_state_stands_before_it(to: Audience, types: list[str]) -> None:
    """As reasoning that says nothing."""
    signature = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln", "google", "gemini-3")
    call = ToolCall("call_00000001", "f", "{}", state=signature)
    items = output(call, to=to, finish=FinishReason.TOOL_USE)

    assert [item["type"] for item in items] == types
    if to is ENCRYPTED:
        assert opaque.open_carrier(items[0]["encrypted_content"]) == signature
        assert items[0]["summary"] == []


# ---------------------------------------------------------------- calls


@pytest.mark.parametrize(
    ("call", "item"),
    [
        pytest.param(
            ToolCall("call_00000001", "f", '{"x": 1.0}', namespace="ns"),
            {"type": "function_call", "name": "f", "namespace": "ns", "arguments": '{"x": 1.0}'},
            id="edge-123",
        ),
        (ToolCall("call_00000001", "f"), {"type": "function_call", "name": "f", "arguments": "{}"}),
        pytest.param(
            ToolCall("call_00000001", "p", "*** raw", CallKind.CUSTOM),
            {"type": "custom_tool_call", "name": "p", "input": "*** raw"},
            id="edge-124-125",
        ),
        (
            ToolCall("call_00000001", "p", "", CallKind.CUSTOM),
            {"type": "custom_tool_call", "name": "p", "input": ""},
        ),
        (
            ToolCall("call_00000001", "tool_search", ' {"q": 1} ', CallKind.TOOL_SEARCH),
            {"type": "tool_search_call", "execution": "client", "arguments": {"q": 1}},
        ),
        (
            ToolCall("call_00000001", "tool_search", '{"q": ', CallKind.TOOL_SEARCH),
            {"type": "tool_search_call", "execution": "client", "arguments": {}},
        ),
        (
            ToolCall("call_00000001", "shell", "[1]", CallKind.SHELL),
            {"type": "shell_call", "action": {"commands": []}},
        ),
        (
            ToolCall("call_00000001", "local_shell", '{"command":["ls"]}', CallKind.LOCAL_SHELL),
            {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"], "env": {}}},
        ),
    ],
)
def test_a_call(call: ToolCall, item: dict[str, Any]) -> None:
    """In the form of its kind; what identifies it is there from the beginning."""
    (done,) = output(call, finish=FinishReason.TOOL_USE)
    events = told(streamed(replay(answer(call, finish=FinishReason.TOOL_USE))))
    added = next(e["item"] for e in events if e["type"] == "response.output_item.added")

    assert {k: v for k, v in done.items() if k not in {"id", "call_id", "status"}} == item
    assert (done["call_id"], done["status"]) == ("call_00000001", "completed")
    for key in ("id", "type", "call_id", "name", "namespace"):
        assert added.get(key) == done.get(key)
    assert added["status"] == "in_progress"


def test_arguments_stream_as_they_come() -> None:
    """Each piece by itself, raw for a custom tool; a search is told when it is whole."""
    kinds = {
        CallKind.FUNCTION: ["function_call_arguments.delta"] * 2,
        CallKind.CUSTOM: ["custom_tool_call_input.delta"] * 2,
        CallKind.TOOL_SEARCH: [],
    }
    for kind, names in kinds.items():
        writer = CODEC.writer(ENCRYPTED)
        writer.write([Start("resp_1"), BlockStart(0, ToolCall("call_00000001", "f", kind=kind))])
        pieces = told(writer.write([Delta(0, '{"a'), Delta(0, '":1}')]))

        assert [event["type"].removeprefix("response.") for event in pieces] == names
        assert "".join(event["delta"] for event in pieces) in {'{"a":1}', ""}


# ---------------------------------------------------------------- other parts


def test_a_search_that_the_provider_ran() -> None:
    """With what it found, or that it failed."""
    (item,) = output(WebSearch("s", "q", (Hit("http://a"),)))
    assert item["action"] == {
        "type": "search",
        "query": "q",
        "queries": ["q"],
        "sources": [{"type": "url", "url": "http://a"}],
    }

    (failed,) = output(WebSearch("s", "q", error="unavailable"))
    assert failed["status"] == "failed"


@pytest.mark.parametrize(
    ("medium", "said"),
    [
        (Media(MediaKind.IMAGE, url="http://a"), "[image: http://a]"),
        (Media(MediaKind.AUDIO, "audio/wav", "AAAA"), "[audio: audio/wav]"),
    ],
)
def test_a_medium_that_no_item_holds_is_named(medium: Media, said: str) -> None:
    """It does not vanish."""
    (item,) = output(medium)

    assert item["content"][0]["text"] == said


def test_an_image() -> None:
    """As the vendor's own models make them."""
    (item,) = output(Media(MediaKind.IMAGE, "", "AAAA"))

    assert (item["result"], item["output_format"]) == ("AAAA", "png")


# ---------------------------------------------------------------- the end


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        (FinishReason.END_TURN, "completed", None),
        (FinishReason.STOP_SEQUENCE, "completed", None),
        (FinishReason.PAUSE_TURN, "incomplete", "max_output_tokens"),
        (FinishReason.COMPACTION, "completed", None),
        pytest.param(FinishReason.MAX_TOKENS, "incomplete", "max_output_tokens", id="edge-137"),
        (FinishReason.CONTEXT_WINDOW, "incomplete", "max_output_tokens"),
        (FinishReason.REFUSAL, "incomplete", "content_filter"),
    ],
)
def test_why_it_ended(reason: FinishReason, status: str, why: str | None) -> None:
    """Edge 131: by one last event, which says it; a message that was cut is not complete."""
    stream = streamed(replay(answer(Text("a"), finish=reason)))
    last = told(stream)[-1]

    grammar.judge(stream)
    assert last["type"] == f"response.{status}"
    assert last["response"]["status"] == status
    assert last["response"]["incomplete_details"] == (why and {"reason": why})
    assert last["response"]["output"][0]["status"] == status


def test_the_last_event_repeats_all_items() -> None:
    """Edge 135, 165: and nothing that the vendor's own does not have."""
    last = told(streamed(replay(answer(Text("a"), Thinking("b"), Text("c")))))[-1]["response"]

    assert [item["type"] for item in last["output"]] == ["message", "reasoning", "message"]
    assert "output_text" not in last


@pytest.mark.parametrize(
    ("parts", "detail", "refusals"),
    [
        ((), "because", ["because"]),
        ((Text("a"),), "because", ["because"]),
        ((Refusal("no"),), "because", ["no"]),
        ((), "", []),
    ],
)
def test_why_it_was_refused_is_said(
    parts: tuple[AnswerPart, ...], detail: str, refusals: list[str]
) -> None:
    """As a refusal, unless the model has said one."""
    items = output(*parts, finish=FinishReason.REFUSAL, detail=detail)

    said = [part for item in items for part in item["content"] if part["type"] == "refusal"]
    assert [part["refusal"] for part in said] == refusals


def test_usage_has_all_its_keys() -> None:
    """Edge 130: also where the provider gave none; what the beginning said counts, too."""
    steps: list[Event] = [
        Start("resp_1", "m", Usage(input_tokens=7)),
        Finish(FinishReason.END_TURN, Usage(output_tokens=2)),
    ]

    assert told(streamed(steps))[-1]["response"]["usage"] == {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 9,
    }


def test_the_response_repeats_the_request() -> None:
    """What the client said, and the vendor's defaults of the rest; the name it asked for."""
    to = audience(response={"temperature": 0.5, "instructions": "i", "tool_choice": "required"})
    created = told(streamed([Start("resp_1", "another-model")], to))[0]["response"]

    assert (created["temperature"], created["instructions"]) == (0.5, "i")
    assert (created["tool_choice"], created["tools"], created["store"]) == ("required", [], False)
    assert (created["model"], created["created_at"], created["status"]) == (
        "asked-for",
        7,
        "in_progress",
    )
    assert (created["output"], created["usage"]) == ([], None)


def test_an_answer_without_an_id_gets_one() -> None:
    """Clients look at how it begins."""
    assert told(streamed([Start()]))[0]["response"]["id"].startswith("resp_")


# ---------------------------------------------------------------- failure


def broken(error: AimuxError, *events: Event) -> list[dict[str, Any]]:
    """The data of a stream that breaks off."""
    writer = CODEC.writer(ENCRYPTED)
    stream = writer.write(events) + writer.fail(error, "req-1")
    assert writer.fail(error, "req-1") == b""
    return told(stream)


HALF: tuple[Event, ...] = (
    Start("resp_1"),
    BlockStart(0, Thinking("")),
    Delta(0, "a"),
    BlockStop(0),
    BlockStart(1, Text("")),
    Delta(1, "half"),
)


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_a_response_that_was_created_fails(kind: ErrorKind) -> None:
    """With its id, what was done of it and a code that clients act on."""
    error = OF_EVERY_KIND[kind]
    last = broken(error, *HALF)[-1]
    codes = {
        ErrorKind.CONTEXT_OVERFLOW: "context_length_exceeded",
        ErrorKind.RATE_LIMIT: "rate_limit_exceeded",
        ErrorKind.BILLING: "insufficient_quota",
        ErrorKind.INVALID_REQUEST: "invalid_prompt",
        ErrorKind.TOO_LARGE: "invalid_prompt",
        ErrorKind.REFUSED: "invalid_prompt",
    }

    assert last["type"] == "response.failed"
    assert last["sequence_number"] == len(broken(error, *HALF)) - 1
    response = last["response"]
    assert (response["id"], response["status"]) == ("resp_1", "failed")
    assert response["error"] == {
        "code": codes.get(kind, "server_error"),
        "message": f"{error.message}; {error.hint}",
    }
    assert [item["type"] for item in response["output"]] == ["reasoning"]
    assert last["error"] == response["error"]  # what makes the SDK raise


def test_how_long_to_wait_is_said_where_codex_looks_for_it() -> None:
    """In the words of the vendor's own limit."""
    error = UpstreamStatus("slow", status=429, kind=ErrorKind.RATE_LIMIT, retry_after_s=1.5)

    assert "try again in 1.5s" in broken(error, *HALF)[-1]["response"]["error"]["message"]


def test_before_the_response_was_created_there_is_only_an_error() -> None:
    """By the grammar."""
    writer = CODEC.writer(ENCRYPTED)
    stream = writer.fail(StreamCut("cut"), "req-1")

    assert grammar.judge(stream).error == "cut"
    assert told(stream)[0]["request_id"] == "req-1"


def test_a_response_that_has_ended_cannot_fail() -> None:
    """Nothing may follow its last event."""
    writer = CODEC.writer(ENCRYPTED)
    writer.write(replay(answer(Text("a"))))

    assert writer.fail(StreamCut("cut"), "req-1") == b""


def test_a_failure_among_the_events_is_said_elsewhere() -> None:
    """Whoever knows the request's id says it."""
    writer = CODEC.writer(ENCRYPTED)
    writer.write(HALF)

    assert writer.write([Failure(ErrorKind.UPSTREAM, "m")]) == b""

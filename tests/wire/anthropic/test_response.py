"""Whole answers, both ways."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import ErrorKind, UpstreamProtocol, UpstreamStatus
from aimux.model.events import collect
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
from aimux.model.request import Effort, Reasoning, Request
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from aimux.wire import jsontext
from aimux.wire.opaque import is_carrier, seal
from aimux.wire.target import Audience, Target
from tests.support.answers import ANTHROPIC, EVERYTHING, TEXT, THINKING, TOOLS, answer, events
from tests.support.grammar import anthropic
from tests.support.reply import Reply
from tests.wire.anthropic.streams import ASKED, CODEC, UPSTREAM, USAGE, events_of

OMITTED = replace(ASKED, reasoning=Reasoning(Effort.AUTO, shown=False))
HIDDEN = replace(ASKED, reasoning=Reasoning(Effort.OFF, shown=False))


def whole(*content: Any, **message: Any) -> Response:
    """What an answer of this content is read as."""
    said = {"id": "msg_1", "type": "message", "model": "M", "content": list(content), **message}
    return CODEC.read_response(said, UPSTREAM)


@pytest.mark.parametrize("reply", [TEXT, TOOLS, THINKING, EVERYTHING, Reply()])
def test_whole_and_streamed_are_the_same(reply: Reply) -> None:
    """P5: whatever the vendor says."""
    body = answer(ANTHROPIC, reply).pieces[0]
    assert isinstance(body, bytes)

    assert CODEC.read_response(jsontext.loads(body), UPSTREAM) == collect(
        events_of(events(ANTHROPIC, reply))
    )


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ([{"type": "text", "text": ""}], ()),
        ([{"type": "text", "text": 7}], ()),
        ([{"type": "thinking", "thinking": "R"}], (Thinking("R", Opaque(
            OpaqueKind.TEXT, "", "main", UPSTREAM.model)),)),
        ([{"type": "redacted_thinking", "data": "E"}], (Thinking("", Opaque(
            OpaqueKind.ANTHROPIC_REDACTED, "E", "main", UPSTREAM.model)),)),
        ([{"type": "tool_use", "id": "a", "name": "f"}], (ToolCall("a", "f", "{}"),)),
        ([{"type": "tool_use", "id": "a", "name": "f", "input": "x"}], (ToolCall("a", "f", '"x"'),)),
        ([{"type": "tool_use", "id": "a"}], ()),
        ([{"type": "tool_use", "id": "a", "name": "key", "input": {}, "toolset_name": "computer"}],
         (ToolCall("a", "key", "{}", namespace="computer"),)),
        ([{"type": "compaction", "content": "short"}, {"type": "compaction"}], (Text("short"),)),
        ([{"type": "fallback"}, {"type": "of_a_new_kind"}, 7], ()),
        ([{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
          {"type": "web_search_tool_result", "tool_use_id": "s", "content": [
              {"type": "web_search_result", "url": "https://a.example", "title": "A"}]}],
         (WebSearch("s", "q", (Hit("https://a.example", "A"),)),)),
        ([{"type": "text", "text": "t", "citations": [
            {"type": "web_search_result_location", "url": "https://a.example", "title": "A",
             "cited_text": "c"},
            {"type": "web_search_result_location"}, {"type": "page_location"}, None]}],
         (Text("t", (Citation("https://a.example", "A", "c"),)),)),
        ([{"type": "text", "text": "a\ud83d", "citations": None}], (Text("a\ufffd"),)),
    ],
)  # fmt: skip
def test_content(content: list[Any], parts: tuple[AnswerPart, ...]) -> None:
    """Edges 106 and 122: as in a stream."""
    assert whole(*content).parts == parts


def test_the_end_of_an_answer() -> None:
    """Edge 112: why it was refused; and usage."""
    refused = whole(
        stop_reason="refusal",
        stop_details={"explanation": "no"},
        usage={"input_tokens": 70, "cache_read_input_tokens": 30, "output_tokens": 5},
    )
    stopped = whole({"type": "text", "text": "a"}, stop_reason="stop_sequence", stop_sequence="END")

    assert refused == Response(
        "msg_1", "M", (), FinishReason.REFUSAL, Usage(100, 5, 30), detail="no"
    )
    assert (stopped.finish, stopped.stop_sequence) == (FinishReason.STOP_SEQUENCE, "END")


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"content": "x"}, {"type": "message", "content": None}]
)
def test_what_is_no_message_is_the_upstreams_fault(body: object) -> None:
    """It has a status of its own."""
    with pytest.raises(UpstreamProtocol):
        CODEC.read_response(body, UPSTREAM)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "full"}},
        {"error": {"type": "overloaded_error", "message": "full"}},
    ],
)
def test_an_error_under_a_good_status(body: dict[str, Any]) -> None:
    """It says what the status would have said."""
    with pytest.raises(UpstreamStatus) as caught:
        CODEC.read_response(body, UPSTREAM)

    assert caught.value.kind is ErrorKind.OVERLOADED
    assert caught.value.http_status == 529
    assert str(caught.value) == "main: full"


# ---------------------------------------------------------------- writing


def written(*parts: AnswerPart, request: Request = ASKED, **more: Any) -> dict[str, Any]:
    """An answer of these parts as the client reads it, after a look at its grammar."""
    calls = any(isinstance(part, ToolCall) for part in parts)
    finish = FinishReason.TOOL_USE if calls else FinishReason.END_TURN
    response = Response("msg_1", "M", parts, **{"finish": finish, "usage": USAGE, **more})
    body = CODEC.write_response(response, Audience(request))
    anthropic.judge_whole(body, model=request.model)
    message: dict[str, Any] = json.loads(body)
    return message


def test_a_whole_answer() -> None:
    """All its fields."""
    assert written(Text("T"), ToolCall("toolu_a", "f", '{"x":1}')) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "the-model",
        "content": [
            {"type": "text", "text": "T"},
            {"type": "tool_use", "id": "toolu_a", "name": "f", "input": {"x": 1}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 70,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 30,
            "output_tokens": 20,
            "output_tokens_details": {"thinking_tokens": 5},
        },
    }


GOOGLE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "sig", "google", "gemini-3")
ENCRYPTED = Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA", "oa", "gpt")


@pytest.mark.parametrize(
    ("part", "request_", "content"),
    [
        (Text(""), ASKED, []),
        (Text("a", state=GOOGLE), ASKED,
         [{"type": "text", "text": "a"}, {"type": "redacted_thinking", "data": seal(GOOGLE)}]),
        (Refusal("no"), ASKED, [{"type": "text", "text": "no"}]),
        (Refusal(""), ASKED, []),
        (Thinking("R", ENCRYPTED), ASKED,
         [{"type": "thinking", "thinking": "R", "signature": seal(ENCRYPTED)}]),
        (Thinking("R", ENCRYPTED), OMITTED,
         [{"type": "thinking", "thinking": "", "signature": seal(ENCRYPTED, "R")}]),
        (Thinking("R", ENCRYPTED), HIDDEN,
         [{"type": "redacted_thinking", "data": seal(ENCRYPTED, "R")}]),
        (Thinking("R"), HIDDEN, []),
        (Thinking("R"), ASKED, [{"type": "thinking", "thinking": "R", "signature": ""}]),
        (ToolCall("toolu_a", "f", state=GOOGLE), ASKED,
         [{"type": "redacted_thinking", "data": seal(GOOGLE)},
          {"type": "tool_use", "id": "toolu_a", "name": "f", "input": {}}]),
        (ToolCall("toolu_a", "f", "{oops"), ASKED,
         [{"type": "tool_use", "id": "toolu_a", "name": "f", "input": {"_raw": "{oops"}}]),
        (ToolCall("toolu_a", "f", "[1]"), ASKED,
         [{"type": "tool_use", "id": "toolu_a", "name": "f", "input": {"value": [1]}}]),
        (Media(MediaKind.IMAGE, data="AAAA"), ASKED,
         [{"type": "text", "text": "[image of the model, which cannot be shown here: of no known type]"}]),
    ],
)  # fmt: skip
def test_parts_of_a_whole_answer(part: AnswerPart, request_: Request, content: list[Any]) -> None:
    """As in a stream; input is always an object."""
    assert written(part, request=request_)["content"] == content


def test_a_search_in_a_whole_answer() -> None:
    """Its input stands in it, and it is counted."""
    message = written(WebSearch("ws", "q", (Hit("https://a.example", "A"),)), Text("t"))
    call, result, _ = message["content"]

    assert call["input"] == {"query": "q"}
    assert call["id"] == result["tool_use_id"]
    assert message["usage"]["server_tool_use"]["web_search_requests"] == 1


def test_citations_of_a_whole_answer() -> None:
    """By their characters, where nothing is cited word by word."""
    cited = written(Text("abcd", (Citation("https://a.example", "A", "", 1, 3),)))
    (citation,) = cited["content"][0]["citations"]

    assert is_carrier(citation.pop("encrypted_index"))
    assert citation == {
        "type": "web_search_result_location", "url": "https://a.example", "title": "A", "cited_text": "bc"
    }  # fmt: skip


def test_words_of_a_refusal_make_it_one() -> None:
    """Also where the provider says that it just ended."""
    assert written(Refusal("no"))["stop_reason"] == "refusal"


def test_a_count_of_tokens() -> None:
    """The vendor's one field."""
    assert CODEC.write_count(17) == b'{"input_tokens":17}'


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "content", "text", "id", "name", "input", "usage", "stop_reason", "error",
                         "thinking", "signature", "citations", "url", "query", "message"]),
        inner | st.sampled_from(["text", "tool_use", "thinking", "server_tool_use", "message"]),
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=100)
@given(_JSON | st.lists(_JSON, max_size=3).map(lambda content: {"content": content}))
def test_any_json_is_an_answer_or_none(body: Any) -> None:
    """Never another exception."""
    try:
        response = CODEC.read_response(body, Target("main", "m"))
    except (UpstreamProtocol, UpstreamStatus):
        return
    anthropic.judge_whole(
        CODEC.write_response(replace(response, id="msg_1", parts=()), Audience(ASKED))
    )

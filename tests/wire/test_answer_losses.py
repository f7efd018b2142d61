"""What readers leave out of an answer, or mend, is reported: in a stream and whole, all formats alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.errors import UpstreamError
from aimux.model.loss import MAX_DETAIL_CHARS, MAX_LOSSES, Loss, Losses
from aimux.model.request import WireFormat
from aimux.wire.formats import CODECS
from aimux.wire.sse import BlockReader
from aimux.wire.target import Target
from tests.support.answers import (
    ANTHROPIC,
    EVERYTHING,
    GEMINI,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    answer,
    events,
)
from tests.wire.anthropic import streams as a
from tests.wire.openai_chat.chunks import DONE, block, calls, chunk, fragment
from tests.wire.openai_responses.asking import told

TARGET = Target("p", "m")
FORMATS = [ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI]

Json = dict[str, Any]


def lost(format_: WireFormat, stream: bytes) -> list[tuple[str, str]]:
    """The losses of a stream, by code and detail."""
    reader, blocks = CODECS[format_].reader(TARGET), BlockReader()
    for each in blocks.feed(stream):
        reader.read(each)
    reader.end()
    return [(loss.code, loss.detail) for loss in reader.lost.all()]


def lost_whole(format_: WireFormat, body: Any) -> list[tuple[str, str]]:
    """The losses of a whole answer."""
    reader = CODECS[format_].reader(TARGET)
    reader.whole(body)
    return [(loss.code, loss.detail) for loss in reader.lost.all()]


@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_an_answer_as_the_vendor_writes_it_loses_nothing(format_: WireFormat) -> None:
    """In either form."""
    assert lost(format_, b"".join(events(format_, EVERYTHING))) == []
    whole = json.loads(answer(format_, EVERYTHING).body)
    assert lost_whole(format_, whole) == []


# ---------------------------------------------------------------- Anthropic


def _a(*inside: bytes, reason: object = "end_turn") -> bytes:
    return b"".join([a.begun(), *inside, a.ended(reason), a.STOP])


_FILE_SOURCE = {"type": "char_location", "cited_text": "x", "document_index": 0}


@pytest.mark.parametrize(
    ("inside", "reason", "losses"),
    [
        pytest.param(
            [a.opened(0, "tool_use", id="t", input={}), a.closed(0)],
            "tool_use",
            [("call.nameless", ""), ("finish.no_call", "")],
            id="edge-61-edge-47",
        ),
        pytest.param(
            [
                a.opened(0, "tool_use", id="t", name="", input={}),
                a.grown(0, "input_json_delta", partial_json="{}"),
                a.closed(0),
            ],
            "end_turn",
            [("call.nameless", "")],
            id="edge-61-with-input",
        ),
        pytest.param(
            [a.grown(3, "input_json_delta", partial_json="{}")],
            "end_turn",
            [("call.nameless", "")],
            id="edge-61-never-begun",
        ),
        pytest.param(
            [a.grown(3, "of_a_new_kind")], "end_turn", [], id="more-of-what-was-never-begun"
        ),
        pytest.param(
            [
                a.opened(0, "server_tool_use", id="s", name="web_fetch", input={}),
                a.closed(0),
                a.opened(1, "web_fetch_tool_result", tool_use_id="s", content={}),
                a.closed(1),
            ],
            "end_turn",
            [("server_tool.untold", "web_fetch_tool_result")],
            id="a-tool-of-the-vendors",
        ),
        pytest.param(
            [
                a.opened(0, "mcp_tool_use", id="s", name="x", input={}),
                a.grown(0, "input_json_delta", partial_json="{}"),
                a.closed(0),
                a.opened(1, "mcp_tool_result", tool_use_id="s", content=[]),
                a.closed(1),
            ],
            "end_turn",
            [("server_tool.untold", "mcp_tool_result")],
            id="a-tool-of-a-server",
        ),
        pytest.param(
            [a.opened(0, "of_a_new_kind"), a.grown(0, "text_delta", text="a"), a.closed(0)],
            "end_turn",
            [("unknown_block.dropped", "of_a_new_kind")],
            id="a-block-of-a-new-kind",
        ),
        pytest.param(
            [a.opened(0, "text", text="a"), a.grown(0, "of_a_new_kind"), a.closed(0)],
            "end_turn",
            [("unknown_block.dropped", "of_a_new_kind")],
            id="a-delta-of-a-new-kind",
        ),
        pytest.param(
            [
                a.opened(0, "text", text="a"),
                a.grown(0, "citations_delta", citation=_FILE_SOURCE),
                a.closed(0),
            ],
            "end_turn",
            [("citations.dropped", "char_location")],
            id="a-source-that-is-a-document",
        ),
        pytest.param([], None, [("finish.inferred", "")], id="no-reason"),
        pytest.param([], "of_a_new_kind", [("finish.unknown", "of_a_new_kind")], id="new-reason"),
        pytest.param([], 7, [("finish.unknown", "")], id="no-word"),
        pytest.param([], "tool_use", [("finish.no_call", "")], id="edge-47"),
    ],
)
def test_anthropic(inside: list[bytes], reason: object, losses: list[tuple[str, str]]) -> None:
    """By blocks, deltas and reasons."""
    assert lost(ANTHROPIC, _a(*inside, reason=reason)) == losses


def test_anthropic_whole() -> None:
    """A whole answer is read by the same rules."""
    content = [
        {"type": "tool_use", "id": "t", "input": {}},
        {"type": "of_a_new_kind"},
        {"type": "text", "text": "a", "citations": [_FILE_SOURCE, None]},
    ]

    assert lost_whole(ANTHROPIC, {"content": content, "stop_reason": "tool_use"}) == [
        ("call.nameless", ""),
        ("unknown_block.dropped", "of_a_new_kind"),
        ("citations.dropped", "char_location"),
        ("finish.no_call", ""),
    ]


# ---------------------------------------------------------------- Chat Completions


def _c(*chunks: bytes, finish: str | None = "stop") -> bytes:
    return b"".join([chunk({"content": "a"}), *chunks, chunk(finish=finish), DONE])


_COMPLETE = fragment(0, '{"x":1}', id="call_aaaa", name="f")


@pytest.mark.parametrize(
    ("chunks", "finish", "losses"),
    [
        pytest.param([], "tool_calls", [("finish.no_call", "")], id="edge-47"),
        pytest.param([], "function_call", [("finish.no_call", "")], id="edge-47-older"),
        pytest.param(
            [calls(fragment(0, "{}", id="c1"))],
            "tool_calls",
            [("call.nameless", "c1"), ("finish.no_call", "")],
            id="edge-61",
        ),
        pytest.param(
            [calls(fragment(0, "{}", id="c1", name=7))], "stop", [("call.nameless", "c1")],
            id="edge-61-no-text",
        ),
        pytest.param([calls(_COMPLETE)], "stop", [], id="edge-46-is-no-loss"),
        pytest.param(
            [
                calls(_COMPLETE),
                calls(fragment(1, "{}", id="call_bbbb", name="g")),
                calls(fragment(0, "more")),
            ],
            "tool_calls",
            [("call.rest_dropped", "f")],
            id="behind-a-call-that-is-told",
        ),
        pytest.param(
            [
                calls(fragment(0, '{"x":', id="call_aaaa", name="f")),
                calls(fragment(0, {"x": 1})),
            ],
            "tool_calls",
            [("call.rest_dropped", "f")],
            id="an-object-behind-its-pieces",
        ),
        pytest.param([], None, [("finish.inferred", "")], id="no-reason"),
        pytest.param([], "of_a_new_kind", [("finish.unknown", "of_a_new_kind")], id="new-reason"),
        pytest.param([], "length", [], id="length"),
        pytest.param(
            [block({"choices": [{"index": 1, "delta": {"content": "b"}}]})],
            "stop",
            [("choices.dropped", "")],
            id="another-answer",
        ),
        pytest.param(
            [chunk({"content": [{"type": "of_a_new_kind"}, {"type": "text", "text": ""}]})],
            "stop",
            [("unknown_block.dropped", "of_a_new_kind")],
            id="a-part-of-a-new-kind",
        ),
        pytest.param(
            [chunk({"images": [{"image_url": {}}]})],
            "stop",
            [("unknown_block.dropped", "image_url")],
            id="an-image-that-is-none",
        ),
        pytest.param(
            [chunk({"annotations": [{"type": "file_citation"}, {"type": "url_citation"}]})],
            "stop",
            [("citations.dropped", "file_citation"), ("citations.dropped", "url_citation")],
            id="sources-without-an-address",
        ),
        pytest.param(
            [chunk({"reasoning_content": "x"}), chunk({"annotations": [{"type": "url_citation"}]})],
            "stop",
            [("citations.dropped", "")],
            id="sources-of-no-text",
        ),
        pytest.param(
            [chunk({"reasoning_content": "x"}), chunk({"annotations": []})], "stop", [], id="none"
        ),
    ],
)  # fmt: skip
def test_chat(chunks: list[bytes], finish: str | None, losses: list[tuple[str, str]]) -> None:
    """By fields and reasons."""
    assert lost(OPENAI_CHAT, _c(*chunks, finish=finish)) == losses


def test_chat_whole() -> None:
    """A whole answer is read by the same rules."""
    call = {"id": "c1", "function": {"arguments": "{}"}}
    message = {"content": "a", "tool_calls": [call]}
    choices = [{"index": at, "message": message, "finish_reason": "tool_calls"} for at in (0, 1)]

    assert lost_whole(OPENAI_CHAT, {"choices": choices}) == [
        ("call.nameless", "c1"),
        ("finish.no_call", ""),
        ("choices.dropped", ""),
    ]


# ---------------------------------------------------------------- Responses


def _on(index: int, kind: str, **more: Any) -> Json:
    return {"type": f"response.{kind}", "output_index": index, **more}


def _r(*events_: Json, **response: Any) -> bytes:
    begun = {"type": "response.created", "response": {"id": "r", "model": "m"}}
    ended = {"type": "response.completed", "response": {"id": "r", **response}}
    return told(begun, *events_, ended)


def _item(**item: Any) -> Json:
    return _on(0, "output_item.done", item=item)


_SOURCE = {"type": "file_citation", "file_id": "f"}


@pytest.mark.parametrize(
    ("events_", "response", "losses"),
    [
        pytest.param(
            [_item(type="function_call", call_id="c", arguments="{}")],
            {},
            [("call.nameless", "")],
            id="edge-61",
        ),
        pytest.param(
            [_on(0, "function_call_arguments.delta", delta="{}")],
            {},
            [("call.nameless", "")],
            id="edge-61-pieces-alone",
        ),
        pytest.param(
            [_item(type="file_search_call")], {}, [("server_tool.untold", "file_search_call")],
            id="a-tool-of-the-vendors",
        ),
        pytest.param(
            [_item(type="image_generation_call", result=None)],
            {},
            [("server_tool.untold", "image_generation_call")],
            id="an-image-that-is-none",
        ),
        pytest.param(
            [_item(type="of_a_new_kind")], {}, [("unknown_block.dropped", "of_a_new_kind")],
            id="an-item-of-a-new-kind",
        ),
        pytest.param([_item(type="mcp_list_tools")], {}, [], id="no-part-of-the-answer"),
        pytest.param(
            [_item(type="message", content=[{"type": "of_a_new_kind"}])],
            {},
            [("unknown_block.dropped", "of_a_new_kind")],
            id="a-part-of-a-new-kind",
        ),
        pytest.param(
            [_on(0, "content_part.done", content_index=0, part={"type": "reasoning_text"})],
            {},
            [],
            id="reasoning-is-told-with-its-item",
        ),
        pytest.param(
            [
                _on(0, "output_text.delta", content_index=0, delta="a"),
                _on(0, "output_text.annotation.added", content_index=0, annotation=_SOURCE),
            ],
            {},
            [("citations.dropped", "file_citation")],
            id="a-source-that-is-a-file",
        ),
        pytest.param(
            [_item(type="message", content=[
                {"type": "output_text", "text": "a", "annotations": [_SOURCE]}])],
            {},
            [("citations.dropped", "file_citation")],
            id="a-source-of-a-whole-text",
        ),
        pytest.param(
            [],
            {"status": "incomplete", "incomplete_details": {"reason": "new"}},
            [("finish.unknown", "new")],
            id="edge-161-new-reason",
        ),
        pytest.param(
            [], {"status": "incomplete"}, [("finish.unknown", "")], id="edge-161-no-reason"
        ),
    ],
)  # fmt: skip
def test_responses(events_: list[Json], response: Json, losses: list[tuple[str, str]]) -> None:
    """By items, parts and the end."""
    assert lost(OPENAI_RESPONSES, _r(*events_, **response)) == losses


def test_responses_whole() -> None:
    """A whole answer is read by the same rules."""
    output = [{"type": "function_call", "call_id": "c"}, {"type": "code_interpreter_call"}]

    assert lost_whole(OPENAI_RESPONSES, {"status": "completed", "output": output}) == [
        ("call.nameless", ""),
        ("server_tool.untold", "code_interpreter_call"),
    ]


# ---------------------------------------------------------------- Gemini


def _g(*parts: Json, finish: str = "STOP", **more: Any) -> Json:
    candidate = {"content": {"parts": [{"text": "a"}, *parts]}, "finishReason": finish}
    return {"candidates": [candidate], **more}


@pytest.mark.parametrize(
    ("body", "losses"),
    [
        pytest.param(_g({"functionCall": {"args": {}}}), [("call.nameless", "")], id="edge-61"),
        pytest.param(
            _g(finish="MALFORMED_FUNCTION_CALL"),
            [("finish.broken", "MALFORMED_FUNCTION_CALL")],
            id="edge-47-went-wrong-behind-a-text",
        ),
        pytest.param(_g(finish="NEW"), [("finish.unknown", "NEW")], id="new-reason"),
        pytest.param(
            _g({"fileData": {"fileUri": "x"}}), [("unknown_block.dropped", "fileData")], id="a-file"
        ),
        pytest.param(
            _g({"thoughtSignature": "c2ln"}, {"toolCall": {}}, {"executableCode": {}}), [],
            id="parts-that-are-told-otherwise",
        ),
        pytest.param(
            _g({"executableCode": {"code": "1"}}), [], id="code-that-was-run",
        ),
        pytest.param(
            _g({"inlineData": {"mimeType": "x/y", "data": ""}}),
            [("unknown_block.dropped", "x/y")],
            id="a-medium-that-is-none",
        ),
        pytest.param(
            _g({"inlineData": {"mimeType": "x/y", "data": 7}}),
            [("unknown_block.dropped", "x/y")],
            id="a-medium-that-is-no-text",
        ),
        pytest.param(
            {"candidates": [*_g()["candidates"], {"index": 1}]}, [("choices.dropped", "")],
            id="another-answer",
        ),
        pytest.param(_g(finish="MAX_TOKENS"), [], id="a-limit"),
        pytest.param(_g(finish="SAFETY"), [], id="a-refusal"),
        pytest.param({"promptFeedback": {"blockReason": "SAFETY"}}, [], id="blocked"),
    ],
)  # fmt: skip
def test_gemini(body: Json, losses: list[tuple[str, str]]) -> None:
    """By parts and reasons, whole and as a stream of one."""
    assert lost_whole(GEMINI, body) == losses
    assert lost(GEMINI, b"data: %b\n\n" % json.dumps(body).encode()) == losses


def test_gemini_without_a_reason() -> None:
    """A whole answer may leave it out, and candidates that are none say none."""
    assert lost_whole(GEMINI, _g(finish="")) == [("finish.inferred", "")]
    assert lost_whole(GEMINI, {"candidates": {"x": 1}}) == [("finish.inferred", "")]


# ---------------------------------------------------------------- the channel


def test_a_loss_is_told_once_and_not_too_many() -> None:
    """Whatever a provider makes up."""
    losses = Losses()
    for _ in range(2):
        losses.add("unknown_block.dropped", "x" * 999)
    losses.add("unknown_block.dropped", ["no text"])

    assert losses.all() == (
        Loss("unknown_block.dropped", detail="x" * MAX_DETAIL_CHARS),
        Loss("unknown_block.dropped"),
    )
    for number in range(MAX_LOSSES * 2):
        losses.add("unknown_block.dropped", str(number))
    assert len(losses.all()) == MAX_LOSSES


@pytest.mark.parametrize("format_", FORMATS, ids=str)
def test_an_answer_that_is_none_has_nothing_to_go_on_with(format_: WireFormat) -> None:
    """Nor has one that is complete."""
    reader = CODECS[format_].reader(TARGET, b"{}")
    with pytest.raises(UpstreamError):
        reader.whole({})

    assert reader.more() is None

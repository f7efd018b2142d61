"""Whole answers of providers: the same as their streams, or an error with its kind."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import ErrorKind, UpstreamProtocol, UpstreamStatus
from aimux.model.events import collect
from aimux.model.parts import Media, MediaKind, Text, Thinking, ToolCall
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire.openai_chat import OpenAIChat
from tests.support.answers import EVERYTHING, OPENAI_CHAT, TEXT, THINKING, TOOLS, Reply, events
from tests.support.dialects import openai_chat as dialect
from tests.wire.openai_chat.chunks import TARGET, WRITTEN_BY, events_of

CODEC = OpenAIChat()


def whole(message: Any, finish: Any = "stop", **more: Any) -> Response:
    """The answer with this message."""
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return CODEC.read_response({"id": "i", "model": "m", "choices": [choice], **more}, TARGET)


@pytest.mark.parametrize("reply", [TEXT, THINKING, TOOLS, EVERYTHING], ids=["t", "th", "to", "all"])
def test_a_whole_answer_is_what_its_stream_is(reply: Reply) -> None:
    """P5, for the golden answers."""
    streamed = collect(events_of(b"".join(events(OPENAI_CHAT, reply))))

    assert CODEC.read_response(dialect.document(reply, "model-1"), TARGET) == streamed


def test_a_whole_answer() -> None:
    """With all that a message may hold."""
    message = {
        "role": "assistant",
        "content": "a",
        "reasoning": "r",
        "images": [{"image_url": {"url": "https://x"}}],
        "tool_calls": [
            {"id": "c", "function": {"name": "f", "arguments": {"x": 1}}},
            {"id": "c", "function": {"name": "f", "arguments": "{}"}},
        ],
    }

    assert whole(message, usage={"prompt_tokens": 3}) == Response(
        "i",
        "m",
        (
            Thinking("r", WRITTEN_BY),
            Text("a"),
            Media(MediaKind.IMAGE, url="https://x"),
            ToolCall("c", "f", '{"x":1}'),
            ToolCall("c", "f", "{}"),
        ),
        FinishReason.TOOL_USE,
        Usage(3),
    )


@pytest.mark.parametrize("finish", [None, "null", "stop"])
def test_an_answer_without_a_reason_is_whole_all_the_same(finish: Any) -> None:
    """Edge 50: its last brace is its end."""
    assert whole({"content": "a"}, finish).finish is FinishReason.END_TURN


@pytest.mark.parametrize("message", [None, 7, {}, {"content": None}])
def test_an_empty_answer_is_one(message: Any) -> None:
    """Nothing said, nothing made up."""
    assert whole(message).parts == ()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"message": "x", "type": "rate_limit_exceeded"}}, ErrorKind.RATE_LIMIT),
        ({"error": "x", "choices": []}, ErrorKind.UPSTREAM),
        ({"base_resp": {"status_code": 1002, "status_msg": "x"}}, ErrorKind.UPSTREAM),
        (
            {"choices": [{"message": {"content": "a"}, "finish_reason": "error"}]},
            ErrorKind.UPSTREAM,
        ),
        (
            {"choices": [{"message": {}, "finish_reason": "insufficient_system_resource"}]},
            ErrorKind.OVERLOADED,
        ),
    ],
)
def test_an_error_in_a_good_answer_is_one(body: Any, kind: ErrorKind) -> None:
    """Edges 295 and 302: under status 200."""
    with pytest.raises(UpstreamStatus) as caught:
        CODEC.read_response(body, TARGET)

    assert caught.value.kind is kind
    assert str(caught.value).startswith("mine: ")


@pytest.mark.parametrize(
    "body", [[], "x", None, {}, {"choices": []}, {"choices": None, "usage": {"prompt_tokens": 1}}]
)
def test_what_is_no_answer_is_an_error(body: Any) -> None:
    """Nothing in it could be one."""
    with pytest.raises(UpstreamProtocol):
        CODEC.read_response(body, TARGET)

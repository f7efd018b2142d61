"""Whole answers of Google's."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import ErrorKind, UpstreamProtocol, UpstreamStatus
from aimux.model.events import collect
from aimux.model.parts import Text, ToolCall
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire import jsontext
from tests.support.answers import EVERYTHING, TEXT, THINKING, TOOLS, Reply
from tests.support.dialects import gemini
from tests.wire.gemini.forms import CODEC, THIRD, heard, response


@pytest.mark.parametrize("reply", [TEXT, TOOLS, THINKING, EVERYTHING])
def test_golden_answers(reply: Reply) -> None:
    """Whole they are what they are as a stream."""
    read = CODEC.read_response(gemini.document(reply, "m"), THIRD)

    assert read == collect(heard(*gemini.events(reply, "m")))
    assert read.usage == Usage(100, 20, 30, None, 5)


def test_edge_31_a_stream_in_an_array() -> None:
    """As Google streams to who does not ask for events."""
    stream = [response({"text": "a"}), response({"text": "b"}, finish="MAX_TOKENS")]

    assert CODEC.read_response(stream, THIRD) == Response(
        "r1", "gemini-x", (Text("ab"),), FinishReason.MAX_TOKENS
    )


def test_an_answer_that_does_not_say_why_it_ended() -> None:
    """Is whole all the same: its last brace is there."""
    assert CODEC.read_response(response({"text": "a"}), THIRD).finish is FinishReason.END_TURN


def test_edge_182_a_blocked_prompt() -> None:
    """Is a refusal."""
    read = CODEC.read_response({"promptFeedback": {"blockReason": "SAFETY"}}, THIRD)

    assert (read.finish, read.detail, read.parts) == (FinishReason.REFUSAL, "SAFETY", ())


@pytest.mark.parametrize("whole", [None, 7, [], {}, [7], {"candidates": []}, {"usageMetadata": {}}])
def test_what_is_no_answer(whole: Any) -> None:
    """The provider is at fault."""
    with pytest.raises(UpstreamProtocol) as caught:
        CODEC.read_response(whole, THIRD)
    assert caught.value.provider == "google"


@pytest.mark.parametrize(
    ("whole", "kind", "status"),
    [
        pytest.param(
            {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}},
            ErrorKind.RATE_LIMIT,
            429,
            id="edge-191",
        ),
        pytest.param(
            [{"error": {"code": 400, "message": "m", "status": "API_KEY_INVALID"}}],
            ErrorKind.AUTH_UPSTREAM,
            401,
            id="edge-190",
        ),
        pytest.param(
            response(finish="MALFORMED_FUNCTION_CALL", finishMessage="m"),
            ErrorKind.UPSTREAM,
            502,
            id="edge-183",
        ),
    ],
)
def test_an_error_under_a_good_status(whole: Any, kind: ErrorKind, status: int) -> None:
    """Is the provider's failure, with its words."""
    with pytest.raises(UpstreamStatus) as caught:
        CODEC.read_response(whole, THIRD)

    error = caught.value
    assert (error.message, error.kind, error.http_status, error.provider) == (
        "m",
        kind,
        status,
        "google",
    )


def test_edge_351_arguments_keep_their_spelling() -> None:
    """Where the answer was decoded so that they can."""
    call = b'{"functionCall":{"name":"f","args":{"b":1.0,"a":1e3}}}'
    body = b'{"whole":{"candidates":[{"content":{"parts":[%b]},"finishReason":"STOP"}]}}' % call
    read = CODEC.read_response(jsontext.scan(body).exact("whole"), THIRD)

    assert read.parts == (ToolCall("", "f", '{"b":1.0,"a":1e3}'),)

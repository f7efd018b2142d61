"""Whole answers of a provider, and the small words of the codec."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.errors import ErrorKind, StreamCut, UpstreamProtocol, UpstreamStatus
from aimux.model.parts import Text
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire.openai_responses.usage import usage_object, usage_of
from tests.support.answers import EVERYTHING, OPENAI_RESPONSES, TEXT, answer, events
from tests.wire.openai_responses.asking import CODEC, PROVIDER, answer_in


@pytest.mark.parametrize("reply", [TEXT, EVERYTHING], ids=["text", "everything"])
def test_a_whole_answer_is_the_stream_that_it_would_have_been(reply: Any) -> None:
    """Edge 285, the other way round, too."""
    (body,) = answer(OPENAI_RESPONSES, reply).pieces
    whole = CODEC.read_response(json.loads(body), PROVIDER)  # type: ignore[arg-type]

    assert whole == answer_in(b"".join(events(OPENAI_RESPONSES, reply)))


def test_an_incomplete_answer() -> None:
    """By its reason."""
    whole = {
        "id": "resp_1",
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "a"}]}],
    }

    assert CODEC.read_response(whole, PROVIDER) == Response(
        "resp_1", "", (Text("a"),), FinishReason.MAX_TOKENS
    )


@pytest.mark.parametrize(
    ("whole", "kind", "status"),
    [
        ({"error": {"code": "rate_limit_exceeded", "message": "m"}}, ErrorKind.RATE_LIMIT, 429),
        ({"error": "m"}, ErrorKind.UPSTREAM, 502),
        (
            {"status": "failed", "output": [], "error": {"code": "server_error", "message": "m"}},
            ErrorKind.UPSTREAM,
            502,
        ),
    ],
)
def test_a_provider_that_failed(whole: dict[str, Any], kind: ErrorKind, status: int) -> None:
    """Under a good status."""
    with pytest.raises(UpstreamStatus, match="m") as caught:
        CODEC.read_response(whole, PROVIDER)

    assert (caught.value.kind, caught.value.http_status) == (kind, status)
    assert caught.value.provider == "p"


def test_an_answer_that_was_cancelled_failed() -> None:
    """Nobody says why."""
    with pytest.raises(UpstreamStatus):
        CODEC.read_response({"status": "cancelled", "output": []}, PROVIDER)


@pytest.mark.parametrize(
    "whole",
    [
        None,
        7,
        "x",
        [],
        {},
        {"output": None},
        {"choices": []},
        {"status": []},
        {"status": "queued", "output": []},
        {"status": "in_progress", "output": []},
    ],
)
def test_what_is_no_answer(whole: Any) -> None:
    """Of another format, or not there yet."""
    with pytest.raises(UpstreamProtocol):
        CODEC.read_response(whole, PROVIDER)


@pytest.mark.parametrize(
    "usage",
    [Usage(100, 20, 30, 10, 5), Usage(0, 0, 0, 0, 0), Usage(7, 2, 0, 0, 0)],
)
def test_usage_there_and_back(usage: Usage) -> None:
    """Edge 338 to 340: the vendor counts as we do."""
    assert usage_of(usage_object(usage)) == usage


@pytest.mark.parametrize(
    ("usage", "numbers"),
    [
        (Usage(), (0, 0, 0)),
        (Usage(cache_read_tokens=30), (30, 0, 30)),
        (Usage(10, None, 30, 5, None), (35, 0, 35)),
        pytest.param(Usage(10, 2, None, None, 5), (10, 5, 15), id="edge-341"),
    ],
)
def test_usage_never_contradicts_itself(usage: Usage, numbers: tuple[int, int, int]) -> None:
    """What is unknown is 0, and a part is not larger than its whole."""
    said = usage_object(usage)

    assert (said["input_tokens"], said["output_tokens"], said["total_tokens"]) == numbers


def test_a_count_of_tokens() -> None:
    """As ``POST /responses/input_tokens`` answers."""
    assert json.loads(CODEC.write_count(7) or b"") == {
        "object": "response.input_tokens",
        "input_tokens": 7,
    }


def test_an_error_of_a_relayed_stream() -> None:
    """Flat, as the vendor's, and as an object, for its SDK."""
    event = CODEC.error_event(StreamCut("cut"), "req-1")
    said = json.loads(event.split(b"data: ")[1])

    assert (said["type"], said["message"], said["error"]["message"]) == ("error", "cut", "cut")
    assert (said["sequence_number"], said["request_id"]) == (0, "req-1")

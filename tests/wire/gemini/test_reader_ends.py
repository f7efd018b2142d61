"""How Gemini's streams end: well, refused, broken, cut."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import ErrorKind
from aimux.model.events import BlockStart, Failure, Finish, Start, collect
from aimux.model.parts import Text
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire.gemini.reader import CUT
from tests.wire.gemini.forms import heard, response

CALL = {"functionCall": {"name": "f", "args": {"x": 1}}}
END = FinishReason.END_TURN


def answer(*responses: Any) -> Response:
    """What a stream amounts to."""
    return collect(heard(*responses))


@pytest.mark.parametrize(
    ("word", "reason", "detail"),
    [
        pytest.param("STOP", END, "", id="STOP"),
        pytest.param("MAX_TOKENS", FinishReason.MAX_TOKENS, "", id="MAX_TOKENS"),
        pytest.param("CONTINUATION", FinishReason.PAUSE_TURN, "", id="edge-195"),
        pytest.param("SAFETY", FinishReason.REFUSAL, "SAFETY", id="SAFETY"),
        pytest.param("RECITATION", FinishReason.REFUSAL, "RECITATION", id="RECITATION"),
        pytest.param("IMAGE_SAFETY", FinishReason.REFUSAL, "IMAGE_SAFETY", id="IMAGE_SAFETY"),
        pytest.param("MALFORMED_FUNCTION_CALL", END, "", id="MALFORMED_FUNCTION_CALL"),
        pytest.param("OTHER", END, "", id="OTHER"),
        pytest.param("OF_A_NEW_KIND", END, "", id="unknown"),
    ],
)
def test_reasons(word: str, reason: FinishReason, detail: str) -> None:
    """Behind a text."""
    finish = heard(response({"text": "a"}, finish=word))[-1]

    assert finish == Finish(reason, detail=detail)


def test_a_refusal_in_the_vendors_words() -> None:
    """Where it gives some."""
    finish = heard(response({"text": "a"}, finish="SAFETY", finishMessage="no"))[-1]

    assert finish == Finish(FinishReason.REFUSAL, detail="no")


def test_edge_166_calls_end_with_stop() -> None:
    """The vendor has no word of its own for it."""
    assert answer(response(CALL, finish="STOP")).finish is FinishReason.TOOL_USE


@pytest.mark.parametrize("word", ["MALFORMED_FUNCTION_CALL", "OTHER", "UNEXPECTED_TOOL_CALL"])
def test_a_broken_answer_with_a_call_is_a_call(word: str) -> None:
    """What came whole may be run."""
    assert answer(response(CALL, finish=word)).finish is FinishReason.TOOL_USE


@pytest.mark.parametrize("last", ["STOP", "MAX_TOKENS"])
def test_edge_167_a_reason_on_every_event(last: str) -> None:
    """The last counts."""
    whole = answer(
        response({"text": "a"}, finish="STOP"),
        response({"text": "b"}, finish="FINISH_REASON_UNSPECIFIED"),
        response({"text": "c"}, finish=last),
    )

    assert whole.parts == (Text("abc"),)
    assert whole.finish is (END if last == "STOP" else FinishReason.MAX_TOKENS)


@pytest.mark.parametrize(
    ("word", "message", "words"),
    [
        ("MALFORMED_FUNCTION_CALL", "bad call", "bad call"),
        ("OTHER", None, "the model's answer cannot be used (OTHER)"),
        (
            "MISSING_THOUGHT_SIGNATURE",
            None,
            "the model's answer cannot be used (MISSING_THOUGHT_SIGNATURE)",
        ),
    ],
)
@pytest.mark.parametrize(
    "before", [[], [{"text": "R", "thought": True}]], ids=["nothing", "a-thought"]
)
def test_edge_183_a_broken_answer_of_nothing(
    word: str, message: str | None, words: str, before: list[Any]
) -> None:
    """Is a failure, so that the agent asks again; thinking alone is nothing."""
    more = {} if message is None else {"finishMessage": message}
    last = heard(response(*before, finish=word, **more))[-1]

    assert last == Failure(ErrorKind.UPSTREAM, words, word)


def test_a_call_of_nothing_alone_is_a_failure() -> None:
    """Though it says STOP."""
    last = heard(response({"functionCall": {"args": {}}}, finish="STOP"))[-1]

    assert isinstance(last, Failure)


@pytest.mark.parametrize(
    ("feedback", "detail"),
    [
        ({"blockReason": "SAFETY", "safetyRatings": []}, "SAFETY"),
        ({"blockReason": "OTHER", "blockReasonMessage": "no"}, "no"),
    ],
)
def test_edge_182_a_blocked_prompt(feedback: Any, detail: str) -> None:
    """No candidates at all is a refusal."""
    usage = {"promptTokenCount": 7, "totalTokenCount": 7}
    out = heard({"promptFeedback": feedback, "usageMetadata": usage, "responseId": "r"})

    assert out == [
        Start("r", "", Usage(7)),
        Finish(FinishReason.REFUSAL, Usage(7), detail=detail),
    ]


def test_feedback_without_a_block_is_nothing() -> None:
    """Google may rate a prompt that it answers."""
    first = {**response({"text": "a"}, finish="STOP"), "promptFeedback": {"safetyRatings": []}}

    assert answer(first).finish is END


@pytest.mark.parametrize(
    "responses",
    [
        pytest.param([], id="nothing"),
        pytest.param([response({"text": "a"})], id="a-text"),
        pytest.param([response(CALL)], id="a-call"),
        pytest.param([{"usageMetadata": {"promptTokenCount": 1}}], id="usage-alone"),
    ],
)
def test_a_stream_that_was_cut(responses: list[Any]) -> None:
    """Never ends as if it were complete."""
    out = heard(*responses)

    assert isinstance(out[0], Start)
    assert out[-1] == CUT
    assert not any(isinstance(event, Finish) for event in out)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(
            {"error": {"code": 503, "message": "m", "status": "UNAVAILABLE"}}, id="object"
        ),
        pytest.param(
            [{"error": {"code": 503, "message": "m", "status": "UNAVAILABLE"}}], id="array"
        ),
    ],
)
@pytest.mark.parametrize("before", [[], [response({"text": "a"})]], ids=["first", "later"])
def test_an_error_in_the_stream(error: Any, before: list[Any]) -> None:
    """Ends it, whatever follows."""
    out = heard(*before, error, response({"text": "b"}, finish="STOP"))

    assert isinstance(out[0], Start)
    assert out[-1] == Failure(ErrorKind.OVERLOADED, "m", "UNAVAILABLE")


def test_an_error_that_is_a_text() -> None:
    """Some proxies write one."""
    assert heard({"error": "m"})[-1] == Failure(ErrorKind.UPSTREAM, "m")


def test_arguments_in_pieces_are_refused() -> None:
    """Nobody has asked for them, and half a call must not be run."""
    call = {
        "functionCall": {"name": "f", "partialArgs": [{"jsonPath": "$.a"}], "willContinue": True}
    }
    out = heard(response({"text": "a"}, call, {"text": "b"}, finish="STOP"))

    assert isinstance(out[-1], Failure)
    assert not any(isinstance(event, BlockStart) and event.block > 0 for event in out)


def test_arguments_that_cannot_be_said_again() -> None:
    """A number beyond every float, beside half a character."""
    event = (
        rb'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f",'
        rb'"args":{"a":1e999,"b":"\ud83d"}}}]}}]}'
    )

    assert isinstance(heard(event + b"\n\n")[-1], Failure)

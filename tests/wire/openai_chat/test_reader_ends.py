"""How a provider's answer ends: reasons, tokens, errors, and no end at all."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import ErrorKind
from aimux.model.events import Failure, Finish, Start
from aimux.model.parts import Text
from aimux.model.response import FinishReason, Usage
from aimux.wire.openai_chat.reader import Reader
from tests.wire.openai_chat.chunks import (
    DONE,
    TARGET,
    answer_of,
    block,
    calls,
    chunk,
    events_of,
    failure_of,
    fragment,
)

SAID = chunk({"content": "a"})
CALLED = calls(fragment(0, "{}", id="call_1", name="f"))
REFUSED = chunk({"refusal": "no"})
R = FinishReason


def ended(finish: Any, **more: Any) -> bytes:
    """The chunk that ends an answer; ``more`` are further fields of its choice."""
    choice = {"index": 0, "delta": {}, "finish_reason": finish, **more}
    return block({"choices": [choice]})


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        pytest.param([SAID, ended("stop")], R.END_TURN, id="stop"),
        pytest.param([CALLED, ended("tool_calls")], R.TOOL_USE, id="tool_calls"),
        pytest.param([CALLED, ended("stop")], R.TOOL_USE, id="edge-46-327"),
        pytest.param([CALLED, ended("whatever")], R.TOOL_USE, id="unknown-with-a-call"),
        pytest.param([SAID, ended("tool_calls")], R.END_TURN, id="edge-47"),
        pytest.param([SAID, ended("function_call")], R.END_TURN, id="edge-47-legacy"),
        pytest.param([chunk({"content": "a"}, finish="stop")], R.END_TURN, id="edge-49"),
        pytest.param([SAID], R.END_TURN, id="edge-50"),
        pytest.param([CALLED], R.TOOL_USE, id="edge-50-with-a-call"),
        pytest.param([SAID, ended("null")], R.END_TURN, id="edge-50-the-word-null"),
        pytest.param([SAID, ended(""), ended("length")], R.MAX_TOKENS, id="first-that-is-one"),
        pytest.param([SAID, ended("length"), ended("stop")], R.MAX_TOKENS, id="first-counts"),
        pytest.param([SAID, ended("length")], R.MAX_TOKENS, id="edge-51-length"),
        pytest.param([SAID, ended("model_length")], R.MAX_TOKENS, id="mistral"),
        pytest.param([SAID, ended("eos")], R.END_TURN, id="eos"),
        pytest.param([SAID, ended("whatever")], R.END_TURN, id="unknown"),
        pytest.param([SAID, ended(7)], R.END_TURN, id="no-word"),
        pytest.param([SAID, ended("content_filter")], R.REFUSAL, id="edge-95"),
        pytest.param([SAID, ended("sensitive")], R.REFUSAL, id="zai-sensitive"),
        pytest.param(
            [SAID, ended("model_context_window_exceeded")], R.CONTEXT_WINDOW, id="zai-window"
        ),
        pytest.param([REFUSED, ended("stop")], R.REFUSAL, id="edge-92"),
        pytest.param([SAID, ended("stop", stop_reason="END")], R.STOP_SEQUENCE, id="edge-331"),
        pytest.param([SAID, ended("stop", stop_reason=128009)], R.END_TURN, id="edge-331-token"),
        pytest.param([SAID, ended("stop", stop_reason="eos")], R.END_TURN, id="edge-331-word"),
        pytest.param([CALLED, ended("stop", stop_reason="END")], R.TOOL_USE, id="edge-331-call"),
        pytest.param(
            [SAID, ended("stop", native_finish_reason="MALFORMED_FUNCTION_CALL")],
            R.END_TURN,
            id="edge-326-with-text",
        ),
        pytest.param(
            [chunk({"reasoning": "r"}), ended("stop")], R.END_TURN, id="edge-82-thinking-only"
        ),
    ],
)
def test_why_an_answer_ended(blocks: list[bytes], reason: FinishReason) -> None:
    """By the word of the vendor, and by what was really said."""
    assert answer_of(*blocks).finish is reason


def test_the_stop_sequence_is_named() -> None:
    """Edge 331: vLLM says which one it was."""
    answer = answer_of(SAID, ended("stop", stop_reason="END"))

    assert answer.stop_sequence == "END"
    assert answer_of(CALLED, ended("stop", stop_reason="END")).stop_sequence == ""


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        pytest.param("insufficient_system_resource", ErrorKind.OVERLOADED, id="edge-295"),
        pytest.param("network_error", ErrorKind.UPSTREAM, id="zai"),
        pytest.param("error", ErrorKind.UPSTREAM, id="openrouter"),
        pytest.param("abort", ErrorKind.UPSTREAM, id="sglang"),
    ],
)
def test_reasons_that_are_failures(reason: str, kind: ErrorKind) -> None:
    """The provider gave up: that is no end of an answer."""
    failure = failure_of(SAID, ended(reason), DONE)

    assert (failure.kind, failure.code) == (kind, reason)


def test_a_malformed_call_without_any_content_is_a_failure() -> None:
    """Edge 326: Gemini behind OpenRouter; trying again helps."""
    failure = failure_of(ended("stop", native_finish_reason="MALFORMED_FUNCTION_CALL"), DONE)

    assert (failure.kind, failure.code) == (ErrorKind.UPSTREAM, "MALFORMED_FUNCTION_CALL")


# ---------------------------------------------------------------- where the stream ends


def test_a_reason_is_enough() -> None:
    """Edge 16: not every server sends [DONE]."""
    assert answer_of(SAID, ended("stop"), end=b"").finish is FinishReason.END_TURN


def test_done_is_enough() -> None:
    """An answer may be empty, too."""
    assert events_of(DONE) == [Start(), Finish(FinishReason.END_TURN)]


@pytest.mark.parametrize("done", ['"[DONE]"', "[DONE]  ", ' "[DONE]" '])
def test_done_in_any_dress(done: str) -> None:
    """Edge 17."""
    assert answer_of(SAID, block(done), end=b"").parts == (Text("a"),)


def test_done_behind_a_chunk_in_one_event() -> None:
    """Edge 9: the blank line between them is missing."""
    assert answer_of(SAID.removesuffix(b"\n"), DONE, end=b"").parts == (Text("a"),)


def test_done_inside_a_text_ends_nothing() -> None:
    """A model may write about it."""
    answer = answer_of(chunk({"content": "[DONE]"}), chunk({"content": "\n[DONE]\n"}))

    assert answer.parts == (Text("[DONE]\n[DONE]\n"),)


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b": a comment\n\n", id="comments"),
        pytest.param(SAID, id="edge-26-text"),
        pytest.param(CALLED, id="edge-97-call"),
        pytest.param(SAID + ended("stop")[:-9], id="half-an-event"),
    ],
)
def test_a_stream_without_an_end_is_cut(stream: bytes) -> None:
    """Whatever it held: it may not look complete."""
    failure = failure_of(stream)

    assert (failure.kind, failure.code) == (ErrorKind.UPSTREAM, "stream-cut")


def test_nothing_is_said_behind_the_end() -> None:
    """Neither text nor tokens nor another end."""
    reader = Reader(TARGET)
    reader.read(SAID)
    assert isinstance(reader.read(DONE)[-1], Finish)

    for late in (SAID, CALLED, chunk(usage={"prompt_tokens": 1}), block({"error": "x"}), DONE):
        assert reader.read(late) == []
    assert reader.end() == []


def test_nothing_is_said_behind_a_failure() -> None:
    """One chunk of an event that holds two may be it."""
    error = block({"error": {"message": "x"}}).removesuffix(b"\n")

    events = events_of(error + SAID + DONE)

    assert [type(event) for event in events] == [Start, Failure]


# ---------------------------------------------------------------- tokens


@pytest.mark.parametrize(
    ("blocks", "usage"),
    [
        pytest.param(
            [ended("stop"), block({"choices": [], "usage": {"prompt_tokens": 3}})],
            Usage(3),
            id="edge-45-40",
        ),
        pytest.param([ended("stop", usage={"completion_tokens": 4})], Usage(None, 4), id="edge-43"),
        pytest.param(
            [chunk(finish="stop", x_groq={"id": "r", "usage": {"prompt_tokens": 5}})],
            Usage(5),
            id="groq",
        ),
        pytest.param([ended("stop")], Usage(), id="edge-44"),
        pytest.param(
            [
                chunk(
                    usage={
                        "prompt_tokens": 1,
                        "completion_tokens": 5,
                        "total_tokens": 6,
                        "completion_tokens_details": {"reasoning_tokens": 9},
                    }
                )
            ],
            Usage(1, 5, None, None, 5),
            id="edge-341",
        ),
        pytest.param(
            [
                chunk({"content": "a"}, usage={"prompt_tokens": 5, "completion_tokens": 1}),
                chunk({"content": "b"}, usage=None),
                chunk({}, "stop", usage={"prompt_tokens": 5, "completion_tokens": 2}),
            ],
            Usage(5, 2),
            id="last-counts",
        ),
        pytest.param(
            [
                block({"usage": {"prompt_tokens": 6, "prompt_cache_hit_tokens": 2}}),
                ended("stop", usage="odd"),
            ],
            Usage(6, None, 2),
            id="edge-296-41",
        ),
    ],
)
def test_tokens_wherever_they_stand(blocks: list[bytes], usage: Usage) -> None:
    """In any chunk, on any level; what nobody says is unknown."""
    assert answer_of(*blocks).usage == usage


def test_tokens_behind_done_are_not_read() -> None:
    """The answer has ended."""
    late = block({"choices": [], "usage": {"prompt_tokens": 3}})

    assert answer_of(SAID, ended("stop"), DONE, late, end=b"").usage == Usage()


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        pytest.param(
            block({"error": {"message": "slow down", "type": "rate_limit_exceeded"}}),
            ErrorKind.RATE_LIMIT,
            "slow down",
            id="the-vendor's",
        ),
        pytest.param(block({"error": "boom"}), ErrorKind.UPSTREAM, "boom", id="edge-85-string"),
        pytest.param(
            block({"error": {"error": {"message": "deep"}, "code": 503}}),
            ErrorKind.OVERLOADED,
            "503",
            id="edge-85-nested",
        ),
        pytest.param(
            chunk({"content": ""}, "error", error={"code": 429, "message": "limit"}),
            ErrorKind.RATE_LIMIT,
            "limit",
            id="edge-85-openrouter",
        ),
        pytest.param(
            ended("error", error={"code": 502, "message": "provider"}),
            ErrorKind.UPSTREAM,
            "provider",
            id="edge-85-in-the-choice",
        ),
        pytest.param(
            block({"error": {"code": "1113", "message": "no money"}}),
            ErrorKind.UPSTREAM,
            "no money",
            id="edge-302",
        ),
        pytest.param(
            block({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
            ErrorKind.BILLING,
            "insufficient balance",
            id="minimax",
        ),
        pytest.param(block({"detail": "gone"}), ErrorKind.UPSTREAM, "gone", id="detail"),
        pytest.param(
            block({"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}),
            ErrorKind.INVALID_REQUEST,
            "bad",
            id="vllm",
        ),
        pytest.param(
            block({"type": "error", "message": "odd"}), ErrorKind.UPSTREAM, "odd", id="by-type"
        ),
        pytest.param(
            block({"message": "named"}, "error"), ErrorKind.UPSTREAM, "named", id="by-event"
        ),
        pytest.param(
            block({"error": {"message": "This model's maximum context length is 8 tokens"}}),
            ErrorKind.CONTEXT_OVERFLOW,
            "maximum context length",
            id="overflow",
        ),
    ],
)
@pytest.mark.parametrize("before", [b"", SAID], ids=["first", "edge-86-later"])
def test_errors_inside_a_stream(before: bytes, event: bytes, kind: ErrorKind, words: str) -> None:
    """In every shape; never followed by an end that looks well."""
    failure = failure_of(before, event, ended("stop"), DONE)

    assert failure.kind is kind
    assert words in failure.message


def test_the_words_of_an_error_are_whole_characters() -> None:
    """Edge 4: they go on to the client."""
    failure = failure_of(block('{"error":{"message":"x\\ud83d","code":"\\ud83d"}}'))

    assert (failure.message, failure.code) == ("x\ufffd", "\ufffd")


@pytest.mark.parametrize(
    "harmless",
    [
        chunk({"content": "b"}, error=None),
        chunk({"content": "b"}, base_resp={"status_code": 0}),
        block({"base_resp": {"status_code": 0}, "choices": None}),
    ],
)
def test_what_looks_like_an_error_and_is_none(harmless: bytes) -> None:
    """Empty fields of errors stand in good chunks."""
    assert answer_of(SAID, harmless).finish is FinishReason.END_TURN

"""Errors in Anthropic's words: above all a prompt that is too long, by which clients compact."""

from __future__ import annotations

import json

import pytest

from aimux.errors import ErrorKind, InvalidRequest, UpstreamStatus
from tests.support.grammar import anthropic
from tests.wire.anthropic.streams import CODEC


def message_of(text: str, kind: ErrorKind = ErrorKind.CONTEXT_OVERFLOW) -> str:
    """What an error body says, after a look at its form."""
    error = UpstreamStatus(text, status=400, kind=kind)
    body = CODEC.error_body(error, "req-1")
    assert json.loads(body)["request_id"] == "req-1"
    assert CODEC.error_event(error, "req-1") == b"event: error\ndata: " + body + b"\n\n"
    return anthropic.judge_error(body)


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("a: prompt is too long: 210000 tokens > 200000 maximum", "210000 tokens > 200000 maximum"),
        (
            "a: This model's maximum context length is 128000 tokens. However, your messages resulted in "
            "130000 tokens.",
            "130000 tokens > 128000 maximum",
        ),
        (
            "a: This model's maximum context length is 128,000 tokens. However, you requested 135,000 tokens "
            "(131000 in the messages, 4000 in the completion).",
            "135000 tokens > 128000 maximum",
        ),
        (
            "a: The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            "1200000 tokens > 1048576 maximum",
        ),
        (
            "a: This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
            "537812 tokens > 131072 maximum",
        ),
        (
            "a: prompt token count of 130000 exceeds the limit of 128000",
            "130000 tokens > 128000 maximum",
        ),
        (
            "a: request (5000 tokens) exceeds the available context size (4096 tokens)",
            "5000 tokens > 4096 maximum",
        ),
        (
            "a: Trying to keep the first 5000 tokens when context the overflows. However, the model is "
            "loaded with context length of only 4096 tokens",
            "5000 tokens > 4096 maximum",
        ),
        (
            "a: Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
            "40000 tokens > 32768 maximum",
        ),
        (
            "a: exceeded model token limit: 262144 (requested: 270000)",
            "270000 tokens > 262144 maximum",
        ),
    ],
)
def test_a_prompt_that_is_too_long_says_so_first(text: str, beginning: str) -> None:
    """Edge 243: with the vendor's numbers, and then the vendor's words."""
    assert message_of(text) == f"prompt is too long: {beginning}; {text}"


@pytest.mark.parametrize(
    "text",
    [
        "a: Please reduce the length of the messages or completion.",
        "a: context window exceeds limit (2013)",
        "a: the request exceeds the available context size (4096 tokens)",
        "a: request (1000 tokens) exceeds the available context size (4096 tokens)",
    ],
)
def test_without_two_numbers_that_make_sense_there_are_none(text: str) -> None:
    """Edge 243: one alone, or a limit that is not exceeded, would be made up."""
    assert message_of(text) == f"prompt is too long; {text}"


def test_what_begins_so_stays_as_it_is() -> None:
    """It was said by the vendor itself."""
    text = "prompt is too long: 210000 tokens > 200000 maximum"

    assert message_of(text) == text


@pytest.mark.parametrize(
    "kind", [kind for kind in ErrorKind if kind is not ErrorKind.CONTEXT_OVERFLOW]
)
def test_other_errors_are_said_as_they_are(kind: ErrorKind) -> None:
    """In one of the vendor's types."""
    assert message_of("a: maximum context length is 4096 tokens", kind).startswith("a: ")


def test_an_error_of_ours_names_the_hint() -> None:
    """Behind the message."""
    error = InvalidRequest("no model", param="model", hint="name one")

    assert anthropic.judge_error(CODEC.error_body(error, "req-1")) == "no model; name one"

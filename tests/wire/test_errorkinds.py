"""Statuses and wordings as kinds of error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import ErrorKind
from aimux.wire.errorkinds import (
    excerpt,
    kind_of,
    kind_of_status,
    mapping,
    number,
    status_of_kind,
    wait_in,
)

K = ErrorKind

OVERFLOWS = [
    "prompt is too long: 213462 tokens > 200000 maximum",
    "Input is too long for requested model.",
    "Your input exceeds the context window of this model",
    "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens",
    "Please reduce the length of the messages or completion",
    "This model's maximum context length is 128000 tokens. However, you requested 130000",
    "This endpoint's maximum context length of 65536 tokens",
    "prompt token count of 137542 exceeds the limit of 128000",
    "the request exceeds the available context size, try increasing it",
    "tokens to keep from the initial prompt is greater than the context length",
    "invalid params, context window exceeds limit",
    "Your request exceeded model token limit: 262144",
    "Prompt contains 40211 tokens, too large for model with 32768 maximum context length",
    "context_length_exceeded",
    "model_context_window_exceeded",
]
BILLINGS = [
    "Your credit balance is too low to access the Anthropic API.",
    "insufficient_quota",
    "Insufficient Balance",
    "You exceeded your current quota, please check your plan and billing details.",
    "billing_error",
    "billing_not_active",
    "enforced_spend_limit_reached",
    "credit_balance_exhausted",
]
BAD_KEYS = ["API_KEY_INVALID", "API key not valid. Please pass a valid API key.", "invalid_api_key"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, K.INVALID_REQUEST), (401, K.AUTH_UPSTREAM), (402, K.BILLING), (403, K.PERMISSION),
        (404, K.NOT_FOUND), (405, K.INVALID_REQUEST), (408, K.TIMEOUT), (409, K.INVALID_REQUEST),
        (413, K.TOO_LARGE), (418, K.INVALID_REQUEST), (422, K.INVALID_REQUEST), (429, K.RATE_LIMIT),
        (499, K.INVALID_REQUEST), (500, K.UPSTREAM), (502, K.UPSTREAM), (503, K.OVERLOADED),
        (504, K.TIMEOUT), (520, K.UPSTREAM), (529, K.OVERLOADED), (599, K.UPSTREAM), (999, K.UPSTREAM),
        (200, K.UPSTREAM), (302, K.UPSTREAM), (0, K.UPSTREAM),
    ],
)  # fmt: skip
def test_a_status_alone(status: int, kind: ErrorKind) -> None:
    """Unknown ones by their class; one that is no error's is not blamed on the caller."""
    assert kind_of_status(status) == kind
    assert kind_of(status, "nothing that is known") == kind


@pytest.mark.parametrize("text", OVERFLOWS)
@pytest.mark.parametrize("status", [400, 413, 422, 500])
def test_a_prompt_that_is_too_long(status: int, text: str) -> None:
    """In the words of every vendor, in any case."""
    assert kind_of(status, text) == K.CONTEXT_OVERFLOW
    assert kind_of(status, text.upper()) == K.CONTEXT_OVERFLOW


@pytest.mark.parametrize("text", BILLINGS)
@pytest.mark.parametrize("status", [400, 402, 403, 413, 422, 429, 500])
def test_an_account_without_money(status: int, text: str) -> None:
    """Whatever status the vendor gives it."""
    assert kind_of(status, text) == K.BILLING
    assert kind_of(status, text.upper()) == K.BILLING


@pytest.mark.parametrize("text", BAD_KEYS)
def test_a_bad_key_with_status_400(text: str) -> None:
    """Google's way to say 401."""
    assert kind_of(400, text) == K.AUTH_UPSTREAM
    assert kind_of(403, text) == K.PERMISSION


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (401, "insufficient_quota", K.AUTH_UPSTREAM),
        (404, "prompt is too long", K.NOT_FOUND),
        (429, "prompt is too long", K.RATE_LIMIT),
        (529, "credit balance is too low", K.OVERLOADED),
        (413, "request entity too large", K.TOO_LARGE),
        (400, "the file exceeds the limit of 10 MB", K.INVALID_REQUEST),
        (400, "max_tokens: must be at least 1", K.INVALID_REQUEST),
    ],
)
def test_a_text_does_not_outweigh_a_plain_status(status: int, text: str, kind: ErrorKind) -> None:
    """It decides only where one status stands for several things."""
    assert kind_of(status, text) == kind


def test_every_kind_has_a_status() -> None:
    """For an error that came inside an answer; where a status means one kind, it means the same back."""
    statuses = {kind: status_of_kind(kind) for kind in ErrorKind}

    assert all(400 <= status < 600 for status in statuses.values())
    for kind in (
        K.INVALID_REQUEST, K.AUTH_UPSTREAM, K.BILLING, K.PERMISSION, K.NOT_FOUND, K.TOO_LARGE,
        K.RATE_LIMIT, K.OVERLOADED, K.TIMEOUT, K.UPSTREAM,
    ):  # fmt: skip
        assert kind_of_status(statuses[kind]) == kind


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "an empty body"),
        (b" \n\t ", "an empty body"),
        (b"  upstream down \n", "upstream down"),
        (b"a\nb\x00c\x1b[31m", "a b c [31m"),
        (b"\xff\xfe", "\N{REPLACEMENT CHARACTER}" * 2),
        (b"x" * 1000, "x" * 200),
        ("\N{SNOWMAN}".encode() * 1000, "\N{SNOWMAN}" * 200),
    ],
)
def test_an_excerpt_is_short_and_printable(body: bytes, text: str) -> None:
    """One line of what is no error of any known form."""
    assert excerpt(body) == text


@settings(max_examples=100)
@given(st.binary(max_size=900))
def test_any_body_has_an_excerpt(body: bytes) -> None:
    """Never empty, never longer than asked for, nothing that moves a cursor."""
    text = excerpt(body)

    assert 0 < len(text) <= 200
    assert text.isprintable()


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (0, 0), (7, 7), (10**20, 10**20), (-1, None), (None, None), (True, None), (False, None),
        (1.0, None), ("7", None), ([7], None), ({}, None),
    ],
)  # fmt: skip
def test_a_number_of_tokens(value: object, count: int | None) -> None:
    """A count, or unknown; never 0 for what is no count."""
    assert number(value) == count


@pytest.mark.parametrize("value", [None, 1, "x", [], [{}], True])
def test_what_is_no_object_is_an_empty_one(value: object) -> None:
    """So that looking for a field of it is safe."""
    assert mapping(value) == {}
    assert mapping({"a": value}) == {"a": value}


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("Please try again in 1.2s. Visit", 1.2),
        ("Rate limit reached. Please try again in 20ms.", 0.02),
        ("try again in 2 min", 120.0),
        ("Retry after 30 seconds", 30.0),
        ("retry in 500 milliseconds", 0.5),
        ("Please try again in 7m12.5s. Need more?", 432.5),
        ("try again in 1h0m3s", 3603.0),
        ("Try again in 1 hour, 2 minutes", 3720.0),
        ("try again in 2 days.", 172_800.0),
        ("try again in 5 sprints", None),
        ("try again in 5", None),
        ("please try again later", None),
        ("try again in a while", None),
        ("", None),
    ],
)
def test_the_wait_that_words_ask_for(text: str, wait_s: float | None) -> None:
    """Where no header says it (2.16)."""
    assert wait_in(text) == (wait_s if wait_s is None else pytest.approx(wait_s))


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "content_policy_violation: no", ErrorKind.REFUSED),
        (400, "Invalid prompt: potentially violating our usage policy", ErrorKind.REFUSED),
        (403, "The response was filtered: content_filter", ErrorKind.REFUSED),
        (400, "block reason PROHIBITED_CONTENT", ErrorKind.REFUSED),
        (500, "content_filter is down", ErrorKind.UPSTREAM),
        (400, "the policy field is unknown", ErrorKind.INVALID_REQUEST),
    ],
)
def test_a_refusal_by_policy_is_a_kind_of_its_own(status: int, text: str, kind: ErrorKind) -> None:
    """It is the caller's, and a route may want another target asked about it."""
    assert kind_of(status, text) is kind

"""What is taken for a key, and what is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.keyshapes import KEY_SHAPE, REDACTABLE, looks_like_key, may_be_redactable

A20, A24, A32 = "a1" * 10, "a1" * 12, "0a" * 16
JWT = f"eyJ{A20}.{A20}.{A20}"

KEYS = [
    "sk-ant-api03-" + A20,
    "sk-" + A20,
    "sk-proj-" + A20,
    "sk-svcacct-" + A20,
    "sk-or-v1-" + A20,
    "sk-cp-" + A20,
    "sk-kimi-" + A20,
    "csk-" + A24,
    "gsk_" + A24,
    "xai-" + A24,
    "syn_" + A24,
    "AIza" + "Sy_-" * 9,
    "aimux-client-" + A24,
    "aimux-admin-" + A24,
    "ghp_" + A20 + A20,
    "gho_" + A20 + A20,
    f"{A32}.{'Ab3' * 5}x",
    JWT,
]

NEAR_MISSES = [
    "",
    "sk-",
    "sk-test-1",  # what tests use
    "sk-test-client-1",
    "sk-" + "a" * 19,
    "csk-" + "A" * 24,
    "gsk_" + "a" * 23,
    "AIza" + "a" * 29,
    "aimux-client-short",
    "task-list-of-a-very-long-afternoon",  # "sk-" stands inside a word
    "ask-me-anything-about-long-names",
    "ghx_" + "a" * 36,
    "0" * 32 + "." + "a" * 15,
    "g" * 32 + "." + "a" * 16,
    "0" * 33 + "." + "a" * 16,
    "eyJhbGciOiJIUzI1NiJ9.short.x",
    "a8f5f167f44f4964e6c998dee827110c",  # a digest
    "claude-opus-4-6-20260401",
    "keyring:anthropic/default",
    "https://api.example.com/v1/chat/completions",
    "Bearer of good news",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "around", ["{}", "api_key = '{}'", "a {} b", "({})", "key={}&x=1", "x\n{}\n"]
)
def test_a_key_is_found_in_any_text(key: str, around: str) -> None:
    """Whole: what is left after blotting it out holds nothing of it."""
    text = around.format(key)

    assert looks_like_key(text)
    assert KEY_SHAPE.sub("***", text) == around.format("***")
    assert key not in REDACTABLE.sub("***", text)


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_a_near_miss_is_no_key(text: str) -> None:
    """Names, words, digests and addresses stay readable."""
    assert not looks_like_key(text)
    assert REDACTABLE.search(text) is None


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("authorization: Bearer abcdefghijklmnop", "authorization: ***"),
        ("BEARER  abc.def~ghi+jkl/mno=", "***"),
        ("bearer short", "bearer short"),
        ("https://x/v1?key=abcdefgh", "https://x/v1?key=***"),
        ("https://x/v1?alt=sse&key=abcdefgh&z=1", "https://x/v1?alt=sse&key=***&z=1"),
        ("https://x/v1?key=short", "https://x/v1?key=short"),
        ('{"url":"https://x?key=abcdefgh"}', '{"url":"https://x?key=***"}'),
        ("monkey=abcdefgh", "monkey=abcdefgh"),
    ],
)
def test_credentials_of_other_shapes_are_redacted(text: str, redacted: str) -> None:
    """A bearer credential and the key of a query string, whatever they look like."""
    assert REDACTABLE.sub("***", text) == redacted


@pytest.mark.parametrize(
    "unit",
    [
        "a", "-", "_-", " ", "sk-", "-sk-", "csk-a", "-aimux-", "aimux-a-", "bearer ", "Bearer\t",
        "bearer" + " " * 1000, "?key=", "&key=x", "0" * 31 + "-", "-" + "0" * 32 + ".", "-AIza",
        "ghp_", "xai-" + "a" * 23 + "-", "eyJ", "eyJaaaaaaaaaaaaaaaa.",
        "-eyJ", "_eyJ",  # a beginning that may stand in its own middle
    ],
)  # fmt: skip
def test_a_hostile_text_is_searched_in_linear_time(unit: str) -> None:
    """A log line of 100 000 characters must not hold up the daemon."""
    text = (unit * (100_000 // len(unit) + 1))[:100_000]
    began = time.thread_time()

    for shape in (KEY_SHAPE, REDACTABLE):
        shape.sub("***", text)

    assert time.thread_time() - began < 1.0


@pytest.mark.parametrize(
    "text",
    [
        "sk-ant-" + "a" * 20, "csk-" + "a" * 24, "gsk_" + "a" * 24, "xai-" + "a" * 24,
        "syn_" + "a" * 24, "AIza" + "a" * 30, "aimux-client-" + "a" * 24, "ghp_" + "a" * 30,
        "eyJ" + "a" * 16 + "." + "b" * 16 + "." + "c" * 8, "0" * 32 + "." + "z" * 16,
        "bEaReR " + "a" * 16, "?key=" + "a" * 8,
    ],
)  # fmt: skip
def test_the_quick_look_misses_nothing(text: str) -> None:
    """Whatever the search would blot out, the look before it sees; ordinary lines pass it."""
    assert REDACTABLE.search(f"x {text} y") is not None or text.startswith("?")
    assert may_be_redactable(f"x {text} y")
    assert not may_be_redactable('{"level":"info","request_id":"ax_0123456789abcdef0123"}')


_PARTS = ["Bearer ", "bEARER\t", "?key=", "&key=", " ", "-", "_", ".", "x", "G"]


@settings(max_examples=150)
@given(st.lists(st.sampled_from([*KEYS, *NEAR_MISSES, *_PARTS, A20, A32]), max_size=6).map("".join))
def test_no_text_that_would_be_blotted_out_passes_the_quick_look(text: str) -> None:
    """Keys and what looks like them, in any order."""
    if REDACTABLE.search(text):
        assert may_be_redactable(text)

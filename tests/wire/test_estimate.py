"""How many tokens a request takes, as far as bytes tell."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from aimux.model.request import WireFormat
from aimux.wire.estimate import (
    FIXED_TOKENS,
    IMAGE_TOKENS,
    Calibration,
    estimated_tokens,
    tokens_of_text,
)
from aimux.wire.jsontext import scan
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES

WORDS = "the quick brown fox jumps over the lazy dog " * 50
IMAGE = base64.b64encode(bytes(range(256)) * 40).decode()
PDF = base64.b64encode(b"%PDF-1.7" + bytes(6000)).decode()


def tokens(format_: WireFormat, **body: Any) -> int:
    """The guess for a body."""
    return estimated_tokens(scan(json.dumps(body).encode()), format_)


@pytest.mark.parametrize(
    ("format_", "body"),
    [
        (ANTHROPIC, {"messages": [{"role": "user", "content": WORDS}]}),
        (ANTHROPIC, {"system": WORDS, "messages": []}),
        (ANTHROPIC, {"messages": [], "tools": [{"name": "f", "description": WORDS}]}),
        (OPENAI_CHAT, {"messages": [{"role": "user", "content": WORDS}]}),
        (OPENAI_RESPONSES, {"input": WORDS}),
        (OPENAI_RESPONSES, {"instructions": WORDS}),
        (GEMINI, {"contents": [{"parts": [{"text": WORDS}]}]}),
        (GEMINI, {"system_instruction": {"parts": [{"text": WORDS}]}}),
    ],
)
def test_everything_of_the_prompt_counts(format_: WireFormat, body: dict[str, Any]) -> None:
    """450 words are about 450 to 650 tokens."""
    assert 450 <= tokens(format_, **body) <= 650


def test_what_is_no_prompt_does_not_count() -> None:
    """Metadata are nobody's tokens."""
    assert tokens(ANTHROPIC, messages=[], metadata={"x": WORDS}) == FIXED_TOKENS + 1


def test_an_image_is_worth_what_vendors_charge() -> None:
    """Not what its base64 weighs; in any format's slot."""
    source = {"type": "base64", "media_type": "image/png", "data": IMAGE}
    anthropic = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    chat = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}}]

    for guess in (
        tokens(ANTHROPIC, messages=anthropic),
        tokens(OPENAI_CHAT, messages=[{"role": "user", "content": chat}]),
        tokens(GEMINI, contents=[{"parts": [{"inlineData": {"data": IMAGE}}]}]),
    ):
        assert IMAGE_TOKENS < guess < IMAGE_TOKENS + 80


def test_a_document_counts_by_its_size() -> None:
    """A page costs thousands of tokens."""
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}

    guess = tokens(ANTHROPIC, messages=[{"content": [{"type": "document", "source": source}]}])

    assert 100 < guess < 300


def test_other_scripts_count_for_more() -> None:
    """Three bytes a character, about a token each."""
    body = json.dumps({"messages": "\u4f60\u597d" * 100}, ensure_ascii=False).encode()

    assert 170 <= estimated_tokens(scan(body), ANTHROPIC) <= 230


def test_the_guess_is_corrected_by_what_was_billed() -> None:
    """For each model by itself, and never by nonsense."""
    calibration = Calibration()
    for _ in range(30):
        calibration.note("m", 1000, 1300)
    calibration.note("wild", 1, 10**9)
    calibration.note("n", 0, 10)
    calibration.note("n", 10, 0)

    assert calibration.factor("m") == pytest.approx(1.3)
    assert calibration.factor("wild") == 4.0
    assert calibration.knows("m")
    assert not calibration.knows("n")
    assert calibration.factor("n") == calibration.factor("new") == 1.0


def test_the_latest_bill_counts_most() -> None:
    """A vendor may change its tokenizer."""
    calibration = Calibration()
    calibration.note("m", 100, 100)
    calibration.note("m", 100, 200)

    assert calibration.factor("m") == pytest.approx(1.2)


def test_tokens_of_an_answer() -> None:
    """For a provider that does not say."""
    assert tokens_of_text(0) == 0
    assert tokens_of_text(360) == 100


@pytest.mark.parametrize("shift", [0, 1, 999, 1000, 1001])
@pytest.mark.parametrize("length", [1999, 2000, 3000])
def test_a_medium_is_found_wherever_it_stands(shift: int, length: int) -> None:
    """From 2,000 characters on, among words; fewer are words themselves."""
    content = [{"type": "text", "text": "word " * 400 + "." * shift}, {"data": "A" * length}]
    with_medium = tokens(ANTHROPIC, messages=[{"role": "user", "content": content}])
    content[1]["data"] = ""
    without = tokens(ANTHROPIC, messages=[{"role": "user", "content": content}])

    assert (with_medium - without >= IMAGE_TOKENS) is (length >= 2000)

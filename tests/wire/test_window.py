"""Edge 328: prompts that are cut without a word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.model.loss import Loss, Severity
from aimux.wire.codec import Operation
from aimux.wire.inquiry import Inquiry
from aimux.wire.jsontext import scan
from aimux.wire.target import Target
from aimux.wire.window import SILENT, cut_in_silence
from tests.support.answers import ANTHROPIC

LONG = "word " * 4000


def asked(text: str, operation: Operation = Operation.GENERATE) -> Inquiry:
    """A request with one message."""
    said = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
    return Inquiry(ANTHROPIC, scan(json.dumps(said).encode()), "m", operation=operation)


@pytest.mark.parametrize(
    ("text", "target", "operation", "cut"),
    [
        (LONG, {}, Operation.GENERATE, True),
        ("hi", {}, Operation.GENERATE, False),
        (LONG, {"context_tokens": None}, Operation.GENERATE, False),
        (LONG, {"context_tokens": 6000}, Operation.GENERATE, False),
        (LONG, {"quirks": frozenset()}, Operation.GENERATE, False),
        (LONG, {}, Operation.COUNT_TOKENS, False),
    ],
)
def test_edge_328_a_prompt_over_a_known_window_is_said_to_be_cut(
    text: str, target: dict[str, Any], operation: Operation, cut: bool
) -> None:
    """Only where the provider does not say it, and once."""
    facts = {"context_tokens": 4096, "quirks": frozenset({SILENT}), **target}

    losses = cut_in_silence(asked(text, operation), Target("p", "m", **facts))

    said = Loss("prompt.truncated", detail="about 5149 tokens in a window of 4096")
    assert losses == ((said,) if cut else ())
    assert said.severity is Severity.WARN

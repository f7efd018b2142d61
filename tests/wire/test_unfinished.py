"""Edge 237: a model that has used up its limit before it said anything."""

from __future__ import annotations

import json

import pytest

from aimux.errors import ErrorKind
from aimux.wire.codec import Reported
from aimux.wire.unfinished import unfinished
from tests.support.answers import ANTHROPIC
from tests.support.grammar.judges import judge
from tests.support.grammar.told import Ending
from tests.wire.test_crossing import inquiry

WORDS = "Could not finish the message because max_tokens or model output limit was reached."


def said(message: str) -> Reported:
    """The provider's error."""
    return Reported(ErrorKind.INVALID_REQUEST, message)


def test_it_is_an_answer_without_words() -> None:
    """Whole or as a stream; what the prompt takes is a guess, what the answer took is nothing."""
    whole = json.loads(unfinished(inquiry(ANTHROPIC, stream=False), 400, said(WORDS)) or b"")
    stream = judge(ANTHROPIC, unfinished(inquiry(ANTHROPIC), 400, said(WORDS)) or b"")

    assert (whole["content"], whole["stop_reason"]) == ([], "max_tokens")
    assert whole["usage"]["output_tokens"] == 0
    assert (stream.pieces, stream.ending) == ((), Ending.LENGTH)


@pytest.mark.parametrize(
    ("status", "message"),
    [(500, WORDS), (400, "Could not finish the message"), (400, "max_tokens is too large")],
)
def test_any_other_error_is_one(status: int, message: str) -> None:
    """By its status and its words."""
    assert unfinished(inquiry(), status, said(message)) is None

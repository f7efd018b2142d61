"""Who can take a request at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aimux.catalogue.provider import ModelFacts
from aimux.model.request import WireFormat
from aimux.routing.fit import misfit
from aimux.routing.plan import Candidate
from aimux.wire.codec import Mode
from aimux.wire.estimate import Calibration
from tests.support.providers import provider
from tests.support.routing import features, long_body

EVERYTHING = frozenset({"tools", "images", "documents", "web-search"})
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "eA=="}}
PDF = {
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": "eA=="},
}
TOOL = {"name": "f", "input_schema": {"type": "object"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def candidate(context: int | None = None, capabilities: frozenset[str] | None = None) -> Candidate:
    """A target whose model is described so."""
    facts = ModelFacts("m", context=context, capabilities=capabilities)
    described = replace(provider("a"), models={"m": facts})
    return Candidate(described, "m", WireFormat.ANTHROPIC, Mode.RELAY)


def said(*content: Any, **fields: Any) -> dict[str, Any]:
    """A request whose last turn is this."""
    return {
        "messages": [{"role": "user", "content": [*content, {"type": "text", "text": "x"}]}],
        **fields,
    }


EARLIER = {
    "messages": [
        {"role": "user", "content": [IMAGE, PDF]},
        {"role": "assistant", "content": "I see"},
        {"role": "user", "content": "and now?"},
    ]
}

CONTENT = [
    (said(), "", None),
    (said(tools=[TOOL]), "tools", "it cannot call tools"),
    (said(IMAGE), "images", "it sees no images"),
    (said(PDF), "documents", "it reads no documents"),
    (said(tools=[SEARCH]), "web-search", "it cannot search the web"),
    # With tools of its own beside it, a request is not for a search alone: it goes without.
    (said(tools=[SEARCH, TOOL]), "web-search", None),
    # What was shown earlier may become a note.
    (EARLIER, "images", None),
    (EARLIER, "documents", None),
    # Settings are left out on the way.
    (said(thinking={"type": "enabled", "budget_tokens": 2048}), "thinking", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "lacks", "reason"), CONTENT)
def test_what_cannot_be_said_otherwise(
    body: dict[str, Any], lacks: str, reason: str | None
) -> None:
    """Whoever lacks one capability cannot; whoever has all, or of whom nothing is known, can."""
    asked, calibration = features("m", body), Calibration()
    assert misfit(candidate(capabilities=EVERYTHING - {lacks}), asked, calibration) == reason
    assert misfit(candidate(capabilities=EVERYTHING), asked, calibration) is None
    assert misfit(candidate(), asked, calibration) is None


@pytest.mark.parametrize(
    ("context", "factor", "fits"),
    [
        (None, 1.0, True),
        (30_000, 1.0, True),
        (20_000, 1.0, False),
        (30_000, 2.0, False),  # by what was billed, guesses are too low here
        (20_000, 0.5, True),
        (25_000, 0.5, True),
        (1_000_000, 4.0, True),  # more than there are bytes: nothing is counted
    ],
)
def test_the_window_against_the_guess(context: int | None, factor: float, fits: bool) -> None:
    """Corrected by what this model has billed before."""
    asked = features("m", long_body(20_000))
    calibration = Calibration()
    calibration.note(("a", "m"), 1_000, round(1_000 * factor))
    reason = misfit(candidate(context), asked, calibration)
    assert (reason is None) is fits
    if not fits:
        assert reason == (
            f"its window of {context:,} tokens is too small for about "
            f"{round(asked.input_tokens * factor):,}"
        )


def test_a_body_smaller_than_the_window_is_not_guessed_at() -> None:
    """A token is at least a byte."""
    asked = features("m", long_body(2_000))
    assert misfit(candidate(asked.bytes), asked, Calibration()) is None
    assert "input_tokens" not in vars(asked)
    assert misfit(candidate(asked.bytes - 1), asked, Calibration()) is None
    assert "input_tokens" in vars(asked)

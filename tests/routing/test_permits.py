"""What a client token permits: models by glob, and a budget of its own."""

from __future__ import annotations

import pytest

from aimux.errors import ModelForbidden
from aimux.routing.permits import Permits
from aimux.vault.clients import ClientToken
from tests.support.routing import features

CI = ClientToken("ci", b"", 0.0, limit_usd=5, window="week", models=("claude-*haiku*", "fast"))
FREE = ClientToken("free", b"", 0.0)
PERMITS = Permits.of([CI, FREE])


@pytest.mark.parametrize(
    ("token", "model", "target", "permitted"),
    [
        ("ci", "claude-haiku-5-5", None, True),
        ("ci", "Claude-Haiku-5-5", None, True),
        ("ci", "claude-haiku-5-5[1m]", None, True),
        ("ci", "fast", None, True),
        ("ci", "faster", None, False),
        ("ci", "claude-opus-5-5", None, False),
        ("ci", "anthropic/claude-haiku-5-5", None, False),  # a glob says what it says
        ("ci", "fast", "anthropic/claude-opus-5-5", False),  # the header is no way round
        ("ci", "gpt", "fast", True),
        ("free", "anything", None, True),
        ("default", "anything", None, True),
        ("", "anything", None, True),
    ],
)
def test_models(token: str, model: str, target: str | None, permitted: bool) -> None:
    """Globs over the name as it is asked for; where a target is named, over that."""
    asked = features(model, target=target)
    asked.token = token
    if permitted:
        PERMITS.check(asked)
        return
    with pytest.raises(ModelForbidden, match="'ci' does not permit"):
        PERMITS.check(asked)


def test_budgets() -> None:
    """Of the token alone, under a name that no budget of the configuration can have."""
    (budget,) = PERMITS.budgets

    assert (budget.name, budget.scope, budget.limit_usd, budget.window) == (
        "token:ci", "token:ci", 5, "week",
    )  # fmt: skip

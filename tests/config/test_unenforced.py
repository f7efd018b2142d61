"""What does nothing yet is told."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.config.schema import Config
from aimux.config.unenforced import unenforced


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"routes": [{"name": "r", "targets": ["a/b"]}]}, "routes"),
        ({"budgets": {"b": {"scope": "all", "limit_usd": 1}}}, "budgets"),
        ({"alerts": [{"when": "error_rate > 1"}]}, "alerts"),
        ({"models": {"m": {"targets": ["a/b"], "strategy": "weighted"}}}, "strategies"),
        ({"providers": {"a": {"limits": {"requests_per_minute": 1}}}}, "limits"),
    ],
)
def test_each_setting_that_does_nothing_is_named(settings: dict[str, Any], word: str) -> None:
    """One sentence, for what is used and for nothing else."""
    (sentence,) = unenforced(Config.model_validate(settings))

    assert word in sentence


def test_an_ordinary_configuration_is_silent() -> None:
    """Defaults and what works need no words."""
    settings = {"providers": {"a": {"preset": "anthropic"}}, "models": {"m": {"targets": ["a/b"]}}}

    assert unenforced(Config.model_validate(settings)) == ()

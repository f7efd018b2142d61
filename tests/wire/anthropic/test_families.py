"""What single Claude models take, by their names."""

from __future__ import annotations

import pytest

from aimux.model.request import Effort
from aimux.wire.anthropic import families
from aimux.wire.anthropic.families import Family, family_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-opus-5-5", families.MODERN),
        ("claude-sonnet-5", families.MODERN),
        ("claude-opus-4-8", families.MODERN),
        ("claude-haiku-6", families.MODERN),
        ("claude-next", families.MODERN),
        ("claude-fable-5-1", families.ALWAYS),
        ("claude-mythos-5", families.ALWAYS),
        ("claude-opus-4-7", families.CLAUDE_4_7),
        ("claude-sonnet-4-6", families.CLAUDE_4_6),
        ("anthropic/claude-sonnet-4.6", families.CLAUDE_4_6),
        ("claude-haiku-4-5-20251001", families.CLAUDE_4_5),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", families.CLAUDE_4_5),
        ("Claude-Opus-4.5", families.CLAUDE_4_5),
        ("claude-sonnet-4-20250514", families.CLAUDE_4),
        ("claude-opus-4-1@20250805", families.CLAUDE_4),
        ("claude-3-7-sonnet-20250219", families.CLAUDE_4),
        ("claude-3.7-sonnet", families.CLAUDE_4),
        ("claude-3-5-haiku-latest", families.CLAUDE_3),
        ("claude-3-opus-20240229", families.CLAUDE_3),
        ("claude-2.1", families.CLAUDE_3),
        ("claude-instant-1.2", families.CLAUDE_3),
        ("glm-5.3", families.FOREIGN),
        ("hf:zai-org/GLM-5.1", families.FOREIGN),
        ("", families.FOREIGN),
    ],
)
def test_the_family_of_a_name(model: str, family: Family) -> None:
    """In any spelling; new ones are modern, and what is not Claude is somebody else's."""
    assert family_of(model) is family


@pytest.mark.parametrize(
    ("family", "asked", "taken"),
    [
        (families.MODERN, Effort.MINIMAL, Effort.LOW),
        (families.MODERN, Effort.XHIGH, Effort.XHIGH),
        (families.CLAUDE_4_6, Effort.XHIGH, Effort.HIGH),
        (families.CLAUDE_4_6, Effort.MAX, Effort.MAX),
    ],
)
def test_the_nearest_effort(family: Family, asked: Effort, taken: Effort) -> None:
    """Never more than was asked for, unless there is nothing less."""
    assert family.nearest(asked) is taken

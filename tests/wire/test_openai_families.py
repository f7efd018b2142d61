"""What OpenAI's models take, by their names."""

from __future__ import annotations

import pytest

from aimux.model.request import Effort
from aimux.wire.openai_families import family_of

ALL = [effort for effort in Effort if effort is not Effort.AUTO]


@pytest.mark.parametrize(
    ("models", "efforts"),
    [
        ("o1 o3 o4-mini o3-mini-2025-01-31 codex-mini-latest", "low medium high"),
        ("gpt-5 gpt-5-mini gpt-5-nano-2025-08-07 openai/gpt-5", "minimal low medium high"),
        ("gpt-5-pro", "high"),
        ("gpt-5-codex gpt-5.1-codex gpt-5.1-codex-mini", "low medium high"),
        ("gpt-5.1-codex-max gpt-5.2-codex gpt-5.3-codex", "low medium high xhigh"),
        ("gpt-5.1 gpt-5.1-2025-11-13", "off low medium high"),
        ("gpt-5.2 gpt-5.4-mini gpt-5.5-2026-04-23", "off low medium high xhigh"),
        ("gpt-5.2-pro gpt-5.4-pro", "medium high xhigh"),
        ("gpt-5.6-sol gpt-6-astra gpt-6.2-sol of-a-new-name", "off low medium high xhigh max"),
        (
            "gpt-5-chat-latest gpt-5.1-chat-latest gpt-4o gpt-4.1-nano chatgpt-4o-latest gpt-3.5-turbo",
            "",
        ),
    ],
)
def test_the_efforts_that_a_model_knows(models: str, efforts: str) -> None:
    """None for those whose effort cannot be set."""
    for model in models.split():
        assert [each.value for each in family_of(model).efforts] == efforts.split(), model


@pytest.mark.parametrize(
    ("model", "nearest"),
    [
        ("o3", "low low low medium high high high"),
        ("gpt-5", "minimal minimal low medium high high high"),
        ("gpt-5.1", "off low low medium high high high"),
        ("gpt-5-pro", "high high high high high high high"),
        ("gpt-6-sol", "off low low medium high xhigh max"),
    ],
)
def test_the_nearest_effort(model: str, nearest: str) -> None:
    """The higher of two, and the highest where none is."""
    family = family_of(model)
    found = [family.nearest(effort) for effort in ALL]

    assert found == [Effort(word) for word in nearest.split()]


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5-chat-latest"])
def test_no_effort_is_near_where_none_can_be_set(model: str) -> None:
    """Whether it reasons or not."""
    assert family_of(model).nearest(Effort.HIGH) is None


@pytest.mark.parametrize(
    ("model", "effort", "takes"),
    [
        ("gpt-4o", None, True),
        ("gpt-5", Effort.OFF, False),
        ("gpt-5.1", None, False),
        ("gpt-5.1", Effort.OFF, True),
        ("gpt-5.1", Effort.LOW, False),
    ],
)
def test_sampling_and_reasoning(model: str, effort: Effort | None, *, takes: bool) -> None:
    """Models that reason take no temperature, unless they are told not to reason."""
    assert family_of(model).takes_sampling(effort) is takes

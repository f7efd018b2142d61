"""What generations of Gemini differ in, by name."""

from __future__ import annotations

import pytest

from aimux.model.request import Effort
from aimux.wire.gemini.families import Thought, family_of

PRO, FLASH, LITE = "pro", "flash", "flash-lite"
NEWEST = (999, 0)


@pytest.mark.parametrize(
    ("name", "version", "variant", "thought"),
    [
        ("gemini-1.5-pro-002", (1, 5), PRO, Thought.NOT),
        ("gemini-2.0-flash-lite", (2, 0), LITE, Thought.NOT),
        ("gemini-2.5-pro", (2, 5), PRO, Thought.BUDGET),
        ("models/gemini-2.5-flash-lite-preview-09-2025", (2, 5), LITE, Thought.BUDGET),
        ("gemini-2.5", (2, 5), "", Thought.BUDGET),
        ("google/Gemini-3-Pro-Preview", (3, 0), PRO, Thought.LEVEL),
        ("gemini-3.1-flash-lite", (3, 1), LITE, Thought.LEVEL),
        ("gemini-10-flash", (10, 0), FLASH, Thought.LEVEL),
        ("gemini-flash-latest", NEWEST, FLASH, Thought.LEVEL),
        ("gemini-something", NEWEST, "", Thought.LEVEL),
        ("some-other-model", NEWEST, "", Thought.LEVEL),
    ],
)
def test_names(name: str, version: tuple[int, int], variant: str, thought: Thought) -> None:
    """A name without a version is the newest."""
    family = family_of(name)

    assert (family.version, family.variant, family.thought) == (version, variant, thought)


@pytest.mark.parametrize(
    ("name", "third", "json_schema"),
    [
        ("gemini-2.0-flash", False, False),
        ("gemini-2.5-pro", False, True),
        ("gemini-3-pro", True, True),
    ],
)
def test_what_a_generation_can(name: str, third: bool, json_schema: bool) -> None:
    """Ids, media in results, signatures and search beside functions are the third's."""
    family = family_of(name)

    assert (family.is_third, family.has_json_schema) == (third, json_schema)


E = Effort


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        (
            "gemini-3-pro-preview",
            {E.OFF: E.LOW, E.MINIMAL: E.LOW, E.LOW: E.LOW, E.MEDIUM: E.HIGH, E.HIGH: E.HIGH},
        ),
        (
            "gemini-3.1-pro-preview",
            {E.OFF: E.LOW, E.MEDIUM: E.MEDIUM, E.XHIGH: E.HIGH, E.MAX: E.HIGH},
        ),
        ("gemini-3-flash-preview", {E.OFF: E.MINIMAL, E.MINIMAL: E.MINIMAL, E.MEDIUM: E.MEDIUM}),
        ("gemini-3.7-flash", {E.OFF: E.LOW, E.LOW: E.LOW}),
        ("gemini-3.9-flash-lite", {E.OFF: E.MINIMAL}),
        ("some-other-model", {E.OFF: E.LOW, E.MEDIUM: E.MEDIUM}),
    ],
)
def test_levels(name: str, levels: dict[Effort, Effort]) -> None:
    """The nearest that a model knows."""
    assert {effort: family_of(name).level(effort) for effort in levels} == levels


@pytest.mark.parametrize(
    ("name", "budgets"),
    [
        (
            "gemini-2.5-pro",
            {
                E.OFF: 128,
                E.MINIMAL: 512,
                E.LOW: 1024,
                E.MEDIUM: 8192,
                E.HIGH: 24576,
                E.XHIGH: 32768,
                E.MAX: 32768,
                E.AUTO: -1,
            },
        ),
        ("gemini-2.5-flash", {E.OFF: 0, E.HIGH: 24576, E.MAX: 24576, E.AUTO: -1}),
        ("gemini-2.5-flash-lite", {E.OFF: 0, E.MINIMAL: 512}),
    ],
)
def test_budgets(name: str, budgets: dict[Effort, int]) -> None:
    """By the table of the reference, section 2.9.5."""
    assert {effort: family_of(name).budget(effort) for effort in budgets} == budgets


@pytest.mark.parametrize(
    ("name", "asked", "given"),
    [
        ("gemini-2.5-pro", 1, 128),
        ("gemini-2.5-pro", 99999, 32768),
        ("gemini-2.5-flash", 99999, 24576),
        ("gemini-2.5-flash", 7, 7),
        ("gemini-2.5-flash-lite", 7, 512),
    ],
)
def test_a_budget_in_its_range(name: str, asked: int, given: int) -> None:
    """What is out of it is a 400."""
    assert family_of(name).within(asked) == given

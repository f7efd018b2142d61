"""Losses: every code has its weight and its words."""

from __future__ import annotations

import re

import pytest

from aimux.model.loss import LOSSES, Loss, Severity


@pytest.mark.parametrize("code", LOSSES)
def test_every_code_says_what_was_lost(code: str) -> None:
    """In words that can stand in a sentence."""
    loss = Loss(code)

    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", code)
    assert isinstance(loss.severity, Severity)
    assert loss.words == LOSSES[code][1]
    assert loss.words[0].islower()
    assert not loss.words.endswith(".")


def test_codes_are_in_order() -> None:
    """So that one is found, and none stands twice."""
    assert list(LOSSES) == sorted(LOSSES)


def test_severities_are_ordered() -> None:
    """What may change the answer weighs most."""
    assert Severity.DEBUG < Severity.INFO < Severity.WARN
    assert Loss("sampling.dropped").severity is Severity.WARN


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (Loss("seed.dropped"), "the seed"),
        (Loss("seed.dropped", "seed"), "the seed (seed)"),
        (Loss("seed.dropped", detail="7"), "the seed (7)"),
        (Loss("seed.dropped", "seed", "7"), "the seed (seed; 7)"),
    ],
)
def test_where_and_what_stand_behind_the_words(loss: Loss, words: str) -> None:
    """As far as they are known."""
    assert loss.words == words


def test_a_code_that_nobody_knows_is_a_bug() -> None:
    """It is found when it is told."""
    with pytest.raises(KeyError):
        _ = Loss("nothing.lost").words

"""Who rests, until when, and what ends it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.routing.health import Health, Rest
from aimux.routing.verdict import Blame
from tests.support.providers import candidate

AM, AN, BM = candidate("a/m"), candidate("a/n"), candidate("b/m")
KEYS = ("k1", "k2")
LATER = Rest(100.0, "slow down")


@pytest.mark.parametrize(
    ("who", "resting"),
    [
        (Blame.PROVIDER, {"a/m k1", "a/m k2", "a/n k1", "a/n k2", "a"}),
        (Blame.MODEL, {"a/m k1", "a/m k2"}),
        (Blame.KEY, {"a/m k1", "a/n k1", "a k1"}),
        (Blame.ACCOUNT, {"a/m k1", "a/n k1", "a k1"}),
        (Blame.CALLER, set()),
        (Blame.NOBODY, set()),
    ],
)
def test_only_the_one_at_fault_rests(who: Blame, resting: set[str]) -> None:
    """A provider with all its models and keys, a model with all keys, or a key with all models."""
    health = Health()

    health.blame(who, AM, "k1", LATER)

    found = {
        f"{each} {label}"
        for each in (AM, AN, BM)
        for label in KEYS
        if health.rest_of(each, (label,), 50.0) is not None
    }
    found |= {name for name in "ab" if health.rest_of_provider(name, 50.0)}
    found |= {
        f"{name} {key}" for name in "ab" for key in KEYS if health.rest_of_key(name, key, 50.0)
    }
    assert found == resting


@pytest.mark.parametrize("who", [Blame.PROVIDER, Blame.MODEL, Blame.KEY])
def test_a_rest_ends_by_itself(who: Blame) -> None:
    """At its moment, not after it."""
    health = Health()
    health.blame(who, AM, "k1", LATER)

    assert health.rest_of(AM, ("k1",), 99.9) == LATER
    assert health.rest_of(AM, ("k1",), 100.0) is None
    assert health.rest_of(AM, ("k1",), 50.0) is None  # it is forgotten


@pytest.mark.parametrize("who", [Blame.PROVIDER, Blame.MODEL, Blame.KEY, Blame.ACCOUNT])
def test_a_success_ends_the_rests_of_all_who_took_part(who: Blame) -> None:
    """And of nobody else."""
    health = Health()
    health.blame(who, AM, "k1", LATER)
    health.blame(who, BM, "k1", LATER)

    health.succeeded(AM, "k1")

    assert health.rest_of(AM, ("k1",), 50.0) is None
    assert health.rest_of(BM, ("k1",), 50.0) == LATER


def test_a_success_of_one_key_leaves_the_other_at_rest() -> None:
    """They did not both take part."""
    health = Health()
    health.blame(Blame.KEY, AM, "k1", LATER)

    health.succeeded(AM, "k2")
    health.succeeded(AM, "")

    assert health.rest_of_key("a", "k1", 50.0) == LATER


@pytest.mark.parametrize("who", [Blame.PROVIDER, Blame.MODEL, Blame.KEY])
def test_a_provider_that_has_changed_is_forgotten(who: Blame) -> None:
    """With its models and keys; nobody else is."""
    health = Health()
    health.blame(who, AM, "k1", LATER)
    health.blame(who, BM, "k1", LATER)

    health.forget("a")

    assert health.rest_of(AM, ("k1",), 50.0) is None
    assert health.rest_of(BM, ("k1",), 50.0) == LATER


def test_a_success_where_nobody_rests_is_nothing() -> None:
    """The usual case."""
    health = Health()

    health.succeeded(AM, "k1")

    assert health.rest_of(AM, KEYS, 0.0) is None


@settings(max_examples=50)
@given(st.lists(st.floats(1, 1000), min_size=1, max_size=6))
def test_a_rest_is_prolonged_and_never_shortened(ends: list[float]) -> None:
    """A short 429 after a long one does not wake the key."""
    health = Health()
    for until_s in ends:
        health.blame(Blame.KEY, AM, "k1", Rest(until_s, f"until {until_s}"))

    assert health.rest_of_key("a", "k1", 0.0) == Rest(max(ends), f"until {max(ends)}")


def test_a_candidate_rests_when_all_its_keys_do() -> None:
    """Until the first of them wakes; a key that never failed keeps it awake."""
    health = Health()
    health.blame(Blame.KEY, AM, "k1", Rest(100.0, "one"))

    assert health.rest_of(AM, KEYS, 50.0) is None
    health.blame(Blame.KEY, AM, "k2", Rest(80.0, "two"))

    assert health.rest_of(AM, KEYS, 50.0) == Rest(80.0, "two")
    assert health.rest_of(AM, KEYS, 90.0) is None
    assert health.rest_of(AM, (), 50.0) is None


def test_the_provider_s_rest_comes_before_the_model_s() -> None:
    """The wider reason is the one that is told."""
    health = Health()
    health.blame(Blame.MODEL, AM, "k1", Rest(100.0, "model"))
    health.blame(Blame.PROVIDER, AM, "k1", Rest(80.0, "provider"))

    assert health.rest_of(AM, KEYS, 50.0) == Rest(80.0, "provider")
    assert health.rest_of(AM, KEYS, 90.0) == Rest(100.0, "model")

"""Targets and candidates by the names that a person reads."""

from __future__ import annotations

from dataclasses import replace

from aimux.catalogue.provider import ModelFacts
from aimux.routing.plan import Candidate, Target
from tests.support.providers import candidate


def test_names() -> None:
    """``provider/model``, as it is configured and as it is asked."""
    assert str(Target("a", "*")) == "a/*"
    assert str(candidate("a/b/c")) == "a/b/c"


def test_facts_of_a_model() -> None:
    """Those of its provider; of an unknown model nothing is known."""
    known = ModelFacts("m", context=1000)
    plain = candidate("a/m")
    described = Candidate(
        replace(plain.provider, models={"m": known}), "m", plain.format, plain.mode
    )

    assert described.facts is known
    assert plain.facts == ModelFacts("m")

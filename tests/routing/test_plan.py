"""Targets and candidates by the names that a person reads."""

from __future__ import annotations

from dataclasses import replace

from aimux.catalogue.provider import ModelFacts
from aimux.model.request import WireFormat
from aimux.routing.plan import Candidate, Decision, Plan, Step, Target
from aimux.wire.codec import Mode
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


def test_a_plan_knows_whether_it_may_have_to_translate() -> None:
    """Also for the sake of one who is only the last resort."""
    plain, other = candidate("a/m"), candidate("b/m")
    foreign = Candidate(other.provider, "m", WireFormat.OPENAI_CHAT, Mode.TRANSLATE)
    decision = Decision("m", "default", ("a/m",), ())
    step, resort = Step(plain, ""), Step(foreign, "one")
    assert not Plan((step,), decision).translates
    made = Plan((step,), decision, (resort, resort._replace(label="two")))
    assert made.translates
    assert made.candidates == (plain, foreign)

"""How the answer shall be, as Google is told: sampling, thinking, structured output, tiers."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.model.parts import Text
from aimux.model.request import Effort, FunctionTool, OutputFormat, Reasoning, Sampling
from aimux.wire.target import Target
from tests.wire.gemini.forms import FIRST, SECOND, THIRD, asked, lost, written

OBJECT = {"type": "object", "properties": {"x": {"type": "integer"}}}
LOSSY = {"type": "object", "properties": {"x": {"not": {}, "type": "string"}}}
F = FunctionTool("f", "d", OBJECT)


def config(target: Target = THIRD, **more: Any) -> Any:
    """The ``generationConfig`` of a request that says nothing else."""
    return written(asked(**more), target).body.get("generationConfig", {})


def test_sampling() -> None:
    """All of it; edge 278: Google takes temperatures up to 2."""
    sampling = Sampling(9, 1.7, 0.5, 40, 0.1, -0.1, -7, ("a", "", "b"))

    assert config(sampling=sampling, reasoning=Reasoning(shown=False)) == {
        "maxOutputTokens": 9,
        "temperature": 1.7,
        "topP": 0.5,
        "topK": 40,
        "presencePenalty": 0.1,
        "frequencyPenalty": -0.1,
        "seed": -7,
        "stopSequences": ["a", "b"],
    }


def test_a_sixth_stop_sequence_is_applied_here() -> None:
    """Google refuses it."""
    body = written(asked(sampling=Sampling(stop=tuple("abcdefg"))))

    assert body.body["generationConfig"]["stopSequences"] == list("abcde")
    assert body.stop_locally == ("f", "g")
    assert lost(body) == ["stop.truncated"]


@pytest.mark.parametrize(
    ("seed", "sent"), [(2**31 - 1, True), (-(2**31), True), (2**31, False), (-(2**31) - 1, False)]
)
def test_a_seed_has_32_bits(seed: int, sent: bool) -> None:
    """A larger one is a 400."""
    body = written(asked(sampling=Sampling(seed=seed)))

    assert ("seed" in body.body.get("generationConfig", {})) is sent
    assert lost(body) == [] if sent else ["seed.dropped"]


E = Effort
SHOWN = {"includeThoughts": True}


@pytest.mark.parametrize(
    ("name", "reasoning", "thinking", "codes"),
    [
        pytest.param("gemini-3.1-pro", Reasoning(), SHOWN, [], id="silence"),
        pytest.param("gemini-3.1-pro", Reasoning(E.AUTO), SHOWN, [], id="auto"),
        pytest.param(
            "gemini-3.1-pro", Reasoning(E.HIGH), {"thinkingLevel": "HIGH", **SHOWN}, [], id="high"
        ),
        pytest.param(
            "gemini-3.1-pro",
            Reasoning(E.MAX, shown=False),
            {"thinkingLevel": "HIGH"},
            ["effort.mapped"],
            id="max",
        ),
        pytest.param(
            "gemini-3.1-pro",
            Reasoning(E.OFF, shown=False),
            {"thinkingLevel": "LOW"},
            ["effort.mapped"],
            id="off",
        ),
        pytest.param(
            "gemini-3-flash",
            Reasoning(E.MEDIUM, 5000),
            {"thinkingLevel": "MEDIUM", **SHOWN},
            ["thinking.budget_mapped"],
            id="a-budget-as-a-level",
        ),
        pytest.param("gemini-2.5-flash", Reasoning(), SHOWN, [], id="2.5-silence"),
        pytest.param(
            "gemini-2.5-flash",
            Reasoning(E.AUTO),
            {"thinkingBudget": -1, **SHOWN},
            [],
            id="2.5-auto",
        ),
        pytest.param(
            "gemini-2.5-flash",
            Reasoning(E.MEDIUM, 5000),
            {"thinkingBudget": 5000, **SHOWN},
            [],
            id="2.5-a-budget",
        ),
        pytest.param(
            "gemini-2.5-flash",
            Reasoning(E.HIGH),
            {"thinkingBudget": 24576, **SHOWN},
            ["thinking.budget_mapped"],
            id="2.5-a-level-as-a-budget",
        ),
        pytest.param(
            "gemini-2.5-flash",
            Reasoning(E.MAX, 99999),
            {"thinkingBudget": 24576, **SHOWN},
            ["thinking.budget_mapped"],
            id="2.5-too-much",
        ),
        pytest.param(
            "gemini-2.5-flash",
            Reasoning(E.OFF, shown=False),
            {"thinkingBudget": 0},
            [],
            id="2.5-off",
        ),
        pytest.param(
            "gemini-2.5-pro",
            Reasoning(E.OFF, shown=False),
            {"thinkingBudget": 128},
            ["thinking.budget_mapped"],
            id="2.5-pro-off",
        ),
        pytest.param("gemini-2.0-flash", Reasoning(), None, [], id="2.0-silence"),
        pytest.param("gemini-2.0-flash", Reasoning(E.OFF), None, [], id="2.0-off"),
        pytest.param("gemini-2.0-flash", Reasoning(E.LOW), None, ["effort.mapped"], id="2.0-low"),
    ],
)
def test_thinking(name: str, reasoning: Reasoning, thinking: Any, codes: list[str]) -> None:
    """Never a budget and a level together."""
    body = written(asked(reasoning=reasoning), Target("google", name))

    assert body.body.get("generationConfig", {}).get("thinkingConfig") == thinking
    assert lost(body) == codes


def test_a_model_that_is_known_not_to_think() -> None:
    """Is not told to."""
    target = Target("google", "gemini-3-flash", capabilities=frozenset({"tools"}))

    assert config(target, reasoning=Reasoning(E.HIGH)) == {}


@pytest.mark.parametrize(
    ("output", "target", "said", "codes"),
    [
        pytest.param(OutputFormat(), THIRD, {}, [], id="any-json"),
        pytest.param(OutputFormat(OBJECT), THIRD, {"responseJsonSchema": OBJECT}, [], id="third"),
        pytest.param(
            OutputFormat(OBJECT),
            FIRST,
            {"responseSchema": {"type": "OBJECT", "properties": {"x": {"type": "INTEGER"}}}},
            [],
            id="2.0",
        ),
        pytest.param(
            OutputFormat(LOSSY),
            THIRD,
            {
                "responseJsonSchema": {
                    "type": "object",
                    "properties": {"x": {"type": "string", "description": "not: {}"}},
                }
            },
            ["format.schema_degraded"],
            id="a-schema-that-became-words",
        ),
    ],
)
def test_structured_output(
    output: OutputFormat, target: Target, said: Any, codes: list[str]
) -> None:
    """JSON by its media type, and a schema in the language that the generation reads."""
    body = written(asked(output=output, reasoning=Reasoning(shown=False)), target)

    assert body.body["generationConfig"] == {"responseMimeType": "application/json", **said}
    assert lost(body) == codes


@pytest.mark.parametrize("schema", [OBJECT, None], ids=["schema", "any-json"])
def test_structured_output_beside_functions(schema: Any) -> None:
    """Before the third generation it is a 400, so it is asked for in words."""
    request = asked(tools=(F,), output=OutputFormat(schema), system=(Text("S"),))
    second, third = written(request, SECOND), written(request, THIRD)

    assert "responseMimeType" not in second.body["generationConfig"]
    first, words = second.body["systemInstruction"]["parts"]
    assert first == {"text": "S"}
    assert "JSON" in words["text"]
    assert ('"integer"' in words["text"]) is (schema is not None)
    assert lost(second) == ["format.emulated"]
    assert third.body["generationConfig"]["responseMimeType"] == "application/json"
    assert lost(third) == []


@pytest.mark.parametrize(
    ("tier", "said", "codes"),
    [
        ("default", "standard", []),
        ("flex", "flex", []),
        ("priority", "priority", []),
        ("fast", "priority", []),
        ("scale", None, ["service_tier.dropped"]),
        ("", None, []),
    ],
)
def test_tiers(tier: str, said: str | None, codes: list[str]) -> None:
    """Google has three."""
    body = written(asked(tier=tier))

    assert body.body.get("serviceTier") == said
    assert lost(body) == codes


def test_what_google_has_no_word_for() -> None:
    """Is reported."""
    body = written(asked(user="u", session="s", verbosity="low"))

    assert lost(body) == ["metadata.dropped", "metadata.dropped", "verbosity.dropped"]

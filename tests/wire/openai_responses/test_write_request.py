"""A whole request for a provider: what beside the conversation is said, and to whom."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.model.parts import Text
from aimux.model.request import Effort, Reasoning, Request, Sampling
from aimux.wire.target import Target
from tests.wire.openai_responses.asking import (
    CODEC,
    ENCRYPTED,
    OWN,
    PROVIDER,
    lost,
    request,
    user,
    written,
)

ASK = user(Text("?"))
OLD = Target("p", "gpt-4.1-mini", vendor="openai")


def test_the_least_request() -> None:
    """Edge 153: nothing is stored, and reasoning comes with the answer."""
    asked = request(ASK, system=(Text("a"), Text("b")), stream=True)

    assert written(asked) == {
        "model": "m",
        "instructions": "a\n\nb",
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "?"}]}
        ],
        "stream": True,
        "store": False,
        "include": [ENCRYPTED],
    }
    assert lost(asked) == []


def test_instructions_alone_are_an_item() -> None:
    """There must be one."""
    body = written(request(system=(Text("a"), Text("b"))))

    assert "instructions" not in body
    assert body["input"] == [
        {
            "type": "message",
            "role": "developer",
            "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
        }
    ]


@pytest.mark.parametrize(
    ("fields", "target", "said"),
    [
        ({"sampling": Sampling(max_output_tokens=99)}, PROVIDER, {"max_output_tokens": 99}),
        (
            {"sampling": Sampling(temperature=1.5, top_p=0.5)},
            PROVIDER,
            {"temperature": 1.5, "top_p": 0.5},
        ),
        ({"sampling": Sampling(temperature=1.5)}, OLD, {"temperature": 1.5}),
        (
            {"sampling": Sampling(temperature=1), "reasoning": Reasoning(Effort.OFF, shown=False)},
            OWN,
            {"temperature": 1, "reasoning": {"effort": "none"}},
        ),
        (
            {"reasoning": Reasoning(Effort.HIGH)},
            PROVIDER,
            {"reasoning": {"effort": "high", "summary": "auto"}},
        ),
        (
            {"reasoning": Reasoning(Effort.HIGH, shown=False)},
            OWN,
            {"reasoning": {"effort": "high"}},
        ),
        ({"reasoning": Reasoning(Effort.AUTO)}, OWN, {"reasoning": {"summary": "auto"}}),
        ({"reasoning": Reasoning(Effort.AUTO, shown=False)}, OWN, {}),
        ({"reasoning": Reasoning(shown=True)}, OWN, {"reasoning": {"summary": "auto"}}),
        ({"reasoning": Reasoning(Effort.OFF)}, OLD, {}),
        ({"verbosity": "low"}, OWN, {"text": {"verbosity": "low"}}),
        ({"session": "s" * 64}, OWN, {"prompt_cache_key": "s" * 64}),
        ({"user": "0123456789abcdef"}, OWN, {"safety_identifier": "0123456789abcdef"}),
        ({"tier": "flex"}, OWN, {"service_tier": "flex"}),
        pytest.param({"sampling": Sampling(stop=("a", ""))}, OWN, {}, id="edge-149"),
    ],
)
def test_settings(fields: dict[str, Any], target: Target, said: dict[str, Any]) -> None:
    """In the vendor's words, without a loss."""
    plain = written(request(ASK), target)

    assert written(request(ASK, **fields), target) == {**plain, **said}
    assert lost(request(ASK, **fields), target) == []


@pytest.mark.parametrize(
    ("fields", "target", "said", "losses"),
    [
        ({"sampling": Sampling(top_k=5)}, OWN, {}, ["sampling.dropped"]),
        (
            {"sampling": Sampling(presence_penalty=1, frequency_penalty=0)},
            OWN,
            {},
            ["penalty.dropped"] * 2,
        ),
        pytest.param({"sampling": Sampling(seed=5)}, OWN, {}, ["seed.dropped"], id="edge-279"),
        ({"sampling": Sampling(temperature=1, top_p=1)}, OWN, {}, ["sampling.dropped"] * 2),
        (
            {"reasoning": Reasoning(Effort.MINIMAL, shown=False)},
            OWN,
            {"reasoning": {"effort": "low"}},
            ["effort.mapped"],
        ),
        (
            {"reasoning": Reasoning(Effort.MAX, 99999, shown=False)},
            Target("p", "gpt-5.1", "openai"),
            {"reasoning": {"effort": "high"}},
            ["thinking.budget_mapped", "effort.mapped"],
        ),
        (
            {"reasoning": Reasoning(Effort.HIGH)},
            Target("p", "gpt-5.1-chat-latest", "openai"),
            {"reasoning": {"summary": "auto"}},
            ["effort.mapped"],
        ),
        ({"reasoning": Reasoning(Effort.HIGH)}, OLD, {}, ["effort.mapped"]),
        ({"verbosity": "low"}, OLD, {}, ["verbosity.dropped"]),
        ({"user": "u"}, PROVIDER, {}, ["metadata.dropped"]),
        ({"session": "s"}, PROVIDER, {}, ["cache_control.dropped"]),
        ({"tier": "flex"}, PROVIDER, {}, ["service_tier.dropped"]),
    ],
)
def test_settings_that_get_lost(
    fields: dict[str, Any], target: Target, said: dict[str, Any], losses: list[str]
) -> None:
    """Each is reported."""
    plain = written(request(ASK), target)

    assert written(request(ASK, **fields), target) == {**plain, **said}
    assert lost(request(ASK, **fields), target) == losses


def test_stop_sequences_are_for_whoever_cuts_the_answer() -> None:
    """Edge 149: the format has no field for them, so none is lost."""
    asked = request(ASK, sampling=Sampling(stop=("END", "", "\n")))

    assert CODEC.write_request(asked, PROVIDER).stop_locally == ("END", "\n")


@pytest.mark.parametrize("name", ["jane@example.org", "0123", "Z" * 200])
def test_who_the_user_is_stays_hidden(name: str) -> None:
    """Edge 283: a hash of it, the same every time and no two alike."""
    said = written(request(ASK, user=name), OWN)["safety_identifier"]

    assert len(said) == 64
    assert int(said, 16)
    assert said == written(request(ASK, user=name), OWN)["safety_identifier"]
    assert said != written(request(ASK, user=name + "2"), OWN)["safety_identifier"]


def test_a_long_key_of_a_conversation_is_hashed() -> None:
    """The vendor takes 64 characters."""
    assert len(written(request(ASK, session="s" * 65), OWN)["prompt_cache_key"]) == 64


def test_models_that_do_not_reason_are_not_asked_to_keep_it() -> None:
    """They refuse the field."""
    assert "include" not in written(request(ASK), OLD)


def test_a_model_that_is_known_not_to_think_is_not_asked_to() -> None:
    """By the catalogue."""
    target = Target("p", "m", capabilities=frozenset({"tools"}))

    assert "reasoning" not in written(request(ASK, reasoning=Reasoning(Effort.LOW)), target)


@pytest.mark.parametrize(
    ("target", "own", "searches"),
    [
        (OWN, True, True),
        (Target("p", "gpt-5.5", "openai", capabilities=frozenset()), True, False),
        (Target("p", "grok-4", "xai"), False, True),
        (PROVIDER, False, False),
    ],
)
def test_what_a_conversation_must_be_like(target: Target, *, own: bool, searches: bool) -> None:
    """The vendor's own servers know more than those that speak its format."""
    rules = CODEC.rules(target)

    assert (rules.namespaces, rules.custom_tools, rules.tool_search) == (own, own, own)
    assert rules.web_search is searches
    assert rules.middle_system
    assert rules.result_media
    assert rules.prefill
    assert (rules.name_limit, rules.id_limit, rules.merges, rules.first_user) == (
        64,
        64,
        False,
        False,
    )


def test_the_request_is_not_changed() -> None:
    """Writing it twice gives the same bytes (edge 347)."""
    asked: Request = request(ASK, system=(Text("a"),), sampling=Sampling(max_output_tokens=5))

    assert written(asked, OWN) == written(asked, OWN)

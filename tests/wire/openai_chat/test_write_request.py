"""What a provider is sent: settings, tools, the form of the answer."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from aimux.model.parts import OpaqueKind, Text
from aimux.model.request import (
    Choice,
    Effort,
    FunctionTool,
    Message,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire.openai_chat import OpenAIChat
from aimux.wire.rules import Rules
from aimux.wire.target import Target, Written

CODEC = OpenAIChat()
ASKED = (Message(Role.USER, (Text("?"),)),)
SCHEMA = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}
F = FunctionTool("f", "d", SCHEMA)
G = FunctionTool("g")
MODEL = "model-1"


def write(vendor: str = "", model: str = MODEL, **fields: Any) -> Written:
    """A request for a vendor's model."""
    request = Request(model, **{"messages": ASKED, **fields})
    return CODEC.write_request(request, Target("mine", model, vendor))


def body(vendor: str = "", model: str = MODEL, **fields: Any) -> dict[str, Any]:
    """Its body without what every one has."""
    whole = write(vendor, model, **fields).body
    return {key: value for key, value in whole.items() if key not in {"model", "messages"}}


def lost(written: Written) -> list[tuple[str, str]]:
    """Codes and places of what was lost."""
    return [(loss.code, loss.path) for loss in written.losses]


def test_the_plainest_request() -> None:
    """Nothing that was not asked for."""
    written = write()

    assert written.body == {"model": MODEL, "messages": [{"role": "user", "content": "?"}]}
    assert (written.losses, written.stop_locally) == ([], ())


def test_a_stream_tells_its_tokens() -> None:
    """They are wanted whatever the client wants."""
    assert body(stream=True) == {"stream": True, "stream_options": {"include_usage": True}}


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("sampling", "said"),
    [
        (Sampling(max_output_tokens=9), {"max_tokens": 9}),
        (Sampling(temperature=0.0, top_p=0.5), {"temperature": 0.0, "top_p": 0.5}),
        (Sampling(presence_penalty=1, frequency_penalty=2), {
            "presence_penalty": 1, "frequency_penalty": 2}),
        (Sampling(seed=0), {"seed": 0}),
        pytest.param(Sampling(stop=("a", "b")), {"stop": ["a", "b"]}, id="edge-220"),
    ],
)  # fmt: skip
def test_sampling(sampling: Sampling, said: dict[str, Any]) -> None:
    """In the spelling that most vendors share."""
    assert body(sampling=sampling) == said


@pytest.mark.parametrize("vendor", ["openrouter", "vllm", "ollama", "lmstudio"])
def test_top_k_where_it_is_known(vendor: str) -> None:
    """An extension of some servers."""
    assert body(vendor, sampling=Sampling(top_k=5)) == {"top_k": 5}


@pytest.mark.parametrize("vendor", ["", "openai", "groq", "mistral"])
def test_top_k_where_it_is_not(vendor: str) -> None:
    """The format has no such field, and of an unknown vendor nobody knows."""
    written = write(vendor, "gpt-4o", sampling=Sampling(top_k=5))

    assert "top_k" not in written.body
    assert lost(written) == [("sampling.dropped", "top_k")]


def test_stop_sequences_beyond_four_are_ours() -> None:
    """The answer is cut at them here."""
    written = write(sampling=Sampling(stop=tuple("abcdef")))

    assert written.body["stop"] == list("abcd")
    assert written.stop_locally == ("e", "f")
    assert lost(written) == [("stop.truncated", "stop")]


def test_a_reasoning_model_refuses_sampling_and_stop() -> None:
    """OpenAI's: what it refuses is reported, what can be done here is done here."""
    sampling = Sampling(
        temperature=1.0, top_p=1.0, presence_penalty=1.0, frequency_penalty=1.0, seed=1, stop=("a",)
    )
    written = write("openai", "o3", sampling=sampling)

    assert {"temperature", "top_p", "stop", "presence_penalty"}.isdisjoint(written.body)
    assert written.body["seed"] == 1
    assert written.stop_locally == ("a",)
    assert lost(written) == [
        ("sampling.dropped", "temperature"),
        ("sampling.dropped", "top_p"),
        ("penalty.dropped", "presence_penalty"),
        ("penalty.dropped", "frequency_penalty"),
    ]


def test_a_model_that_does_not_reason_takes_them() -> None:
    """As does one whose reasoning is off."""
    sampling = Sampling(temperature=1.0, stop=("a",))

    assert body("openai", "gpt-4o", sampling=sampling) == {"temperature": 1.0, "stop": ["a"]}
    off = body("openai", "gpt-5.2", sampling=sampling, reasoning=Reasoning(Effort.OFF))
    assert off == {"temperature": 1.0, "reasoning_effort": "none"}


@pytest.mark.parametrize(
    ("vendor", "model", "reasoning", "said", "losses"),
    [
        ("", MODEL, Reasoning(), None, []),
        ("", MODEL, Reasoning(Effort.AUTO), None, []),
        pytest.param("", MODEL, Reasoning(Effort.OFF), "none", [], id="edge-221"),
        ("", MODEL, Reasoning(Effort.MAX), "max", []),
        (
            "", MODEL, Reasoning(Effort.HIGH, 31_999), "high",
            [("thinking.budget_mapped", "reasoning_effort")],
        ),
        ("openai", "o3", Reasoning(Effort.MEDIUM), "medium", []),
        ("openai", "o3", Reasoning(Effort.MAX), "high", [("effort.mapped", "reasoning_effort")]),
        ("openai", "o3", Reasoning(Effort.OFF), "low", [("effort.mapped", "reasoning_effort")]),
        ("openai", "gpt-5", Reasoning(Effort.OFF), "minimal", [("effort.mapped", "reasoning_effort")]),
        ("openai", "gpt-5.1", Reasoning(Effort.OFF), "none", []),
        ("openai", "gpt-4o", Reasoning(Effort.OFF), None, []),
        ("openai", "gpt-4o", Reasoning(Effort.LOW), None, [("effort.mapped", "reasoning_effort")]),
        ("openai", "gpt-9", Reasoning(Effort.MAX), "max", []),
        (
            "openai", "gpt-5.2-chat-latest", Reasoning(Effort.LOW), None,
            [("effort.mapped", "reasoning_effort")],
        ),
    ],
)  # fmt: skip
def test_effort(
    vendor: str, model: str, reasoning: Reasoning, said: str | None, losses: list[tuple[str, str]]
) -> None:
    """By its name; the vendor of the format only gets what the model's family knows."""
    written = write(vendor, model, reasoning=reasoning)

    assert written.body.get("reasoning_effort") == said
    assert lost(written) == losses


def test_a_model_is_known_by_its_name_anywhere() -> None:
    """A proxy may stand before the vendor: what a family refuses is refused behind it, too."""
    written = write("", "openai/o3", sampling=Sampling(temperature=1.0, stop=("a",)))

    assert set(written.body) == {"model", "messages"}
    assert written.stop_locally == ("a",)


@pytest.mark.parametrize(("effort", "losses"), [(Effort.OFF, 0), (Effort.HIGH, 1)])
def test_a_model_that_is_known_not_to_think_is_told_nothing(effort: Effort, losses: int) -> None:
    """It might refuse the field."""
    request = Request("m", ASKED, reasoning=Reasoning(effort))
    target = Target("mine", "m", capabilities=frozenset({"tools"}))
    written = CODEC.write_request(request, target)

    assert "reasoning_effort" not in written.body
    assert len(written.losses) == losses


def test_the_account_is_openais_business_alone() -> None:
    """Who, where and how urgently; a name becomes one that tells nothing."""
    fields: dict[str, Any] = {
        "user": "bob@x",
        "session": "s" * 65,
        "tier": "fast",
        "verbosity": "low",
    }

    assert body("openai", "gpt-5", **fields) == {
        "safety_identifier": hashlib.sha256(b"bob@x").hexdigest(),
        "prompt_cache_key": hashlib.sha256(b"s" * 65).hexdigest(),
        "service_tier": "fast",
        "verbosity": "low",
    }
    other = write("deepseek", **fields)
    assert set(other.body) == {"model", "messages"}
    assert lost(other) == [
        ("metadata.dropped", "safety_identifier"),
        ("cache_control.dropped", "prompt_cache_key"),
        ("service_tier.dropped", "service_tier"),
        ("verbosity.dropped", "verbosity"),
    ]


def test_what_is_opaque_already_stays() -> None:
    """Edge 239: a hash that fits, a key that fits."""
    fields = {"user": "ab12" * 16, "session": "s" * 64}

    assert body("openai", "gpt-5", **fields) == {
        "safety_identifier": "ab12" * 16, "prompt_cache_key": "s" * 64,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("vendor", "tier", "said"),
    [("openai", "flex", "flex"), ("groq", "default", "on_demand"), ("groq", "priority", None)],
)
def test_tiers(vendor: str, tier: str, said: str | None) -> None:
    """Under the vendor's name for them, where it has them."""
    written = write(vendor, "gpt-5", tier=tier)

    assert written.body.get("service_tier") == said
    assert bool(written.losses) == (said is None)


# ---------------------------------------------------------------- tools


def function(name: str, **more: Any) -> dict[str, Any]:
    """A declaration."""
    return {"type": "function", "function": {"name": name, **more}}


DECLARED = function("f", description="d", parameters=SCHEMA)


def test_tools_are_declared() -> None:
    """Without a schema of its own a tool takes nothing (edge 273)."""
    nothing = {"type": "object", "properties": {}}
    assert body(tools=(F, G)) == {"tools": [DECLARED, function("g", parameters=nothing)]}


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (ToolChoice(), {}),
        (ToolChoice(Choice.NONE), {"tool_choice": "none"}),
        (ToolChoice(Choice.ANY), {"tool_choice": "required"}),
        (
            ToolChoice(Choice.TOOL, "f"),
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        ),
        (ToolChoice(parallel=True), {}),
        (ToolChoice(parallel=False), {"parallel_tool_calls": False}),
    ],
)
def test_the_choice_among_them(choice: ToolChoice, said: dict[str, Any]) -> None:
    """What holds anyway is not said."""
    assert body(tools=(F,), tool_choice=choice) == {"tools": [DECLARED], **said}


def test_without_tools_there_is_no_choice() -> None:
    """Edge 199: neither an empty list nor anything about it."""
    assert body(tool_choice=ToolChoice(Choice.ANY, parallel=False)) == {}


def test_tools_that_are_not_allowed_are_not_declared() -> None:
    """Which says the same to every vendor."""
    choice = ToolChoice(Choice.ANY, allowed=("f",))

    assert body(tools=(F, G), tool_choice=choice) == {
        "tools": [DECLARED],
        "tool_choice": "required",
    }


def test_a_search_of_the_providers_own_is_none_here() -> None:
    """Edge 245: it is reported, not faked."""
    written = write(tools=(WebSearchTool(), F))

    assert written.body["tools"] == [DECLARED]
    assert lost(written) == [("tool.server_unsupported", "tools[0]")]


STRICT = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"],
          "additionalProperties": False}  # fmt: skip


@pytest.mark.parametrize("vendor", ["", "openai", "cerebras"])
def test_strict_is_asked_for_where_it_was(vendor: str) -> None:
    """And where the schema can be said in it."""
    tools = (FunctionTool("f", schema=STRICT, strict=True), FunctionTool("g", strict=False))
    written = write(vendor, "gpt-5", tools=tools)

    assert [tool["function"].get("strict") for tool in written.body["tools"]] == [True, None]
    assert lost(written) == []


@pytest.mark.parametrize("vendor", ["moonshot", "lmstudio"])
def test_strict_where_there_is_none(vendor: str) -> None:
    """Edge 290: the key is a 400 at some."""
    output = OutputFormat(STRICT, strict=True)
    written = write(vendor, tools=(FunctionTool("f", schema=STRICT, strict=True),), output=output)

    assert "strict" not in written.body["tools"][0]["function"]
    assert "strict" not in written.body["response_format"]["json_schema"]
    assert lost(written) == [
        ("tool.strict_dropped", "tools[0]"), ("tool.strict_dropped", "response_format")
    ]  # fmt: skip


LOSSY = {**STRICT, "not": {"required": ["y"]}}
LOOSE = {"type": "object", "additionalProperties": {"type": "string"}, "properties": {}}


def test_what_a_schema_loses_is_reported() -> None:
    """Once for a tool, and once for the answer."""
    written = write(tools=(FunctionTool("f", schema=LOSSY),), output=OutputFormat(LOSSY))

    assert lost(written) == [
        ("tool.schema_degraded", "tools[0]"), ("format.schema_degraded", "response_format")
    ]  # fmt: skip
    assert "not" in written.losses[0].detail


def test_a_schema_that_strict_cannot_say_is_not_strict() -> None:
    """It would mean something else."""
    tools = (FunctionTool("f", schema=LOOSE, strict=True),)
    written = write(tools=tools, output=OutputFormat(LOOSE, strict=True))

    assert written.body["tools"] == [function("f", parameters=LOOSE)]
    assert "strict" not in written.body["response_format"]["json_schema"]
    assert lost(written) == [
        ("tool.strict_dropped", "tools[0]"), ("tool.strict_dropped", "response_format")
    ]  # fmt: skip


# ---------------------------------------------------------------- the form of the answer


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (OutputFormat(STRICT), {"name": "response", "schema": STRICT}),
        (
            OutputFormat(STRICT, "my name!" + "x" * 70, "d", strict=True),
            {"name": "my_name_" + "x" * 56, "schema": STRICT, "description": "d", "strict": True},
        ),
    ],
)
def test_an_answer_by_a_schema(output: OutputFormat, said: dict[str, Any]) -> None:
    """The name has a form and a default."""
    format_ = {"type": "json_schema", "json_schema": said}

    assert body(output=output) == {"response_format": format_}


@pytest.mark.parametrize(
    ("system", "messages", "first"),
    [
        ((), ASKED, "Answer with one JSON object and nothing else."),
        ((Text("s"),), ASKED, "s\n\nAnswer with one JSON object and nothing else."),
        ((Text("In Json."),), ASKED, "In Json."),
        ((), (Message(Role.USER, (Text("as JSON"),)),), "as JSON"),
    ],
)
def test_any_json_object_must_be_named(
    system: tuple[Text, ...], messages: tuple[Message, ...], first: str
) -> None:
    """The vendor refuses the format unless the conversation has the word."""
    written = write(system=system, messages=messages, output=OutputFormat())

    assert written.body["response_format"] == {"type": "json_object"}
    assert written.body["messages"][0]["content"] == first


# ---------------------------------------------------------------- rules


def test_rules_of_most_vendors() -> None:
    """Names and ids as OpenAI takes them; text only in results; nothing of the newer kinds."""
    rules = CODEC.rules(Target("mine", MODEL))

    assert (rules.name_limit, rules.id_limit, rules.id_exact) == (64, 40, False)
    assert rules == Rules(
        thinking=frozenset({OpaqueKind.REASONING_DETAILS}), id_limit=40, prefill=False
    )


def test_rules_of_single_vendors() -> None:
    """Instructions in the middle, alternation, the beginning of an answer, short ids."""
    openai = CODEC.rules(Target("mine", MODEL, "openai"))
    nine = frozenset({"tool-id-9"})
    mistral = CODEC.rules(Target("mine", MODEL, "mistral", quirks=nine))

    assert (openai.middle_system, openai.merges, openai.prefill) == (True, False, False)
    assert (mistral.middle_system, mistral.merges, mistral.prefill) == (False, True, True)
    assert (mistral.id_limit, mistral.id_exact) == (9, True)
    assert mistral.id.fullmatch("aB3")
    assert not mistral.id.fullmatch("a_b")
    assert CODEC.rules(Target("mine", MODEL, "deepseek")).prefill
    assert CODEC.rules(Target("mine", MODEL, "moonshot")).prefill


def test_a_count_has_no_answer_here() -> None:
    """The format knows no such question."""
    assert CODEC.write_count(7) is None


def test_custom_tools_are_wrapped_before() -> None:
    """They do not come here, so the rules say that they may not."""
    assert not CODEC.rules(Target("mine", MODEL, "openai")).custom_tools

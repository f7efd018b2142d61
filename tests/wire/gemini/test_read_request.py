"""A client's request but for its contents: instructions, tools, settings, and what is left behind."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.parts import Text
from aimux.model.request import (
    Choice,
    Effort,
    FunctionTool,
    OutputFormat,
    Reasoning,
    Sampling,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire import jsontext
from tests.wire.gemini.forms import CODEC, codes, read, user

HI = [{"role": "user", "parts": [{"text": "hi"}]}]
OBJECT = {"type": "object", "properties": {"x": {"type": "integer"}}}


def test_the_request_of_gemini_cli() -> None:
    """As it was seen to send it (reference: protocols, 1.5.4)."""
    request = read(
        {
            "contents": HI,
            "systemInstruction": {"role": "user", "parts": [{"text": "S"}]},
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": "f", "description": "d", "parametersJsonSchema": OBJECT}
                    ]
                }
            ],
            "generationConfig": {
                "temperature": 1,
                "topP": 0.95,
                "topK": 64,
                "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"},
            },
        }
    )

    assert request.model == "m"
    assert request.system == (Text("S"),)
    assert request.messages == (user("hi"),)
    assert request.tools == (FunctionTool("f", "d", OBJECT),)
    assert request.sampling == Sampling(temperature=1, top_p=0.95, top_k=64)
    assert request.reasoning == Reasoning(Effort.HIGH, shown=True)
    assert request.losses == ()


def test_the_same_in_snake_case() -> None:
    """As the Python SDK's documents have it."""
    request = read(
        {
            "contents": HI,
            "system_instruction": "S",
            "tools": {"function_declarations": {"name": "f", "parameters_json_schema": OBJECT}},
            "tool_config": {"function_calling_config": {"mode": "any"}},
            "generation_config": {
                "max_output_tokens": "100",
                "thinking_config": {"include_thoughts": False, "thinking_budget": 2048},
            },
            "service_tier": "FLEX",
        }
    )

    assert request.system == (Text("S"),)
    assert request.tools == (FunctionTool("f", "", OBJECT),)
    assert request.tool_choice == ToolChoice(Choice.ANY)
    assert request.sampling == Sampling(max_output_tokens=100)
    assert request.reasoning == Reasoning(Effort.MEDIUM, 2048, shown=False)
    assert request.tier == "flex"
    assert request.losses == ()


@pytest.mark.parametrize(
    ("said", "system"),
    [
        pytest.param("S", ("S",), id="a-text"),
        pytest.param(
            {"parts": [{"text": "S"}, {"text": ""}, {"text": "T"}]}, ("S", "T"), id="content"
        ),
        pytest.param({"parts": {"text": "S"}}, ("S",), id="one-part"),
        pytest.param([{"text": "S"}, "T"], ("S", "T"), id="parts"),
        pytest.param({"text": "S"}, ("S",), id="a-part"),
        pytest.param({"parts": [{}]}, (), id="a-part-of-nothing"),
        pytest.param("", (), id="empty"),
        pytest.param(None, (), id="null"),
    ],
)
def test_instructions(said: Any, system: tuple[str, ...]) -> None:
    """However they are written."""
    request = read({"contents": HI, "systemInstruction": said})

    assert request.system == tuple(Text(each) for each in system)


def test_instructions_are_text() -> None:
    """An image among them cannot be said to anybody else."""
    with pytest.raises(UnsupportedContent) as caught:
        read({"contents": HI, "systemInstruction": {"parts": [{"inlineData": {}}]}})
    assert caught.value.param == "systemInstruction.parts[0]"


def test_a_question_for_a_count() -> None:
    """May hold the whole request."""
    raw = b'{"generateContentRequest":{"model":"models/x","contents":[{"parts":[{"text":"hi"}]}]}}'

    assert CODEC.read_request(jsontext.scan(raw), "m", stream=False).messages == (user("hi"),)


# ---------------------------------------------------------------- tools


@pytest.mark.parametrize(
    ("tool", "read_as", "lost"),
    [
        pytest.param(
            {"functionDeclarations": [{"name": "f"}]}, [FunctionTool("f")], [], id="no-schema"
        ),
        pytest.param(
            {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]},
            [FunctionTool("f", schema={"type": "object"})],
            [],
            id="openapi",
        ),
        pytest.param(
            {"functionDeclarations": [{"name": "f", "response": {}, "behavior": "BLOCKING"}]},
            [FunctionTool("f")],
            ["unknown_field.dropped", "unknown_field.dropped"],
            id="what-it-returns",
        ),
        pytest.param({"googleSearch": {}}, [WebSearchTool()], [], id="search"),
        pytest.param(
            {"google_search": {"exclude_domains": ["a.example"], "timeRangeFilter": {}}},
            [WebSearchTool(blocked_domains=("a.example",))],
            ["unknown_field.dropped"],
            id="search-with-limits",
        ),
        pytest.param({"googleSearchRetrieval": {}}, [WebSearchTool()], [], id="the-older-search"),
        pytest.param({"urlContext": {}}, [], ["tool.server_unsupported"], id="urls"),
        pytest.param(
            {"codeExecution": {}, "googleMaps": {}},
            [],
            ["tool.server_unsupported"] * 2,
            id="code-maps",
        ),
        pytest.param({"urlContext": None}, [], [], id="null"),
    ],
)
def test_tools(tool: Any, read_as: list[Any], lost: list[str]) -> None:
    """Functions and searches; what Google runs otherwise nobody else has."""
    request = read({"contents": HI, "tools": [tool]})

    assert list(request.tools) == read_as
    assert codes(request) == lost


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        pytest.param({"mode": "AUTO"}, ToolChoice(), id="auto"),
        pytest.param({"mode": "MODE_UNSPECIFIED"}, ToolChoice(), id="unspecified"),
        pytest.param({"mode": "NONE"}, ToolChoice(Choice.NONE), id="none"),
        pytest.param({"mode": "ANY"}, ToolChoice(Choice.ANY), id="any"),
        pytest.param(
            {"mode": "ANY", "allowedFunctionNames": ["f"]},
            ToolChoice(Choice.TOOL, name="f"),
            id="a-tool",
        ),
        pytest.param(
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
            ToolChoice(Choice.ANY, allowed=("f", "g")),
            id="some-tools",
        ),
        pytest.param(
            {"mode": "VALIDATED", "allowed_function_names": ["f"]},
            ToolChoice(allowed=("f",)),
            id="validated",
        ),
        pytest.param({}, ToolChoice(), id="empty"),
    ],
)
def test_whether_to_call(config: Any, choice: ToolChoice) -> None:
    """The modes, and which functions they are about."""
    request = read({"contents": HI, "toolConfig": {"functionCallingConfig": config}})

    assert request.tool_choice == choice


def test_validated_calls_are_strict_ones() -> None:
    """For every function; a search has no schema."""
    tools = [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}, {"googleSearch": {}}]
    config = {"functionCallingConfig": {"mode": "VALIDATED"}}
    request = read({"contents": HI, "tools": tools, "toolConfig": config})

    assert request.tools == (
        FunctionTool("f", strict=True),
        FunctionTool("g", strict=True),
        WebSearchTool(),
    )


def test_what_else_a_tool_config_says() -> None:
    """Is reported."""
    calling = {"mode": "AUTO", "streamFunctionCallArguments": True}
    config = {"functionCallingConfig": calling, "retrievalConfig": {}}
    request = read({"contents": HI, "toolConfig": config})

    assert [loss.path for loss in request.losses] == [
        "toolConfig.retrievalConfig",
        "toolConfig.functionCallingConfig.streamFunctionCallArguments",
    ]


# ---------------------------------------------------------------- settings


def test_sampling() -> None:
    """All of it, whole numbers also where they are written otherwise."""
    request = read(
        {
            "contents": HI,
            "generationConfig": {
                "temperature": 0.5,
                "topP": 1,
                "topK": 40.0,
                "maxOutputTokens": 9,
                "seed": "-7",
                "presencePenalty": 0.1,
                "frequencyPenalty": -0.1,
                "stopSequences": ["a", "", "b"],
                "candidateCount": 1,
                "responseModalities": ["TEXT"],
            },
        }
    )

    assert request.sampling == Sampling(9, 0.5, 1, 40, 0.1, -0.1, -7, ("a", "b"))
    assert request.losses == ()


def test_a_stop_sequence_alone() -> None:
    """Edge 280: a text is a list of one."""
    request = read({"contents": HI, "generationConfig": {"stopSequences": "a"}})

    assert request.sampling.stop == ("a",)


@pytest.mark.parametrize(
    ("config", "reasoning"),
    [
        pytest.param({}, Reasoning(), id="silence"),
        pytest.param({"includeThoughts": True}, Reasoning(shown=True), id="shown"),
        pytest.param({"includeThoughts": False}, Reasoning(shown=False), id="not-shown"),
        pytest.param({"thinkingBudget": 0}, Reasoning(Effort.OFF, shown=False), id="off"),
        pytest.param({"thinkingBudget": -1}, Reasoning(Effort.AUTO), id="auto"),
        pytest.param({"thinkingBudget": 1024}, Reasoning(Effort.LOW, 1024), id="low"),
        pytest.param({"thinkingBudget": 1025}, Reasoning(Effort.MEDIUM, 1025), id="medium"),
        pytest.param({"thinkingBudget": 24576}, Reasoning(Effort.HIGH, 24576), id="high"),
        pytest.param({"thinkingBudget": 65536}, Reasoning(Effort.XHIGH, 65536), id="xhigh"),
        pytest.param({"thinkingBudget": 65537}, Reasoning(Effort.MAX, 65537), id="max"),
        pytest.param({"thinkingLevel": "MINIMAL"}, Reasoning(Effort.MINIMAL), id="minimal-level"),
        pytest.param({"thinkingLevel": "xhigh"}, Reasoning(Effort.XHIGH), id="xhigh-level"),
        pytest.param({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, Reasoning(), id="no-level"),
    ],
)
def test_thinking(config: Any, reasoning: Reasoning) -> None:
    """A budget or a level, and whether to tell it."""
    request = read({"contents": HI, "generationConfig": {"thinkingConfig": config}})

    assert request.reasoning == reasoning


@pytest.mark.parametrize(
    ("config", "output", "lost"),
    [
        pytest.param({"responseMimeType": "text/plain"}, None, [], id="text"),
        pytest.param({"responseMimeType": "application/json"}, OutputFormat(), [], id="any-json"),
        pytest.param(
            {"responseMimeType": "application/json", "responseJsonSchema": OBJECT},
            OutputFormat(OBJECT),
            [],
            id="json-schema",
        ),
        pytest.param(
            {"_responseJsonSchema": OBJECT}, OutputFormat(OBJECT), [], id="the-older-name"
        ),
        pytest.param(
            {"responseSchema": {"type": "STRING", "nullable": True}},
            OutputFormat({"type": ["string", "null"]}),
            [],
            id="openapi",
        ),
        pytest.param(
            {
                "responseMimeType": "text/x.enum",
                "responseSchema": {"type": "STRING", "enum": ["a"]},
            },
            None,
            ["format.schema_degraded"],
            id="enum",
        ),
    ],
)
def test_structured_output(config: Any, output: OutputFormat | None, lost: list[str]) -> None:
    """JSON, with a schema in either language; a bare word of an enum is nobody else's."""
    request = read({"contents": HI, "generationConfig": config})

    assert request.output == output
    assert codes(request) == lost


@pytest.mark.parametrize(
    ("said", "tier", "lost"),
    [
        pytest.param("standard", "default", [], id="standard"),
        pytest.param("SERVICE_TIER_PRIORITY", "priority", [], id="priority"),
        pytest.param("unspecified", "", [], id="unspecified"),
        pytest.param("golden", "", ["service_tier.dropped"], id="unknown"),
    ],
)
def test_tiers(said: str, tier: str, lost: list[str]) -> None:
    """The standard one is the others' default."""
    request = read({"contents": HI, "serviceTier": said})

    assert request.tier == tier
    assert codes(request) == lost


def test_what_is_left_behind() -> None:
    """Edge 369: each with its place, and why."""
    request = read(
        {
            "contents": HI,
            "safetySettings": [],
            "labels": {"a": "b"},
            "store": True,
            "generationConfig": {"speechConfig": {}, "responseLogprobs": True, "logprobs": 3},
        }
    )

    assert [(loss.code, loss.path) for loss in request.losses] == [
        ("unknown_field.dropped", "safetySettings"),
        ("metadata.dropped", "labels"),
        ("unknown_field.dropped", "store"),
        ("unknown_field.dropped", "generationConfig.speechConfig"),
        ("logprobs.dropped", "generationConfig.responseLogprobs"),
        ("logprobs.dropped", "generationConfig.logprobs"),
    ]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({"cachedContent": "cachedContents/x"}, "cachedContent", id="a-cache"),
        pytest.param({"cached_content": "x"}, "cachedContent", id="a-cache-in-snake-case"),
        pytest.param(
            {"generationConfig": {"candidateCount": 2}},
            "generationConfig.candidateCount",
            id="edge-279",
        ),
        pytest.param(
            {"generationConfig": {"responseModalities": ["IMAGE"]}},
            "generationConfig.responseModalities",
            id="an-image",
        ),
    ],
)
def test_what_only_gemini_has(body: Any, param: str) -> None:
    """Is refused with a hint, not left out."""
    with pytest.raises(UnsupportedContent) as caught:
        read({"contents": HI, **body})

    assert caught.value.param == param
    assert "gemini" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({"tools": ["f"]}, "tools[0]", id="tool"),
        pytest.param(
            {"tools": [{"functionDeclarations": [{}]}]},
            "tools[0].functionDeclarations[0].name",
            id="a-tool-without-a-name",
        ),
        pytest.param(
            {"tools": [{"functionDeclarations": [{"name": "f", "parameters": 7}]}]},
            "tools[0].functionDeclarations[0].parameters",
            id="schema",
        ),
        pytest.param(
            {"toolConfig": {"functionCallingConfig": {"mode": "SOME"}}},
            "toolConfig.functionCallingConfig.mode",
            id="mode",
        ),
        pytest.param(
            {"generationConfig": {"maxOutputTokens": "many"}},
            "generationConfig.maxOutputTokens",
            id="edge-370",
        ),
        pytest.param(
            {"generationConfig": {"maxOutputTokens": -1}},
            "generationConfig.maxOutputTokens",
            id="less",
        ),
        pytest.param(
            {"generationConfig": {"topK": 1.5}}, "generationConfig.topK", id="half-a-number"
        ),
        pytest.param({"generationConfig": {"topP": True}}, "generationConfig.topP", id="no-number"),
        pytest.param(
            {"generationConfig": {"topP": 10**400}}, "generationConfig.topP", id="too-much"
        ),
        pytest.param(
            {"generationConfig": {"thinkingConfig": {"thinkingLevel": "deep"}}},
            "generationConfig.thinkingConfig.thinkingLevel",
            id="level",
        ),
        pytest.param({"serviceTier": 7}, "serviceTier", id="tier"),
    ],
)
def test_what_cannot_be_understood(body: Any, param: str) -> None:
    """It is said where it stands."""
    with pytest.raises(InvalidRequest) as caught:
        read({"contents": HI, **body})

    assert caught.value.param == param

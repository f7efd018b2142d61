"""A client's settings, in our words; what is wrong is named, what is lost is reported."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.parts import CallKind
from aimux.model.request import (
    Choice,
    Effort,
    FunctionTool,
    OutputFormat,
    Reasoning,
    Request,
    Sampling,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire.jsontext import scan
from tests.wire.openai_chat.asked import CODEC, lost, read

SCHEMA = {"type": "object", "properties": {"x": {"type": "number"}}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
F = FunctionTool("f", schema=SCHEMA)


def test_a_request_without_settings_has_none() -> None:
    """Silence stays silence."""
    request = read()

    assert request.sampling == Sampling()
    assert request.reasoning == Reasoning()
    assert request.tool_choice == ToolChoice()
    assert (request.model, request.stream, request.losses) == ("m", False, ())
    assert request.echo == {"include_usage": False, "functions": False}


def test_the_model_and_the_stream_are_told() -> None:
    """They are known before the body is read."""
    document = scan(b'{"model":"x","stream":false,"messages":[{"role":"user","content":"?"}]}')
    request = CODEC.read_request(document, "other", stream=True)

    assert (request.model, request.stream) == ("other", True)


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"max_tokens": 9}, "max_output_tokens", 9),
        ({"max_completion_tokens": 8, "max_tokens": 9}, "max_output_tokens", 8),
        ({"temperature": 1.7}, "temperature", 1.7),
        ({"temperature": 1}, "temperature", 1),
        ({"top_p": 0.5}, "top_p", 0.5),
        ({"top_k": 40}, "top_k", 40),
        ({"top_k": 40.0}, "top_k", 40),
        ({"presence_penalty": -2}, "presence_penalty", -2),
        ({"frequency_penalty": 0.1}, "frequency_penalty", 0.1),
        ({"seed": 7}, "seed", 7),
        pytest.param({"stop": "END"}, "stop", ("END",), id="edge-280"),
        ({"stop": ["a", "", "b"]}, "stop", ("a", "b")),
        ({"stop": None}, "stop", ()),
    ],
)
def test_sampling(body: dict[str, Any], field: str, value: Any) -> None:
    """Values as they are: the target's range is not known yet (edge 278)."""
    assert getattr(read(**body).sampling, field) == value


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"user": "u"}, "user", "u"),
        pytest.param({"user": "u", "safety_identifier": "s"}, "user", "s", id="edge-283"),
        ({"prompt_cache_key": "k"}, "session", "k"),
        ({"service_tier": "flex"}, "tier", "flex"),
        ({"service_tier": "auto"}, "tier", ""),
        ({"verbosity": "low"}, "verbosity", "low"),
        ({"reasoning_effort": "none"}, "reasoning", Reasoning(Effort.OFF, shown=False)),
        ({"reasoning_effort": "minimal"}, "reasoning", Reasoning(Effort.MINIMAL)),
        ({"reasoning_effort": "xhigh"}, "reasoning", Reasoning(Effort.XHIGH)),
        ({"response_format": {"type": "text"}}, "output", None),
        ({"response_format": {"type": "json_object"}}, "output", OutputFormat()),
        (
            {"response_format": {"type": "json_schema", "json_schema": {
                "name": "n", "description": "d", "schema": SCHEMA, "strict": True}}},
            "output",
            OutputFormat(SCHEMA, "n", "d", strict=True),
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}},
            "output",
            OutputFormat(name="n"),
        ),
        ({"modalities": ["text"], "n": 1}, "losses", ()),
        ({"logprobs": False, "store": False, "metadata": {}, "logit_bias": None}, "losses", ()),
        (
            {"stream_options": {"include_usage": True}},
            "echo",
            {"include_usage": True, "functions": False},
        ),
    ],
)  # fmt: skip
def test_settings(body: dict[str, Any], field: str, value: Any) -> None:
    """Each where it belongs."""
    request = read(**body)

    assert getattr(request, field) == value
    assert request.losses == ()


@pytest.mark.parametrize(
    ("body", "loss"),
    [
        pytest.param({"logit_bias": {"1": 2}}, ("penalty.dropped", "logit_bias"), id="edge-279"),
        ({"repetition_penalty": 1.1}, ("penalty.dropped", "repetition_penalty")),
        ({"logprobs": True}, ("logprobs.dropped", "logprobs")),
        ({"top_logprobs": 3}, ("logprobs.dropped", "top_logprobs")),
        pytest.param({"store": True}, ("metadata.dropped", "store"), id="edge-289"),
        ({"metadata": {"a": "b"}}, ("metadata.dropped", "metadata")),
        ({"prediction": {"content": "x"}}, ("metadata.dropped", "prediction")),
        ({"audio": {"voice": "x"}}, ("metadata.dropped", "audio")),
        ({"prompt_cache_options": {"mode": "x"}}, ("cache_control.dropped", "prompt_cache_options")),
        ({"service_tier": "scale"}, ("service_tier.dropped", "service_tier")),
        ({"reasoning_effort": "default"}, ("effort.mapped", "reasoning_effort")),
        pytest.param({"min_p": 0.1}, ("unknown_field.dropped", "min_p"), id="edge-369"),
        (
            {"stream_options": {"odd": 1}},
            ("unknown_field.dropped", "stream_options.odd"),
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"odd": 1}}},
            ("unknown_field.dropped", "response_format.json_schema.odd"),
        ),
        ({"tools": [{"type": "web_search"}]}, ("tool.server_unsupported", "tools[0]")),
        (
            {"tools": [{**TOOL, "cache_control": {}}]},
            ("cache_control.dropped", "tools[0].cache_control"),
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "odd": 1}}]},
            ("unknown_field.dropped", "tools[0].function.odd"),
        ),
        (
            {"tools": [{"type": "custom", "custom": {"name": "f", "odd": 1}}]},
            ("unknown_field.dropped", "tools[0].custom.odd"),
        ),
        (
            {"web_search_options": {"search_context_size": "low"}},
            ("unknown_field.dropped", "web_search_options.search_context_size"),
        ),
    ],
)  # fmt: skip
def test_what_has_no_word_is_reported(body: dict[str, Any], loss: tuple[str, str]) -> None:
    """Once, with its place."""
    assert lost(read(**body)) == [loss]


# ---------------------------------------------------------------- tools


@pytest.mark.parametrize(
    ("body", "tools"),
    [
        ({"tools": [TOOL]}, (F,)),
        ({"tools": []}, ()),
        (
            {"tools": [{"type": "function", "function": {
                "name": "f", "description": "d", "parameters": SCHEMA, "strict": False}}]},
            (FunctionTool("f", "d", SCHEMA, strict=False),),
        ),
        pytest.param(
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            (FunctionTool("f"),),
            id="edge-273",
        ),
        (
            {"tools": [{"type": "custom", "custom": {"name": "c", "description": "d"}}]},
            (FunctionTool("c", "d", kind=CallKind.CUSTOM),),
        ),
        (
            {"tools": [{"type": "custom", "custom": {"name": "c", "format": {
                "type": "grammar", "grammar": {"syntax": "lark", "definition": "start: x"}}}}]},
            (
                FunctionTool(
                    "c", kind=CallKind.CUSTOM, grammar={"syntax": "lark", "definition": "start: x"}
                ),
            ),
        ),
        (
            {"tools": [{"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}}]},
            (FunctionTool("c", kind=CallKind.CUSTOM),),
        ),
        pytest.param(
            {"functions": [{"name": "f", "parameters": SCHEMA}]}, (F,), id="edge-281"
        ),
        ({"tools": [TOOL], "functions": [{"name": "g"}]}, (F, FunctionTool("g"))),
        ({"web_search_options": {}}, (WebSearchTool(),)),
        (
            {"web_search_options": {"user_location": {
                "type": "approximate", "approximate": {"city": "Bern", "country": "CH"}}}},
            (WebSearchTool(location={"city": "Bern", "country": "CH"}),),
        ),
    ],
)  # fmt: skip
def test_tools(body: dict[str, Any], tools: tuple[Any, ...]) -> None:
    """Of every form."""
    assert read(**body).tools == tools


@pytest.mark.parametrize(
    ("body", "choice"),
    [
        ({"tool_choice": "auto"}, ToolChoice()),
        ({"tool_choice": "none"}, ToolChoice(Choice.NONE)),
        ({"tool_choice": "required"}, ToolChoice(Choice.ANY)),
        ({"tool_choice": "any"}, ToolChoice(Choice.ANY)),
        ({"tool_choice": {"type": "auto"}}, ToolChoice()),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            ToolChoice(Choice.TOOL, "f"),
        ),
        ({"tool_choice": {"type": "function", "name": "f"}}, ToolChoice(Choice.TOOL, "f")),
        (
            {"tool_choice": {"type": "custom", "custom": {"name": "c"}}},
            ToolChoice(Choice.TOOL, "c"),
        ),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {
                "mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]}}},
            ToolChoice(Choice.ANY, allowed=("f",)),
        ),
        pytest.param(
            {"parallel_tool_calls": False}, ToolChoice(parallel=False), id="edge-277"
        ),
        ({"functions": [{"name": "f"}]}, ToolChoice(parallel=False)),
        (
            {"functions": [{"name": "f"}], "function_call": "none"},
            ToolChoice(Choice.NONE, parallel=False),
        ),
        (
            {"functions": [{"name": "f"}], "function_call": {"name": "f"}},
            ToolChoice(Choice.TOOL, "f", parallel=False),
        ),
    ],
)  # fmt: skip
def test_tool_choice(body: dict[str, Any], choice: ToolChoice) -> None:
    """Of every form; whether the tool is declared is not looked at here."""
    tools = {} if "functions" in body else {"tools": [TOOL]}

    assert read(**tools, **body).tool_choice == choice


def test_the_older_form_is_remembered() -> None:
    """Edge 281: the answer is written in it, but only where the client knows nothing newer."""
    assert read(functions=[{"name": "f"}]).echo["functions"] is True
    assert read(functions=[{"name": "f"}], tools=[TOOL]).echo["functions"] is False


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({"max_tokens": "100"}, "max_tokens", id="edge-370"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_k": 1.5}, "top_k"),
        ({"seed": []}, "seed"),
        ({"stop": 7}, "stop"),
        ({"stop": ["a", 7]}, "stop[1]"),
        ({"n": "2"}, "n"),
        ({"modalities": "audio"}, "modalities"),
        ({"reasoning_effort": 7}, "reasoning_effort"),
        ({"verbosity": "chatty"}, "verbosity"),
        ({"user": 7}, "user"),
        ({"stream_options": 7}, "stream_options"),
        ({"stream_options": {"include_usage": "yes"}}, "stream_options.include_usage"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {}}, "response_format.type"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": 7}}},
            "response_format.json_schema.schema",
        ),
        ({"tools": {}}, "tools"),
        ({"tools": [7]}, "tools[0]"),
        ({"tools": [{}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function.name"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": 7}}]},
         "tools[0].function.parameters"),
        ({"tools": [{"type": "function", "function": {"name": "f", "strict": 7}}]},
         "tools[0].function.strict"),
        ({"tools": [{"type": "custom", "custom": {"name": "c", "format": {
            "type": "grammar", "grammar": {"definition": 7}}}}]},
         "tools[0].custom.format.grammar.definition"),
        ({"functions": [7]}, "functions[0]"),
        ({"functions": [{}]}, "functions[0].name"),
        ({"functions": [{"name": "f"}], "function_call": {}}, "function_call.name"),
        ({"functions": [{"name": "f"}], "function_call": 7}, "function_call"),
        ({"web_search_options": 7}, "web_search_options"),
        ({"parallel_tool_calls": "no"}, "parallel_tool_calls"),
        ({"tool_choice": 7}, "tool_choice"),
        ({"tool_choice": "f"}, "tool_choice"),
        ({"tool_choice": {}}, "tool_choice.type"),
        ({"tool_choice": {"type": "odd"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function.name"),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "x"}}},
         "tool_choice.allowed_tools.mode"),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [7]}}},
         "tool_choice.allowed_tools.tools[0]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(body: dict[str, Any], param: str) -> None:
    """A 400 that says where."""
    with pytest.raises(InvalidRequest) as caught:
        read(**body)

    assert caught.value.param == param
    assert not isinstance(caught.value, UnsupportedContent)


def test_a_number_that_cannot_be_held_is_refused() -> None:
    """JSON has larger numbers than floats."""
    body = b'{"messages":[{"role":"user","content":"?"}],"temperature":1e999}'

    with pytest.raises(InvalidRequest) as caught:
        CODEC.read_request(scan(body), "m", stream=False)

    assert caught.value.param == "temperature"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({"n": 2}, "n", id="edge-279"),
        ({"modalities": ["text", "audio"], "audio": {"voice": "x"}}, "modalities"),
    ],
)
def test_what_no_other_format_can_say_is_refused(body: dict[str, Any], param: str) -> None:
    """Not dropped: the client would get another answer than it asked for."""
    with pytest.raises(UnsupportedContent) as caught:
        read(**body)

    assert caught.value.param == param
    assert caught.value.hint


def test_the_request_is_a_value() -> None:
    """Reading twice gives the same."""
    body: dict[str, Any] = {"tools": [TOOL], "store": True}

    assert isinstance(read(**body), Request)
    assert read(**body) == read(**body)

"""What a client asks for beside the conversation."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.parts import Text, ToolCall
from aimux.model.request import Effort, OutputFormat, Reasoning, Request, Sampling, WebSearchTool
from aimux.wire.jsontext import scan
from tests.wire.openai_responses.asking import CODEC, ENCRYPTED, assistant, codes, read, user

SCHEMA = {"type": "object", "properties": {"a": {"type": "number", "minimum": 0.5}}}


def test_a_string_is_what_the_user_says() -> None:
    """With nothing else said, every setting is the provider's own."""
    asked = read()

    assert asked == Request("m", (user(Text("?")),), echo={"encrypted": False, "response": {}})


def test_instructions_come_before_those_among_the_items() -> None:
    """Edge 254: all of them, in order; instructions alone are a request."""
    asked = read(
        instructions="one",
        input=[
            {"role": "developer", "content": "two"},
            {
                "type": "message",
                "role": "system",
                "content": [{"type": "input_text", "text": "three"}],
            },
        ],
    )

    assert asked.system == (Text("one"), Text("two"), Text("three"))
    assert asked.messages == ()


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"max_output_tokens": 9}, "sampling", Sampling(max_output_tokens=9)),
        ({"temperature": 0.5, "top_p": 1}, "sampling", Sampling(temperature=0.5, top_p=1)),
        ({"temperature": None, "top_p": None}, "sampling", Sampling()),
        (
            {"reasoning": {"effort": "none", "summary": "auto"}},
            "reasoning",
            Reasoning(Effort.OFF, shown=False),
        ),
        ({"reasoning": {"effort": "minimal"}}, "reasoning", Reasoning(Effort.MINIMAL)),
        (
            {"reasoning": {"effort": "max", "summary": "auto"}},
            "reasoning",
            Reasoning(Effort.MAX, shown=True),
        ),
        ({"reasoning": {"generate_summary": "auto"}}, "reasoning", Reasoning(shown=True)),
        ({"reasoning": {"effort": None, "summary": None}}, "reasoning", Reasoning()),
        ({"reasoning": None}, "reasoning", Reasoning()),
        ({"include": [ENCRYPTED]}, "reasoning", Reasoning()),
        ({"text": {"format": {"type": "text"}}}, "output", None),
        ({"text": {"format": {"type": "json_object"}}}, "output", OutputFormat()),
        (
            {
                "text": {
                    "format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}
                }
            },
            "output",
            OutputFormat(SCHEMA, "n", strict=True),
        ),
        ({"text": {"verbosity": "low"}}, "verbosity", "low"),
        ({"user": "u"}, "user", "u"),
        ({"user": "u", "safety_identifier": "s"}, "user", "s"),
        ({"prompt_cache_key": "k"}, "session", "k"),
        ({"service_tier": "flex"}, "tier", "flex"),
        ({"service_tier": "auto"}, "tier", ""),
        (
            {"tools": [{"type": "web_search"}], "max_tool_calls": 3},
            "tools",
            (WebSearchTool(max_uses=3),),
        ),
    ],
)
def test_settings(body: dict[str, Any], field: str, value: object) -> None:
    """Each in its neutral place, and nothing is lost."""
    asked = read(**body)

    assert getattr(asked, field) == value
    assert asked.losses == ()


def test_what_only_the_vendor_knows_is_passed_over_in_silence() -> None:
    """None of it changes the answer."""
    asked = read(
        store=True, client_metadata={"a": "b"}, stream_options={"include_obfuscation": False},
        background=False, previous_response_id=None, truncation="disabled", metadata={},
        include=["web_search_call.action.sources"], top_logprobs=0, prompt_cache_options=None,
    )  # fmt: skip

    assert asked.losses == ()


@pytest.mark.parametrize(
    ("body", "loss"),
    [
        ({"metadata": {"a": "b"}}, ("metadata.dropped", "metadata")),
        ({"truncation": "auto"}, ("context_management.dropped", "truncation")),
        (
            {"context_management": [{"type": "compaction"}]},
            ("context_management.dropped", "context_management"),
        ),
        ({"top_logprobs": 2}, ("logprobs.dropped", "top_logprobs")),
        ({"include": ["message.output_text.logprobs"]}, ("logprobs.dropped", "include")),
        ({"prompt_cache_retention": "24h"}, ("cache_control.dropped", "prompt_cache_retention")),
        ({"service_tier": "scale"}, ("service_tier.dropped", "service_tier")),
        ({"text": {"verbosity": "chatty"}}, ("verbosity.dropped", "text.verbosity")),
        ({"reasoning": {"effort": "frantic"}}, ("effort.mapped", "reasoning.effort")),
        ({"reasoning": {"context": "all_turns"}}, ("unknown_field.dropped", "reasoning.context")),
        pytest.param({"stop": ["x"]}, ("unknown_field.dropped", "stop"), id="edge-369"),
    ],
)
def test_what_has_no_neutral_word_is_reported(body: dict[str, Any], loss: tuple[str, str]) -> None:
    """With its place in the request."""
    assert codes(read(**body)) == [loss]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({"max_output_tokens": "100"}, "max_output_tokens", id="edge-370"),
        ({"max_output_tokens": -1}, "max_output_tokens"),
        ({"max_output_tokens": True}, "max_output_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"parallel_tool_calls": 1}, "parallel_tool_calls"),
        ({"instructions": ["a"]}, "instructions"),
        ({"input": 7}, "input"),
        ({"input": 7.5}, "input"),
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": ["a"]}, "input[0]"),
        ({"reasoning": []}, "reasoning"),
        ({"reasoning": {"effort": 3}}, "reasoning.effort"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema"),
        (
            {"text": {"format": {"type": "json_schema", "schema": {}, "strict": "yes"}}},
            "text.format.strict",
        ),
        ({"include": "x"}, "include"),
        ({"include": [1]}, "include[0]"),
        ({"metadata": "x"}, "metadata"),
        ({"prompt_cache_key": ""}, None),
        ({"tool_choice": "always"}, "tool_choice"),
        ({"tools": {}}, "tools"),
    ],
)
def test_a_wrong_type_is_the_clients_fault(body: dict[str, Any], param: str | None) -> None:
    """A 400 that names the place; an empty string is none."""
    if param is None:
        read(**body)
        return
    with pytest.raises(InvalidRequest) as caught:
        read(**body)

    assert caught.value.param == param
    assert not isinstance(caught.value, UnsupportedContent)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"previous_response_id": "resp_1"}, id="edge-154"),
        {"conversation": {"id": "conv_1"}},
        {"prompt": {"id": "pmpt_1"}},
        {"background": True},
    ],
)
def test_what_the_vendor_keeps_cannot_be_continued(body: dict[str, Any]) -> None:
    """To go on without it would be amnesia."""
    with pytest.raises(UnsupportedContent) as caught:
        read(**body)

    assert caught.value.param == next(iter(body))
    assert caught.value.hint


def test_the_answer_needs_to_know_what_to_repeat() -> None:
    """And no more: tools may be most of a request."""
    asked = read(
        instructions="i",
        include=[ENCRYPTED],
        tools=[{"type": "function", "name": "f", "parameters": SCHEMA}],
        tool_choice="required",
        temperature=0.5,
    )

    assert asked.echo == {
        "encrypted": True,
        "response": {"instructions": "i", "temperature": 0.5, "tool_choice": "required"},
    }


def test_the_last_configuration_update_counts() -> None:
    """Of effort and format, each by itself."""
    form = {"type": "json_schema", "name": "n", "schema": SCHEMA}
    asked = read(
        reasoning={"effort": "low"},
        text={"format": {"type": "json_object"}},
        input=[
            {"role": "user", "content": "?"},
            {"type": "configuration_update", "reasoning": {"effort": "high"}},
            {"type": "configuration_update", "text": {"format": form}},
        ],
    )

    assert asked.reasoning == Reasoning(Effort.HIGH)
    assert asked.output == OutputFormat(SCHEMA, "n")
    assert isinstance(asked.output.schema["properties"]["a"]["minimum"], float)  # type: ignore[index]


def test_model_and_stream_are_told_by_whoever_found_the_way() -> None:
    """They are not read again."""
    asked = CODEC.read_request(scan(b'{"model":"a","input":"?"}'), "b", stream=True)

    assert (asked.model, asked.stream) == ("b", True)


def test_half_a_character_is_mended() -> None:
    """Edge 357: what no vendor takes becomes U+FFFD, everywhere."""
    body = rb'{"instructions":"\ud83d","input":[{"role":"user","content":"\ud83d!"}]}'
    asked = CODEC.read_request(scan(body), "m", stream=False)

    assert asked.system == (Text("\ufffd"),)
    assert asked.messages == (user(Text("\ufffd!")),)


def test_half_a_character_in_arguments_is_mended() -> None:
    """Where they are a text, they are one like any other."""
    body = rb'{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"\ud83d"}]}'
    asked = CODEC.read_request(scan(body), "m", stream=False)

    assert asked.messages == (assistant(ToolCall("c", "f", "\ufffd")),)

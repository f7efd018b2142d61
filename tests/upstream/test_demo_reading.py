"""The four readers of the demo provider: a question out of a body, and bodies that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import InvalidRequest
from aimux.model.request import WireFormat
from aimux.upstream.demo import anthropic, gemini, openai_chat, openai_responses
from aimux.upstream.demo.question import THINKER, Question
from aimux.upstream.demo.server import Dialect

A, C, R, G = WireFormat
DIALECTS: dict[WireFormat, Dialect] = {
    A: anthropic,
    C: openai_chat,
    R: openai_responses,
    G: gemini,
}
HI = {"role": "user", "content": "hi"}
GEMINI_HI = {"role": "user", "parts": [{"text": "hi"}]}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
PLAIN: dict[WireFormat, dict[str, Any]] = {
    A: {"max_tokens": 100, "messages": [HI]},
    C: {"messages": [HI]},
    R: {"input": [HI]},
    G: {"contents": [GEMINI_HI]},
}


def read(format_: WireFormat, changes: dict[str, Any]) -> Question:
    return DIALECTS[format_].read(THINKER, PLAIN[format_] | changes)


TWO_TOOLS: dict[WireFormat, list[Any]] = {
    A: [
        {"name": "f", "input_schema": SCHEMA},
        {"type": "web_search_20250305", "name": "web_search"},
        {"name": "g", "input_schema": {}},
    ],
    C: [
        {"type": "function", "function": {"name": "f", "parameters": SCHEMA}},
        {"type": "custom", "custom": {"name": "c"}},
        {"type": "function", "function": {"name": "g"}},
    ],
    R: [
        {"type": "function", "name": "f", "parameters": SCHEMA},
        {"type": "custom", "name": "c"},
        {"type": "function", "name": "g"},
    ],
    G: [
        {"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA}, {}]},
        {"googleSearch": {}},
        {"functionDeclarations": [{"name": "g", "parameters": {"type": "OBJECT"}}]},
    ],
}


def gemini_calling(mode: str, *names: str) -> dict[str, Any]:
    config: dict[str, Any] = {"mode": mode}
    if names:
        config["allowedFunctionNames"] = list(names)
    return {"toolConfig": {"functionCallingConfig": config}}


@pytest.mark.parametrize("format_", WireFormat)
def test_a_plain_question(format_: WireFormat) -> None:
    """Model, words and size are read; everything else is at its default."""
    question = read(format_, {})

    assert question.model == THINKER
    assert question.asked == "hi"
    assert 0 < question.input_tokens < 30
    assert (question.tools, question.must_call, question.result) == ((), False, None)
    assert question.thinking
    assert question.schema is None


@pytest.mark.parametrize(
    ("format_", "choice", "names", "must_call"),
    [
        (A, {}, ["f", "g"], False),
        (A, {"tool_choice": {"type": "auto"}}, ["f", "g"], False),
        (A, {"tool_choice": {"type": "any"}}, ["f", "g"], True),
        (A, {"tool_choice": {"type": "tool", "name": "g"}}, ["g"], True),
        (A, {"tool_choice": {"type": "none"}}, [], False),
        (C, {}, ["f", "g"], False),
        (C, {"tool_choice": "required"}, ["f", "g"], True),
        (C, {"tool_choice": {"type": "function", "function": {"name": "g"}}}, ["g"], True),
        (C, {"tool_choice": "none"}, [], False),
        (R, {}, ["f", "g"], False),
        (R, {"tool_choice": "required"}, ["f", "g"], True),
        (R, {"tool_choice": {"type": "function", "name": "g"}}, ["g"], True),
        (R, {"tool_choice": {"type": "allowed_tools", "mode": "auto"}}, ["f", "g"], False),
        (R, {"tool_choice": "none"}, [], False),
        (G, {}, ["f", "g"], False),
        (G, gemini_calling("ANY"), ["f", "g"], True),
        (G, gemini_calling("ANY", "g"), ["g"], True),
        (G, gemini_calling("NONE"), [], False),
    ],
)
def test_tools_and_what_may_be_called(
    format_: WireFormat, choice: dict[str, Any], names: list[str], must_call: bool
) -> None:
    """Functions are offered, servers' own tools are not; a choice narrows or forces."""
    question = read(format_, {"tools": TWO_TOOLS[format_]} | choice)

    assert [tool.name for tool in question.tools] == names
    assert question.must_call is must_call


@pytest.mark.parametrize("format_", WireFormat)
def test_the_schema_of_a_tool(format_: WireFormat) -> None:
    """It is found where the format keeps it."""
    question = read(format_, {"tools": TWO_TOOLS[format_]})

    assert question.tools[0].parameters == SCHEMA


@pytest.mark.parametrize(
    ("format_", "changes"),
    [
        (A, {"thinking": {"type": "disabled"}}),
        (C, {"reasoning_effort": "none"}),
        (R, {"reasoning": {"effort": "none"}}),
        (G, {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}),
        (G, {"generationConfig": {"thinkingConfig": {"includeThoughts": False}}}),
    ],
)
def test_thinking_can_be_turned_off(format_: WireFormat, changes: dict[str, Any]) -> None:
    """Each format has its own way to say so."""
    assert not read(format_, changes).thinking


@pytest.mark.parametrize(
    ("format_", "changes"),
    [
        (A, {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}),
        (
            C,
            {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
        ),
        (R, {"text": {"format": {"type": "json_schema", "schema": SCHEMA}}}),
        (
            G,
            {
                "generationConfig": {
                    "responseMimeType": "application/json",
                    "responseJsonSchema": SCHEMA,
                }
            },
        ),
    ],
)
def test_a_schema_for_the_answer(format_: WireFormat, changes: dict[str, Any]) -> None:
    """Structured output is read from where each format keeps it."""
    assert read(format_, changes).schema == SCHEMA


@pytest.mark.parametrize(
    ("format_", "changes"),
    [
        (C, {"response_format": {"type": "json_object"}}),
        (R, {"text": {"format": {"type": "json_object"}}}),
        (G, {"generationConfig": {"responseMimeType": "application/json"}}),
    ],
)
def test_any_json_is_an_empty_schema(format_: WireFormat, changes: dict[str, Any]) -> None:
    """JSON without a schema is asked for as well."""
    assert read(format_, changes).schema == {}


@pytest.mark.parametrize(
    ("format_", "changes"),
    [
        (A, {"max_tokens": 9}),
        (C, {"max_tokens": 9}),
        (C, {"max_completion_tokens": 9, "max_tokens": 20}),
        (R, {"max_output_tokens": 9}),
        (G, {"generationConfig": {"maxOutputTokens": 9}}),
    ],
)
def test_the_limit_of_the_answer(format_: WireFormat, changes: dict[str, Any]) -> None:
    """Each format's own field."""
    assert read(format_, changes).max_tokens == 9


ASSISTANT_CALL = {"role": "assistant", "content": "calling"}


@pytest.mark.parametrize(
    ("format_", "changes"),
    [
        (
            A,
            {
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "first"}]},
                    ASSISTANT_CALL,
                    {
                        "role": "user",
                        "content": [
                            {"type": "tool_result", "tool_use_id": "t", "content": "42"},
                            {"type": "image", "source": {}},
                        ],
                    },
                ]
            },
        ),
        (
            C,
            {
                "messages": [
                    {"role": "user", "content": "first"},
                    ASSISTANT_CALL,
                    {"role": "tool", "tool_call_id": "t", "content": [{"text": "42"}]},
                ]
            },
        ),
        (
            R,
            {
                "input": [
                    {"role": "user", "content": [{"type": "input_text", "text": "first"}]},
                    {"type": "function_call", "call_id": "t", "name": "f", "arguments": "{}"},
                    {"type": "function_call_output", "call_id": "t", "output": "42"},
                ]
            },
        ),
        (
            G,
            {
                "contents": [
                    {"parts": [{"text": "first"}]},
                    {"role": "model", "parts": [{"functionCall": {"name": "f"}}]},
                    {
                        "role": "user",
                        "parts": [
                            {"functionResponse": {"name": "f", "response": {"output": "42"}}}
                        ],
                    },
                ]
            },
        ),
    ],
)
def test_a_tools_result_at_the_end(format_: WireFormat, changes: dict[str, Any]) -> None:
    """The result is read, and the person's last words are still the ones before it."""
    question = read(format_, changes)

    assert (question.asked, question.result) == ("first", "42")


@pytest.mark.parametrize(
    ("format_", "changes"),
    [
        (
            A,
            {
                "messages": [
                    {"role": "user", "content": [{"type": "tool_result", "content": None}]},
                    {"role": "user", "content": "then"},
                ]
            },
        ),
        (C, {"messages": [{"role": "tool", "content": None}, {"role": "user", "content": "then"}]}),
        (
            G,
            {
                "contents": [
                    {"role": "user", "parts": [{"functionResponse": {"response": {"a": 1}}}]},
                    {"role": "user", "parts": [{"text": "then"}]},
                ]
            },
        ),
    ],
)
def test_words_after_a_result_are_a_new_question(
    format_: WireFormat, changes: dict[str, Any]
) -> None:
    """Only a result that ends the conversation counts."""
    question = read(format_, changes)

    assert (question.asked, question.result) == ("then", None)


def test_a_function_response_without_an_output_is_taken_whole() -> None:
    """``output`` is a convention of Gemini's, not a rule."""
    parts = [{"functionResponse": {"name": "f", "response": {"sum": 3}}}]

    assert read(G, {"contents": [{"role": "user", "parts": parts}]}).result == '{"sum":3}'


def test_responses_take_a_text_as_their_input() -> None:
    """A string is short for one message of the user."""
    assert read(R, {"input": "just text"}).asked == "just text"


@pytest.mark.parametrize(
    ("format_", "changes", "named"),
    [
        (A, {"messages": None}, "messages"),
        (A, {"messages": []}, "messages"),
        (A, {"messages": "hi"}, "messages"),
        (A, {"messages": ["hi"]}, "messages"),
        (A, {"messages": [{"role": "robot", "content": "x"}]}, "robot"),
        (A, {"messages": [{"role": "user"}]}, "messages.0.content"),
        (A, {"max_tokens": None}, "max_tokens"),
        (A, {"max_tokens": "many"}, "max_tokens"),
        (A, {"max_tokens": -1}, "max_tokens"),
        (A, {"max_tokens": True}, "max_tokens"),
        (A, {"tools": {}}, "tools"),
        (A, {"tool_choice": "auto"}, "tool_choice"),
        (A, {"tool_choice": {"type": "tool", "name": "nope"}}, "nope"),
        (A, {"tools": [{"name": "f", "input_schema": []}]}, "input_schema"),
        (A, {"thinking": True}, "thinking"),
        (C, {"messages": {}}, "messages"),
        (C, {"messages": [{"content": "x"}]}, "messages[0].role"),
        (C, {"n": 2}, "n:"),
        (C, {"max_tokens": 1.5}, "max_tokens"),
        (C, {"tools": [{"function": "f"}]}, "function"),
        (C, {"response_format": "json"}, "response_format"),
        (R, {"input": None}, "input"),
        (R, {"input": 3}, "input"),
        (R, {"input": [{"content": "no role"}]}, "input"),
        (R, {"previous_response_id": "resp_1"}, "previous_response_id"),
        (R, {"conversation": {"id": "c"}}, "conversation"),
        (R, {"background": True}, "background"),
        (R, {"reasoning": "high"}, "reasoning"),
        (G, {"contents": None}, "contents"),
        (G, {"contents": [{"role": "user", "parts": []}]}, "parts"),
        (G, {"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "assistant"),
        (G, {"generationConfig": []}, "generationConfig"),
        (G, {"generationConfig": {"maxOutputTokens": "x"}}, "maxOutputTokens"),
    ],
)
def test_a_body_without_sense_is_refused_by_name(
    format_: WireFormat, changes: dict[str, Any], named: str
) -> None:
    """The error names the field, as the vendor's own does."""
    with pytest.raises(InvalidRequest) as refusal:
        read(format_, changes)

    assert named in refusal.value.message


def test_counting_needs_no_limit_and_finds_the_nested_request() -> None:
    """The counting addresses take a body without ``max_tokens``, and Gemini's in an envelope."""
    counted = anthropic.count(THINKER, {"messages": [HI]})
    nested = gemini.count(THINKER, {"generateContentRequest": PLAIN[G]})

    assert counted == {"input_tokens": read(A, {}).input_tokens}
    assert nested == gemini.count(THINKER, PLAIN[G]) == {"totalTokens": read(G, {}).input_tokens}


def test_tools_and_instructions_count_as_input() -> None:
    """The whole prompt is counted, not only the messages."""
    plain = read(A, {}).input_tokens

    assert read(A, {"system": "Be brief."}).input_tokens > plain
    assert read(A, {"tools": TWO_TOOLS[A]}).input_tokens > plain
    assert read(A, {"metadata": {"user_id": "x" * 100}}).input_tokens == plain

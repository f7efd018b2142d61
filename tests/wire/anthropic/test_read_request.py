"""Requests of Messages clients: what Claude Code sends, and what nobody should."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.parts import Text
from aimux.model.request import (
    Choice,
    Effort,
    Message,
    OutputFormat,
    Reasoning,
    Role,
    Sampling,
    ToolChoice,
)
from aimux.wire import jsontext
from tests.wire.anthropic.asking import CODEC, codes, read

DEVICE = "0123456789abcdef" * 4
CLAUDE_CODE: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>one</system-reminder>"},
                {"type": "text", "text": "do it", "cache_control": {"type": "ephemeral"}},
            ],
        },
        {"role": "system", "content": "the environment", "output_config": {"effort": "low"}},
    ],
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.330.6e9; cc_entrypoint=cli;"},
        {"type": "text", "text": "You are a tool.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "A long prompt.", "cache_control": {"type": "ephemeral"}},
    ],
    "tools": [
        {"name": "Bash", "description": "runs", "input_schema": {"type": "object", "properties": {}}},
        {"name": "DeferredToolPlaceholder", "input_schema": {"type": "object"}, "defer_loading": True},
    ],
    "metadata": {
        "user_id": json.dumps({"device_id": DEVICE, "account_uuid": "", "session_id": "5e55-10"})
    },
    "max_tokens": 128000,
    "thinking": {"type": "adaptive", "display": "omitted"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "safeguards": [{"type": "dangerous_tool_use"}],
    "output_config": {"effort": "high"},
    "stream": True,
}  # fmt: skip


def test_a_request_of_claude_code() -> None:
    """Edges 196, 197, 200, 201, 203, 209: all of it in one."""
    request = read(CLAUDE_CODE, stream=True)

    assert request.system == (Text("You are a tool."), Text("A long prompt."))
    assert request.messages == (
        Message(Role.USER, (Text("<system-reminder>one</system-reminder>"), Text("do it"))),
        Message(Role.SYSTEM, (Text("the environment"),)),
    )
    assert [tool.name for tool in request.tools] == ["Bash"]  # type: ignore[union-attr]  # functions all
    assert request.user == hashlib.sha256(DEVICE.encode()).hexdigest()
    assert request.session == "5e55-10"
    assert request.sampling == Sampling(max_output_tokens=128000)
    assert request.reasoning == Reasoning(Effort.LOW, shown=False)
    assert request.stream
    assert codes(request) == [
        ("attribution.stripped", "system[0]"),
        ("cache_control.dropped", ""),
        ("unknown_field.dropped", "safeguards"),
    ]


@pytest.mark.parametrize(
    ("system", "texts"),
    [
        pytest.param("be terse", ["be terse"], id="string"),
        pytest.param("", [], id="empty"),
        pytest.param(None, [], id="null"),
        pytest.param([{"type": "text", "text": "a"}, {"type": "text", "text": ""}], ["a"], id="blocks"),
        pytest.param("x-anthropic-billing-header: a\nbe terse", ["be terse"], id="edge-200-in-a-string"),
        pytest.param(
            [{"type": "text", "text": "a"}, {"type": "text", "text": "x-anthropic-billing-header: b"}],
            ["a", "x-anthropic-billing-header: b"],
            id="edge-200-only-in-the-first-place",
        ),
    ],
)  # fmt: skip
def test_instructions(system: object, texts: list[str]) -> None:
    """A string or blocks, each a text of its own."""
    assert [text.text for text in read({"system": system}).system] == texts


def test_instructions_before_the_first_message_join_the_others() -> None:
    """They are none in the middle."""
    messages = [{"role": "system", "content": "b"}, {"role": "user", "content": "hi"}]
    request = read({"system": "a", "messages": messages})

    assert request.system == (Text("a"), Text("b"))
    assert [message.role for message in request.messages] == [Role.USER]


def test_instructions_until_the_user_speaks_are_cleared_when_it_has() -> None:
    """``clear_at``: those behind the last message of the user still hold."""
    passing = {"role": "system", "clear_at": "next_user_message"}
    staying = {"role": "system", "clear_at": "never", "content": "c"}
    messages = [
        {"role": "user", "content": "a"},
        {**passing, "content": "b"},
        staying,
        {"role": "assistant", "content": "d"},
        {"role": "user", "content": "e"},
        {**passing, "content": [{"type": "text", "text": "f"}]},
    ]
    kept = read({"messages": messages}).messages

    assert [message.parts[0].text for message in kept] == list("acdef")  # type: ignore[union-attr]


def test_instructions_can_open_tools() -> None:
    """``tool_addition`` names a tool that is declared and deferred."""
    schema = {"type": "object"}
    tools = [{"name": name, "input_schema": schema, "defer_loading": True} for name in ("f", "g")]
    changes = [
        {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "f"}},
        {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "x"}},
        {"type": "text", "text": "b"},
    ]
    messages = [{"role": "user", "content": "a"}, {"role": "system", "content": changes}]
    request = read({"tools": tools, "messages": messages})

    assert [tool.found for tool in request.tools] == [True, False]  # type: ignore[union-attr]
    assert codes(request) == [("unknown_block.dropped", "messages[1].content[1]")]


@pytest.mark.parametrize(
    ("body", "reasoning"),
    [
        ({}, Reasoning()),
        ({"output_config": {"effort": "xhigh"}}, Reasoning(Effort.XHIGH)),
        ({"thinking": {"type": "disabled"}}, Reasoning(Effort.OFF, shown=False)),
        (
            {"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}},
            Reasoning(Effort.OFF, shown=False),
        ),
        ({"thinking": {"type": "between_tools"}}, Reasoning(Effort.OFF)),
        ({"thinking": {"type": "adaptive"}}, Reasoning(Effort.AUTO)),
        (
            {"thinking": {"type": "adaptive", "display": "updates"}},
            Reasoning(Effort.AUTO, shown=True),
        ),
        (
            {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "low"}},
            Reasoning(Effort.LOW, shown=True),
        ),
        ({"thinking": {"type": "of_a_new_kind"}}, Reasoning(Effort.AUTO)),
        ({"thinking": {"type": "enabled"}}, Reasoning(Effort.AUTO)),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, Reasoning(Effort.LOW, 1024)),
        ({"thinking": {"type": "enabled", "budget_tokens": 8192}}, Reasoning(Effort.MEDIUM, 8192)),
        ({"thinking": {"type": "enabled", "budget_tokens": 24576}}, Reasoning(Effort.HIGH, 24576)),
        ({"thinking": {"type": "enabled", "budget_tokens": 31999}}, Reasoning(Effort.XHIGH, 31999)),
        ({"thinking": {"type": "enabled", "budget_tokens": 70000}}, Reasoning(Effort.MAX, 70000)),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 31999}, "max_tokens": 32000},
            Reasoning(Effort.HIGH, 31999),
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2048}, "output_config": {"effort": "max"}},
            Reasoning(Effort.MAX, 2048),
        ),
        ({"output_config": {"effort": "of_a_new_kind"}}, Reasoning(Effort.AUTO)),
    ],
)  # fmt: skip
def test_thinking(body: dict[str, Any], reasoning: Reasoning) -> None:
    """Reference 2.9.5: off, else the effort, else what the budget amounts to, else as it sees fit."""
    assert read(body).reasoning == reasoning


@pytest.mark.parametrize(
    ("body", "loss"),
    [
        ({"thinking": {"type": "of_a_new_kind"}}, ("effort.mapped", "thinking.type")),
        ({"output_config": {"effort": "more"}}, ("effort.mapped", "output_config.effort")),
        ({"output_config": {"task_budget": {}}}, ("unknown_field.dropped", "output_config.task_budget")),
        ({"thinking": {"type": "adaptive", "x": 1}}, ("unknown_field.dropped", "thinking.x")),
        ({"output_config": {"format": {"type": "x"}}}, ("unknown_field.dropped", "output_config.format")),
        ({"metadata": {"user_id": "u", "x": 1}}, ("metadata.dropped", "metadata.x")),
        ({"service_tier": "x"}, ("service_tier.dropped", "service_tier")),
        ({"speed": "x"}, ("service_tier.dropped", "speed")),
        ({"cache_control": {"type": "ephemeral"}}, ("cache_control.dropped", "")),
        ({"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
         ("context_management.dropped", "context_management")),
        ({"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": 3}]}},
         ("context_management.dropped", "context_management")),
        ({"context_management": 7}, ("context_management.dropped", "context_management")),
        ({"mcp_servers": [{}]}, ("tool.server_unsupported", "mcp_servers")),
        ({"inference_geo": "eu"}, ("unknown_field.dropped", "inference_geo")),
        ({"fallbacks": "default"}, ("unknown_field.dropped", "fallbacks")),
        ({"system": [{"type": "text", "text": "a", "x": 1}]}, ("unknown_field.dropped", "system[0].x")),
        ({"messages": [{"role": "user", "content": "a", "x": 1}]},
         ("unknown_field.dropped", "messages[0].x")),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "x": 1}]}]},
         ("unknown_field.dropped", "messages[0].content[0].x")),
        ({"messages": [{"role": "system", "content": "a", "x": 1}]},
         ("unknown_field.dropped", "messages[0].x")),
        ({"messages": [{"role": "system", "content": "a", "output_config": {"format": 1}}]},
         ("unknown_field.dropped", "messages[0].output_config.format")),
        ({"messages": [{"role": "system", "content": [{"type": "text", "text": "a", "x": 1}]}]},
         ("unknown_field.dropped", "messages[0].content[0].x")),
    ],
)  # fmt: skip
def test_what_nobody_else_has_a_word_for_is_reported(
    body: dict[str, Any], loss: tuple[str, str]
) -> None:
    """Edges 203 and 369: left out, with its place."""
    assert codes(read(body)) == [loss]


@pytest.mark.parametrize(
    "body",
    [
        {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}},
        {"context_management": {"edits": []}},
        {"context_management": None, "thread": None, "safeguards": None, "thinking": None},
        {"service_tier": "auto", "speed": "standard"},
        {"output_format": {"type": "text"}},
        {"metadata": {"user_id": None}},
    ],
)
def test_what_means_nothing_is_no_loss(body: dict[str, Any]) -> None:
    """Edge 201: a wish to keep everything changes nothing."""
    assert codes(read(body)) == []


@pytest.mark.parametrize("key", ["thread", "container", "compaction"])
def test_what_only_anthropic_keeps_is_refused(key: str) -> None:
    """Without it the answer would be another."""
    with pytest.raises(UnsupportedContent) as caught:
        read({key: {"type": "continue"}})

    assert caught.value.param == key
    assert caught.value.hint


@pytest.mark.parametrize(
    ("user_id", "user", "session"),
    [
        pytest.param("somebody", "somebody", "", id="opaque"),
        pytest.param('{"session_id":"s"}', "", "s", id="no-device"),
        pytest.param('{"session_id":""}', '{"session_id":""}', "", id="no-session"),
        pytest.param('{"session_id"', '{"session_id"', "", id="no-json"),
        pytest.param(
            '{"device_id":"d","session_id":"s"}', hashlib.sha256(b"d").hexdigest(), "s", id="claude-code"
        ),
    ],
)  # fmt: skip
def test_who_asks(user_id: str, user: str, session: str) -> None:
    """Edge 239: Claude Code's document is taken apart, any other text stays."""
    request = read({"metadata": {"user_id": user_id}})

    assert (request.user, request.session) == (user, session)


@pytest.mark.parametrize(
    ("body", "tier"),
    [
        ({"service_tier": "standard_only"}, "default"),
        ({"service_tier": "auto"}, ""),
        ({"speed": "fast"}, "fast"),
        ({"service_tier": "standard_only", "speed": "standard"}, "default"),
    ],
)
def test_tiers(body: dict[str, Any], tier: str) -> None:
    """Two fields for one thing."""
    assert read(body).tier == tier


def test_sampling() -> None:
    """Edge 370: a number in a text of digits is one; empty stop sequences are none."""
    body = {
        "max_tokens": "100", "temperature": 0.5, "top_p": 1, "top_k": 5.0, "stop_sequences": ["a", "", " "]
    }  # fmt: skip

    assert read(body).sampling == Sampling(100, 0.5, 1, 5, stop=("a", " "))


def test_a_wish_to_warm_the_cache_is_read_as_it_is() -> None:
    """Edge 237: what others make of it is for their rules to say."""
    assert read({"max_tokens": 0}).sampling == Sampling(0)


def test_a_count_of_tokens_needs_no_limit() -> None:
    """Edge 231: Claude Code asks with model, messages and tools only."""
    assert read({"tools": []}).sampling == Sampling()


@pytest.mark.parametrize("key", ["output_config", "output_format"])
def test_output_format(key: str) -> None:
    """Where it is now, and where it was."""
    said = {"type": "json_schema", "schema": {"type": "object"}}
    body = {"output_config": {"format": said}} if key == "output_config" else {key: said}

    assert read(body).output == OutputFormat({"type": "object"}, strict=True)


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        (None, ToolChoice()),
        ({"type": "auto"}, ToolChoice()),
        ({"type": "auto", "disable_parallel_tool_use": False}, ToolChoice()),
        ({"type": "any", "disable_parallel_tool_use": True}, ToolChoice(Choice.ANY, parallel=False)),
        ({"type": "tool", "name": "f"}, ToolChoice(Choice.TOOL, "f")),
        ({"type": "none"}, ToolChoice(Choice.NONE)),
    ],
)  # fmt: skip
def test_tool_choice(said: object, choice: ToolChoice) -> None:
    """Edge 199: also where there are no tools."""
    assert read({"tool_choice": said, "tools": []}).tool_choice == choice


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": [7]}, "messages[0]"),
        ({"messages": [{"content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": ["user"], "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [7]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": ""}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_use"}]}]},
         "messages[0].content[0].type"),
        ({"messages": [{"role": "assistant", "content": [{"type": "tool_result"}]}]},
         "messages[0].content[0].type"),
        ({"messages": [{"role": "system", "content": [{"type": "image"}]}]},
         "messages[0].content[0].type"),
        ({"messages": [{"role": "system", "content": "a", "output_config": {"effort": 1}}]},
         "messages[0].output_config.effort"),
        ({"system": 7}, "system"),
        ({"system": [{"type": "text"}]}, "system[0].text"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"temperature": "0.5"}, "temperature"),
        ({"temperature": 10**400}, "temperature"),
        ({"stop_sequences": "a"}, "stop_sequences"),
        ({"stop_sequences": [1]}, "stop_sequences[0]"),
        ({"thinking": "on"}, "thinking"),
        ({"thinking": {"type": 1}}, "thinking.type"),
        ({"thinking": {"type": "enabled", "budget_tokens": "x"}}, "thinking.budget_tokens"),
        ({"output_config": {"format": {"type": "json_schema", "schema": []}}},
         "output_config.format.schema"),
        ({"metadata": []}, "metadata"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"tool_choice": {"type": "tool", "name": ""}}, "tool_choice.name"),
        ({"tool_choice": {"type": "any", "disable_parallel_tool_use": 1}},
         "tool_choice.disable_parallel_tool_use"),
        ({"tools": {}}, "tools"),
        ({"tools": [7]}, "tools[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(body: dict[str, Any], param: str) -> None:
    """Edge 370: a 400 that names the field."""
    with pytest.raises(InvalidRequest) as caught:
        read(body)

    assert caught.value.param == param


def test_content_that_is_nested_too_deeply_is_refused() -> None:
    """Edge 355: no matter on which side of the limit, a 400 and never a crash."""
    outcomes = {_refusal_of(depth) for depth in (10, *range(800, 1000), 5000)}

    assert outcomes >= {"", "the request is nested too deeply", "the body is nested too deeply"}
    assert all("deep" in each or "cannot be read" in each for each in outcomes - {""})


def _refusal_of(depth: int) -> str:
    nested = "[" * depth + "]" * depth
    result = f'{{"type":"mcp_tool_result","tool_use_id":"a","content":{nested}}}'
    body = f'{{"messages":[{{"role":"assistant","content":[{result}]}}]}}'.encode()
    try:
        CODEC.read_request(jsontext.scan(body), "m", stream=False)
    except InvalidRequest as refused:
        return refused.message
    return ""


_WORDS = st.sampled_from([
    "type", "text", "role", "user", "assistant", "system", "content", "messages", "image", "source", "data",
    "tool_use", "tool_result", "tool_use_id", "id", "name", "input", "thinking", "signature", "base64",
    "document", "title", "citations", "server_tool_use", "web_search_tool_result", "redacted_thinking",
    "tool_reference", "tool_name", "cache_control", "output_config", "effort", "url", "media_type",
    "search_result", "tools", "input_schema", "computer_toolset_20260801", "web_search_20250305",
    "tool_choice", "metadata", "user_id", "stop_sequences", "browser_state", "adaptive", "enabled",
])  # fmt: skip
_SCALARS = st.none() | st.booleans() | st.integers(-2, 10**20) | st.floats(allow_nan=False)
_VALUES = st.recursive(
    _SCALARS | _WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)
_BLOCK_FIELDS = (
    "text", "source", "content", "id", "name", "input", "tool_use_id", "thinking", "signature", "data",
    "citations", "title", "is_error", "cache_control", "tool_name",
)  # fmt: skip
_BLOCK = st.fixed_dictionaries({"type": _WORDS}, optional=dict.fromkeys(_BLOCK_FIELDS, _VALUES))
_FIELDS = (
    "system", "tools", "tool_choice", "thinking", "output_config", "output_format", "metadata",
    "max_tokens", "temperature", "stop_sequences", "service_tier", "context_management", "x",
)  # fmt: skip
_MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system"])},
        optional={"content": st.lists(_BLOCK, max_size=3) | _VALUES, "clear_at": _VALUES},
    ),
    max_size=4,
)


@settings(max_examples=100)
@given(
    st.fixed_dictionaries(
        {"messages": _MESSAGES | _VALUES}, optional=dict.fromkeys(_FIELDS, _VALUES)
    )
)
def test_any_json_is_read_or_refused(body: dict[str, Any]) -> None:
    """Never another exception, whatever it is."""
    try:
        request = CODEC.read_request(jsontext.scan(json.dumps(body).encode()), "m", stream=False)
    except InvalidRequest:
        return
    assert all(message.role in Role for message in request.messages)

"""Tools from all the places where a client declares some, and which of them may be called."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import InvalidRequest
from aimux.model.parts import CallKind, Text, ToolResult
from aimux.model.request import Choice, FunctionTool, ToolChoice, WebSearchTool
from tests.wire.openai_responses.asking import codes, read, user

SCHEMA = {"type": "object", "properties": {"x": {"type": "number", "maximum": 0.5}}}
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: x"}
ASK = {"role": "user", "content": "?"}
F = {"type": "function", "name": "f", "description": "does", "parameters": SCHEMA, "strict": False}
FUNCTION = FunctionTool("f", "does", SCHEMA, strict=False)


@pytest.mark.parametrize(
    ("tool", "made"),
    [
        (F, FUNCTION),
        ({"type": "function", "name": "f", "parameters": None, "strict": None}, FunctionTool("f")),
        (
            {"type": "function", "name": "f", "defer_loading": True, "strict": True},
            FunctionTool("f", strict=True, deferred=True),
        ),
        (
            {"type": "custom", "name": "p", "description": "d", "format": GRAMMAR},
            FunctionTool("p", "d", kind=CallKind.CUSTOM, grammar=GRAMMAR),
        ),
        (
            {"type": "custom", "name": "p", "format": {"type": "text"}},
            FunctionTool("p", kind=CallKind.CUSTOM),
        ),
        (
            {"type": "namespace", "name": "ns", "tools": [F]},
            FunctionTool("f", "does", SCHEMA, strict=False, namespace="ns"),
        ),
        (
            {
                "type": "tool_search",
                "execution": "client",
                "description": "d",
                "parameters": SCHEMA,
            },
            FunctionTool("tool_search", "d", SCHEMA, kind=CallKind.TOOL_SEARCH),
        ),
        (
            {"type": "tool_search", "execution": "client"},
            FunctionTool("tool_search", kind=CallKind.TOOL_SEARCH),
        ),
        ({"type": "web_search"}, WebSearchTool()),
        (
            {
                "type": "web_search_preview",
                "filters": {"allowed_domains": ["a.org"]},
                "user_location": {"type": "approximate", "city": "Bonn", "country": None},
            },
            WebSearchTool(("a.org",), location={"city": "Bonn"}),
        ),
    ],
)
def test_a_tool(tool: dict[str, Any], made: object) -> None:
    """Each kind in its neutral form, and nothing is lost."""
    asked = read(tools=[tool])

    assert asked.tools == (made,)
    assert asked.losses == ()


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        ({"type": "local_shell"}, CallKind.LOCAL_SHELL),
        ({"type": "shell"}, CallKind.SHELL),
        ({"type": "shell", "environment": {"type": "local"}}, CallKind.SHELL),
        ({"type": "apply_patch"}, CallKind.APPLY_PATCH),
    ],
)
def test_a_tool_that_the_client_runs_by_its_type(tool: dict[str, Any], kind: CallKind) -> None:
    """It gets a schema that says what the vendor's own models know."""
    (made,) = read(tools=[tool]).tools

    assert isinstance(made, FunctionTool)
    assert (made.kind, made.name) == (kind, kind.value)
    assert made.description
    assert made.schema
    assert made.schema["properties"].keys() >= set(made.schema["required"])


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "file_search"},
        {"type": "mcp", "server_label": "s"},
        {"type": "tool_search"},
        {"type": "tool_search", "execution": "server"},
        {"type": "shell", "environment": {"type": "container_auto"}},
        {"type": "of_a_new_type"},
    ],
)
def test_a_tool_that_only_the_vendor_runs(tool: dict[str, Any]) -> None:
    """It is left out, and that is reported."""
    asked = read(tools=[tool, {"type": "namespace", "name": "ns", "tools": [tool]}])

    assert asked.tools == ()
    assert codes(asked) == [
        ("tool.server_unsupported", "tools[0]"),
        ("tool.server_unsupported", "tools[1].tools[0]"),
    ]


def test_what_a_tool_says_beyond_our_words_is_reported() -> None:
    """With its place; ``null`` says nothing."""
    asked = read(
        tools=[
            {**F, "output_schema": {}, "allowed_callers": None},
            {"type": "namespace", "name": "ns", "description": "many", "tools": []},
            {"type": "web_search", "external_web_access": False},
        ]
    )

    assert codes(asked) == [
        ("unknown_field.dropped", "tools[0].output_schema"),
        ("unknown_field.dropped", "tools[1].description"),
        ("unknown_field.dropped", "tools[2].external_web_access"),
    ]


def test_tools_among_the_items() -> None:
    """Codex with the newest models declares all of them there; numbers in schemas are numbers."""
    asked = read(
        input=[
            {
                "type": "additional_tools",
                "role": "developer",
                "tools": [{"type": "namespace", "name": "functions", "tools": [F]}],
            },
            ASK,
        ]
    )

    (tool,) = asked.tools
    assert tool == FunctionTool("f", "does", SCHEMA, strict=False, namespace="functions")


def test_tools_that_a_search_has_found() -> None:
    """They are marked, and what was found is told in words, as the model will know the tools."""
    deferred = {**F, "defer_loading": True}
    asked = read(
        tools=[{"type": "namespace", "name": "ns", "tools": [deferred]}],
        input=[
            ASK,
            {"type": "tool_search_call", "execution": "client", "call_id": "c", "arguments": {}},
            {
                "type": "tool_search_output",
                "execution": "client",
                "call_id": "c",
                "tools": [
                    {"type": "namespace", "name": "ns", "tools": [deferred]},
                    {"type": "function", "name": "g"},
                ],
            },
        ],
    )

    assert asked.tools == (
        FunctionTool("f", "does", SCHEMA, strict=False, deferred=True, found=True, namespace="ns"),
        FunctionTool("g", found=True),
    )
    said = Text("Tools loaded: ns__f, g")
    assert asked.messages[-1] == user(
        ToolResult("c", (said,), name="tool_search", kind=CallKind.TOOL_SEARCH)
    )
    assert asked.losses == ()


def test_a_search_that_found_nothing_says_so() -> None:
    """A result is never empty; edge 127 needs it to be one."""
    asked = read(input=[ASK, {"type": "tool_search_output", "call_id": "c", "tools": None}])

    assert asked.messages[-1].parts[0].content == (Text("No tools were found."),)  # type: ignore[union-attr]


def test_what_the_vendors_own_search_found_is_declared() -> None:
    """Its call and output are no pair that anybody else knows, and deferred tools are opened: nobody
    searches for them.
    """
    asked = read(
        tools=[{"type": "tool_search"}, {**F, "defer_loading": True}],
        input=[
            ASK,
            {"type": "tool_search_call", "execution": "server", "call_id": None, "arguments": {}},
            {
                "type": "tool_search_output",
                "execution": "server",
                "tools": [{"type": "function", "name": "g"}],
            },
        ],
    )

    assert asked.tools == (FUNCTION, FunctionTool("g", found=True))
    assert asked.messages == (user(Text("?")),)
    assert codes(asked) == [("tool.server_unsupported", "tools[0]"), ("tool.deferred_inlined", "")]


def test_the_first_definition_of_a_name_holds() -> None:
    """The same once more is silence, another is reported."""
    other = {**F, "description": "does something else"}
    asked = read(tools=[F, F, other, {"type": "namespace", "name": "ns", "tools": [F]}])

    assert [(tool.namespace, tool.description) for tool in asked.tools if isinstance(tool, FunctionTool)] == [
        ("", "does"), ("ns", "does"),
    ]  # fmt: skip
    assert codes(asked) == [("tool.duplicate", "tools[2]")]


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        (None, ToolChoice()),
        ("auto", ToolChoice()),
        ("none", ToolChoice(Choice.NONE)),
        ("required", ToolChoice(Choice.ANY)),
        ({"type": "function", "name": "f"}, ToolChoice(Choice.TOOL, "f")),
        ({"type": "custom", "name": "f"}, ToolChoice(Choice.TOOL, "f")),
        ({"type": "function", "name": "f", "namespace": "n"}, ToolChoice(Choice.TOOL, "f", "n")),
        ({"type": "web_search_preview"}, ToolChoice(Choice.TOOL, "web_search")),
        ({"type": "apply_patch"}, ToolChoice(Choice.TOOL, "apply_patch")),
        (
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}],
            },
            ToolChoice(Choice.ANY, allowed=("f", "web_search")),
        ),
        (
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "function", "name": "f"}],
            },
            ToolChoice(allowed=("f",)),
        ),
    ],
)
def test_which_tool(said: object, choice: ToolChoice) -> None:
    """All forms of ``tool_choice``."""
    asked = read(tools=[F], tool_choice=said)

    assert asked.tool_choice == choice
    assert asked.losses == ()


def test_a_forced_tool_of_the_vendors_cannot_be_forced() -> None:
    """Nobody else has it."""
    asked = read(tool_choice={"type": "file_search"})

    assert asked.tool_choice == ToolChoice()
    assert codes(asked) == [("tool_choice.degraded", "tool_choice")]


@pytest.mark.parametrize("parallel", [True, False, None])
def test_parallel_calls(*, parallel: bool | None) -> None:
    """Edge 277: with any choice."""
    asked = read(tools=[F], tool_choice="required", parallel_tool_calls=parallel)

    assert asked.tool_choice == ToolChoice(Choice.ANY, parallel=parallel)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"tools": ["f"]}, "tools[0]"),
        ({"tools": [{"name": "f"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tools": [{"type": "function", "name": "f", "parameters": []}]}, "tools[0].parameters"),
        ({"tools": [{"type": "function", "name": "f", "strict": 1}]}, "tools[0].strict"),
        ({"tools": [{"type": "custom", "name": "f", "format": 1}]}, "tools[0].format"),
        ({"tools": [{"type": "namespace", "name": "n", "tools": [1]}]}, "tools[0].tools[0]"),
        ({"tools": [{"type": "namespace", "tools": []}]}, "tools[0].name"),
        (
            {"tools": [{"type": "web_search", "filters": {"allowed_domains": [1]}}]},
            "tools[0].filters.allowed_domains[0]",
        ),
        (
            {"tools": [{"type": "web_search", "user_location": {"city": 1}}]},
            "tools[0].user_location.city",
        ),
        ({"tools": [{"type": "shell", "environment": 1}]}, "tools[0].environment"),
        ({"tool_choice": {}}, "tool_choice.type"),
        ({"tool_choice": 1}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
        (
            {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{}]}},
            "tool_choice.tools[0].name",
        ),
        ({"max_tool_calls": "many"}, "max_tool_calls"),
    ],
)
def test_a_malformed_tool_is_the_clients_fault(body: dict[str, Any], param: str) -> None:
    """With its place."""
    with pytest.raises(InvalidRequest) as caught:
        read(**body)

    assert caught.value.param == param

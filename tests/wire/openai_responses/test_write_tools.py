"""Tools, the choice among them and the form of the answer for a provider."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.model.parts import CallKind, Text
from aimux.model.request import Choice, FunctionTool, OutputFormat, Tool, ToolChoice, WebSearchTool
from aimux.wire.openai_responses.own_tools import OWN_TOOLS
from aimux.wire.target import Target
from tests.wire.openai_responses.asking import (
    ENCRYPTED,
    OWN,
    PROVIDER,
    lost,
    request,
    user,
    written,
)

SCHEMA = {
    "type": "object",
    "properties": {"x": {"type": "integer"}},
    "required": ["x"],
    "additionalProperties": False,
}
OPEN = {"type": "object", "additionalProperties": {"type": "string"}}
"""A schema that strict mode cannot say."""
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: x"}
F = FunctionTool("f", "does", SCHEMA)
G = FunctionTool("g", schema=SCHEMA)


def asking(*tools: Tool, **fields: Any) -> Any:
    """A request with tools."""
    return request(user(Text("?")), tools=tools, **fields)


@pytest.mark.parametrize(
    ("tool", "item"),
    [
        pytest.param(
            F,
            {
                "type": "function",
                "name": "f",
                "description": "does",
                "parameters": SCHEMA,
                "strict": False,
            },
            id="edge-147",
        ),
        pytest.param(
            FunctionTool("f"),
            {
                "type": "function",
                "name": "f",
                "parameters": {"type": "object", "properties": {}},
                "strict": False,
            },
            id="edge-273",
        ),
        (
            FunctionTool("f", schema=SCHEMA, strict=True),
            {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True},
        ),
        (
            FunctionTool("f", schema=SCHEMA, deferred=True),
            {
                "type": "function",
                "name": "f",
                "parameters": SCHEMA,
                "strict": False,
                "defer_loading": True,
            },
        ),
        (
            FunctionTool("f", schema=SCHEMA, deferred=True, found=True),
            {"type": "function", "name": "f", "parameters": SCHEMA, "strict": False},
        ),
        (
            FunctionTool("p", "d", kind=CallKind.CUSTOM, grammar=GRAMMAR),
            {"type": "custom", "name": "p", "description": "d", "format": GRAMMAR},
        ),
        (FunctionTool("p", kind=CallKind.CUSTOM), {"type": "custom", "name": "p"}),
        (
            FunctionTool("tool_search", "d", SCHEMA, kind=CallKind.TOOL_SEARCH),
            {
                "type": "tool_search",
                "execution": "client",
                "parameters": SCHEMA,
                "description": "d",
            },
        ),
        (OWN_TOOLS[CallKind.LOCAL_SHELL], {"type": "local_shell"}),
        (OWN_TOOLS[CallKind.SHELL], {"type": "shell", "environment": {"type": "local"}}),
        (OWN_TOOLS[CallKind.APPLY_PATCH], {"type": "apply_patch"}),
        (WebSearchTool(), {"type": "web_search"}),
        (
            WebSearchTool(("a.org",), location={"city": "Bonn"}),
            {
                "type": "web_search",
                "filters": {"allowed_domains": ["a.org"]},
                "user_location": {"type": "approximate", "city": "Bonn"},
            },
        ),
    ],
)
def test_a_tool(tool: Tool, item: dict[str, Any]) -> None:
    """Flat, and what is strict is always said."""
    assert written(asking(tool), OWN)["tools"] == [item]
    assert lost(asking(tool), OWN) == []


def test_what_strict_mode_cannot_say_is_not_strict() -> None:
    """The model may then call otherwise, which is reported."""
    asked = asking(FunctionTool("f", schema=OPEN, strict=True))

    assert written(asked)["tools"][0]["strict"] is False
    assert "tool.strict_dropped" in lost(asked)


def test_constraints_that_became_words_are_reported() -> None:
    """With the tool or the format that they are of."""
    schema = {**SCHEMA, "properties": {"x": {"type": "string", "minLength": 3}}}
    tool = asking(FunctionTool("f", schema=schema, strict=True))
    form = asking(output=OutputFormat(schema, strict=True))

    assert lost(tool) == ["tool.schema_degraded"]
    assert lost(form) == ["format.schema_degraded"]


def test_the_tools_of_a_namespace_stand_together() -> None:
    """Where the first of them stands."""
    one, two = (FunctionTool(name, schema=SCHEMA, namespace="ns") for name in "ab")
    tools = written(asking(one, F, two), OWN)["tools"]

    assert [tool["type"] for tool in tools] == ["namespace", "function"]
    assert tools[0]["name"] == "ns"
    assert tools[0]["description"]
    assert [tool["name"] for tool in tools[0]["tools"]] == ["a", "b"]


def test_without_tools_nothing_is_said_of_them() -> None:
    """An empty list is refused by some servers."""
    body = written(request(user(Text("?")), tool_choice=ToolChoice(Choice.NONE, parallel=False)))

    assert body.keys() & {"tools", "tool_choice", "parallel_tool_calls"} == set()


def test_a_search_of_the_providers() -> None:
    """What it found is asked for, and how often it may search is said; who must not be asked cannot be."""
    search = WebSearchTool(blocked_domains=("b.org",), max_uses=2)
    body = written(asking(search), OWN)

    assert body["include"] == [ENCRYPTED, "web_search_call.action.sources"]
    assert body["max_tool_calls"] == 2
    assert lost(asking(search), OWN) == ["unknown_field.dropped"]
    assert written(asking(search), Target("p", "grok", "xai"))["include"] == [ENCRYPTED]


CUSTOM = FunctionTool("p", kind=CallKind.CUSTOM)
NAMED_F = {"type": "function", "name": "f"}


@pytest.mark.parametrize(
    ("tools", "choice", "said"),
    [
        ((F,), ToolChoice(), None),
        ((F,), ToolChoice(Choice.NONE), "none"),
        ((F,), ToolChoice(Choice.NONE, allowed=("f",)), "none"),
        ((F,), ToolChoice(Choice.ANY), "required"),
        ((F, G), ToolChoice(Choice.TOOL, "f"), NAMED_F),
        ((F, CUSTOM), ToolChoice(Choice.TOOL, "p"), {"type": "custom", "name": "p"}),
        (
            (OWN_TOOLS[CallKind.SHELL],),
            ToolChoice(Choice.TOOL, "shell"),
            {"type": "shell"},
        ),
        ((WebSearchTool(),), ToolChoice(Choice.TOOL, "web_search"), "required"),
        (
            (F, G),
            ToolChoice(allowed=("f",)),
            {"type": "allowed_tools", "mode": "auto", "tools": [NAMED_F]},
        ),
        (
            (F, WebSearchTool()),
            ToolChoice(Choice.ANY, allowed=("f", "web_search")),
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [NAMED_F, {"type": "web_search"}],
            },
        ),
    ],
)
def test_which_tool(tools: tuple[Tool, ...], choice: ToolChoice, said: object) -> None:
    """What is so anyway is not said."""
    asked = asking(*tools, tool_choice=choice)

    assert written(asked, OWN).get("tool_choice") == said
    assert lost(asked, OWN) == []


def test_a_search_among_others_cannot_be_forced() -> None:
    """The vendor's types have no word for it."""
    asked = asking(F, WebSearchTool(), tool_choice=ToolChoice(Choice.TOOL, "web_search"))

    assert written(asked, OWN)["tool_choice"] == "auto"
    assert lost(asked, OWN) == ["tool_choice.degraded"]


def test_other_servers_get_only_the_tools_that_count() -> None:
    """Whether they take a list of names is not known."""
    choice = ToolChoice(Choice.ANY, allowed=("g", "web_search"), parallel=False)
    body = written(asking(F, G, WebSearchTool(), tool_choice=choice), PROVIDER)

    assert [tool.get("name", tool["type"]) for tool in body["tools"]] == ["g", "web_search"]
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)


# ---------------------------------------------------------------- the form of the answer


@pytest.mark.parametrize(
    ("output", "item"),
    [
        (
            OutputFormat(SCHEMA, "n", "d", strict=True),
            {
                "type": "json_schema",
                "name": "n",
                "schema": SCHEMA,
                "strict": True,
                "description": "d",
            },
        ),
        (
            OutputFormat(SCHEMA, "two words"),
            {"type": "json_schema", "name": "two_words", "schema": SCHEMA, "strict": False},
        ),
        (
            OutputFormat(SCHEMA),
            {"type": "json_schema", "name": "response", "schema": SCHEMA, "strict": False},
        ),
    ],
)
def test_a_format(output: OutputFormat, item: dict[str, Any]) -> None:
    """With a name, which must be there."""
    assert written(asking(output=output))["text"] == {"format": item}
    assert lost(asking(output=output)) == []


def test_a_format_that_strict_mode_cannot_say_is_not_strict() -> None:
    """And reported."""
    asked = asking(output=OutputFormat(OPEN, strict=True))

    assert written(asked)["text"]["format"]["strict"] is False
    assert "tool.strict_dropped" in lost(asked)


@pytest.mark.parametrize(("text", "first"), [("?", "developer"), ("as JSON", "user")])
def test_json_without_a_schema_must_be_named(text: str, first: str) -> None:
    """The vendor refuses it otherwise; what the instructions say does not count."""
    asked = request(user(Text(text)), system=(Text("JSON"),), output=OutputFormat())
    body = written(asked)

    assert body["text"] == {"format": {"type": "json_object"}}
    assert body["input"][0]["role"] == first

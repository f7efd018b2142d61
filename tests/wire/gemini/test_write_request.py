"""A request for Google: instructions, tools, what is reported, and the rules of a conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aimux.model.parts import Text, ToolCall
from aimux.model.request import (
    Choice,
    FunctionTool,
    Reasoning,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire.target import Target
from tests.wire.gemini.forms import CODEC, FIRST, SECOND, THIRD, asked, lost, model, written

OBJECT = {"type": "object", "properties": {"x": {"type": "integer"}}}
LOSSY = {"type": "object", "properties": {"x": {"not": {}, "type": "string"}}}
F, G = FunctionTool("f", "d", OBJECT), FunctionTool("g", "", OBJECT)
SEARCH = WebSearchTool()


def test_a_plain_request() -> None:
    """Nothing but what was said: Google's defaults are its own."""
    body = written(
        asked(system=(Text("S"), Text(""), Text("T")), reasoning=Reasoning(shown=False))
    ).body

    assert body == {
        "systemInstruction": {"parts": [{"text": "S"}, {"text": "T"}]},
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
    }


# ---------------------------------------------------------------- tools


@pytest.mark.parametrize(
    ("tool", "target", "declared", "codes"),
    [
        pytest.param(
            F,
            THIRD,
            {"name": "f", "description": "d", "parametersJsonSchema": OBJECT},
            [],
            id="third",
        ),
        pytest.param(
            F,
            SECOND,
            {"name": "f", "description": "d", "parametersJsonSchema": OBJECT},
            [],
            id="2.5",
        ),
        pytest.param(
            F,
            FIRST,
            {
                "name": "f",
                "description": "d",
                "parameters": {"type": "OBJECT", "properties": {"x": {"type": "INTEGER"}}},
            },
            [],
            id="edge-176-openapi",
        ),
        pytest.param(FunctionTool("f"), THIRD, {"name": "f"}, [], id="no-schema"),
        pytest.param(
            FunctionTool(
                "f", schema={"type": "object", "properties": {}, "additionalProperties": False}
            ),
            FIRST,
            {"name": "f"},
            [],
            id="edge-179",
        ),
        pytest.param(
            FunctionTool("f", schema={"type": "string"}),
            THIRD,
            {"name": "f", "parametersJsonSchema": {"type": "string"}},
            [],
            id="no-object",
        ),
        pytest.param(
            FunctionTool(
                "f", schema={"type": "object", "additionalProperties": {"type": "string"}}
            ),
            THIRD,
            {
                "name": "f",
                "parametersJsonSchema": {
                    "type": "object",
                    "properties": {},
                    "additionalProperties": {"type": "string"},
                },
            },
            [],
            id="any-keys-are-arguments",
        ),
        pytest.param(
            FunctionTool("f", schema=LOSSY),
            THIRD,
            {
                "name": "f",
                "parametersJsonSchema": {
                    "type": "object",
                    "properties": {"x": {"type": "string", "description": "not: {}"}},
                },
            },
            ["tool.schema_degraded"],
            id="a-schema-that-became-words",
        ),
    ],
)
def test_a_function(tool: FunctionTool, target: Target, declared: Any, codes: list[str]) -> None:
    """In the language that the generation reads."""
    body = written(asked(tools=(tool,)), target)

    assert body.body["tools"] == [{"functionDeclarations": [declared]}]
    assert "toolConfig" not in body.body
    assert lost(body) == codes


@pytest.mark.parametrize(
    ("choice", "calling", "codes"),
    [
        pytest.param(ToolChoice(), None, [], id="auto"),
        pytest.param(ToolChoice(Choice.NONE), {"mode": "NONE"}, [], id="none"),
        pytest.param(ToolChoice(Choice.ANY), {"mode": "ANY"}, [], id="any"),
        pytest.param(
            ToolChoice(Choice.ANY, allowed=("f", "g")),
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
            [],
            id="some",
        ),
        pytest.param(
            ToolChoice(Choice.TOOL, name="f"),
            {"mode": "ANY", "allowedFunctionNames": ["f"]},
            [],
            id="one",
        ),
        pytest.param(
            ToolChoice(Choice.TOOL, name="web_search"),
            None,
            ["tool_choice.degraded"],
            id="a-search",
        ),
        pytest.param(
            ToolChoice(parallel=False), None, ["parallel.unsupported"], id="one-at-a-time"
        ),
        pytest.param(ToolChoice(parallel=True), None, [], id="several-at-a-time"),
    ],
)
def test_whether_to_call(choice: ToolChoice, calling: Any, codes: list[str]) -> None:
    """Google's own default is not said."""
    body = written(asked(tools=(F, G), tool_choice=choice))
    config = {"functionCallingConfig": calling} if calling else None

    assert body.body.get("toolConfig") == config
    assert lost(body) == codes


def test_without_tools_there_is_no_choice() -> None:
    """Nothing to choose among."""
    assert "toolConfig" not in written(asked(tool_choice=ToolChoice(Choice.ANY))).body


def test_auto_among_some_leaves_the_others_out() -> None:
    """The mode has no list of names."""
    body = written(asked(tools=(F, G), tool_choice=ToolChoice(allowed=("g",)))).body

    (tool,) = body["tools"]
    assert [each["name"] for each in tool["functionDeclarations"]] == ["g"]


def strict(tool: FunctionTool) -> FunctionTool:
    """The same, with calls held to its schema."""
    return replace(tool, strict=True)


@pytest.mark.parametrize(
    ("tools", "choice", "target", "mode", "codes"),
    [
        pytest.param((strict(F), strict(G)), Choice.AUTO, THIRD, "VALIDATED", [], id="all"),
        pytest.param((strict(F), strict(G)), Choice.AUTO, SECOND, "VALIDATED", [], id="all-2.5"),
        pytest.param((strict(F), G), Choice.AUTO, THIRD, None, ["tool.strict_dropped"], id="some"),
        pytest.param((strict(F),), Choice.AUTO, FIRST, None, ["tool.strict_dropped"], id="2.0"),
        pytest.param(
            (strict(F),), Choice.ANY, THIRD, "ANY", [], id="forced-calls-are-strict-anyway"
        ),
    ],
)
def test_strict_calls(
    tools: Any, choice: Choice, target: Target, mode: Any, codes: list[str]
) -> None:
    """For all functions or for none."""
    body = written(asked(tools=tools, tool_choice=ToolChoice(choice)), target)

    assert body.body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode") == mode
    assert lost(body) == codes


@pytest.mark.parametrize(
    ("tools", "choice", "target", "kinds", "codes"),
    [
        pytest.param((SEARCH,), Choice.AUTO, SECOND, ["googleSearch"], [], id="alone"),
        pytest.param(
            (F, SEARCH),
            Choice.AUTO,
            THIRD,
            ["functionDeclarations", "googleSearch"],
            [],
            id="third",
        ),
        pytest.param(
            (F, SEARCH),
            Choice.AUTO,
            SECOND,
            ["functionDeclarations"],
            ["tool.server_unsupported"],
            id="edge-189",
        ),
        pytest.param(
            (F, SEARCH),
            Choice.ANY,
            THIRD,
            ["functionDeclarations"],
            ["tool.server_unsupported"],
            id="forced",
        ),
        pytest.param(
            (WebSearchTool(("a",), ("b",), 3, {"city": "c"}),),
            Choice.AUTO,
            THIRD,
            ["googleSearch"],
            ["unknown_field.dropped"] * 4,
            id="limits",
        ),
    ],
)
def test_search(
    tools: Any, choice: Choice, target: Target, kinds: list[str], codes: list[str]
) -> None:
    """Beside functions only where Google allows it."""
    body = written(asked(tools=tools, tool_choice=ToolChoice(choice)), target)

    assert [kind for tool in body.body["tools"] for kind in tool] == kinds
    assert lost(body) == codes


def test_search_beside_functions_is_switched_on() -> None:
    """Both words are asked for: the mode, and that Google may call its own tools."""
    assert written(asked(tools=(F, SEARCH))).body["toolConfig"] == {
        "functionCallingConfig": {"mode": "VALIDATED"},
        "includeServerSideToolInvocations": True,
    }


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("name", "fits"),
    [("_a.b:c-d1", True), ("f", True), ("1f", False), (".f", False), ("f g", False), ("", False)],
)
def test_names_of_tools(name: str, fits: bool) -> None:
    """A letter or an underscore first."""
    assert bool(CODEC.rules(THIRD).name.fullmatch(name)) is fits


def test_rules() -> None:
    """Edges 187, 188, 255, 256: roles alternate, the user begins and ends."""
    rules = CODEC.rules(THIRD)
    blind = Target("google", "gemini-3-pro", capabilities=frozenset())

    assert (rules.name_limit, rules.id_limit) == (64, 64)
    assert rules.merges
    assert rules.first_user
    assert rules.needs_user
    assert not rules.prefill
    assert not rules.middle_system
    assert rules.result_media
    assert not CODEC.rules(SECOND).result_media
    assert rules.web_search
    assert not CODEC.rules(blind).web_search


def test_edge_350_the_same_request_is_the_same_bytes() -> None:
    """Nothing is made up."""
    request = asked(model(ToolCall("a", "f", "{}")), tools=(F, G))

    assert CODEC.write_request(request, THIRD).body == CODEC.write_request(request, THIRD).body

"""Tools that a Messages client declares."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import InvalidRequest
from aimux.model.request import FunctionTool, Tool, WebSearchTool
from tests.wire.anthropic.asking import codes, read

SCHEMA = {"type": "object", "properties": {"x": {"type": "number", "minimum": 0.5}}}


def tools(*entries: dict[str, Any]) -> tuple[Tool, ...]:
    """What these are read as."""
    return read({"tools": list(entries)}).tools


def functions(*entries: dict[str, Any]) -> dict[str, FunctionTool]:
    """The same, functions by their names."""
    return {tool.name: tool for tool in tools(*entries) if isinstance(tool, FunctionTool)}


def test_a_tool_of_the_client() -> None:
    """With its schema as it came."""
    entry = {
        "name": "f",
        "description": "d",
        "input_schema": SCHEMA,
        "strict": True,
        "type": "custom",
    }

    assert tools(entry) == (FunctionTool("f", "d", SCHEMA, strict=True),)


def test_a_tool_may_leave_out_all_but_its_name() -> None:
    """Tolerant."""
    assert tools({"name": "f", "type": None, "description": None}) == (FunctionTool("f"),)


def test_no_tools() -> None:
    """Edge 199: Claude Code's title call declares an empty list."""
    assert tools() == ()


def test_the_placeholder_of_claude_code_is_no_tool() -> None:
    """Edge 209: a model must not see it."""
    assert tools({"name": "DeferredToolPlaceholder", "defer_loading": True}) == ()


def test_a_search_that_nobody_else_can_run_opens_all_tools() -> None:
    """What it would have found can be found by nobody."""
    deferred = {"name": "f", "input_schema": SCHEMA, "defer_loading": True}
    search = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    request = read({"tools": [deferred, search]})

    assert request.tools == (FunctionTool("f", "", SCHEMA, deferred=True, found=True),)
    assert codes(request) == [("tool.server_unsupported", "tools[1]")]


@pytest.mark.parametrize(
    "type_",
    [
        "web_fetch_20250910",
        "code_execution_20250825",
        "mcp_toolset",
        "advisor_20260301",
        "of_a_new_kind",
    ],
)
def test_tools_that_only_anthropic_runs_are_reported(type_: str) -> None:
    """Reference 2.13."""
    request = read({"tools": [{"type": type_, "name": "x"}]})

    assert request.tools == ()
    assert codes(request) == [("tool.server_unsupported", "tools[0]")]


def test_a_search_of_the_web() -> None:
    """With its domains and the user's place."""
    entry = {
        "type": "web_search_20260318", "name": "web_search", "max_uses": 8, "allowed_domains": ["a.example"],
        "user_location": {
            "type": "approximate", "city": "Bern", "country": None, "timezone": "Europe/Zurich"},
        "response_inclusion": "all",
    }  # fmt: skip
    request = read({"tools": [entry]})
    place = {"city": "Bern", "timezone": "Europe/Zurich"}

    assert request.tools == (WebSearchTool(("a.example",), (), 8, place),)
    assert codes(request) == [("unknown_field.dropped", "tools[0].response_inclusion")]


def test_what_a_tool_says_beyond_its_schema_is_reported() -> None:
    """Examples and callers other than the model; a direct caller is the only one there is."""
    entry = {
        "name": "f",
        "input_examples": [{}],
        "allowed_callers": ["code_execution_20250825"],
        "x": 1,
    }
    quiet = {"name": "g", "allowed_callers": ["direct"], "eager_input_streaming": True}

    assert codes(read({"tools": [entry, quiet]})) == [
        ("unknown_field.dropped", "tools[0].x"),
        ("unknown_field.dropped", "tools[0].allowed_callers"),
        ("unknown_field.dropped", "tools[0].input_examples"),
    ]


@pytest.mark.parametrize(
    ("entry", "name", "required"),
    [
        ({"type": "bash_20250124", "name": "bash"}, "bash", []),
        (
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 9},
            "str_replace_based_edit_tool",
            ["command", "path"],
        ),
        ({"type": "text_editor_20250124", "name": "str_replace_editor"}, "str_replace_editor",
         ["command", "path"]),
        ({"type": "memory_20250818", "name": "memory"}, "memory", ["command"]),
        ({"type": "computer_20251124", "name": "computer"}, "computer", ["action"]),
    ],
)  # fmt: skip
def test_tools_that_the_vendor_has_defined(
    entry: dict[str, Any], name: str, required: list[str]
) -> None:
    """Published as functions, with what the vendor documents as their input."""
    (tool,) = functions(entry).values()

    assert tool.name == name
    assert tool.description
    assert tool.schema is not None
    assert tool.schema["type"] == "object"
    assert tool.schema["required"] == required
    assert set(required) <= tool.schema["properties"].keys()


def test_the_editor_could_undo_once() -> None:
    """Until early 2025."""
    commands = {
        type_: functions({"type": type_}).popitem()[1].schema["properties"]["command"]["enum"]  # type: ignore[index]
        for type_ in ("text_editor_20250124", "text_editor_20250429")
    }

    assert "undo_edit" in commands["text_editor_20250124"]
    assert "undo_edit" not in commands["text_editor_20250429"]


def test_a_computer_tells_its_size_and_what_it_can() -> None:
    """The client says how large its screen is, and whether it can zoom."""
    entry = {
        "type": "computer_20251124", "name": "computer", "display_width_px": 800, "display_height_px": 600,
        "enable_zoom": True,
    }  # fmt: skip
    large = functions(entry)["computer"]
    plain = functions({"type": "computer_20250124"})["computer"]

    assert "800 by 600" in large.description
    assert "pixels" not in plain.description
    assert "zoom" in large.schema["properties"]["action"]["enum"]  # type: ignore[index]
    assert "zoom" not in plain.schema["properties"]["action"]["enum"]  # type: ignore[index]


def test_a_toolset_is_all_its_members() -> None:
    """Each under its own name, in the namespace that a call says."""
    computer = functions({"type": "computer_toolset_20260801"})
    browser = functions({"type": "browser_toolset_20260801"})

    assert len(computer) == 17
    assert len(browser) == 29
    assert {tool.namespace for tool in computer.values()} == {"computer"}
    assert {tool.namespace for tool in browser.values()} == {"browser"}
    for tool in (*computer.values(), *browser.values()):
        assert tool.schema is not None
        assert set(tool.schema["required"]) <= tool.schema["properties"].keys()


def test_members_of_a_toolset_can_be_turned_off_and_on() -> None:
    """``configs``: by default those that reach beyond the page are off."""
    configs = {
        "zoom": {"enabled": False}, "javascript_exec": {"enabled": True}, "key": None,
        "find": {"defer_loading": True}
    }  # fmt: skip
    browser = functions({"type": "browser_toolset_20260801", "configs": configs})

    assert "zoom" not in browser
    assert "javascript_exec" in browser
    assert "file_upload" not in browser
    assert browser["find"].deferred
    assert not browser["key"].deferred


def test_a_built_in_tool_can_be_deferred() -> None:
    """As any other."""
    assert functions({"type": "bash_20250124", "defer_loading": True})["bash"].deferred


@pytest.mark.parametrize(
    ("entry", "param"),
    [
        ({}, "tools[0].name"),
        ({"name": ""}, "tools[0].name"),
        ({"name": "f", "type": 7}, "tools[0].type"),
        ({"name": "f", "input_schema": []}, "tools[0].input_schema"),
        ({"name": "f", "description": 7}, "tools[0].description"),
        ({"name": "f", "strict": "yes"}, "tools[0].strict"),
        ({"name": "f", "defer_loading": 1}, "tools[0].defer_loading"),
        ({"type": "web_search_20250305", "max_uses": -1}, "tools[0].max_uses"),
        ({"type": "web_search_20250305", "allowed_domains": "a"}, "tools[0].allowed_domains"),
        ({"type": "web_search_20250305", "user_location": {"city": 7}}, "tools[0].user_location.city"),
    ],
)  # fmt: skip
def test_what_is_no_tool_is_refused(entry: dict[str, Any], param: str) -> None:
    """With its place."""
    with pytest.raises(InvalidRequest) as caught:
        tools(entry)

    assert caught.value.param == param

"""Tools that the vendor has defined and the client runs: bash, an editor, a memory, a computer.

A request names only their type; Claude was trained on the rest.  Another model has to be told: here
they are as functions, with the input that the vendor documents (platform.claude.com: bash tool, text
editor tool, memory tool, computer use; SDK types 2.12, 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aimux.model.request import FunctionTool
from aimux.wire.anthropic import toolsets

STRING: Final = {"type": "string"}
INTEGER: Final = {"type": "integer"}
_LINES: Final = {
    "type": "array",
    "items": INTEGER,
    "description": "For view: first and last line, counted from 1; -1 is the end.",
}


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}


def _told(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


_BASH: Final = FunctionTool(
    "bash",
    "Runs a command in a bash session that keeps its state from call to call.",
    _object(
        {
            "command": _told("What to run; may be left out with restart."),
            "restart": {"type": "boolean", "description": "Begin a new session."},
        }
    ),
)

_EDITS: Final = ("view", "create", "str_replace", "insert")
_EDITOR_DESCRIPTION: Final = "Shows and edits text files."


def _editor(name: str, *more: str) -> FunctionTool:
    commands = [*_EDITS, *more]
    properties = {
        "command": _told("What to do.", enum=commands),
        "path": _told("The absolute path of a file, or for view of a directory."),
        "file_text": _told("For create: what the file shall hold."),
        "old_str": _told("For str_replace: the text to replace; it must be in the file once."),
        "new_str": _told("For str_replace: what stands there afterwards."),
        "insert_line": {**INTEGER, "description": "For insert: the line to insert behind; 0 is the top."},
        "insert_text": _told("For insert: what to insert."),
        "view_range": _LINES,
    }  # fmt: skip
    return FunctionTool(name, _EDITOR_DESCRIPTION, _object(properties, "command", "path"))


_MEMORY: Final = FunctionTool(
    "memory",
    "Keeps notes in files below /memories, which outlive this conversation. Look there first.",
    _object(
        {
            "command": _told("What to do.", enum=[*_EDITS, "delete", "rename"]),
            "path": _told("A path below /memories; for all commands but rename."),
            "file_text": _told("For create: what the file shall hold."),
            "old_str": _told("For str_replace: the text to replace."),
            "new_str": _told("For str_replace: what stands there afterwards."),
            "insert_line": {**INTEGER, "description": "For insert: the line to insert at."},
            "insert_text": _told("For insert: what to insert."),
            "old_path": _told("For rename: the path now."),
            "new_path": _told("For rename: the path afterwards."),
            "view_range": _LINES,
        },
        "command",
    ),
)

_ACTIONS: Final = (
    "key", "type", "mouse_move", "left_click", "left_click_drag", "right_click", "middle_click",
    "double_click", "triple_click", "left_mouse_down", "left_mouse_up", "scroll", "hold_key", "wait",
    "screenshot", "cursor_position",
)  # fmt: skip


def _computer(tool: Mapping[str, Any]) -> FunctionTool:
    """The one tool for a screen; its size is the client's."""
    actions = [*_ACTIONS, *(["zoom"] if tool.get("enable_zoom") is True else [])]
    width, height = tool.get("display_width_px"), tool.get("display_height_px")
    size = f" of {width} by {height} pixels" if type(width) is type(height) is int else ""
    properties = {
        "action": _told("What to do.", enum=actions),
        "coordinate": toolsets.POINT,
        "start_coordinate": {**toolsets.POINT, "description": "For left_click_drag: where it begins."},
        "text": _told("What to type, or the keys to press or to hold."),
        "duration": {"type": "number", "description": "For hold_key and wait: seconds."},
        "scroll_direction": toolsets.DIRECTION,
        "scroll_amount": {**INTEGER, "description": "For scroll: clicks of the wheel."},
        "region": toolsets.REGION,
    }  # fmt: skip
    description = f"Uses a computer by its screen{size}, its mouse and its keyboard."
    return FunctionTool("computer", description, _object(properties, "action"))


def _text_editor(type_: str) -> FunctionTool:
    """Until early 2025 the editor could undo, and had another name."""
    if type_ < "text_editor_202504":
        return _editor("str_replace_editor", "undo_edit")
    return _editor("str_replace_based_edit_tool")


_TOOLS: Final[tuple[tuple[str, Callable[[Mapping[str, Any]], tuple[FunctionTool, ...]]], ...]] = (
    ("bash_", lambda _: (_BASH,)),
    ("text_editor_", lambda tool: (_text_editor(tool["type"]),)),
    ("memory_", lambda _: (_MEMORY,)),
    ("computer_toolset_", lambda tool: toolsets.members("computer", tool.get("configs"))),
    ("browser_toolset_", lambda tool: toolsets.members("browser", tool.get("configs"))),
    ("computer_", lambda tool: (_computer(tool),)),
)


def built_in(tool: Mapping[str, Any]) -> tuple[FunctionTool, ...]:
    """The functions that a definition by type stands for; none where the client does not run it."""
    for beginning, made in _TOOLS:
        if tool["type"].startswith(beginning):
            return made(tool)
    return ()

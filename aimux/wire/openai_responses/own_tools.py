"""The tools that the vendor knows by their type alone, with the schema that others need to call them.

The client runs them, and expects their calls in the vendor's own shape; the arguments are what stands
in a call's ``action`` or ``operation`` (SDK types 3.54, 2026-11).
"""

from __future__ import annotations

from typing import Any, Final

from aimux.model.parts import CallKind
from aimux.model.request import FunctionTool
from aimux.wire.openai_responses.items import OWN_NAMES


def _schema(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _texts(words: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "description": words}


def _one(type_: str, words: str) -> dict[str, Any]:
    return {"type": type_, "description": words}


OWN_TOOLS: Final = {
    CallKind.LOCAL_SHELL: FunctionTool(
        name=OWN_NAMES[CallKind.LOCAL_SHELL],
        description="Runs one command on the user's machine and returns what it prints.",
        schema=_schema(
            {
                "command": _texts("The program and its arguments."),
                "env": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "Environment variables for the command.",
                },
                "timeout_ms": _one("integer", "How long it may take, in milliseconds."),
                "user": _one("string", "The user to run it as."),
                "working_directory": _one("string", "Where to run it."),
            },
            "command",
        ),
        kind=CallKind.LOCAL_SHELL,
    ),
    CallKind.SHELL: FunctionTool(
        name=OWN_NAMES[CallKind.SHELL],
        description="Runs shell commands on the user's machine and returns what they print.",
        schema=_schema(
            {
                "commands": _texts("Commands for the shell; each may run beside the others."),
                "timeout_ms": _one("integer", "How long they may take, in milliseconds."),
                "max_output_length": _one("integer", "How many characters of output to return."),
            },
            "commands",
        ),
        kind=CallKind.SHELL,
    ),
    CallKind.APPLY_PATCH: FunctionTool(
        name=OWN_NAMES[CallKind.APPLY_PATCH],
        description="Creates, changes or deletes one file.",
        schema=_schema(
            {
                "type": {
                    "type": "string",
                    "enum": ["create_file", "update_file", "delete_file"],
                    "description": "What to do with the file.",
                },
                "path": _one("string", "The file, relative to the working directory."),
                "diff": _one(
                    "string",
                    "Its lines as a V4A diff: each begins with a plus, a minus or a space, and a line"
                    " of @@ with context leads to a place. Not used to delete a file.",
                ),
            },
            "type",
            "path",
        ),
        kind=CallKind.APPLY_PATCH,
    ),
}

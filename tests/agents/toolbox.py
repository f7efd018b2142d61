"""Finds, among the tools that an agent declares, the one for a deed, and writes its arguments.

A model reads descriptions; this one knows the names that agents use, and takes the rest from the schemas.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.agents.task import Ask, Deed
from tests.agents.words import Call, Json, Tool

_NAMES: Final = {
    Deed.RUN: ("Bash", "bash", "exec_command", "run_shell_command", "shell_command", "shell"),
    Deed.READ: ("Read", "read", "read_file"),
    Deed.LOOK: ("view_image", "Read", "read", "read_file"),
}
_PLACES: Final = {
    Deed.RUN: ("command", "cmd"),
    Deed.READ: ("file_path", "absolute_path", "filePath", "path"),
    Deed.LOOK: ("path", "file_path", "absolute_path", "filePath"),
}
_FILLERS: Final = {"string": "For the task.", "boolean": False, "integer": 1, "number": 1}


class NoTool(Exception):
    """No declared tool is known to serve."""


def is_complete(tools: list[Tool]) -> bool:
    """Whether the whole task can be done with these tools; helper requests have others or none."""
    return all(_find(tools, deed) or _script_tool(tools) for deed in (Deed.RUN, Deed.LOOK))


def call_for(ask: Ask, tools: list[Tool], folder: Path, name: str) -> Call:
    """The call that does what is asked; ``name`` becomes its id.

    Raises:
        NoTool: nothing serves.
    """
    tool = _find(tools, ask.deed)
    if tool is None and ask.deed is Deed.READ:
        ask = Ask(Deed.RUN, f"cat {ask.what}", ask.fault, fails=ask.fails)
        tool = _find(tools, Deed.RUN)
    if tool is not None:
        return Call(
            name, tool.name, _json(_arguments(ask, tool.schema or {}, folder)), tool.namespace
        )
    script = _script_tool(tools)
    if script is None:
        raise NoTool(f"none of {[tool.name for tool in tools]} is for {ask.deed.name}")
    text = _script(ask, folder)
    if script.schema is not None:
        return Call(name, script.name, _json({"input": text}), script.namespace)
    return Call(name, script.name, text, script.namespace, raw=True)


def _find(tools: list[Tool], deed: Deed) -> Tool | None:
    by_name = {tool.name: tool for tool in tools if tool.schema is not None}
    return next((by_name[name] for name in _NAMES[deed] if name in by_name), None)


def _arguments(ask: Ask, schema: Json, folder: Path) -> Json:
    properties = schema.get("properties", {})
    place = next((key for key in _PLACES[ask.deed] if key in properties), _PLACES[ask.deed][0])
    what = ask.what if ask.deed is Deed.RUN else str(folder / ask.what)
    takes_list = properties.get(place, {}).get("type") == "array"
    found: Json = {place: ["bash", "-c", what] if takes_list else what}
    for key in schema.get("required", ()):
        found.setdefault(key, _FILLERS.get(str(properties.get(key, {}).get("type")).lower(), ""))
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# ---------------------------------------------------------------- tools that take a script


def _script_tool(tools: list[Tool]) -> Tool | None:
    """Codex's ``exec``, in which newer models write JavaScript that calls the other tools.

    Where a vendor has neither namespaces nor tools for raw text it is a function of one input whose
    name holds the namespace.
    """
    for tool in tools:
        wrapped = tool.schema is not None and set(tool.schema.get("properties", {})) == {"input"}
        if tool.name.rpartition("__")[2] == "exec" and (tool.schema is None or wrapped):
            return tool
    return None


def _script(ask: Ask, folder: Path) -> str:
    if ask.deed is Deed.LOOK:
        return f"image(await tools.view_image({_json({'path': str(folder / ask.what)})}));"
    command = ask.what if ask.deed is Deed.RUN else f"cat {ask.what}"
    return f"text((await tools.exec_command({_json({'cmd': command})})).output);"

"""A function that OpenAI's two formats declare: the same but for the level it stands on."""

from __future__ import annotations

from typing import Any, Final

from tests.agents.strict.shape import demand, fullmatch, is_sound, is_strict, only
from tests.agents.words import Tool

NAME: Final = "^[a-zA-Z0-9_-]{1,64}$"


def function_of(function: Any, path: str, more: frozenset[str] = frozenset()) -> Tool:
    """A function as a tool.  ``more`` are the fields that it may have in this format alone.

    Raises:
        Refused: it is not as it must be.
    """
    demand(isinstance(function, dict), f"Missing required parameter: '{path}'.")
    only(
        function,
        {"name", "description", "parameters", "strict"} | more,
        f"Unknown parameter: '{path}.{{}}'.",
    )
    name = function.get("name")
    demand(
        fullmatch(NAME, name),
        f"Invalid '{path}.name': string does not match pattern. Expected a string that matches the "
        f"pattern '{NAME}'.",
        param=f"{path}.name",
    )
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    refusal = f"Invalid schema for function '{name}': "
    demand(
        isinstance(schema, dict) and schema.get("type") == "object",
        f"{refusal}schema must be a JSON Schema of 'type: \"object\"'.",
        code="invalid_function_parameters",
    )
    demand("properties" in schema, f"{refusal}In context=(), object schema missing properties.")
    demand(is_sound(schema), f"{refusal}it is not valid under any of the given schemas.")
    demand(
        not function.get("strict") or is_strict(schema),
        f"{refusal}In context=(), 'additionalProperties' is required to be supplied and to be false.",
        code="invalid_function_parameters",
    )
    return Tool(name, schema)

"""The functions of a generateContent request, with the two kinds of schema that they may have."""

from __future__ import annotations

from typing import Final

from tests.agents.strict.shape import (
    demand,
    fullmatch,
    is_sound,
    names,
    objects,
    only,
    subschemas,
    unique,
)
from tests.agents.words import Json, Tool

NAME: Final = "[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}"
_OPENAPI: Final = names(
    "type format title description nullable enum items minItems maxItems properties required "
    "propertyOrdering minProperties maxProperties minimum maximum minLength maxLength pattern default "
    "example anyOf additionalProperties $ref $defs ref defs"
)
_FIELDS: Final = names(
    "name description parameters parametersJsonSchema response responseJsonSchema behavior"
)
_BUILT_IN: Final = names("googleSearch urlContext codeExecution googleMaps")
_UNKNOWN: Final = "Invalid JSON payload received. Unknown name \"{}\" at '%s': Cannot find field."


def declarations_of(body: Json) -> list[Tool]:
    """The functions that the client runs.

    Raises:
        Refused: one of them, or what the model may call, is not as it must be.
    """
    tools: list[Tool] = []
    groups = objects(body.get("tools", []), "Invalid value at 'tools'")
    demand(groups or "tools" not in body, "* GenerateContentRequest.tools: must not be empty")
    for number, group in enumerate(groups):
        only(group, {"functionDeclarations"} | _BUILT_IN, _UNKNOWN % f"tools[{number}]")
        for place, function in enumerate(group.get("functionDeclarations", ())):
            tools.append(_function(function, f"tools[{number}].function_declarations[{place}]"))
    twice = unique([tool.name for tool in tools])
    demand(not twice, f"Duplicate function declaration found: {twice}")
    _choice(body.get("toolConfig", {}), tools)
    return tools


def _function(function: Json, path: str) -> Tool:
    only(function, _FIELDS, _UNKNOWN % path)
    demand(
        fullmatch(NAME, function.get("name")),
        f"* GenerateContentRequest.{path}.name: Invalid function name. Must start with a letter or an "
        "underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or "
        "dashes (-), with a maximum length of 128.",
    )
    both = {"parameters", "parametersJsonSchema"} <= function.keys()
    demand(not both, f"{path}: parameters and parameters_json_schema are mutually exclusive")
    schema = function.get("parametersJsonSchema")
    if schema is not None:
        demand(
            is_sound(schema),
            f"* GenerateContentRequest.{path}.parameters_json_schema: not a schema",
        )
        return Tool(function["name"], schema)
    return Tool(function["name"], _openapi(function.get("parameters"), f"{path}.parameters"))


def _openapi(schema: Json | None, path: str) -> Json:
    if schema is None:
        return {"type": "object", "properties": {}}
    for each in subschemas(schema):
        only(each, _OPENAPI, _UNKNOWN % path)
        demand(isinstance(each.get("type", ""), str), f"Invalid value at '{path}.type': not a text")
        texts = all(isinstance(value, str) for value in each.get("enum", ()))
        demand(texts, f"Invalid value at '{path}.enum': not a text")
        empty = each.get("type", "").upper() == "OBJECT" and each.get("properties") == {}
        demand(
            not empty,
            f"* GenerateContentRequest.{path}.properties: should be non-empty for OBJECT type",
        )
    return schema


def _choice(config: Json, tools: list[Tool]) -> None:
    only(
        config,
        {"functionCallingConfig", "retrievalConfig", "includeServerSideToolInvocations"},
        _UNKNOWN % "tool_config",
    )
    choice = config.get("functionCallingConfig", {})
    only(
        choice,
        {"mode", "allowedFunctionNames", "streamFunctionCallArguments"},
        _UNKNOWN % "tool_config.function_calling_config",
    )
    mode = choice.get("mode", "AUTO")
    demand(mode in {"AUTO", "ANY", "NONE", "VALIDATED"}, f"Invalid value at 'mode': {mode!r}")
    demand(not choice or tools, "Function calling config is set without function_declarations.")
    known = {tool.name for tool in tools}
    strangers = [name for name in choice.get("allowedFunctionNames", ()) if name not in known]
    demand(not strangers, f"allowed_function_names should be a subset of the declared: {strangers}")

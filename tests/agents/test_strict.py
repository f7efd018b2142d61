"""Each strict module refuses what its vendor refuses: a faultless request, broken in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.agents.histories import DATA_URL, FILE, HEADERS, HISTORIES, PATHS, PICTURE
from tests.agents.strict import openai_responses
from tests.agents.task import STEPS, THOUGHTS
from tests.agents.vendors import VENDORS
from tests.agents.words import Heard, Json, Refused, Request, sealed

Change = Callable[[Json], None]


def _hear(wire_format: str, body: Json, headers: dict[str, str] = HEADERS) -> Heard:
    return VENDORS[wire_format].hear(Request(PATHS[wire_format], "", headers, body), THOUGHTS)


def _refusal(wire_format: str, change: Change) -> str:
    body = HISTORIES[wire_format](4)
    change(body)
    with pytest.raises(Refused) as caught:
        _hear(wire_format, body)
    return caught.value.message


def put(path: str, value: Any) -> Change:
    """Sets the value at a path such as ``messages.1.content``; ``+`` appends to the list before it."""

    def change(body: Json) -> None:
        *way, last = path.split(".")
        place = _at(body, way)
        if last == "+":
            place.append(value)
        else:
            place[int(last) if isinstance(place, list) else last] = value

    return change


def cut(path: str) -> Change:
    """Takes out what stands at a path."""

    def change(body: Json) -> None:
        *way, last = path.split(".")
        place = _at(body, way)
        del place[int(last) if isinstance(place, list) else last]

    return change


def swap(path: str, one: int, other: int) -> Change:
    """Exchanges two entries of a list."""

    def change(body: Json) -> None:
        found = _at(body, path.split("."))
        found[one], found[other] = found[other], found[one]

    return change


def _at(body: Any, way: list[str]) -> Any:
    for key in way:
        body = body[int(key) if isinstance(body, list) else key]
    return body


def _same_chat_ids(body: Json) -> None:
    body["messages"][5]["tool_calls"][0]["id"] = "call_0_0"
    body["messages"][6]["tool_call_id"] = "call_0_0"


def _long_chat_id(body: Json) -> None:
    name = "c" * 41
    body["messages"][2]["tool_calls"][0]["id"] = body["messages"][3]["tool_call_id"] = name


def _reasoning_last(body: Json) -> None:
    state = openai_responses.encrypted(STEPS[4].thought)
    body["input"].append({"type": "reasoning", "summary": [], "encrypted_content": state})


ANTHROPIC = [
    ("unknown field", put("frequency_penalty", 1), "frequency_penalty: Extra inputs"),
    ("other model", put("model", "m"), "model: m"),
    ("no max_tokens", cut("max_tokens"), "max_tokens: Field required"),
    ("max_tokens too large", put("max_tokens", 200_000), "200000 > 128000"),
    ("sampling", put("temperature", 1), "`temperature` is deprecated"),
    (
        "budget",
        put("thinking", {"type": "enabled", "budget_tokens": 1024}),
        "thinking.type.enabled",
    ),
    ("unknown effort", put("output_config", {"effort": "minimal"}), "output_config.effort"),
    ("blank stop", put("stop_sequences", [" "]), "non-whitespace"),
    ("empty system", put("system.0.text", ""), "text content blocks must be non-empty"),
    ("unknown role", put("messages.0.role", "developer"), "messages.0.role"),
    ("prefill", put("messages.+", {"role": "assistant", "content": "So"}), "prefill"),
    ("begins with assistant", cut("messages.0"), "first message must use"),
    ("system placed wrongly", put("messages.1.role", "system"), "misplaced role"),
    ("empty content", put("messages.0.content", []), "non-empty content"),
    ("empty text", put("messages.1.content.1.text", ""), "must be non-empty"),
    ("unknown block", put("messages.0.content.0.type", "input_text"), "Input tag 'input_text'"),
    ("extra in block", put("messages.1.content.2.index", 0), "tool_use.index: Extra inputs"),
    ("id grammar", put("messages.1.content.2.id", "a.b"), "were found without"),
    ("same ids", put("messages.3.content.2.id", "call_0_0"), "ids must be unique"),
    ("no result", cut("messages.2.content.0"), "were found without `tool_result` blocks"),
    (
        "orphan",
        put("messages.0.content.0", {"type": "tool_result", "tool_use_id": "x"}),
        "unexpected",
    ),
    ("two results", put("messages.2.content.1.tool_use_id", "call_0_0"), "were found without"),
    (
        "text before results",
        lambda body: body["messages"][2]["content"].insert(0, {"type": "text", "text": "x"}),
        "must come first",
    ),
    ("input as text", put("messages.1.content.2.input", "{}"), "should be a valid dictionary"),
    ("undeclared tool", put("messages.1.content.2.name", "Other"), "not a declared tool"),
    ("no thinking", cut("messages.7.content.0"), "Expected `thinking`"),
    ("foreign signature", put("messages.1.content.0.signature", "x"), "Invalid `signature`"),
    ("changed thinking", put("messages.1.content.0.thinking", "x"), "cannot be modified"),
    (
        "another turn's thinking",
        put(
            "messages.1.content.0",
            {
                "type": "thinking",
                "thinking": STEPS[1].thought,
                "signature": sealed("anthropic", STEPS[1].thought),
            },
        ),
        "Invalid `signature`",
    ),
    (
        "redacted thinking",
        put("messages.1.content.0", {"type": "redacted_thinking", "data": "x"}),
        "Invalid `data`",
    ),
    (
        "wrong image",
        put("messages.4.content.0.content.1.source.media_type", "image/jpeg"),
        "not image/jpeg",
    ),
    ("image by url", put("messages.4.content.0.content.1.source.type", "url"), "only base64"),
    ("unknown in result", put("messages.4.content.0.content.0.type", "input_text"), "Input tag"),
    ("tool name", put("tools.0.name", "a.b"), "tools.0.custom.name"),
    ("same tools", put("tools.1.name", "Bash"), "Tool names must be unique"),
    ("no schema", cut("tools.0.input_schema"), "input_schema: Field required"),
    ("root union", put("tools.0.input_schema.anyOf", [{}]), "at the top level"),
    (
        "type in capitals",
        put("tools.0.input_schema.properties.command.type", "STRING"),
        "schema is invalid",
    ),
    ("property key", put("tools.0.input_schema.properties.a b", {}), "Property keys"),
    ("choice", put("tool_choice", {"type": "required"}), "tool_choice: Input tag"),
    ("choice of none", put("tool_choice", {"type": "tool", "name": "Other"}), "Tool not found"),
    (
        "cache marks",
        put("system", [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5),
        "A maximum of 4 blocks",
    ),
]
CHAT = [
    ("unknown field", put("thinking", {}), "Unrecognized request argument"),
    ("other model", put("model", "m"), "does not exist"),
    ("both limits", lambda body: body.update(max_tokens=1, max_completion_tokens=1), "cannot both"),
    ("stream options", cut("stream"), "only allowed when 'stream'"),
    ("temperature", put("temperature", 3), "out of range"),
    ("stops", put("stop", ["a"] * 5), "too long - 'stop'"),
    ("effort", put("reasoning_effort", "auto"), "Invalid value: 'auto'"),
    ("no tools", put("tools", []), "too short - 'tools'"),
    ("choice without tools", cut("tools"), "only allowed when 'tools'"),
    ("tool type", put("tools.0.type", "custom"), "Invalid value: 'custom'"),
    ("tool name", put("tools.0.function.name", "a.b"), "does not match pattern"),
    ("long name", put("tools.0.function.name", "a" * 65), "does not match pattern"),
    ("same tools", put("tools.1.function.name", "Bash"), "must be unique"),
    ("choice", put("tool_choice", "any"), "Invalid value for 'tool_choice'"),
    ("schema", put("tools.0.function.parameters", {"type": "string"}), "'type: \"object\"'"),
    ("no properties", cut("tools.0.function.parameters.properties"), "missing properties"),
    (
        "strict",
        put(
            "tools.0.function", {"name": "x", "strict": True, "parameters": FILE | {"required": []}}
        ),
        "additionalProperties",
    ),
    ("developer", put("messages.0.role", "developer"), "unknown variant `developer`"),
    (
        "unknown in message",
        put("messages.2.annotations", []),
        "Unknown parameter: 'messages[2].annotations'",
    ),
    ("no result", cut("messages.3"), "did not have response messages: call_0_0"),
    ("orphan", put("messages.3.tool_call_id", "x"), "must be a response to a preceeding"),
    ("user between", swap("messages", 1, 3), "must be a response to a preceeding"),
    ("same ids", _same_chat_ids, "Duplicate value"),
    ("long id", _long_chat_id, "string too long"),
    ("no reasoning", cut("messages.2.reasoning_content"), "must be passed back"),
    ("changed reasoning", put("messages.2.reasoning_content", "x"), "must be passed back"),
    (
        "arguments",
        put("messages.2.tool_calls.0.function.arguments", {}),
        "must be JSON of an object",
    ),
    (
        "no JSON",
        put("messages.2.tool_calls.0.function.arguments", "{"),
        "must be JSON of an object",
    ),
    ("undeclared tool", put("messages.2.tool_calls.0.function.name", "x"), "not a declared tool"),
    ("extra in call", put("messages.2.tool_calls.0.extra_content", {}), "extra_content"),
    ("empty calls", put("messages.2.tool_calls", []), "must be a response"),
    (
        "image in result",
        put("messages.3.content", [{"type": "image_url", "image_url": {"url": DATA_URL}}]),
        "Supported values are: 'text'",
    ),
    ("empty text", put("messages.1.content", [{"type": "text", "text": ""}]), "empty string"),
    (
        "unknown part",
        put("messages.1.content", [{"type": "input_text", "text": "x"}]),
        "'input_text'",
    ),
    (
        "bad image",
        put("messages.7.content.0.image_url.url", "data:image/png;base64,eA=="),
        "no image",
    ),
    ("no data url", put("messages.7.content.0.image_url.url", "file:x"), "not a data: address"),
    ("not base64", put("messages.7.content.0.image_url.url", "data:image/png,x"), "not base64"),
    ("format", put("response_format", {"type": "schema"}), "Invalid value: 'schema'"),
    ("nothing said", put("messages.+", {"role": "assistant", "content": ""}), "got null"),
]
RESPONSES = [
    ("unknown field", put("max_tokens", 1), "Unknown parameter: 'max_tokens'"),
    ("other model", put("model", "m"), "does not exist"),
    ("stored", put("store", True), "'store' must be false"),
    ("previous", put("previous_response_id", "resp_1"), "needs a stored response"),
    ("sampling", put("temperature", 1), "Unsupported parameter: 'temperature'"),
    ("limit", put("max_output_tokens", 1), "below minimum value"),
    ("include", cut("include"), "lacks the reasoning"),
    ("effort", put("reasoning", {"effort": "auto"}), "Unsupported value: 'auto'"),
    ("format", put("text", {"format": {"type": "json"}}), "Invalid value: 'json'"),
    ("schema's name", put("text", {"format": {"type": "json_schema"}}), "text.format.name"),
    ("unknown item", put("input.0.type", "item_reference"), "Invalid value: 'item_reference'"),
    ("unknown in item", put("input.3.is_error", True), "Unknown parameter: 'input[3].is_error'"),
    ("id of another kind", put("input.3.id", "msg_1"), "begins with 'fc'"),
    ("long id", put("input.3.id", "fc_" + "a" * 64), "begins with 'fc'"),
    ("long call id", put("input.3.call_id", "a" * 65), "string too long"),
    ("no call id", cut("input.3.call_id"), "Missing required parameter"),
    ("no output", cut("input.5"), "No tool output found for function call call_0_0"),
    ("orphan", cut("input.3"), "No tool call found"),
    ("same ids", put("input.4.call_id", "call_0_0"), "No tool call found"),
    ("two outputs", lambda body: body["input"].insert(7, body["input"][5]), "Duplicate item"),
    ("no reasoning", cut("input.1"), "without its required 'reasoning' item"),
    ("reasoning behind", swap("input", 1, 3), "without its required"),
    ("reasoning alone", _reasoning_last, "required following item"),
    ("foreign reasoning", put("input.1.encrypted_content", "gAAAAx"), "could not be verified"),
    ("reasoning's id", put("input.1.id", "rs_1"), "another item's"),
    ("no summary", cut("input.1.summary"), "Missing required parameter: 'input[1].summary'"),
    ("arguments", put("input.3.arguments", {}), "must be JSON of an object"),
    ("undeclared tool", put("input.3.name", "x"), "not a declared tool"),
    ("part of another role", put("input.2.content.0.type", "input_text"), "Supported values are"),
    ("role", put("input.0.role", "tool_result"), "Invalid value: 'tool_result'"),
    ("bad image", put("input.10.output.0.image_url", "data:image/png;base64,eA=="), "no image"),
    ("strict left out", cut("tools.0.strict"), "which means true"),
    ("tool type", put("tools.0.type", "tool"), "Invalid value: 'tool'"),
    ("same tools", put("tools.1.name", "Bash"), "Duplicate tool name: .Bash"),
    ("choice", put("tool_choice", {"type": "function", "name": "x"}), "not found in 'tools'"),
    ("nested", put("tools.0.function", {}), "Unknown parameter: 'tools[0].function'"),
]
GEMINI = [
    ("unknown field", put("stream", True), 'Unknown name "stream"'),
    ("unknown setting", put("generationConfig.max_tokens", 1), 'Unknown name "max_tokens"'),
    ("level and budget", put("generationConfig.thinkingConfig.thinkingBudget", 1), "only one of"),
    ("level", put("generationConfig.thinkingConfig.thinkingLevel", "max"), '"MAX"'),
    ("schema without mime", put("generationConfig.responseSchema", {}), "mime type"),
    ("stops", put("generationConfig.stopSequences", ["a"] * 6), "at most 5"),
    ("role", put("contents.0.role", "assistant"), "valid role: user, model"),
    ("no parts", put("contents.0.parts", []), "must not be empty"),
    ("unknown in part", put("contents.0.parts.0.type", "text"), 'Unknown name "type"'),
    ("empty text", put("contents.0.parts.0.text", ""), "required oneof field"),
    ("two in one", put("contents.1.parts.1.text", "x"), "required oneof field"),
    ("call first", cut("contents.0"), "immediately after a user turn"),
    ("no responses", cut("contents.2"), "immediately after"),
    ("one response", cut("contents.2.parts.0"), "number of function response parts"),
    ("response first", swap("contents", 0, 2), "immediately after a function call turn"),
    ("order of responses", swap("contents.2.parts", 0, 1), "stands where that of"),
    (
        "ends with model",
        put("contents.+", {"role": "model", "parts": [{"text": "x"}]}),
        "last turn",
    ),
    ("no signature", cut("contents.1.parts.1.thoughtSignature"), "missing a thought_signature"),
    ("foreign signature", put("contents.1.parts.1.thoughtSignature", "eA=="), "Corrupted"),
    (
        "another turn's",
        put("contents.1.parts.1.thoughtSignature", sealed("gemini", STEPS[1].thought)),
        "not valid",
    ),
    (
        "bypass",
        put("contents.1.parts.1.thoughtSignature", "skip_thought_signature_validator"),
        "a bypass came",
    ),
    ("second signed", put("contents.1.parts.2.thoughtSignature", "x"), "on another call"),
    ("signed text", put("contents.1.parts.0.thoughtSignature", "x"), "Corrupted"),
    ("undeclared", put("contents.7.parts.1.functionCall.name", "x"), "number of function response"),
    ("arguments as text", put("contents.1.parts.1.functionCall.args", "{}"), "(Struct)"),
    ("ids differ", put("contents.1.parts.1.functionCall.id", "a"), "is not its call's"),
    ("response as text", put("contents.2.parts.0.functionResponse.response", "x"), "(Struct)"),
    (
        "bad image",
        put("contents.4.parts.0.functionResponse.parts.0.inlineData.data", "eA=="),
        "input image",
    ),
    ("no tools", put("tools", []), "must not be empty"),
    ("name", put("tools.0.functionDeclarations.0.name", "1x"), "Invalid function name"),
    ("same", put("tools.0.functionDeclarations.1.name", "Bash"), "Duplicate function"),
    ("two schemas", put("tools.0.functionDeclarations.0.parameters", {}), "mutually exclusive"),
    (
        "words",
        put("tools.0.functionDeclarations.0", {"name": "x", "parameters": {"$schema": "x"}}),
        "$schema",
    ),
    (
        "empty object",
        put(
            "tools.0.functionDeclarations.0",
            {"name": "x", "parameters": {"type": "object", "properties": {}}},
        ),
        "should be non-empty for OBJECT",
    ),
    (
        "mode",
        put("toolConfig", {"functionCallingConfig": {"mode": "auto"}}),
        "Invalid value at 'mode'",
    ),
    (
        "allowed",
        put(
            "toolConfig", {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["x"]}}
        ),
        "subset of the declared",
    ),
]


CASES = {
    "anthropic": ANTHROPIC,
    "openai-chat": CHAT,
    "openai-responses": RESPONSES,
    "gemini": GEMINI,
}


@pytest.mark.parametrize(
    ("wire_format", "change", "message"),
    [
        pytest.param(wire_format, change, message, id=f"{wire_format}: {case}")
        for wire_format, cases in CASES.items()
        for case, change, message in cases
    ],
)
def test_what_a_vendor_refuses_is_refused(wire_format: str, change: Change, message: str) -> None:
    """In words that say which rule it was."""
    assert message in _refusal(wire_format, change)


def test_anthropic_wants_its_version() -> None:
    """A header, not a field."""
    with pytest.raises(Refused, match="anthropic-version"):
        _hear("anthropic", HISTORIES["anthropic"](0), {})


def test_anthropic_takes_a_beta_s_field_with_its_header_only() -> None:
    """They travel together."""
    body = HISTORIES["anthropic"](0) | {"context_management": {"edits": []}}
    with pytest.raises(Refused, match="context_management: Extra inputs"):
        _hear("anthropic", body)

    _hear("anthropic", body, HEADERS | {"anthropic-beta": "context-management-2025-06-27"})


def test_anthropic_shows_no_thoughts_unless_asked() -> None:
    """The default of this model: the text stays hidden, its signature does not."""
    body = HISTORIES["anthropic"](1) | {"thinking": {"type": "adaptive"}}
    with pytest.raises(Refused, match="cannot be modified"):
        _hear("anthropic", body)
    body["messages"][1]["content"][0]["thinking"] = ""

    assert not _hear("anthropic", body).shows_thoughts


def test_responses_take_namespaces_and_tools_for_raw_text() -> None:
    """What Codex declares, in the tools or among the items."""
    body = HISTORIES["openai-responses"](0)
    wait = {"type": "function", "name": "wait", "strict": False, "parameters": FILE}
    patch = {"type": "custom", "name": "apply_patch"}
    body["tools"] += [{"type": "web_search"}, patch]
    space = {"type": "namespace", "name": "agents", "tools": [wait]}
    body["input"].insert(0, {"type": "additional_tools", "role": "developer", "tools": [space]})

    found = [(tool.namespace, tool.name) for tool in _hear("openai-responses", body).tools]

    assert found == [("", "Bash"), ("", "Read"), ("", "apply_patch"), ("agents", "wait")]


def test_images_beside_the_results_are_heard() -> None:
    """Gemini CLI and opencode send them so."""
    body = HISTORIES["gemini"](2)
    response = body["contents"][-1]["parts"][0]["functionResponse"]
    body["contents"][-1]["parts"] += response.pop("parts")

    turn = _hear("gemini", body).turns[-1]

    assert turn.results[0].images == ()
    assert [image.kind for image in turn.loose] == ["image/png"]
    assert PICTURE in str(body)

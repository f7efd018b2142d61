"""The strict servers themselves: a good request each takes, and everything that each refuses."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import WireFormat
from aimux.wire import opaque
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.generate.conversations import PNG
from tests.support.generate.schemas import CLOSED, PLAIN
from tests.support.strict.servers import Refused, validate

CARRIER = opaque.seal(Opaque(OpaqueKind.TEXT, "", "a", "m"))

_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
GOOD: dict[WireFormat, dict[str, Any]] = {
    ANTHROPIC: {
        "model": "m",
        "max_tokens": 2000,
        "system": [{"type": "text", "text": "Be terse."}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "?"}, _IMAGE]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "R1", "signature": "S"},
                {"type": "text", "text": "T1"},
                {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
                {"type": "tool_use", "id": "b", "name": "g", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "r1"},
                {"type": "tool_result", "tool_use_id": "b", "is_error": True,
                 "content": [{"type": "text", "text": "r2"}, _IMAGE]},
                {"type": "text", "text": "go on"},
            ]},
        ],
        "tools": [
            {"name": "f", "input_schema": PLAIN},
            {"name": "g", "input_schema": CLOSED, "strict": True, "description": "d"},
        ],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "stream": True,
    },
    OPENAI_CHAT: {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be terse."},
            {"role": "user", "content": [
                {"type": "text", "text": "?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            ]},
            {"role": "assistant", "content": "T1", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ]},
            {"role": "tool", "tool_call_id": "a", "content": "r1"},
            {"role": "tool", "tool_call_id": "b", "content": "r2"},
            {"role": "user", "content": "go on"},
        ],
        "max_tokens": 100,
        "temperature": 1.5,
        "tools": [
            {"type": "function", "function": {"name": "f", "parameters": PLAIN}},
            {"type": "function", "function": {"name": "g", "parameters": CLOSED, "strict": True}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    OPENAI_RESPONSES: {
        "model": "m",
        "instructions": "Be terse.",
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "?"}]},
            {"type": "reasoning", "summary": [], "encrypted_content": "S"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "T1"}]},
            {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
            {"type": "custom_tool_call", "call_id": "b", "name": "g", "input": ""},
            {"type": "function_call_output", "call_id": "a", "output": "r1"},
            {"type": "custom_tool_call_output", "call_id": "b", "output": "r2"},
        ],
        "tools": [
            {"type": "function", "name": "f", "parameters": PLAIN, "strict": False},
            {"type": "custom", "name": "g"},
        ],
        "max_output_tokens": 16,
    },
    GEMINI: {
        "contents": [
            {"role": "user", "parts": [
                {"text": "?"}, {"inlineData": {"mimeType": "image/png", "data": PNG}},
            ]},
            {"role": "model", "parts": [
                {"text": "T1"},
                {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "UzE="},
                {"functionCall": {"name": "g", "args": {}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "f", "response": {"output": "r1"}}},
                {"functionResponse": {"name": "g", "response": {"error": "r2"}}},
            ]},
            {"role": "user", "parts": [{"text": "go on"}]},
        ],
        "systemInstruction": {"parts": [{"text": "Be terse."}]},
        "tools": [{"functionDeclarations": [
            {"name": "f", "parametersJsonSchema": PLAIN}, {"name": "g", "description": "d"}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {"maxOutputTokens": 9, "thinkingConfig": {"thinkingLevel": "LOW"}},
    },
}  # fmt: skip

Edit = Callable[[dict[str, Any]], Any]


def put(*path: Any, value: Any) -> Edit:
    """Another value at a place."""

    def edit(body: dict[str, Any]) -> None:
        holder: Any = body
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value

    return edit


def lost(*path: Any) -> Edit:
    """A field or an element that is not there."""

    def edit(body: dict[str, Any]) -> None:
        holder: Any = body
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]

    return edit


def twice(*path: Any) -> Edit:
    """The last element of an array comes again."""

    def edit(body: dict[str, Any]) -> None:
        holder: Any = body
        for key in path:
            holder = holder[key]
        holder.append(holder[-1])

    return edit


def turned(*path: Any, first: int = 0) -> Edit:
    """Two elements in the other order."""

    def edit(body: dict[str, Any]) -> None:
        holder: Any = body
        for key in path:
            holder = holder[key]
        holder[first], holder[first + 1] = holder[first + 1], holder[first]

    return edit


_A, _B = ("messages", 1, "content"), ("messages", 2, "content")
_EMPTY = {"type": "text", "text": ""}
_OPEN = {"type": "object", "properties": {"x": {"type": "string", "not": {}}}}
REFUSED: list[Any] = [
    (ANTHROPIC, "no max_tokens", lost("max_tokens"), "max_tokens' is missing"),
    (ANTHROPIC, "limit as text", put("max_tokens", value="100"), "no integer"),
    (ANTHROPIC, "limit as boolean", put("max_tokens", value=True), "no integer"),
    (ANTHROPIC, "unknown field", put("stop", value=["x"]), "no field 'stop'"),
    (ANTHROPIC, "null", put("system", value=None), "no array"),
    (ANTHROPIC, "no tools", put("tools", value=[]), "an array of 0"),
    (ANTHROPIC, "choice without tools", lost("tools"), "there are no tools"),
    (ANTHROPIC, "undeclared choice", put("tool_choice", value={"type": "tool", "name": "h"}), "not declared"),
    (ANTHROPIC, "forced with thinking", put("tool_choice", value={"type": "any"}), "can be forced"),
    (ANTHROPIC, "temperature with thinking", put("temperature", value=0.5), "not with thinking"),
    (ANTHROPIC, "hot", put("temperature", value=1.5), "more than 1"),
    (ANTHROPIC, "budget", put("thinking", "budget_tokens", value=2000), "the budget"),
    (ANTHROPIC, "no thought before a call", lost(*_A, 0), "expected thinking"),
    (ANTHROPIC, "name", put("tools", 0, "name", value="a.b"), "is not like"),
    (ANTHROPIC, "name twice", put("tools", 0, "name", value="g"), "names come again"),
    (ANTHROPIC, "root union", put("tools", 0, "input_schema", value={"type": "object", "anyOf": []}), "root"),
    (ANTHROPIC, "open strict schema", put("tools", 1, "input_schema", value=PLAIN), "additionalProperties"),
    (ANTHROPIC, "stop of spaces", put("stop_sequences", value=[" "]), "only white space"),
    (ANTHROPIC, "empty text", put(*_A, 1, value=_EMPTY), "is empty"),
    (ANTHROPIC, "empty message", put("messages", 0, "content", value=[]), "an array of 0"),
    (ANTHROPIC, "unsigned", put(*_A, 0, "signature", value=""), "is empty"),
    (ANTHROPIC, "carrier", put(*_A, 0, "signature", value=CARRIER), "a carrier"),
    (ANTHROPIC, "input as text", put(*_A, 2, "input", value="{}"), "no object"),
    (ANTHROPIC, "id", put(*_A, 2, "id", value="call:0"), "is not like"),
    (ANTHROPIC, "image type",
     put(*_B, 1, "content", 1, "source", "media_type", value="image/bmp"), "not one of"),
    (ANTHROPIC, "image data", put(*_B, 1, "content", 1, "source", "data", value="?"), "no base64"),
    (ANTHROPIC, "result of nothing", put(*_B, 0, "tool_use_id", value="c"), "due are"),
    (ANTHROPIC, "result missing", lost(*_B, 1), "due are"),
    (ANTHROPIC, "results turned", turned(*_B), "due are"),
    (ANTHROPIC, "text before a result", turned(*_B, first=1), "stands behind"),
    (ANTHROPIC, "no results", lost("messages", 2), "without a result"),
    (ANTHROPIC, "adaptive", put("thinking", value={"type": "adaptive"}), "by budget"),
    (ANTHROPIC, "id twice", put(*_A, 3, "id", value="a"), "ids come again"),
    (ANTHROPIC, "two of the user", twice("messages"), "two messages"),
    (ANTHROPIC, "assistant first", lost("messages", 0), "the first message"),
    (ANTHROPIC, "instructions in the middle",
     lambda body: body["messages"].append({"role": "system", "content": "x"}), "in the middle"),
    (ANTHROPIC, "instructions out of place",
     put("messages", 0, value={"role": "system", "content": "x"}), "the first message"),
    (OPENAI_CHAT, "unknown field", put("top_k", value=5), "no field 'top_k'"),
    (OPENAI_CHAT, "unknown field of a message", put("messages", 1, "cache_control", value={}), "no field"),
    (OPENAI_CHAT, "two limits", put("max_completion_tokens", value=5), "two limits"),
    (OPENAI_CHAT, "hot", put("temperature", value=2.5), "more than 2"),
    (OPENAI_CHAT, "five stops", put("stop", value=list("abcde")), "over 4"),
    (OPENAI_CHAT, "options without stream", put("stream", value=False), "nothing is streamed"),
    (OPENAI_CHAT, "choice without tools", lost("tools"), "there are no tools"),
    (OPENAI_CHAT, "undeclared choice", put("tool_choice", "function", "name", value="h"), "not declared"),
    (OPENAI_CHAT, "strict", put("tools", 1, "function", "parameters", value=PLAIN), "additionalProperties"),
    (OPENAI_CHAT, "untyped parameters", put("tools", 0, "function", "parameters", value={}), "the root"),
    (OPENAI_CHAT, "long name", put("tools", 0, "function", "name", value="x" * 65), "is not like"),
    (OPENAI_CHAT, "long id", put("messages", 2, "tool_calls", 0, "id", value="x" * 41), "is not like"),
    (OPENAI_CHAT, "arguments as object",
     put("messages", 2, "tool_calls", 0, "function", "arguments", value={}), "no string"),
    (OPENAI_CHAT, "no calls", put("messages", 2, "tool_calls", value=[]), "an array of 0"),
    (OPENAI_CHAT, "says nothing",
     put("messages", 2, value={"role": "assistant", "content": None}), "says nothing"),
    (OPENAI_CHAT, "empty result", put("messages", 3, "content", value=""), "is empty"),
    (OPENAI_CHAT, "image in a result", put("messages", 3, "content", value=[
        {"type": "image_url", "image_url": {"url": "https://a.example"}}]), "'text' is missing"),
    (OPENAI_CHAT, "results turned", turned("messages", first=3), "is due"),
    (OPENAI_CHAT, "result missing", lost("messages", 4), "are due before"),
    (OPENAI_CHAT, "result again", put("messages", 5, value={
        "role": "tool", "tool_call_id": "b", "content": "x"}), "the result of None"),
    (OPENAI_CHAT, "reasoning", put("messages", 2, "reasoning_content", value="x"), "is not known"),
    (OPENAI_CHAT, "carrier", put("messages", 2, "tool_calls", 0, "extra_content", value={
        "google": {"thought_signature": CARRIER}}), "a carrier"),
    (OPENAI_CHAT, "image", put("messages", 1, "content", 1, "image_url", "url", value="x"), "is not like"),
    (OPENAI_RESPONSES, "stored", put("store", value=True), "not one of"),
    (OPENAI_RESPONSES, "not said to be stored", lost("store"), "'store' is missing"),
    (OPENAI_RESPONSES, "stop", put("stop", value=["x"]), "no field 'stop'"),
    (OPENAI_RESPONSES, "fifteen tokens", put("max_output_tokens", value=15), "less than 16"),
    (OPENAI_RESPONSES, "strict not said", lost("tools", 0, "strict"), "'strict' is missing"),
    (OPENAI_RESPONSES, "strict null", put("tools", 0, "strict", value=None), "no boolean"),
    (OPENAI_RESPONSES, "strict", put("tools", 0, "strict", value=True), "additionalProperties"),
    (OPENAI_RESPONSES, "name twice", twice("tools"), "names come again"),
    (OPENAI_RESPONSES, "output missing", lost("input", 5), "without an output"),
    (OPENAI_RESPONSES, "output of nothing", lost("input", 3), "no call 'a'"),
    (OPENAI_RESPONSES, "output again", twice("input"), "no call 'b'"),
    (OPENAI_RESPONSES, "wrong output", put("input", 6, "type", value="function_call_output"), "waits for"),
    (OPENAI_RESPONSES, "long id", put("input", 3, "call_id", value="x" * 65), "longer than 64"),
    (OPENAI_RESPONSES, "foreign item id", put("input", 3, "id", value="msg_1"), "is not like"),
    (OPENAI_RESPONSES, "reasoning without state", lost("input", 1, "encrypted_content"), "is missing"),
    (OPENAI_RESPONSES, "reasoning before the user",
     put("input", 2, value={"role": "user", "content": "x"}), "required following"),
    (OPENAI_RESPONSES, "carrier", put("input", 1, "encrypted_content", value=CARRIER), "a carrier"),
    (OPENAI_RESPONSES, "input text of the assistant",
     put("input", 2, "content", 0, "type", value="input_text"), "none of"),
    (OPENAI_RESPONSES, "unknown item", put("input", 0, "type", value="news"), "none of"),
    (GEMINI, "unknown field", put("model", value="m"), "no field 'model'"),
    (GEMINI, "unknown part", put("contents", 0, "parts", 0, "x", value=1), "no field"),
    (GEMINI, "assistant", put("contents", 1, "role", value="assistant"), "not one of"),
    (GEMINI, "no parts", put("contents", 0, "parts", value=[]), "an array of 0"),
    (GEMINI, "empty text", put("contents", 0, "parts", 0, "text", value=""), "an empty text"),
    (GEMINI, "two things", put("contents", 0, "parts", 0, "functionCall", value={"name": "f", "args": {}}),
     "one thing"),
    (GEMINI, "model first", lost("contents", 0), "speaks first"),
    (GEMINI, "model last", put("contents", 3, "role", value="model"), "speaks last"),
    (GEMINI, "twice the user", twice("contents"), "twice the user"),
    (GEMINI, "responses turned", turned("contents", 2, "parts"), "due are"),
    (GEMINI, "response missing", lost("contents", 2, "parts", 1), "due are"),
    (GEMINI, "text beside responses",
     lambda body: body["contents"][2]["parts"].append({"text": "x"}), "other parts"),
    (GEMINI, "response as text",
     put("contents", 2, "parts", 0, "functionResponse", "response", value="r1"), "no object"),
    (GEMINI, "unsigned", lost("contents", 1, "parts", 1, "thoughtSignature"), "is missing"),
    (GEMINI, "stand-in behind", put("contents", 1, "parts", 2, "thoughtSignature",
                                    value="skip_thought_signature_validator"), "behind the first"),
    (GEMINI, "carrier", put("contents", 1, "parts", 1, "thoughtSignature", value=opaque.seal_base64(
        Opaque(OpaqueKind.TEXT, "", "a", "m"))), "a carrier"),
    (GEMINI, "signature", put("contents", 1, "parts", 1, "thoughtSignature", value="?"), "no base64"),
    (GEMINI, "args as text", put("contents", 1, "parts", 1, "functionCall", "args", value="{}"), "no object"),
    (GEMINI, "name", put("tools", 0, "functionDeclarations", 0, "name", value="1st"), "is not like"),
    (GEMINI, "undeclared", put("toolConfig", "functionCallingConfig", "allowedFunctionNames", value=["h"]),
     "not all declared"),
    (GEMINI, "allowed in auto",
     put("toolConfig", "functionCallingConfig", "mode", value="AUTO"), "without ANY"),
    (GEMINI, "keyword", put("tools", 0, "functionDeclarations", 0, "parametersJsonSchema", value=_OPEN),
     "keywords"),
    (GEMINI, "empty parameters", put("tools", 0, "functionDeclarations", 1, "parameters", value={
        "type": "object", "properties": {}}), "without properties"),
    (GEMINI, "budget and level",
     put("generationConfig", "thinkingConfig", "thinkingBudget", value=1), "both"),
    (GEMINI, "schema without a type", put("generationConfig", "responseJsonSchema", value=PLAIN), "without"),
    (GEMINI, "six stops", put("generationConfig", "stopSequences", value=list("abcdef")), "over 5"),
]  # fmt: skip


def said(body: dict[str, Any]) -> bytes:
    """As bytes."""
    return json.dumps(body).encode()


def personality(format_: WireFormat) -> dict[str, Any]:
    """A model of Anthropic's that thinks by budget, as the request does."""
    return {"adaptive": False} if format_ is ANTHROPIC else {}


@pytest.mark.parametrize("format_", list(WireFormat))
def test_a_good_request_is_taken(format_: WireFormat) -> None:
    """The follow-up of appendix A, with tools, an image and settings."""
    assert validate(format_, said(GOOD[format_]), **personality(format_)) == GOOD[format_]


@pytest.mark.parametrize(
    ("format_", "edit", "complaint"),
    [(format_, edit, complaint) for format_, _, edit, complaint in REFUSED],
    ids=[f"{format_}: {name}" for format_, name, _, complaint in REFUSED],
)
def test_a_bad_request_is_refused(format_: WireFormat, edit: Edit, complaint: str) -> None:
    """Each for its own reason."""
    body = copy.deepcopy(GOOD[format_])
    edit(body)

    with pytest.raises(Refused, match=complaint):
        validate(format_, said(body), **personality(format_))


@pytest.mark.parametrize("raw", [b"{", b"[]", b"{} {}", b'{"x":NaN}', b'"\\ud83d"', b"\xff"])
@pytest.mark.parametrize("format_", list(WireFormat))
def test_what_is_no_request_is_refused(format_: WireFormat, raw: bytes) -> None:
    """Not even JSON, or not an object."""
    with pytest.raises(Refused):
        validate(format_, raw)


MODERN: dict[str, Any] = {
    **{key: GOOD[ANTHROPIC][key] for key in ("model", "max_tokens", "messages", "tools")},
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "high"},
}
_SECOND: dict[str, Any] = {
    "contents": GOOD[GEMINI]["contents"],
    "generationConfig": {"thinkingConfig": {"thinkingBudget": 1024}},
}


def test_other_generations_have_other_rules() -> None:
    """What one model takes another refuses."""
    validate(ANTHROPIC, said(MODERN))
    validate(GEMINI, said(_SECOND), third=False)
    for body, complaint in (
        (GOOD[ANTHROPIC], "adaptively"),
        ({**MODERN, "temperature": 1}, "takes no"),
        (
            {
                **MODERN,
                "messages": [*MODERN["messages"][:1], {"role": "assistant", "content": "x"}],
            },
            "prefill",
        ),
    ):
        with pytest.raises(Refused, match=complaint):
            validate(ANTHROPIC, said(body))
    for body, complaint in (
        (
            {**_SECOND, "generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}},
            "no thinkingL",
        ),
        ({**_SECOND, "tools": [*GOOD[GEMINI]["tools"], {"googleSearch": {}}]}, "does not mix"),
    ):
        with pytest.raises(Refused, match=complaint):
            validate(GEMINI, said(body), third=False)

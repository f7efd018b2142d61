"""A generateContent server that lets nothing pass: types (google-genai 3.4), turns, pairs, signatures."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from tests.support.strict import schemas
from tests.support.strict.fields import (
    any_object,
    array,
    base64_text,
    boolean,
    integer,
    no_carrier,
    number,
    one_of,
    record,
    refuse,
    text,
)

_NAME: Final = text(like=r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_SAID: Final = text(empty=False)
_SENTINELS: Final = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")


def _signature(value: Any, where: str) -> None:
    if value not in _SENTINELS:
        base64_text(value, where)


_BLOB: Final = record({"mimeType": text(like=r"[a-z]+/\S+"), "data": base64_text})
_FILE: Final = record({"fileUri": _SAID}, {"mimeType": text(like=r"[a-z]+/\S+")})
_MEDIA: Final = record({}, {"inlineData": _BLOB, "fileData": _FILE})
_CALL: Final = record({"name": _NAME, "args": any_object}, {"id": _SAID})
_RESPONSE: Final = record(
    {"name": _NAME, "response": any_object}, {"id": _SAID, "parts": array(_MEDIA, 1)}
)
_PART: Final = record(
    {},
    {
        "text": text(),
        "thought": one_of(True),
        "thoughtSignature": _signature,
        "inlineData": _BLOB,
        "fileData": _FILE,
        "functionCall": _CALL,
        "functionResponse": _RESPONSE,
        "mediaResolution": record({"level": text(like="MEDIA_RESOLUTION_[A-Z_]+")}),
    },
)
_CONTENT: Final = record({"role": one_of("user", "model"), "parts": array(_PART, 1)})
_DECLARATION: Final = record(
    {"name": _NAME},
    {
        "description": text(), "parameters": schemas.gemini_openapi,
        "parametersJsonSchema": schemas.gemini,
    },
)  # fmt: skip
_TOOL: Final = record(
    {}, {"functionDeclarations": array(_DECLARATION, 1), "googleSearch": record({})}
)
_CONFIG: Final = record({}, {
    "temperature": number(0, 2),
    "topP": number(0, 1),
    "topK": integer(0),
    "candidateCount": one_of(1),
    "maxOutputTokens": integer(1),
    "stopSequences": array(_SAID, 1, 5),
    "presencePenalty": number(-2, 2),
    "frequencyPenalty": number(-2, 2),
    "seed": integer(-(2**31), 2**31 - 1),
    "responseMimeType": one_of("text/plain", "application/json", "text/x.enum"),
    "responseSchema": schemas.gemini_openapi,
    "responseJsonSchema": schemas.gemini,
    "mediaResolution": text(like="MEDIA_RESOLUTION_[A-Z]+"),
    "thinkingConfig": record({}, {
        "includeThoughts": boolean,
        "thinkingBudget": integer(-1),
        "thinkingLevel": one_of("MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"),
    }),
})  # fmt: skip
_BODY: Final = record(
    {"contents": array(_CONTENT, 1)},
    {
        "systemInstruction": record(
            {"parts": array(record({"text": _SAID}), 1)}, {"role": one_of("user", "system")}
        ),
        "tools": array(_TOOL, 1),
        "toolConfig": record({}, {
            "functionCallingConfig": record(
                {"mode": one_of("AUTO", "ANY", "NONE", "VALIDATED")},
                {"allowedFunctionNames": array(_NAME, 1)},
            ),
            "includeServerSideToolInvocations": boolean,
        }),
        "generationConfig": _CONFIG,
        "serviceTier": one_of("standard", "flex", "priority"),
        "safetySettings": array(any_object),
    },
)  # fmt: skip
_THINGS: Final = ("text", "inlineData", "fileData", "functionCall", "functionResponse")


def validate(body: Any, *, third: bool = True) -> None:
    """Takes a request that Google would take: for a model of the third generation, which wants its
    calls signed and thinks by levels, or for one of the second, which thinks by budget.

    Raises:
        Refused: with what the 400 would say.
    """
    _BODY(body, "body")
    no_carrier(body, "body")
    _parts(body["contents"])
    _turns(body["contents"])
    _pairs(body["contents"])
    if third:
        _signed(body["contents"])
    _config(body)
    _generation(body, third=third)
    _tools(body)


def _parts(contents: list[dict[str, Any]]) -> None:
    for at, content in enumerate(contents):
        for number_, part in enumerate(content["parts"]):
            where = f"contents[{at}].parts[{number_}]"
            held = [name for name in _THINGS if name in part]
            refuse(len(held) == 1, where, f"a part is one thing: {part!r:.200}")
            said = part.get("text") != "" or "thoughtSignature" in part
            refuse(said, where, "an empty text")
            model = content["role"] == "model"
            refuse(model or held != ["functionCall"], where, "the user calls a function")
            refuse(not model or held != ["functionResponse"], where, "the model answers a call")
            refuse("thoughtSignature" not in part or model, where, "the user signs")
            one = len(set(part.get("functionResponse", {}).get("parts", [{}])[0])) <= 1
            refuse(one, where, "a medium is one thing")


def _turns(contents: list[dict[str, Any]]) -> None:
    roles = [content["role"] for content in contents]
    refuse(roles[0] == "user", "contents[0]", "the model speaks first")
    refuse(roles[-1] == "user", "contents", "the model speaks last")
    for at, (before, role) in enumerate(pairwise(roles), start=1):
        behind = _responses(contents[at - 1]) != []  # words behind results stand apart from them
        refuse(
            before != role or (role == "user" and behind), f"contents[{at}]", f"twice the {role}"
        )


def _responses(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]


def _pairs(contents: list[dict[str, Any]]) -> None:
    due: list[dict[str, Any]] = []
    for at, content in enumerate(contents):
        where, found = f"contents[{at}]", _responses(content)
        names = [each["name"] for each in found]
        wanted = [each["name"] for each in due]
        refuse(names == wanted, where, f"responses of {names}, due are {wanted}")
        ids = [
            (call["id"], each.get("id"))
            for call, each in zip(due, found, strict=True)
            if "id" in call
        ]
        refuse(all(a == b for a, b in ids), where, f"ids of calls and responses differ: {ids}")
        mixed = found and len(found) != len(content["parts"])
        refuse(not mixed, where, "responses and other parts in one content")
        due = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
    refuse(not due, "contents", f"calls without a response: {due}")


def _signed(contents: list[dict[str, Any]]) -> None:
    for at, content in enumerate(contents):
        calls = [part for part in content["parts"] if "functionCall" in part]
        if calls:
            refuse(
                "thoughtSignature" in calls[0], f"contents[{at}]", "a thought_signature is missing"
            )
        invented = [part for part in calls[1:] if part.get("thoughtSignature") in _SENTINELS]
        refuse(not invented, f"contents[{at}]", "a stand-in on a call behind the first")


def _config(body: dict[str, Any]) -> None:
    config = body.get("generationConfig", {})
    thinking = config.get("thinkingConfig", {})
    both = {"thinkingBudget", "thinkingLevel"} <= thinking.keys()
    refuse(not both, "generationConfig.thinkingConfig", "both a budget and a level")
    shapes = [word for word in ("responseSchema", "responseJsonSchema") if word in config]
    refuse(len(shapes) < 2, "generationConfig", "two schemas")
    if shapes:
        json = config.get("responseMimeType") == "application/json"
        refuse(json, "generationConfig", "a schema without responseMimeType application/json")


def _generation(body: dict[str, Any], *, third: bool) -> None:
    thinking = body.get("generationConfig", {}).get("thinkingConfig", {})
    foreign = "thinkingBudget" if third else "thinkingLevel"
    refuse(foreign not in thinking, "generationConfig.thinkingConfig", f"no {foreign} here")
    kinds = {next(iter(tool)) for tool in body.get("tools", [])}
    refuse(third or len(kinds) < 2, "tools", f"this model does not mix {sorted(kinds)}")
    media = any(
        "parts" in part.get("functionResponse", {})
        for content in body["contents"]
        for part in content["parts"]
    )
    refuse(third or not media, "contents", "this model takes no media in responses")


def _tools(body: dict[str, Any]) -> None:
    tools = body.get("tools", [])
    declared = [each for tool in tools for each in tool.get("functionDeclarations", ())]
    names = [each["name"] for each in declared]
    refuse(len(set(names)) == len(names), "tools", f"names come again: {names}")
    for each in declared:
        both = {"parameters", "parametersJsonSchema"} <= each.keys()
        refuse(not both, "tools", f"{each['name']} has two schemas")
    for at, tool in enumerate(tools):
        refuse(len(tool) == 1, f"tools[{at}]", f"a tool is one thing: {sorted(tool)}")
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    allowed = calling.get("allowedFunctionNames", [])
    refuse(set(allowed) <= set(names), "toolConfig", f"{allowed} are not all declared")
    modes = not allowed or calling["mode"] in ("ANY", "VALIDATED")
    refuse(modes, "toolConfig", "names are allowed without ANY or VALIDATED")
    refuse("toolConfig" not in body or names, "toolConfig", "there are no functions")

"""What a client sends next: its conversation with the answer in it as it came, and the tools' results."""

from __future__ import annotations

import json
from typing import Any, Final

from aimux.model.request import WireFormat
from tests.support.crossing import ASKED

RESULT: Final = "r1"


def follow_up(client: WireFormat, answer: bytes) -> dict[str, Any]:
    """The next request of a client that has got this answer, whole and not streamed."""
    body: dict[str, Any] = _FOLLOW_UPS[client](json.loads(answer))
    return body


def _anthropic(answer: dict[str, Any]) -> dict[str, Any]:
    results = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": RESULT}
        for block in answer["content"]
        if block["type"] == "tool_use"
    ]
    asked = ASKED[WireFormat.ANTHROPIC]
    user = {"role": "user", "content": [*results, {"type": "text", "text": "go on"}]}
    said = {"role": "assistant", "content": answer["content"]}
    return {**asked, "messages": [*asked["messages"], said, user]}


def _chat(answer: dict[str, Any]) -> dict[str, Any]:
    message = answer["choices"][0]["message"]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": RESULT}
        for call in message.get("tool_calls") or ()
    ]
    asked = ASKED[WireFormat.OPENAI_CHAT]
    user = {"role": "user", "content": "go on"}
    return {**asked, "messages": [*asked["messages"], message, *results, user]}


def forgetful(body: dict[str, Any]) -> dict[str, Any]:
    """A follow-up of Chat Completions by a client that keeps the fields of the vendor's types only."""
    known = ("role", "content", "tool_call_id", "tool_calls", "refusal")
    messages = [{k: v for k, v in each.items() if k in known} for each in body["messages"]]
    for message in messages:
        if "tool_calls" in message:
            message["tool_calls"] = [
                {k: call[k] for k in ("id", "type", "function")} for call in message["tool_calls"]
            ]
    return {**body, "messages": messages}


def _responses(answer: dict[str, Any]) -> dict[str, Any]:
    results = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": RESULT}
        for item in answer["output"]
        if item["type"] == "function_call"
    ]
    asked = ASKED[WireFormat.OPENAI_RESPONSES]
    users = [{"role": "user", "content": "?"}, {"role": "user", "content": "go on"}]
    return {**asked, "input": [users[0], *answer["output"], *results, users[1]]}


def _gemini(answer: dict[str, Any]) -> dict[str, Any]:
    content = answer["candidates"][0]["content"]
    results = []
    for part in content["parts"]:
        if "functionCall" in part:
            call = part["functionCall"]
            named = {key: call[key] for key in ("id", "name") if key in call}
            results.append({"functionResponse": {**named, "response": {"output": RESULT}}})
    asked = ASKED[WireFormat.GEMINI]
    behind = [{"role": "user", "parts": results}] if results else []
    user = {"role": "user", "parts": [{"text": "go on"}]}
    return {**asked, "contents": [*asked["contents"], content, *behind, user]}


_FOLLOW_UPS: Final[dict[WireFormat, Any]] = {
    WireFormat.ANTHROPIC: _anthropic,
    WireFormat.OPENAI_CHAT: _chat,
    WireFormat.OPENAI_RESPONSES: _responses,
    WireFormat.GEMINI: _gemini,
}

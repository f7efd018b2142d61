"""Requests as a faultless client would write them by hand: the task after so many steps, in each format.

They show what the strict modules take to be right, and the tests of those modules break them one by one.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.agents.project import NOTES_TEXT, glyphs, picture
from tests.agents.strict import anthropic, anthropic_blocks, gemini, openai_chat, openai_responses
from tests.agents.task import PROMPT, STEPS, Ask, Deed, Step
from tests.agents.words import Json, sealed

FOLDER: Final = Path("project")
COMMAND: Final[Json] = {
    "type": "object",
    "properties": {"command": {"type": "string"}, "description": {"type": "string"}},
    "required": ["command", "description"],
    "additionalProperties": False,
}
FILE: Final[Json] = {
    "type": "object",
    "properties": {"file_path": {"type": "string"}},
    "required": ["file_path"],
    "additionalProperties": False,
}
TOOLS: Final = {"Bash": COMMAND, "Read": FILE}
FAILING: Final = frozenset({"failing command", "missing file"})
"""The steps whose results are marked as failures, where the format has a mark."""
PICTURE: Final = base64.b64encode(picture()).decode("ascii")
DATA_URL: Final = f"data:image/png;base64,{PICTURE}"


def called(ask: Ask) -> tuple[str, Json]:
    """The tool and the arguments that an ask leads to."""
    if ask.deed is Deed.RUN:
        return "Bash", {"command": ask.what, "description": "For the task."}
    return "Read", {"file_path": str(FOLDER / ask.what)}


def told(ask: Ask) -> str:
    """The text of a result; for the picture what stands beside it."""
    if ask.what.startswith("cat"):
        return f"exit code 0\n{glyphs()}"
    if ask.deed is Deed.RUN:
        return "exit code 3\nlantern went-out"
    return {"notes.txt": f"1: {NOTES_TEXT}", "picture.png": "the picture:"}.get(
        ask.what, "not found"
    )


def name(step: Step, number: int) -> str:
    """The id of a call."""
    return f"call_{STEPS.index(step)}_{number}"


# ---------------------------------------------------------------- Messages


def messages(steps: int) -> Json:
    """An Anthropic request."""
    history: list[Json] = [{"role": "user", "content": [{"type": "text", "text": PROMPT}]}]
    for step in STEPS[:steps]:
        history.append({"role": "assistant", "content": _blocks(step)})
        history.append({"role": "user", "content": _tool_results(step)})
    return {
        "model": anthropic.MODEL,
        "max_tokens": 32_000,
        "stream": True,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "adaptive", "display": "summarized"},
        "messages": history,
        "tools": [{"name": each, "input_schema": schema} for each, schema in TOOLS.items()],
    }


def _blocks(step: Step) -> list[Json]:
    signature = sealed(anthropic_blocks.VENDOR, step.thought)
    blocks: list[Json] = [{"type": "thinking", "thinking": step.thought, "signature": signature}]
    blocks.append({"type": "text", "text": "".join(step.says)})
    for number, ask in enumerate(step.asks):
        tool, arguments = called(ask)
        blocks.append(
            {"type": "tool_use", "id": name(step, number), "name": tool, "input": arguments}
        )
    return blocks


def _tool_results(step: Step) -> list[Json]:
    results: list[Json] = []
    for number, ask in enumerate(step.asks):
        content: list[Json] = [{"type": "text", "text": told(ask)}]
        if ask.deed is Deed.LOOK:
            source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
            content.append({"type": "image", "source": source})
        result = {"type": "tool_result", "tool_use_id": name(step, number), "content": content}
        results.append({**result, "is_error": step.name in FAILING})
    return results


# ---------------------------------------------------------------- Chat Completions


def chat(steps: int) -> Json:
    """A Chat Completions request."""
    history: list[Json] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": PROMPT},
    ]
    for step in STEPS[:steps]:
        history += _chat_turn(step)
    return {
        "model": openai_chat.MODEL,
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": history,
        "tools": [
            {"type": "function", "function": {"name": each, "parameters": schema}}
            for each, schema in TOOLS.items()
        ],
        "tool_choice": "auto",
    }


def _chat_turn(step: Step) -> list[Json]:
    calls = [
        {"id": name(step, number), "type": "function", "function": _function(ask)}
        for number, ask in enumerate(step.asks)
    ]
    turn: Json = {"role": "assistant", "content": "".join(step.says), "tool_calls": calls}
    results = [
        {"role": "tool", "tool_call_id": name(step, number), "content": told(ask)}
        for number, ask in enumerate(step.asks)
    ]
    image: Json = {"type": "image_url", "image_url": {"url": DATA_URL}}
    looks = any(ask.deed is Deed.LOOK for ask in step.asks)
    images = [{"role": "user", "content": [image]}] if looks else []
    return [{**turn, "reasoning_content": step.thought}, *results, *images]


def _function(ask: Ask) -> Json:
    tool, arguments = called(ask)
    return {"name": tool, "arguments": json.dumps(arguments)}


# ---------------------------------------------------------------- Responses


def responses(steps: int) -> Json:
    """A Responses request."""
    part = {"type": "input_text", "text": PROMPT}
    items: list[Json] = [{"type": "message", "role": "user", "content": [part]}]
    for step in STEPS[:steps]:
        items += _items(step)
    return {
        "model": openai_responses.MODEL,
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "instructions": "Be brief.",
        "input": items,
        "tools": [
            {"type": "function", "name": each, "parameters": schema, "strict": False}
            for each, schema in TOOLS.items()
        ],
    }


def _items(step: Step) -> list[Json]:
    items: list[Json] = [
        {
            "type": "reasoning",
            "id": openai_responses.reasoning_id(step.thought),
            "summary": [{"type": "summary_text", "text": step.thought}],
            "encrypted_content": openai_responses.encrypted(step.thought),
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "".join(step.says)}],
        },
    ]
    for number, ask in enumerate(step.asks):
        items.append({"type": "function_call", "call_id": name(step, number), **_function(ask)})
    for number, ask in enumerate(step.asks):
        output: Any = told(ask)
        if ask.deed is Deed.LOOK:
            output = [{"type": "input_image", "image_url": DATA_URL}]
        result = {"type": "function_call_output", "call_id": name(step, number)}
        items.append({**result, "output": output})
    return items


# ---------------------------------------------------------------- generateContent


def contents(steps: int) -> Json:
    """A Gemini request."""
    history: list[Json] = [{"role": "user", "parts": [{"text": PROMPT}]}]
    for step in STEPS[:steps]:
        history.append({"role": "model", "parts": _parts(step)})
        history.append({"role": "user", "parts": _responses(step)})
    return {
        "contents": history,
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [
            {
                "functionDeclarations": [
                    {"name": each, "parametersJsonSchema": schema} for each, schema in TOOLS.items()
                ]
            }
        ],
        "generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"}},
    }


def _parts(step: Step) -> list[Json]:
    parts: list[Json] = [{"text": "".join(step.says)}]
    for ask in step.asks:
        tool, arguments = called(ask)
        parts.append({"functionCall": {"name": tool, "args": arguments}})
    parts[1]["thoughtSignature"] = sealed(gemini.VENDOR, step.thought)
    return parts


def _responses(step: Step) -> list[Json]:
    parts: list[Json] = []
    for ask in step.asks:
        key = "error" if step.name in FAILING else "output"
        response: Json = {"name": called(ask)[0], "response": {key: told(ask)}}
        if ask.deed is Deed.LOOK:
            response["parts"] = [{"inlineData": {"mimeType": "image/png", "data": PICTURE}}]
        parts.append({"functionResponse": response})
    return parts


def fresh(write: Callable[[int], Json]) -> Callable[[int], Json]:
    """Bodies that share nothing, so that one can be broken."""
    return lambda steps: copy.deepcopy(write(steps))


HISTORIES: Final[dict[str, Callable[[int], Json]]] = {
    "anthropic": fresh(messages),
    "openai-chat": fresh(chat),
    "openai-responses": fresh(responses),
    "gemini": fresh(contents),
}
PATHS: Final = {
    "anthropic": "/v1/messages",
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "gemini": f"/v1beta/models/{gemini.MODEL}:streamGenerateContent",
}
HEADERS: Final = {"anthropic-version": "2023-06-01", "content-type": "application/json"}

"""What the model says, as Google's generateContent sends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tests.agents.spoken.pieces import INPUT, event, pieces
from tests.agents.strict.gemini import MODEL, VENDOR
from tests.agents.words import Heard, Json, Reply, sealed

ID: Final = ""
"""Calls have none."""
LISTING: Final = {
    "models": [
        {
            "name": f"models/{MODEL}",
            "displayName": MODEL,
            "inputTokenLimit": 1_048_576,
            "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        }
    ]
}
COUNT: Final = {"totalTokens": INPUT}


def whole(reply: Reply, heard: Heard, serial: int) -> Json:
    """The answer as one document."""
    shown = reply.thought and heard.shows_thoughts
    thoughts = [{"text": reply.thought, "thought": True}] if shown else []
    text = [{"text": reply.whole_text}] if reply.text else []
    return _response([*thoughts, *text, *_calls(reply)], serial, finish="STOP")


def stream(reply: Reply, heard: Heard, serial: int) -> Iterator[bytes]:
    """The answer as a stream: every event is a whole response that holds what is new."""
    thoughts = pieces(reply.thought) if heard.shows_thoughts else []
    parts = [
        *({"text": piece, "thought": True} for piece in thoughts),
        *({"text": piece} for piece in reply.text),
        *_calls(reply),
    ]
    if reply.thought and not reply.calls:
        parts.append({"text": "", "thoughtSignature": sealed(VENDOR, reply.thought)})
    for part in parts[:-1]:
        yield event(_response([part], serial))
    yield event(_response(parts[-1:], serial, finish="STOP"))


def _calls(reply: Reply) -> list[Json]:
    """Every call comes whole; the signature rides on the first."""
    parts: list[Json] = [
        {"functionCall": {"name": call.name, "args": json.loads(call.arguments)}}
        for call in reply.calls
    ]
    if parts:
        parts[0]["thoughtSignature"] = sealed(VENDOR, reply.thought)
    return parts


def _response(parts: list[Json], serial: int, finish: str = "") -> Json:
    candidate: Json = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": INPUT,
            "candidatesTokenCount": 30,
            "thoughtsTokenCount": 10,
            "totalTokenCount": INPUT + 40,
        },
        "modelVersion": MODEL,
        "responseId": f"scripted{serial:06d}",
    }

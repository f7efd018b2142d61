"""A reply as Google's generateContent writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.support.reply import (
    CACHE_READ_TOKENS,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    SIGNATURE,
    Reply,
    event,
)

PATH: Final = "/v1*/models/*"  # google-genai for Python says v1, the others v1beta
PING: Final = b"\n"  # Google's SDKs take a comment for broken JSON
HEADERS: Final = (("server-timing", "gfet4t7; dur=7"), ("vary", "Origin, X-Origin"))
FAILURES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def failure(status: int, message: str) -> dict[str, Any]:
    """The body of an error, and the data of an event inside a stream."""
    return {
        "error": {"code": status, "message": message, "status": FAILURES.get(status, "UNKNOWN")}
    }


def document(reply: Reply, model: str) -> dict[str, Any]:
    """The answer when it is not streamed."""
    text = [{"text": reply.whole_text}] if reply.text else []
    return _response([*_thoughts(reply), *text, *_calls(reply)], model, finish="STOP")


def events(reply: Reply, model: str) -> Iterator[bytes]:
    """The answer as a stream with ``alt=sse``: every event is a whole response with new parts."""
    parts = [*_thoughts(reply), *({"text": piece} for piece in reply.text), *_calls(reply)]
    for part in parts[:-1]:
        yield event(_response([part], model))
    yield event(_response(parts[-1:], model, finish="STOP"))


def failing_event(status: int, message: str) -> bytes:
    """An error inside a stream that began with 200."""
    return event(failure(status, message))


def _thoughts(reply: Reply) -> list[dict[str, Any]]:
    return [{"text": reply.thinking, "thought": True}] if reply.thinking else []


def _calls(reply: Reply) -> list[dict[str, Any]]:
    """Calls come whole; the signature rides on the first."""
    parts: list[dict[str, Any]] = [
        {"functionCall": {"id": call.id, "name": call.name, "args": json.loads(call.arguments)}}
        for call in reply.calls
    ]
    if parts:
        parts[0]["thoughtSignature"] = SIGNATURE
    return parts


def _response(parts: list[dict[str, Any]], model: str, finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(),
        "modelVersion": model,
        "responseId": "resp-1",
    }


def _usage() -> dict[str, Any]:
    return {
        "promptTokenCount": INPUT_TOKENS,
        "cachedContentTokenCount": CACHE_READ_TOKENS,
        "candidatesTokenCount": OUTPUT_TOKENS - REASONING_TOKENS,
        "thoughtsTokenCount": REASONING_TOKENS,
        "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
    }

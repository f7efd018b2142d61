"""Answers that a provider pauses, in legs: what each request of one answer gets."""

from __future__ import annotations

from typing import Any, Final

from tests.support.reply import compact, event
from tests.support.script import Answer

Json = dict[str, Any]

_SEARCH: Final[Json] = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search"}
_HIT: Final[Json] = {
    "type": "web_search_result",
    "url": "https://example.test/a",
    "title": "A",
    "encrypted_content": "b3BhcXVl",
    "page_age": None,
}
FIRST: Final[tuple[Json, ...]] = (
    {"type": "thinking", "thinking": "R1", "signature": "c2lnbmVk"},
    {"type": "text", "text": "I look."},
    {**_SEARCH, "input": {"query": "q", "n": 1.0}},
)
"""The blocks before the pause: a search of the vendor's has begun."""
SECOND: Final[tuple[Json, ...]] = (
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [_HIT]},
    {"type": "text", "text": "It is so."},
)
"""And those behind it."""
USAGE: Final[Json] = {"input_tokens": 10, "output_tokens": 4}
"""Of each request."""


def message(*content: Json, reason: str, stream: bool) -> Answer:
    """One leg in Anthropic's format."""
    if not stream:
        whole = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": list(content), "stop_reason": reason, "usage": USAGE,
        }  # fmt: skip
        return Answer(headers=(("content-type", "application/json"),), pieces=(compact(whole),))
    begun = {"id": "msg_1", "model": "m", "usage": {**USAGE, "output_tokens": 1}}
    events: list[Json] = [{"type": "message_start", "message": begun}]
    for at, block in enumerate(content):
        events += _block(at, block)
    delta = {"stop_reason": reason, "stop_sequence": None}
    events += [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 4}}]
    events += [{"type": "message_stop"}]
    return _streamed(*(event(each, name=each["type"]) for each in events))


def _block(at: int, block: Json) -> list[Json]:
    """A block as it comes: empty first, then in pieces."""
    match block["type"]:
        case "text":
            pieces = [{"type": "text_delta", "text": each} for each in _halves(block["text"])]
            shell = {**block, "text": ""}
        case "thinking":
            pieces = [
                {"type": "thinking_delta", "thinking": block["thinking"]},
                {"type": "signature_delta", "signature": block["signature"]},
            ]
            shell = {**block, "thinking": "", "signature": ""}
        case "server_tool_use" | "tool_use":
            given = _halves(compact(block["input"]).decode())
            pieces = [{"type": "input_json_delta", "partial_json": each} for each in ("", *given)]
            shell = {**block, "input": {}}
        case _:
            pieces, shell = [], block
    return [
        {"type": "content_block_start", "index": at, "content_block": shell},
        *({"type": "content_block_delta", "index": at, "delta": each} for each in pieces),
        {"type": "content_block_stop", "index": at},
    ]


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def response(text: str, *, token: str = "", stream: bool) -> Answer:
    """One leg in Gemini's format; with a token it is not the last."""
    candidate: Json = {
        "content": {"role": "model", "parts": [{"text": text}]},
        "finishReason": "CONTINUATION" if token else "STOP",
        "index": 0,
    }
    if token:
        candidate["continuationToken"] = token
    counts = {"promptTokenCount": 10, "candidatesTokenCount": 4, "totalTokenCount": 14}
    whole = {"candidates": [candidate], "usageMetadata": counts, "modelVersion": "m"}
    if stream:
        return _streamed(event(whole))
    return Answer(headers=(("content-type", "application/json"),), pieces=(compact(whole),))


def _streamed(*events: bytes) -> Answer:
    headers = (("content-type", "text/event-stream; charset=utf-8"),)
    return Answer(headers=headers, pieces=events, framing="chunked")

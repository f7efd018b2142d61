"""A reply as the Anthropic Messages API writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.support.reply import (
    CACHE_READ_TOKENS,
    FRESH_TOKENS,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    SIGNATURE,
    Reply,
    event,
)

PATH: Final = "/v1/messages"
PING: Final = event({"type": "ping"}, name="ping")
HEADERS: Final = (
    ("request-id", "req_fake1"),
    ("anthropic-organization-id", "org-fake"),
    ("anthropic-ratelimit-requests-remaining", "41"),
)
FAILURES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


def failure(status: int, message: str) -> dict[str, Any]:
    """The body of an error, and the data of the event of the same name."""
    kind = FAILURES.get(status, "api_error")
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return {**body, "request_id": "req_fake1"}


def document(reply: Reply, model: str) -> dict[str, Any]:
    """The answer when it is not streamed."""
    return {
        **_message(model),
        "content": [shell | full for shell, full, _ in _blocks(reply)],
        "stop_reason": _stop_reason(reply),
        "usage": _usage(),
    }


def events(reply: Reply, model: str) -> Iterator[bytes]:
    """The answer as a stream."""
    start = {**_message(model), "usage": {**_usage(), "output_tokens": 1}}
    yield _named("message_start", message=start)
    for index, (shell, _, deltas) in enumerate(_blocks(reply)):
        yield _named("content_block_start", index=index, content_block=shell)
        for delta in deltas:
            yield _named("content_block_delta", index=index, delta=delta)
        yield _named("content_block_stop", index=index)
    stop = {"stop_reason": _stop_reason(reply), "stop_sequence": None}
    yield _named("message_delta", delta=stop, usage=_usage())
    yield _named("message_stop")


def failing_event(status: int, message: str) -> bytes:
    """An error inside a stream that began with 200."""
    return event(failure(status, message), name="error")


def _named(name: str, **fields: Any) -> bytes:
    return event({"type": name, **fields}, name=name)


def _message(model: str) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage() -> dict[str, Any]:
    return {
        "input_tokens": FRESH_TOKENS,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": CACHE_READ_TOKENS,
        "output_tokens": OUTPUT_TOKENS,
        "output_tokens_details": {"thinking_tokens": REASONING_TOKENS},
    }


def _stop_reason(reply: Reply) -> str:
    return "tool_use" if reply.calls else "end_turn"


def _blocks(reply: Reply) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    """Each content block as the empty shell, what the whole one has more, and its deltas."""
    if reply.thinking:
        yield (
            {"type": "thinking", "thinking": "", "signature": ""},
            {"thinking": reply.thinking, "signature": SIGNATURE},
            [
                {"type": "thinking_delta", "thinking": reply.thinking},
                {"type": "signature_delta", "signature": SIGNATURE},
            ],
        )
    if reply.text:
        deltas = [{"type": "text_delta", "text": piece} for piece in reply.text]
        yield {"type": "text", "text": ""}, {"text": reply.whole_text}, deltas
    for call in reply.calls:
        yield (
            {"type": "tool_use", "id": call.id, "name": call.name, "input": {}},
            {"input": json.loads(call.arguments)},
            [{"type": "input_json_delta", "partial_json": part} for part in ("", call.arguments)],
        )

"""A reply as OpenAI Chat Completions writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.support.reply import (
    CACHE_READ_TOKENS,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    Reply,
    event,
)

PATH: Final = "/v1/chat/completions"
PING: Final = b": keep-alive\n\n"
HEADERS: Final = (("x-request-id", "req_fake1"), ("x-ratelimit-remaining-requests", "41"))
FAILURES: Final = {
    400: ("invalid_request_error", "invalid_value"),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", None),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("service_unavailable_error", None),
}


def failure(status: int, message: str) -> dict[str, Any]:
    """The body of an error, and the data of an event inside a stream."""
    kind, code = FAILURES.get(status, ("invalid_request_error", None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def document(reply: Reply, model: str) -> dict[str, Any]:
    """The answer when it is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.whole_text, "refusal": None}
    if reply.thinking:
        message["reasoning_content"] = reply.thinking
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in reply.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}
    return {**_envelope("chat.completion", model), "choices": [choice], "usage": _usage()}


def events(reply: Reply, model: str) -> Iterator[bytes]:
    """The answer as a stream, usage included."""
    for delta in _deltas(reply):
        yield _chunk(model, [{"index": 0, "delta": delta, "finish_reason": None}])
    yield _chunk(model, [{"index": 0, "delta": {}, "finish_reason": _finish(reply)}])
    yield _chunk(model, [], usage=_usage())
    yield b"data: [DONE]\n\n"


def failing_event(status: int, message: str) -> bytes:
    """An error inside a stream that began with 200."""
    return event(failure(status, message))


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    if reply.thinking:
        yield {"reasoning_content": reply.thinking}
    for piece in reply.text:
        yield {"content": piece}
    for index, call in enumerate(reply.calls):
        function = {"name": call.name, "arguments": ""}
        opening = {"index": index, "id": call.id, "type": "function", "function": function}
        yield {"tool_calls": [opening]}
        yield {"tool_calls": [{"index": index, "function": {"arguments": call.arguments}}]}


def _chunk(model: str, choices: list[dict[str, Any]], **more: Any) -> bytes:
    return event({**_envelope("chat.completion.chunk", model), "choices": choices, **more})


def _envelope(kind: str, model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_790_000_000, "model": model}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _usage() -> dict[str, Any]:
    return {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": OUTPUT_TOKENS,
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        "prompt_tokens_details": {"cached_tokens": CACHE_READ_TOKENS},
        "completion_tokens_details": {"reasoning_tokens": REASONING_TOKENS},
    }

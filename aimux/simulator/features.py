"""A row of a trace as a request that routing reads as it reads any other: real bytes of its format.

The size of a prompt is carried by one text of words, so that the guess at its tokens is made by the
code that makes it of everything.  A guess is as long as the prompt to within a word.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from aimux.model.request import WireFormat
from aimux.routing.features import Features
from aimux.simulator.trace import Row
from aimux.wire import jsontext
from aimux.wire.estimate import BYTES_PER_TOKEN, FIXED_TOKENS, estimated_tokens

_PADDING: Final = "lorem ipsum "
_HERE: Final = b"@PADDING@"
_PIXEL: Final = "iVBORw0KGgo="
_PICTURE: Final = f"data:image/png;base64,{_PIXEL}"
_SCHEMA: Final = {"type": "object", "properties": {"path": {"type": "string"}}}
_TOOLS: Final = ("read_file", "write_file", "run")
_ROOM: Final = 32_000


def features_of(row: Row) -> Features:
    """The request of a row."""
    tools = row.tools and not row.helper
    look = _Look(row.wire_format, row.model, row.thinking, tools, row.images, row.helper)
    head, tail, counted = _around(look)
    size = round((row.input_tokens - FIXED_TOKENS) * BYTES_PER_TOKEN)
    return Features(
        jsontext.scan(head + _words(max(0, size - counted)) + tail),
        look.format,
        row.model,
        stream=True,
        headers=_headers(row),
        clients=(row.client,),
    )


def _headers(row: Row) -> dict[str, str]:
    headers = {"x-aimux-project": row.project} if row.project else {}
    if row.client == "claude-code":
        headers["x-claude-code-session-id"] = row.session
        if row.agent:
            headers["x-claude-code-agent-id"] = row.agent
    else:
        name = "thread-id" if row.client == "codex" else "x-session-id"
        headers[name] = f"{row.session}.{row.agent}" if row.agent else row.session
    return headers


_WORDS: Final = [b""]


def _words(size: int) -> bytes:
    """So many bytes of words."""
    if len(_WORDS[0]) < size:
        _WORDS[0] = (_PADDING * (size // len(_PADDING) + 1)).encode()
    return _WORDS[0][:size]


class _Look(NamedTuple):
    """What tells requests apart, besides their size."""

    format: WireFormat
    model: str
    thinking: bool
    tools: bool
    images: bool
    helper: bool

    @property
    def most(self) -> int:
        """The longest answer that is wanted."""
        return 512 if self.helper else _ROOM


@lru_cache(maxsize=256)
def _around(look: _Look) -> tuple[bytes, bytes, int]:
    """The bytes before and behind the words, and how many of these count as prompt."""
    head, _, tail = jsontext.dumps(_BODIES[look.format](look)).partition(_HERE)
    tokens = estimated_tokens(jsontext.scan(head + tail), look.format) - FIXED_TOKENS
    return head, tail, round(tokens * BYTES_PER_TOKEN)


def _anthropic(look: _Look) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": _HERE.decode()}]
    if look.images:
        picture = {"type": "base64", "media_type": "image/png", "data": _PIXEL}
        content.append({"type": "image", "source": picture})
    body: dict[str, Any] = {
        "model": look.model,
        "stream": True,
        "max_tokens": look.most,
        "messages": [{"role": "user", "content": content}],
    }
    if look.thinking:
        body["thinking"] = {"type": "enabled", "budget_tokens": 8_000}
    if look.tools:
        body["tools"] = [{"name": name, "input_schema": _SCHEMA} for name in _TOOLS]
    if look.helper:  # a judgement: nothing but a word is wanted
        body["stop_sequences"] = ["</answer>"]
    return body


def _chat(look: _Look) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": _HERE.decode()}]
    if look.images:
        content.append({"type": "image_url", "image_url": {"url": _PICTURE}})
    body: dict[str, Any] = {
        "model": look.model,
        "stream": True,
        "max_completion_tokens": look.most,
        "messages": [{"role": "user", "content": content}],
    }
    if look.thinking:
        body["reasoning_effort"] = "high"
    if look.tools:
        functions = [{"name": name, "parameters": _SCHEMA} for name in _TOOLS]
        body["tools"] = [{"type": "function", "function": each} for each in functions]
    return body


def _responses(look: _Look) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "input_text", "text": _HERE.decode()}]
    if look.images:
        content.append({"type": "input_image", "image_url": _PICTURE})
    body: dict[str, Any] = {
        "model": look.model,
        "stream": True,
        "max_output_tokens": look.most,
        "input": [{"type": "message", "role": "user", "content": content}],
    }
    if look.thinking:
        body["reasoning"] = {"effort": "high"}
    if look.tools:
        body["tools"] = [
            {"type": "function", "name": name, "parameters": _SCHEMA} for name in _TOOLS
        ]
    return body


def _gemini(look: _Look) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": _HERE.decode()}]
    if look.images:
        parts.append({"inlineData": {"mimeType": "image/png", "data": _PIXEL}})
    body: dict[str, Any] = {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {
            "maxOutputTokens": look.most,
            "thinkingConfig": {"thinkingBudget": 8_000 if look.thinking else 0},
        },
    }
    if look.tools:
        functions = [{"name": name, "parameters": _SCHEMA} for name in _TOOLS]
        body["tools"] = [{"functionDeclarations": functions}]
    return body


_BODIES: Final = {
    WireFormat.ANTHROPIC: _anthropic,
    WireFormat.OPENAI_CHAT: _chat,
    WireFormat.OPENAI_RESPONSES: _responses,
    WireFormat.GEMINI: _gemini,
}

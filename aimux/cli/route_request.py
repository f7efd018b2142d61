"""The request of ``aimux routes test``: read from a file, or made as small as the flags allow.

A request that is made is a real one in its format, so that it is read by the very code that reads those
of the agents.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aimux.errors import UsageError
from aimux.model.request import WireFormat

if TYPE_CHECKING:
    from aimux.routing.rehearsal import Script

MAX_FILE_BYTES: Final = 2**30
MAX_TOKENS: Final = 10_000_000
"""A request of so many is 40 MB."""

LEVELS: Final = ("off", "on", "minimal", "low", "medium", "high", "xhigh", "max")

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AT: Final = re.compile(rf"(?:({'|'.join(_DAYS)}) )?([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_OF_AGENT: Final = {
    "claude-code": WireFormat.ANTHROPIC,
    "codex": WireFormat.OPENAI_RESPONSES,
    "gemini-cli": WireFormat.GEMINI,
}
"""What each agent speaks, where the flags do not say."""

_PNG: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
_PDF: Final = "JVBERi0xLjQKJSVFT0YK"
_WORD: Final = "word "


@dataclass(frozen=True, slots=True)
class Wish:
    """What the flags say of a request."""

    model: str | None = None
    tokens: int | None = None
    max_output: int | None = None
    thinking: str | None = None
    images: bool = False
    documents: bool = False
    tools: tuple[str, ...] = ()
    web_search: bool = False
    structured: bool = False

    @property
    def shapes_body(self) -> bool:
        """Whether something is said that would have to stand in the body, besides the model."""
        return self != Wish(self.model)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the flags say of how it comes in."""

    client: str | None = None
    subagent: bool = False
    project: str | None = None
    session: str | None = None
    headers: tuple[str, ...] = ()
    stream: bool | None = None
    format: str | None = None


def script_of(wish: Wish, around: Surroundings, file: str | None) -> Script:
    """The request.

    Raises:
        UsageError: flags that are none, a file that cannot be read, or nothing to ask for.
    """
    from aimux.routing.rehearsal import Script

    headers = _headers(around)
    format_ = _format_named(around.format)
    stream = around.stream
    if file is not None:
        if wish.shapes_body:
            raise UsageError(
                "--file is a whole request: what stands in its body is not changed by flags"
            )
        raw = _read(file)
        format_ = format_ or format_of(raw)
    else:
        format_ = format_ or _OF_AGENT.get(around.client or "", WireFormat.ANTHROPIC)
        stream = True if stream is None else stream
        raw = made(wish, format_, stream=stream)
    if format_ is WireFormat.GEMINI and stream is None:
        stream = True
    return Script(raw, format_, wish.model, stream, headers, around.client)


def minute_of_week(text: str | None, today: int) -> int | None:
    """The minute of ``fri 14:30``, or of ``14:30`` on the day ``today`` (0 is Monday).

    Raises:
        UsageError: it is no such time.
    """
    if text is None:
        return None
    found = _AT.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError('--at must be a time such as "14:30" or "fri 14:30"')
    day = _DAYS.index(found[1]) if found[1] else today
    return (day * 24 + int(found[2])) * 60 + int(found[3])


# ---------------------------------------------------------------- how it comes in


def _format_named(name: str | None) -> WireFormat | None:
    if name is None:
        return None
    if name not in set(WireFormat):
        raise UsageError(f"--format must be one of {', '.join(WireFormat)}")
    return WireFormat(name)


def _headers(around: Surroundings) -> dict[str, str]:
    headers: dict[str, str] = {}
    if around.session is not None:
        headers["x-claude-code-session-id"] = around.session
    if around.subagent:
        headers["x-claude-code-agent-id"] = "test"
    if around.project is not None:
        headers["x-aimux-project"] = around.project
    for each in around.headers:
        name, found, value = each.partition("=")
        if not found or not name.strip():
            raise UsageError("--header must be NAME=VALUE")
        headers[name.strip().lower()] = value
    return headers


# ---------------------------------------------------------------- a file


def _read(file: str) -> bytes:
    if file == "-":
        raw = sys.stdin.read(MAX_FILE_BYTES).encode("utf-8", "surrogateescape")
    else:
        try:
            with Path(file).open("rb") as opened:
                raw = opened.read(MAX_FILE_BYTES)
        except OSError as problem:
            why = problem.strerror or str(problem)
            raise UsageError(f"{file!r} cannot be read: {why}") from problem
    try:
        raw.decode()
    except UnicodeDecodeError as problem:
        raise UsageError("the request is not UTF-8, and no JSON") from problem
    return raw


def format_of(raw: bytes) -> WireFormat:
    """The format of a request by the fields that only one of them has.

    Raises:
        UsageError: it is no JSON object, or has no fields of any.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"the request is no JSON: {problem}") from problem
    if not isinstance(body, dict):
        raise UsageError("the request must be a JSON object")
    if body.keys() & {"contents", "generateContentRequest", "generationConfig"}:
        return WireFormat.GEMINI
    if "messages" not in body:
        if body.keys() & {"input", "instructions", "previous_response_id", "prompt"}:
            return WireFormat.OPENAI_RESPONSES
        raise UsageError(
            "the request is in none of the four formats", hint="say which: --format FORMAT"
        )
    return WireFormat.ANTHROPIC if _is_anthropic(body) else WireFormat.OPENAI_CHAT


_ANTHROPICS: Final = frozenset(
    {"system", "thinking", "stop_sequences", "top_k", "output_config", "context_management",
     "mcp_servers", "container", "anthropic_version", "anthropic_beta"}
)  # fmt: skip
_CHATS: Final = frozenset(
    {"max_completion_tokens", "reasoning_effort", "response_format", "stream_options", "functions",
     "stop", "n", "seed", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs",
     "parallel_tool_calls", "prompt_cache_key", "web_search_options"}
)  # fmt: skip


def _is_anthropic(body: Mapping[str, Any]) -> bool:
    """Of the two formats that have ``messages``; one of them needs ``max_tokens``."""
    tools = body.get("tools")
    messages = body.get("messages")
    roles = {
        each.get("role")
        for each in (messages if isinstance(messages, list) else ())
        if isinstance(each, dict)
    }
    functions = isinstance(tools, list) and any(
        isinstance(each, dict) and isinstance(each.get("function"), dict) for each in tools
    )
    if functions or body.keys() & _CHATS or roles & {"system", "developer", "tool"}:
        return bool(body.keys() & _ANTHROPICS)
    return "max_tokens" in body or bool(body.keys() & _ANTHROPICS)


# ---------------------------------------------------------------- a request that is made


def made(wish: Wish, format_: WireFormat, *, stream: bool) -> bytes:
    """A small request of a format with what is wished for; its prompt is guessed at so many tokens.

    Raises:
        UsageError: no model is named, or a wish is none.
    """
    if not wish.model:
        raise UsageError(
            "which model is asked for?", hint="name it with --model, or give a request with --file"
        )
    if wish.thinking is not None and wish.thinking not in LEVELS:
        raise UsageError(f"--thinking must be one of {', '.join(LEVELS)}")
    if wish.tokens is not None and not 0 <= wish.tokens <= MAX_TOKENS:
        raise UsageError(f"--tokens must be a number up to {MAX_TOKENS:,}")
    make = _MAKERS[format_]
    raw = _written(make(wish, "hello"), stream, format_)
    if wish.tokens is None:
        return raw
    return _written(make(wish, _padding(raw, wish.tokens, format_)), stream, format_)


def _written(body: dict[str, Any], stream: bool, format_: WireFormat) -> bytes:  # noqa: FBT001 -- a fact
    if format_ is not WireFormat.GEMINI:  # there it stands in the address
        body["stream"] = stream
    return json.dumps(body).encode()


def _padding(raw: bytes, tokens: int, format_: WireFormat) -> str:
    """A text with which the prompt is guessed at ``tokens``, or at what the rest of it takes."""
    from aimux.wire.estimate import BYTES_PER_TOKEN, estimated_tokens
    from aimux.wire.jsontext import scan

    missing = tokens - estimated_tokens(scan(raw), format_)
    size = max(1, len("hello") + round(missing * BYTES_PER_TOKEN))
    return (_WORD * (size // len(_WORD) + 1))[:size]


_OBJECT: Final = {"type": "object", "properties": {}}


def _schema() -> dict[str, Any]:
    return {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"],
            "additionalProperties": False}  # fmt: skip


def _anthropic(wish: Wish, text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]
    for kind, wanted, data in (("image", wish.images, _PNG), ("document", wish.documents, _PDF)):
        if wanted:
            media = "image/png" if kind == "image" else "application/pdf"
            source = {"type": "base64", "media_type": media, "data": data}
            content.append({"type": kind, "source": source})
    body: dict[str, Any] = {
        "model": wish.model,
        "max_tokens": 32_000 if wish.max_output is None else wish.max_output,
        "messages": [{"role": "user", "content": content}],
    }
    tools: list[dict[str, Any]] = [{"name": name, "input_schema": _OBJECT} for name in wish.tools]
    if wish.web_search:
        tools.append({"type": "web_search_20250305", "name": "web_search"})
    if tools:
        body["tools"] = tools
    config: dict[str, Any] = {}
    if wish.thinking == "off":
        body["thinking"] = {"type": "disabled"}
    elif wish.thinking:
        body["thinking"] = {"type": "adaptive"}
        if wish.thinking != "on":
            config["effort"] = wish.thinking
    if wish.structured:
        config["format"] = {"type": "json_schema", "schema": _schema()}
    if config:
        body["output_config"] = config
    return body


def _chat(wish: Wish, text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]
    if wish.images:
        url = f"data:image/png;base64,{_PNG}"
        content.append({"type": "image_url", "image_url": {"url": url}})
    if wish.documents:
        data = f"data:application/pdf;base64,{_PDF}"
        content.append({"type": "file", "file": {"filename": "a.pdf", "file_data": data}})
    body: dict[str, Any] = {
        "model": wish.model,
        "messages": [{"role": "user", "content": content}],
    }
    if wish.max_output is not None:
        body["max_completion_tokens"] = wish.max_output
    if wish.tools:
        body["tools"] = [
            {"type": "function", "function": {"name": name, "parameters": _OBJECT}}
            for name in wish.tools
        ]
    if wish.web_search:
        body["web_search_options"] = {}
    if wish.thinking:
        body["reasoning_effort"] = _effort(wish.thinking)
    if wish.structured:
        schema = {"name": "answer", "schema": _schema(), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _responses(wish: Wish, text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "input_text", "text": text}]
    if wish.images:
        url = f"data:image/png;base64,{_PNG}"
        content.append({"type": "input_image", "image_url": url})
    if wish.documents:
        data = f"data:application/pdf;base64,{_PDF}"
        content.append({"type": "input_file", "filename": "a.pdf", "file_data": data})
    body: dict[str, Any] = {
        "model": wish.model,
        "input": [{"type": "message", "role": "user", "content": content}],
    }
    if wish.max_output is not None:
        body["max_output_tokens"] = wish.max_output
    tools: list[dict[str, Any]] = [
        {"type": "function", "name": name, "parameters": _OBJECT} for name in wish.tools
    ]
    if wish.web_search:
        tools.append({"type": "web_search"})
    if tools:
        body["tools"] = tools
    if wish.thinking == "on":
        body["reasoning"] = {"summary": "auto"}
    elif wish.thinking:
        body["reasoning"] = {"effort": _effort(wish.thinking)}
    if wish.structured:
        body["text"] = {
            "format": {"type": "json_schema", "name": "answer", "schema": _schema(), "strict": True}
        }
    return body


def _gemini(wish: Wish, text: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": text}]
    if wish.images:
        parts.append({"inlineData": {"mimeType": "image/png", "data": _PNG}})
    if wish.documents:
        parts.append({"inlineData": {"mimeType": "application/pdf", "data": _PDF}})
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": parts}]}
    tools: list[dict[str, Any]] = []
    if wish.tools:
        declared = [{"name": name, "parametersJsonSchema": _OBJECT} for name in wish.tools]
        tools.append({"functionDeclarations": declared})
    if wish.web_search:
        tools.append({"googleSearch": {}})
    if tools:
        body["tools"] = tools
    config: dict[str, Any] = {}
    if wish.max_output is not None:
        config["maxOutputTokens"] = wish.max_output
    if wish.thinking:
        config["thinkingConfig"] = _GEMINI_THINKING.get(
            wish.thinking, {"thinkingLevel": wish.thinking.upper()}
        )
    if wish.structured:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": _schema()}
    if config:
        body["generationConfig"] = config
    return body


_GEMINI_THINKING: Final[Mapping[str, dict[str, int]]] = {
    "off": {"thinkingBudget": 0},
    "on": {"thinkingBudget": -1},
    "max": {"thinkingBudget": 1_000_000},
}


def _effort(level: str) -> str:
    """OpenAI's word; Chat Completions cannot leave it to the model how much, so that is its usual."""
    return {"off": "none", "on": "medium"}.get(level, level)


_MAKERS: Final = {
    WireFormat.ANTHROPIC: _anthropic,
    WireFormat.OPENAI_CHAT: _chat,
    WireFormat.OPENAI_RESPONSES: _responses,
    WireFormat.GEMINI: _gemini,
}


def names_of(tools: Sequence[str] | None) -> tuple[str, ...]:
    """Names of tools as they are typed: each for itself, or several with commas."""
    return tuple(name for each in tools or () for name in each.split(",") if name)

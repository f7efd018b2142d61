"""An answer on its way through the seams of ``aimux.wire``, without a network: for the properties."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aimux.errors import AimuxError, UpstreamError
from aimux.model.events import Event
from aimux.model.request import WireFormat
from aimux.wire.formats import CODECS
from aimux.wire.inquiry import Caller, Inquiry
from aimux.wire.jsontext import scan
from aimux.wire.sse import BlockReader
from aimux.wire.target import Target
from aimux.wire.transcode import Transcoder
from tests.support.grammar.judges import judge, judge_whole
from tests.support.grammar.told import Told

CALLER: Final = Caller("exchange-1", 1_790_000_000, "client-1")
PROVIDER: Final = "elsewhere"
TARGETS: Final = {
    WireFormat.ANTHROPIC: Target(PROVIDER, "claude-opus-4-8", max_output_tokens=64_000),
    WireFormat.OPENAI_CHAT: Target(PROVIDER, "model-9", max_output_tokens=64_000),
    WireFormat.OPENAI_RESPONSES: Target(PROVIDER, "gpt-5.5", max_output_tokens=64_000),
    WireFormat.GEMINI: Target(PROVIDER, "gemini-3.1-pro", max_output_tokens=64_000),
}
"""A provider of each format, with a current model of the format's own vendor where it has one."""

MODELS: Final[dict[str, tuple[WireFormat, Target, dict[str, Any]]]] = {
    "claude-opus-4-8": (WireFormat.ANTHROPIC, TARGETS[WireFormat.ANTHROPIC], {}),
    "claude-sonnet-4-5": (
        WireFormat.ANTHROPIC, Target(PROVIDER, "claude-sonnet-4-5", max_output_tokens=64_000),
        {"adaptive": False},
    ),
    "model-9": (WireFormat.OPENAI_CHAT, TARGETS[WireFormat.OPENAI_CHAT], {"middle_system": False}),
    "gpt-5.5": (WireFormat.OPENAI_RESPONSES, TARGETS[WireFormat.OPENAI_RESPONSES], {}),
    "gemini-3.1-pro": (WireFormat.GEMINI, TARGETS[WireFormat.GEMINI], {}),
    "gemini-2.5-flash": (
        WireFormat.GEMINI, Target(PROVIDER, "gemini-2.5-flash", max_output_tokens=64_000),
        {"third": False},
    ),
}  # fmt: skip
"""Models with their formats, and with what makes their strict servers particular."""

_USER: Final = {"role": "user", "content": "?"}
ASKED: Final[dict[WireFormat, dict[str, Any]]] = {
    WireFormat.ANTHROPIC: {
        "model": "asked", "max_tokens": 1000, "messages": [_USER],
        "thinking": {"type": "adaptive", "display": "summarized"},
    },
    WireFormat.OPENAI_CHAT: {
        "model": "asked", "messages": [_USER], "stream_options": {"include_usage": True},
        "reasoning_effort": "high",
    },
    WireFormat.OPENAI_RESPONSES: {
        "model": "asked", "input": "?", "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "high", "summary": "auto"},
    },
    WireFormat.GEMINI: {
        "contents": [{"role": "user", "parts": [{"text": "?"}]}],
        "generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"}},
    },
}  # fmt: skip
"""The smallest request of each format that wants to see everything, thinking and usage too."""


def inquiry(
    client: WireFormat, body: dict[str, Any] | bytes | None = None, *, stream: bool = True
) -> Inquiry:
    """A client's request, the smallest one unless a body is given."""
    asked = ASKED[client] if body is None else body
    if isinstance(asked, dict):
        more = {} if client is WireFormat.GEMINI else {"stream": stream}
        asked = json.dumps({**asked, **more}).encode()
    made = Inquiry(client, scan(asked), "asked", stream=stream)
    made.caller = CALLER
    return made


def heard(
    wire_format: WireFormat, chunks: Iterable[bytes], target: Target | None = None
) -> list[Event]:
    """What a provider's stream says in neutral events, the bytes in these chunks."""
    reader = CODECS[wire_format].reader(target or TARGETS[wire_format])
    blocks = BlockReader()
    events: list[Event] = []
    for chunk in chunks:
        for block in blocks.feed(chunk):
            events += reader.read(block)
    if blocks.rest:
        events += reader.read(blocks.rest)
    return [*events, *reader.end()]


@dataclass(frozen=True)
class Crossed:
    """What became of an answer.  ``out`` is what the client has read, ``pieces`` the same as it came;
    ``error`` is set where the provider failed, and ``begun`` tells whether the client had heard
    anything by then.
    """

    pieces: tuple[bytes, ...]
    begun: bool
    error: str
    transcoder: Transcoder

    @property
    def out(self) -> bytes:
        """All bytes of the body."""
        return b"".join(self.pieces)


def crossed(
    asked: Inquiry,
    upstream: WireFormat,
    chunks: Sequence[bytes],
    *,
    target: Target | None = None,
    content_type: str = "text/event-stream",
) -> Crossed:
    """Takes an answer through a transcoder as the gateway does: what fails before the answer has begun
    is an error with a status, what fails later is the last event.
    """
    transcoder = Transcoder(asked, upstream, target or TARGETS[upstream])
    transcoder.request()
    pieces: list[bytes] = []
    error = ""
    try:
        transcoder.begin(content_type)
        pieces.extend(map(transcoder.feed, chunks))
        pieces.append(transcoder.finish())
        if transcoder.error is not None:
            error = transcoder.error.message
    except UpstreamError as problem:
        error = str(problem)
        if transcoder.begun:
            pieces.append(_last_words(transcoder, problem))
    if error and not transcoder.begun:
        assert b"".join(pieces) == b"", "a failure before the beginning, and bytes for the client"
    return Crossed(tuple(pieces), transcoder.begun, error, transcoder)


def _last_words(transcoder: Transcoder, error: AimuxError) -> bytes:
    return transcoder.fail(error, "req-1")


def told_of(client: WireFormat, answer: Crossed, *, stream: bool = True) -> Told:
    """What the client was told, by the judge of its format; it must be a word of the grammar."""
    named: dict[str, Any] = {"model": "asked"}
    if not stream:
        return judge_whole(client, answer.out, **named)
    if client is WireFormat.OPENAI_CHAT:
        named["usage"] = True
    return judge(client, answer.out, **named)

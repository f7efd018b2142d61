"""OpenAI Chat Completions, as far as a relay has to know it."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from aimux.errors import AimuxError
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.wire import jsontext, openai_errors, sse
from aimux.wire.codec import Operation, Reported
from aimux.wire.errorkinds import mapping, number

_PATHS: Final = {Operation.GENERATE: "/chat/completions", Operation.EMBED: "/embeddings"}

_TELLING: Final = re.compile(
    rb'"(?:usage|x_groq)"\s*:\s*\{|"finish_reason"\s*:\s*"|"error"\s*:\s*[{"]|\[DONE\]'
    rb"|event: ?error"
)
"""What a chunk must hold to be worth decoding; inside content the quotes would be escaped."""


class OpenAIChat:
    """The codec of Chat Completions (SDK types 3.54, 2026-11)."""

    format: ClassVar = WireFormat.OPENAI_CHAT
    heartbeat: ClassVar[bytes] = sse.KEEP_ALIVE
    usage_key: ClassVar = "usage"

    def path(self, operation: Operation, model: str, *, stream: bool) -> str | None:
        """Where such a request goes below ``base_url``, which ends in ``/v1``."""
        del model, stream
        return _PATHS.get(operation)

    def error_body(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the body of a response."""
        return openai_errors.error_body(error, request_id)

    def error_event(self, error: AimuxError, request_id: str) -> bytes:
        """An error in the stream; ``[DONE]`` behind it only ends the reading, the error stands."""
        return sse.event(self.error_body(error, request_id)) + sse.event(b"[DONE]")

    def read_error(self, status: int, body: bytes) -> Reported:
        """What an upstream's error body says."""
        return openai_errors.read_error(status, body)

    def usage_in(self, whole: Any) -> Usage:
        """The tokens that a decoded answer reports."""
        return usage_of(mapping(mapping(whole).get(self.usage_key)))

    def tap(self) -> OpenAIChatTap:
        """A fresh tap for one streamed answer."""
        return OpenAIChatTap()


def usage_of(usage: dict[str, Any]) -> Usage:
    """Usage in our convention, which for input is the vendor's: the whole prompt."""
    prompt = mapping(usage.get("prompt_tokens_details"))
    completion = mapping(usage.get("completion_tokens_details"))
    cached = (
        prompt.get("cached_tokens"),
        usage.get("prompt_cache_hit_tokens"),  # DeepSeek
        usage.get("cached_tokens"),  # Kimi
    )
    return Usage(
        input_tokens=number(usage.get("prompt_tokens")),
        output_tokens=_written(usage),
        cache_read_tokens=next((n for n in map(number, cached) if n is not None), None),
        cache_write_tokens=number(prompt.get("cache_write_tokens")),
        reasoning_tokens=number(completion.get("reasoning_tokens")),
    )


def _written(usage: dict[str, Any]) -> int | None:
    """Tokens of the answer; where the vendor leaves its reasoning out of them (xAI), the total tells."""
    written, total = number(usage.get("completion_tokens")), number(usage.get("total_tokens"))
    prompt = number(usage.get("prompt_tokens"))
    if written is None or total is None or prompt is None:
        return written
    return max(written, total - prompt)


class OpenAIChatTap:
    """Watches a stream of chunks.

    A finish reason makes it complete, with or without ``[DONE]`` behind it: some servers never send
    that, and some send it after nothing.
    """

    __slots__ = ("_usage", "begun", "complete", "error")

    def __init__(self) -> None:
        self._usage = Usage()
        self.begun = False
        self.complete = False
        self.error: Reported | None = None

    def watch(self, block: bytes) -> None:
        """Looks at one block; a chunk that only carries content is not decoded."""
        if self.begun and not _TELLING.search(block):
            return
        name, data = sse.fields(block)
        data = data.strip()
        if not data:
            return
        if data.strip(b'"') == b"[DONE]":
            self.begun = self.complete = True
            return
        try:
            chunk = mapping(jsontext.loads(data))
        except ValueError:
            return
        self._look(chunk, name)

    def _look(self, chunk: dict[str, Any], name: bytes) -> None:
        error = chunk.get("error")
        if error or name == b"error":
            self.error = openai_errors.reported(
                error if isinstance(error, dict) else {"message": error or chunk.get("message")},
                200,
            )
            return
        self.begun = True
        choices = chunk.get("choices")
        first = mapping(choices[0]) if isinstance(choices, list) and choices else {}
        if first.get("finish_reason"):
            self.complete = True
        usage = (
            chunk.get("usage")
            or first.get("usage")  # Kimi
            or mapping(chunk.get("x_groq")).get("usage")  # Groq, older deployments
        )
        if isinstance(usage, dict):
            self._usage = self._usage.updated(usage_of(usage))

    def usage(self) -> Usage:
        """The tokens reported so far."""
        return self._usage

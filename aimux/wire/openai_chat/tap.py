"""An answer watched while it passes by unchanged."""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.model.response import Usage
from aimux.wire import jsontext, openai_errors, sse
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import mapping
from aimux.wire.openai_chat.usage import usage_of

_TELLING: Final = re.compile(
    rb'"(?:usage|x_groq)"\s*:\s*\{|"finish_reason"\s*:\s*"|"error"\s*:\s*[{"]|\[DONE\]'
    rb"|event: ?error"
)
"""What a chunk must hold to be worth decoding; inside content the quotes would be escaped."""


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

"""What a relay reads off a Messages stream that passes by."""

from __future__ import annotations

from typing import Any

from aimux.model.response import Usage
from aimux.wire import jsontext, sse
from aimux.wire.anthropic.errors import reported
from aimux.wire.anthropic.usage import usage_of
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import mapping


class AnthropicTap:
    """Watches a Messages stream.

    The answer begins with the first block of content: ``message_start`` only repeats the request's
    side, and an overloaded server sends it before it gives up.
    """

    __slots__ = ("_usage", "begun", "complete", "error")

    def __init__(self) -> None:
        self._usage: dict[str, Any] = {}
        self.begun = False
        self.complete = False
        self.error: Reported | None = None

    def watch(self, block: bytes) -> None:
        """Looks at one block; content passes without being decoded."""
        if block.startswith(b"event: content_block_"):
            self.begun = True
            return
        name, data = sse.fields(block)
        if not data or name == b"ping":
            return
        try:
            event = mapping(jsontext.loads(data))
        except ValueError:
            return
        match event.get("type") or name.decode("ascii", "replace"):
            case "message_start":
                self._note(mapping(event.get("message")).get("usage"))
            case "message_delta":
                self.begun = True
                self._note(event.get("usage"))
            case "message_stop":
                self.begun = self.complete = True
            case "error":
                self.error = reported(mapping(event.get("error")), 200)
            case "ping":
                pass
            case _:
                self.begun = True

    def _note(self, usage: object) -> None:
        """Later totals overwrite earlier ones; what is left out keeps its value."""
        self._usage.update({k: v for k, v in mapping(usage).items() if v is not None})

    def usage(self) -> Usage:
        """The tokens reported so far."""
        return usage_of(self._usage)

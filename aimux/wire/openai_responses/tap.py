"""What a relay sees of a Responses stream that passes by."""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.model.response import Usage
from aimux.wire import jsontext, openai_errors, sse
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import mapping
from aimux.wire.openai_responses.usage import usage_of

_TYPE: Final = re.compile(
    rb'^event: *(response\.[a-z_.]+|error)\b|"type"\s*:\s*"(response\.[a-z_.]+|error)"'
)
_BEFORE_CONTENT: Final = frozenset(
    {b"response.created", b"response.in_progress", b"response.queued"}
)
_LAST: Final = frozenset(
    {b"response.completed", b"response.incomplete", b"response.failed", b"error"}
)


class OpenAIResponsesTap:
    """Watches a Responses stream.

    The answer begins with the first output item: ``response.created`` and its like are said before
    the model has done anything.
    """

    __slots__ = ("_usage", "begun", "complete", "error")

    def __init__(self) -> None:
        self._usage = Usage()
        self.begun = False
        self.complete = False
        self.error: Reported | None = None

    def watch(self, block: bytes) -> None:
        """Looks at one block; only the last event is decoded."""
        kind = _event_type(block)
        if not kind or kind in _BEFORE_CONTENT:
            return
        if kind not in _LAST:
            self.begun = True
            return
        try:
            event = mapping(jsontext.loads(sse.fields(block)[1]))
        except ValueError:
            return
        self._end(kind, event)

    def _end(self, kind: bytes, event: dict[str, Any]) -> None:
        response = mapping(event.get("response"))
        usage = response.get("usage")
        if isinstance(usage, dict):
            self._usage = usage_of(usage)
        if kind in {b"response.failed", b"error"}:
            self.error = openai_errors.reported(error_in(event), 200)
        else:
            self.begun = self.complete = True

    def usage(self) -> Usage:
        """The tokens reported so far."""
        return self._usage


def error_in(event: dict[str, Any]) -> dict[str, Any]:
    """The error of a last event: in its response, in an object of its own, or flat as the vendor's
    ``error`` event has it.
    """
    within = mapping(event.get("response")).get("error") or event.get("error")
    if isinstance(within, str):
        return {"message": within}
    return mapping(within) or {"code": event.get("code"), "message": event.get("message")}


def _event_type(block: bytes) -> bytes:
    """The event's type: its name, or what its data say where it has no name."""
    found = _TYPE.search(block)
    return found[1] or found[2] if found else b""

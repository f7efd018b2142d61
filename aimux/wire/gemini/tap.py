"""What a relay reads off a stream of Gemini's that passes by."""

from __future__ import annotations

import re
from typing import Final

from aimux.model.response import Usage
from aimux.wire import jsontext, sse
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import mapping
from aimux.wire.gemini.errors import error_in, reported
from aimux.wire.gemini.usage import usage_of

_TELLING: Final = re.compile(rb'"(?:finishReason|blockReason)"\s*:\s*"')
_ERROR: Final = re.compile(rb'\s*\[?\s*\{\s*"error"\s*:\s*[{"]')


class GeminiTap:
    """Watches a stream of whole responses, each with new parts and running usage.

    Decoded are only errors, the event that seems to be the last, and usage once, from the last event
    that has it.
    """

    __slots__ = ("_last", "begun", "complete", "error")

    def __init__(self) -> None:
        self._last = b""
        self.begun = False
        self.complete = False
        self.error: Reported | None = None

    def watch(self, block: bytes) -> None:
        """Looks at one block."""
        data = sse.fields(block)[1]
        if not data.strip():
            return
        if _ERROR.match(data):
            self.error = reported(error_in(data))
            return
        self.begun = True
        if b'"usageMetadata"' in data:
            self._last = data
        if not self.complete and _TELLING.search(data):
            self.complete = _is_last(data)

    def usage(self) -> Usage:
        """The tokens reported so far."""
        if not self._last:
            return Usage()
        try:
            event = mapping(jsontext.loads(self._last))
        except ValueError:
            return Usage()
        return usage_of(mapping(event.get("usageMetadata")))


def _is_last(data: bytes) -> bool:
    """Whether a response says why it ends; a call's arguments may hold the same words."""
    try:
        response = mapping(jsontext.loads(data))
    except ValueError:
        return False
    candidates = response.get("candidates")
    reasons = [mapping(response.get("promptFeedback")).get("blockReason")]
    if isinstance(candidates, list):
        reasons += [mapping(each).get("finishReason") for each in candidates]
    return any(reasons)

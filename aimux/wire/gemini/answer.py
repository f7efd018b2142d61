"""What an answer to a client is made of, whether it is streamed or not."""

from __future__ import annotations

from typing import Any

from aimux.model.events import Finish
from aimux.model.parts import Opaque, ToolCall
from aimux.model.response import UNKNOWN, Usage
from aimux.wire.arguments import input_of
from aimux.wire.gemini.carried import Carried, is_native, slotted
from aimux.wire.gemini.endings import word_for
from aimux.wire.gemini.grounding import GroundingWriter
from aimux.wire.gemini.spoken import Spoken
from aimux.wire.gemini.usage import usage_metadata
from aimux.wire.target import Audience

JSON = dict[str, Any]


class Answer:
    """One answer under way.  Its methods give parts, as far as there is something to say at once."""

    __slots__ = ("_carried", "grounding", "id", "model", "refusal", "shown", "spoken", "usage")

    def __init__(self, audience: Audience) -> None:
        self.model = audience.request.model
        self.shown = audience.request.reasoning.shown is True
        """The client has asked for thoughts."""
        self.id = ""
        self.usage: Usage = UNKNOWN
        """What the provider said before the end."""
        self.refusal = ""
        self.spoken = Spoken()
        self.grounding = GroundingWriter()
        self._carried = Carried()

    def call(self, call: ToolCall, arguments: str, state: Opaque | None) -> JSON:
        """A call, with the state that it carries."""
        args, _ = input_of(arguments)
        function: JSON = {"name": call.name, "args": args}
        if call.id:
            function["id"] = call.id
        part: JSON = {"functionCall": function}
        signature = self._carried.for_call(state)
        return {**part, "thoughtSignature": signature} if signature else part

    def thought_ends(self, state: Opaque | None, text: str) -> list[JSON]:
        """The state of a thought: Google's own at once, any other waits for a call."""
        if state is None:
            return []
        if not is_native(state):
            self._carried.wait(state, text)
            return []
        part: JSON = {"text": "", "thoughtSignature": state.value}
        return [{**part, "thought": True}] if self.shown else [part]

    def text_ends(self, state: Opaque | None) -> list[JSON]:
        """The state of a text, behind it."""
        return [] if state is None else [{"text": "", "thoughtSignature": slotted(state)}]

    def waiting(self) -> list[JSON]:
        """All state that waits for a call, where none can take it any more: before another thought,
        and at the end.
        """
        return [{"text": "", "thoughtSignature": value} for value in self._carried.rest()]

    def ending(self, finish: Finish, parts: list[JSON]) -> JSON:
        """The last response.  It has a part in any case: programs look for one in every event."""
        said = word_for(finish.reason)
        candidate: JSON = {
            "content": {"parts": parts or [{"text": ""}], "role": "model"},
            "finishReason": said,
            "index": 0,
        }
        if said == "SAFETY" and (message := finish.detail or self.refusal):
            candidate["finishMessage"] = message
        if grounding := self.grounding.metadata():
            candidate["groundingMetadata"] = grounding
        response: JSON = {"candidates": [candidate]}
        if usage := usage_metadata(self.usage.updated(finish.usage)):
            response["usageMetadata"] = usage
        return {**response, "modelVersion": self.model, "responseId": self.id}

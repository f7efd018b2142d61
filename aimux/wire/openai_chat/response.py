"""A whole answer for a client."""

from __future__ import annotations

from typing import Any

from aimux.model.parts import (
    CallKind,
    Media,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from aimux.model.response import AnswerPart, FinishReason, Response
from aimux.wire import jsontext
from aimux.wire.openai_chat.content import annotation_of, image_of
from aimux.wire.openai_chat.endings import written
from aimux.wire.openai_chat.read_request import FUNCTIONS
from aimux.wire.openai_chat.signatures import Pending, extra_content
from aimux.wire.openai_chat.usage import usage_object
from aimux.wire.openai_chat.writer import THOUGHT_BREAK
from aimux.wire.target import Audience


def write_response(response: Response, audience: Audience) -> bytes:
    """An answer for a client; the model is the one that the client asked for."""
    message = _Message(audience)
    for part in response.parts:
        message.add(part)
    legacy = audience.request.echo.get(FUNCTIONS) is True
    reason = written(response.finish, calls=bool(message.calls), legacy=legacy)
    choice = {
        "index": 0,
        "message": message.written(response),
        "logprobs": None,
        "finish_reason": reason,
    }
    return jsontext.dumps(
        {
            "id": response.id,
            "object": "chat.completion",
            "created": audience.created_s,
            "model": audience.request.model,
            "choices": [choice],
            "usage": usage_object(response.usage),
        }
    )


class _Message:
    """The one message of an answer, made of its parts."""

    def __init__(self, audience: Audience) -> None:
        request = audience.request
        self._shows = request.reasoning.shown is not False
        self._legacy = request.echo.get(FUNCTIONS) is True
        self._texts: list[str] = []
        self._chars = 0
        self._thoughts: list[str] = []
        self._refusals: list[str] = []
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._pending = Pending()
        self.calls: list[dict[str, Any]] = []

    def add(self, part: AnswerPart) -> None:
        """Takes the next part."""
        match part:
            case Text():
                self._say(part)
            case Thinking(text, state):
                if text and self._shows:
                    self._thoughts.append(text)
                if state is not None:
                    self._pending.add(state, text)
            case Refusal(text):
                self._refusals.append(text)
            case ToolCall():
                self.calls.append(self._call(part))
            case Media():
                self._images.append(image_of(part, len(self._images)))
            case _:  # a search: what it found shows in the sources of the text
                pass

    def _say(self, text: Text) -> None:
        length = len(text.text)
        for citation in text.citations:
            self._annotations.append(annotation_of(citation, self._chars, length))
        self._texts.append(text.text)
        self._chars += length
        self._pending.text_seen = self._pending.text_seen or length > 0

    def _call(self, call: ToolCall) -> dict[str, Any]:
        if call.kind is CallKind.CUSTOM:
            custom = {"name": call.name, "input": call.arguments}
            entry: dict[str, Any] = {"id": call.id, "type": "custom", "custom": custom}
        else:
            function = {"name": call.name, "arguments": call.arguments or "{}"}
            entry = {"id": call.id, "type": "function", "function": function}
        if slot := self._pending.take(call.state):
            entry["extra_content"] = extra_content(slot)
        return entry

    def written(self, response: Response) -> dict[str, Any]:
        """The message; ``response`` says why it was refused, where it was."""
        refused = response.detail if response.finish is FinishReason.REFUSAL else ""
        text = "".join(self._texts)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": text or (None if self.calls or self._refusals else ""),
            "refusal": "".join(self._refusals) or refused or None,
        }
        if self._thoughts:
            message["reasoning_content"] = THOUGHT_BREAK.join(self._thoughts)
        if self._images:
            message["images"] = self._images
        if self._annotations:
            message["annotations"] = self._annotations
        if self.calls and self._legacy:
            message["function_call"] = self.calls[0].get("function")
        elif self.calls:
            message["tool_calls"] = self.calls
        return message

"""A conversation as messages for a provider (reference: protocols, 2.3, 2.4, 2.9.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.parts import (
    Media,
    Opaque,
    OpaqueKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    WebSearch,
)
from aimux.model.request import Message, Request, Role
from aimux.wire.openai_chat.details import Details, entries_in
from aimux.wire.openai_chat.signatures import extra_content
from aimux.wire.openai_chat.write_parts import cannot_say, result_text, user_content
from aimux.wire.target import Target

READS_THINKING: Final = frozenset(
    {
        "reasoning-content-field", "reasoning-field", "reasoning-replay", "reasoning-in-think-tags",
    }
)  # fmt: skip
"""Quirks of vendors that take thinking back.  Under which name is their accent's business."""

PREFILL: Final = {"mistral": "prefix", "deepseek": "prefix", "moonshot": "partial"}
"""By vendor: the mark of a last message that is the beginning of the answer (docs.mistral.ai: prefix;
api-docs.deepseek.com: chat prefix completion; platform.kimi.ai: partial mode, 2026-10).
"""

_BREAK: Final = "\n\n"


class Conversation:
    """Messages while they are written; what cannot be carried goes to ``losses``."""

    def __init__(self, target: Target, losses: list[Loss]) -> None:
        self.messages: list[dict[str, Any]] = []
        self._target = target
        self._losses = losses
        self._replays = bool(target.quirks & READS_THINKING)

    def write(self, request: Request) -> None:
        """The whole conversation.

        Raises:
            UnsupportedContent: it holds content that the format cannot say.
        """
        self._system(request.system)
        for message in request.messages:
            match message.role:
                case Role.SYSTEM:
                    self._system(part for part in message.parts if isinstance(part, Text))
                case Role.USER:
                    self._user(message.parts)
                case _:
                    self._assistant(message.parts)
        self._mark_prefill(request.messages)

    def _system(self, texts: Iterable[Text]) -> None:
        words = _BREAK.join(text.text for text in texts)
        if words:
            self.messages.append({"role": "system", "content": words})

    def _user(self, parts: tuple[Part, ...]) -> None:
        """Results each as a message of its own, and behind them what the user says."""
        said: list[Part] = []
        for part in parts:
            if isinstance(part, ToolResult):
                text = result_text(part, self._losses)
                tool = {"role": "tool", "tool_call_id": part.call_id, "content": text}
                self.messages.append(tool)
            else:
                said.append(part)
        if said:
            content = user_content(said, self._losses)
            self.messages.append({"role": "user", "content": content})

    def _assistant(self, parts: tuple[Part, ...]) -> None:
        turn = _Turn(self._target, self._losses, replays=self._replays)
        for part in parts:
            turn.add(part)
        message = turn.message()
        if message is not None:
            self.messages.append(message)

    def _mark_prefill(self, messages: tuple[Message, ...]) -> None:
        mark = PREFILL.get(self._target.vendor)
        if not mark or not messages or messages[-1].role is not Role.ASSISTANT:
            return
        if (
            self.messages and self.messages[-1]["role"] == "assistant"
        ):  # it may have come to nothing
            self.messages[-1][mark] = True


class _Turn:
    """One turn of the assistant: all its text in one field, its calls in another."""

    def __init__(self, target: Target, losses: list[Loss], *, replays: bool) -> None:
        self._target = target
        self._losses = losses
        self._replays = replays
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._thoughts: list[str] = []
        self._details = Details()

    def add(self, part: Part) -> None:
        """Takes one part."""
        match part:
            case Text(text, citations):
                self._texts.append(text)
                if citations:
                    self._losses.append(Loss("citations.dropped"))
            case ToolCall():
                self._calls.append(self._call(part))
            case Thinking():
                self._think(part)
            case Refusal(text):
                (self._refusals if self._is_openai else self._texts).append(text)
            case WebSearch():
                self._texts.append(_searched(part))
                self._losses.append(Loss("citations.dropped"))
            case Media(kind=kind):  # an earlier model drew it: no field takes it back
                self._texts.append(f"[{kind} left out]")
                self._losses.append(Loss("image.unsupported", detail=kind))
            case _:
                raise cannot_say(part)

    @property
    def _is_openai(self) -> bool:
        return self._target.vendor == "openai"

    def _think(self, thinking: Thinking) -> None:
        """Thinking goes back where it is read: as the list that it was, or in the field for its text."""
        state = thinking.state
        details = _details_in(state)
        if details:
            self._details.add(details)
        elif self._replays or self._is_mistrals(state):
            self._thoughts.append(thinking.text)
        else:
            self._losses.append(Loss("thinking.dropped_foreign"))

    def _is_mistrals(self, state: Opaque | None) -> bool:
        own = state is not None and state.issuer == self._target.provider
        return own and self._target.vendor == "mistral"

    def _call(self, call: ToolCall) -> dict[str, Any]:
        function = {"name": call.name, "arguments": call.arguments or "{}"}
        entry: dict[str, Any] = {"id": call.id, "type": "function", "function": function}
        state = call.state
        if state is None:
            return entry
        kept = state.kind is OpaqueKind.GEMINI_SIGNATURE and self._reads_signature(state)
        if kept:
            entry["extra_content"] = extra_content(state.value)
        else:
            self._losses.append(Loss("thinking.dropped_foreign", detail=state.issuer))
        return entry

    def _reads_signature(self, state: Opaque) -> bool:
        """Whether Gemini's signature goes back to where it was made, as far as anybody knows."""
        return bool(state.issuer) or "thought-signatures" in self._target.quirks

    def message(self) -> dict[str, Any] | None:
        """The turn; None where nothing of it is left."""
        text = "".join(self._texts)
        thought = _BREAK.join(filter(None, self._thoughts))
        details = self._details.whole()
        if not (text or self._refusals or self._calls or thought or details):
            return None
        message: dict[str, Any] = {"role": "assistant", "content": text or None}
        if not text and not self._calls:
            message["content"] = ""
        if self._refusals:
            message["refusal"] = "".join(self._refusals)
        if details:
            message["reasoning_details"] = details
        elif self._thoughts and self._replays:
            message["reasoning_content"] = thought
        elif thought:
            message["content"] = _parts_of_mistral(thought, text)
        if self._calls:
            message["tool_calls"] = self._calls
        return message


def _details_in(state: Opaque | None) -> list[Any]:
    if state is None or state.kind is not OpaqueKind.REASONING_DETAILS:
        return []
    return entries_in(state)


def _parts_of_mistral(thought: str, text: str) -> list[dict[str, Any]]:
    """Thinking among the parts of the content, from where it came (docs.mistral.ai: reasoning, 2026-10)."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": thought}]}
    return [thinking, {"type": "text", "text": text}] if text else [thinking]


def _searched(search: WebSearch) -> str:
    """A search of an earlier turn, told in words: as a call it would want a result."""
    found = "; ".join(f"{hit.title} - {hit.url}" for hit in search.hits)
    what = found or search.error or "nothing found"
    return f'[searched the web for "{search.query}": {what}]\n'

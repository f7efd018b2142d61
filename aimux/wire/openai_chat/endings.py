"""Why an answer ended: the words of Chat Completions and its compatible vendors, both ways (2.15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aimux.errors import ErrorKind
from aimux.model.loss import Losses
from aimux.model.response import FinishReason
from aimux.wire.codec import Reported

_MEANT: Final = {
    "length": FinishReason.MAX_TOKENS,
    "model_length": FinishReason.MAX_TOKENS,  # Mistral
    "max_tokens": FinishReason.MAX_TOKENS,
    "content_filter": FinishReason.REFUSAL,
    "sensitive": FinishReason.REFUSAL,  # Z.AI
    "model_context_window_exceeded": FinishReason.CONTEXT_WINDOW,  # Z.AI
}
"""All others (``stop``, ``tool_calls``, ``function_call``, ``eos``, words nobody knows) mean that the
model was done; whether with calls is told by the calls.
"""

_DONE: Final = frozenset(
    {"stop", "tool_calls", "function_call", "eos", "eos_token", "end_turn", "stop_sequence"}
)
_CALLED: Final = frozenset({"tool_calls", "function_call"})

_FAILED: Final = {
    "insufficient_system_resource": ErrorKind.OVERLOADED,  # DeepSeek
    "network_error": ErrorKind.UPSTREAM,  # Z.AI
    "error": ErrorKind.UPSTREAM,  # OpenRouter
    "abort": ErrorKind.UPSTREAM,  # SGLang
}

_MALFORMED: Final = frozenset(
    {
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "MISSING_THOUGHT_SIGNATURE",
        "TOO_MANY_TOOL_CALLS",
        "UNEXPECTED_TOOL_CALL",
    }
)
"""Gemini's reasons behind a ``stop`` of OpenRouter: with nothing said they are errors to try again."""

_NO_SEQUENCE: Final = frozenset({"stop", "end_turn", "eos", "eos_token", "tool_calls", "null"})
"""What servers other than vLLM write into ``stop_reason``: no stop sequence of anybody."""


@dataclass(slots=True)
class Ending:
    """How an answer has said to end so far; the first word counts."""

    reason: str = ""
    sequence: str = ""
    """The stop sequence that vLLM names in ``stop_reason``; a token's number there is none."""
    native: str = ""

    def note(self, choice: dict[str, Any]) -> None:
        """Looks at a choice that has a ``finish_reason``."""
        reason, sequence = choice.get("finish_reason"), choice.get("stop_reason")
        if self.reason or not isinstance(reason, str) or reason in {"", "null"}:
            return
        self.reason = reason
        self.native = str(choice.get("native_finish_reason") or "")
        if isinstance(sequence, str) and sequence not in _NO_SEQUENCE:
            self.sequence = sequence

    def failure(self, *, empty: bool) -> Reported | None:
        """The error that the ending stands for, if it does; ``empty`` is whether nothing was said."""
        kind = _FAILED.get(self.reason)
        if kind is not None:
            return Reported(kind, f"the answer ended with {self.reason!r}", self.reason)
        if empty and self.native in _MALFORMED:
            text = f"the model wrote something unusable ({self.native})"
            return Reported(ErrorKind.UPSTREAM, text, self.native)
        return None

    def meant(self, *, calls: bool, refused: bool, lost: Losses) -> FinishReason:
        """In our words.  ``calls`` is whether any was made, ``refused`` whether words of refusal came."""
        if not self.reason:
            lost.add("finish.inferred")
        elif not calls and self.reason in _CALLED:  # edge 47
            lost.add("finish.no_call")
        elif self.reason not in _DONE and self.reason not in _MEANT:
            lost.add("finish.unknown", self.reason)
        known = _MEANT.get(self.reason)
        if known is not None:
            return known
        if calls:  # whatever it says: Ollama, and vLLM with a named tool, say stop
            return FinishReason.TOOL_USE
        if refused:
            return FinishReason.REFUSAL
        if self.sequence and self.reason == "stop":
            return FinishReason.STOP_SEQUENCE
        return FinishReason.END_TURN


_WRITTEN: Final = {
    FinishReason.MAX_TOKENS: "length",
    FinishReason.CONTEXT_WINDOW: "length",
    FinishReason.PAUSE_TURN: "length",  # the answer is not complete
    FinishReason.REFUSAL: "content_filter",
}


def written(reason: FinishReason, *, calls: bool, legacy: bool) -> str:
    """The ``finish_reason`` for a client; a call that it must run shows in it.  ``legacy`` is whether
    it knows ``function_call`` and nothing newer.
    """
    called = "function_call" if legacy else "tool_calls"
    return _WRITTEN.get(reason) or (called if calls else "stop")

"""What a model answered, independent of how it is written on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aimux.model.parts import Media, Refusal, Text, Thinking, ToolCall, WebSearch

AnswerPart = Text | Refusal | Thinking | ToolCall | Media | WebSearch
"""What an answer is made of."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange.

    ``input_tokens`` counts the whole prompt: fresh, read from a cache and written to one, so that
    ``fresh_tokens`` is a difference and never negative.  ``output_tokens`` includes
    ``reasoning_tokens``.  ``None`` means the provider did not say; it is never written as 0.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None

    @property
    def fresh_tokens(self) -> int | None:
        """Input tokens that neither came from a cache nor went into one."""
        if self.input_tokens is None:
            return None
        cached = (self.cache_read_tokens or 0) + (self.cache_write_tokens or 0)
        return max(0, self.input_tokens - cached)

    def updated(self, later: Usage) -> Usage:
        """These numbers overwritten by the later ones that are known (totals, never sums)."""
        return Usage(
            *(
                new if new is not None else old
                for new, old in (
                    (later.input_tokens, self.input_tokens),
                    (later.output_tokens, self.output_tokens),
                    (later.cache_read_tokens, self.cache_read_tokens),
                    (later.cache_write_tokens, self.cache_write_tokens),
                    (later.reasoning_tokens, self.reasoning_tokens),
                )
            )
        )


UNKNOWN: Final = Usage()
"""Nothing was said."""


class FinishReason(StrEnum):
    """Why an answer ended."""

    END_TURN = "end_turn"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_USE = "tool_use"
    PAUSE_TURN = "pause_turn"
    REFUSAL = "refusal"
    CONTEXT_WINDOW = "context_window"
    COMPACTION = "compaction"


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer.  ``detail`` says why it was refused, where it was."""

    id: str
    model: str
    parts: tuple[AnswerPart, ...]
    finish: FinishReason
    usage: Usage = UNKNOWN
    stop_sequence: str = ""
    detail: str = ""

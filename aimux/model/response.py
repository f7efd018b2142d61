"""What a model answered, independent of how it is written on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from aimux.model.parts import Media, Refusal, Text, Thinking, ToolCall, WebSearch

AnswerPart = Text | Refusal | Thinking | ToolCall | Media | WebSearch
"""What an answer is made of."""

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange.

    ``input_tokens`` counts the whole prompt: fresh, read from a cache and written to one, so that
    ``fresh_tokens`` is a difference and never negative.  ``output_tokens`` includes
    ``reasoning_tokens``.  ``None`` means the provider did not say; it is never written as 0.
    ``cost_usd`` is what the provider itself says that it has taken; few do.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None

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
            _newer(self.input_tokens, later.input_tokens),
            _newer(self.output_tokens, later.output_tokens),
            _newer(self.cache_read_tokens, later.cache_read_tokens),
            _newer(self.cache_write_tokens, later.cache_write_tokens),
            _newer(self.reasoning_tokens, later.reasoning_tokens),
            _newer(self.cost_usd, later.cost_usd),
        )

    def plus(self, more: Usage) -> Usage:
        """The sum of two requests; what only one of them says is known as far as that."""
        return Usage(
            _sum(self.input_tokens, more.input_tokens),
            _sum(self.output_tokens, more.output_tokens),
            _sum(self.cache_read_tokens, more.cache_read_tokens),
            _sum(self.cache_write_tokens, more.cache_write_tokens),
            _sum(self.reasoning_tokens, more.reasoning_tokens),
            _sum(self.cost_usd, more.cost_usd),
        )


def _newer(old: _Number | None, new: _Number | None) -> _Number | None:
    return old if new is None else new


def _sum(one: _Number | None, other: _Number | None) -> _Number | None:
    return one if other is None else other if one is None else one + other


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

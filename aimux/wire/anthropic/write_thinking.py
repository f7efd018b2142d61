"""How much a model shall think, in the words of its family (reference: platform.claude.com, adaptive
thinking, extended thinking and effort, 2026-11-22).

Newer models take an effort and think as they see fit; older ones take a number of tokens, which must
leave room for the answer, and refuse it where a call is forced or where their own thinking is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.parts import OpaqueKind, Thinking, ToolCall, ToolResult
from aimux.model.request import Choice, Effort, Message, Request, Role
from aimux.wire.anthropic.families import Family
from aimux.wire.target import Target

DEFAULT_MAX_TOKENS: Final = 32000
"""For a model whose limit nobody knows."""
_LEAST_BUDGET: Final = 1024
_ROOM: Final = 1024
"""Tokens that are left for the answer beside a budget."""

_BUDGETS: Final = {
    Effort.MINIMAL: 1024,
    Effort.LOW: 2048,
    Effort.MEDIUM: 8192,
    Effort.HIGH: 16384,
    Effort.XHIGH: 24576,
    Effort.MAX: 31999,
    Effort.AUTO: 16384,
}
_OWN: Final = (OpaqueKind.ANTHROPIC_SIGNATURE, OpaqueKind.ANTHROPIC_REDACTED)


@dataclass(frozen=True, slots=True)
class Thought:
    """``max_tokens``, ``thinking`` (None: it is left out) and ``output_config.effort``."""

    max_tokens: int
    thinking: dict[str, Any] | None = None
    effort: Effort | None = None

    @property
    def on(self) -> bool:
        """Whether the model is asked to think."""
        return self.thinking is not None and self.thinking["type"] != "disabled"


def write_thinking(request: Request, target: Target, family: Family, losses: list[Loss]) -> Thought:
    """What a request asks for, as far as its target can be asked."""
    return _Asking(request, target, family, losses).thought()


class _Asking:
    """One request to one target."""

    __slots__ = ("_family", "_losses", "_reasoning", "_request", "_target", "_tokens")

    def __init__(
        self, request: Request, target: Target, family: Family, losses: list[Loss]
    ) -> None:
        self._request = request
        self._reasoning = request.reasoning
        self._target = target
        self._family = family
        self._losses = losses
        limit = request.sampling.max_output_tokens
        if limit is None:
            losses.append(Loss("max_tokens.defaulted"))
            limit = target.max_output_tokens or DEFAULT_MAX_TOKENS
        self._tokens = limit

    def thought(self) -> Thought:
        """All of it."""
        family = self._family
        thinks = family.thinks and self._target.can("thinking")
        effort = self._reasoning.effort
        if effort is None and self._reasoning.shown and thinks:
            effort = Effort.AUTO  # who wants to read thinking wants some
        if effort is None:
            return Thought(self._tokens)
        if effort is Effort.OFF:
            return self._off() if thinks else Thought(self._tokens)
        if not thinks:
            self._lose("effort.mapped", f"{effort}: {self._target.model} does not think")
            return Thought(self._tokens)
        if reason := _refusal(self._request, family):
            return self._disabled(reason)
        return self._adaptive(effort) if family.adaptive else self._budgeted(effort)

    def _lose(self, code: str, detail: str) -> None:
        self._losses.append(Loss(code, detail=detail))

    def _off(self) -> Thought:
        if self._family.always:
            self._lose("effort.mapped", "off: the model always thinks")
            return Thought(self._tokens)
        return Thought(self._tokens, {"type": "disabled"})

    def _disabled(self, reason: str) -> Thought:
        self._lose("thinking.disabled", reason)
        return Thought(self._tokens, {"type": "disabled"})

    def _adaptive(self, effort: Effort) -> Thought:
        thinking = {"type": "adaptive", **self._display()}
        if effort is Effort.AUTO:
            return Thought(self._tokens, thinking)
        nearest = self._family.nearest(effort)
        if nearest is not effort:
            self._lose("effort.mapped", f"{effort} to {nearest}")
        if (budget := self._reasoning.budget_tokens) is not None:
            self._lose("thinking.budget_mapped", f"{budget} to {nearest}")
        return Thought(self._tokens, thinking, nearest)

    def _budgeted(self, effort: Effort) -> Thought:
        asked = self._reasoning.budget_tokens
        budget = max(_LEAST_BUDGET, asked if asked is not None else _BUDGETS[effort])
        if self._request.sampling.max_output_tokens is None and not self._target.max_output_tokens:
            self._tokens = max(self._tokens, budget + _ROOM)
        if self._tokens <= _LEAST_BUDGET:
            return self._disabled(f"an answer of {self._tokens} tokens")
        if budget >= self._tokens:
            budget = max(_LEAST_BUDGET, self._tokens - _ROOM)
        if budget != asked:
            self._lose("thinking.budget_mapped", f"{asked or effort} to {budget}")
        thinking = {"type": "enabled", "budget_tokens": budget, **self._display()}
        return Thought(self._tokens, thinking)

    def _display(self) -> dict[str, Any]:
        """``display``, where what the client wants is not what the model does by itself."""
        wanted = "omitted" if self._reasoning.shown is False else "summarized"
        by_itself = self._family.display
        return {"display": wanted} if by_itself and wanted != by_itself else {}


def _refusal(request: Request, family: Family) -> str:
    """Why a request with thinking would be refused; empty where it would not."""
    if family.always:
        return ""
    if request.tools and request.tool_choice.choice in {Choice.ANY, Choice.TOOL}:
        return "a call is forced"
    if family.adaptive:
        return ""
    messages = request.messages
    if messages and messages[-1].role is Role.ASSISTANT:
        return "the client has begun the answer"
    return "the calls have lost their thinking" if _lacks_thinking(messages) else ""


def _lacks_thinking(messages: tuple[Message, ...]) -> bool:
    """Whether the calls whose results come last stand in a turn that does not begin with thinking.

    A turn is all calls and results since the user has last spoken; without interleaving only its first
    message has any thinking.
    """
    calling: list[Message] = []
    for message in reversed(messages):
        if message.role is Role.ASSISTANT:
            if not any(isinstance(part, ToolCall) for part in message.parts):
                break
            calling.append(message)
        elif not _continues(message, last=not calling):
            break
    return bool(calling) and not any(_thinks_first(each) for each in (calling[0], calling[-1]))


def _continues(message: Message, *, last: bool) -> bool:
    """Whether a message of the user only gives results; the last one may say more."""
    results = [isinstance(part, ToolResult) for part in message.parts]
    return any(results) if last else all(results)


def _thinks_first(message: Message) -> bool:
    first = next(iter(message.parts), None)
    return isinstance(first, Thinking) and first.state is not None and first.state.kind in _OWN

"""Why an answer ended, in Anthropic's words and in ours (platform.claude.com: stop reasons)."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Losses
from aimux.model.response import FinishReason
from aimux.wire.errorkinds import mapping
from aimux.wire.jsontext import mended

_REASONS: Final = {
    "end_turn": FinishReason.END_TURN,
    "max_tokens": FinishReason.MAX_TOKENS,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "tool_use": FinishReason.TOOL_USE,
    "pause_turn": FinishReason.PAUSE_TURN,
    "refusal": FinishReason.REFUSAL,
    "model_context_window_exceeded": FinishReason.CONTEXT_WINDOW,
    "compaction": FinishReason.COMPACTION,
    "sensitive": FinishReason.REFUSAL,  # not documented, but seen
}
_WORDS: Final = {reason: word for word, reason in _REASONS.items() if word != "sensitive"}


def reason_of(stop_reason: object, lost: Losses, *, calls: bool) -> FinishReason:
    """The reason; what is unknown or not said is what the content suggests, and reported."""
    if stop_reason is None:
        lost.add("finish.inferred")
    reason = _REASONS.get(stop_reason) if isinstance(stop_reason, str) else None
    if reason is None and stop_reason is not None:
        lost.add("finish.unknown", stop_reason)
    if reason is FinishReason.TOOL_USE and not calls:
        lost.add("finish.no_call")
    return agreed(reason or FinishReason.END_TURN, calls=calls)


def agreed(reason: FinishReason, *, calls: bool) -> FinishReason:
    """A reason that fits what was said: a client runs tools by the one and looks for the other."""
    if calls and reason is FinishReason.END_TURN:
        return FinishReason.TOOL_USE
    if not calls and reason is FinishReason.TOOL_USE:
        return FinishReason.END_TURN
    return reason


def detail_of(stop_details: object) -> str:
    """Why the vendor refused, where it says so."""
    details = mapping(stop_details)
    said = details.get("explanation") or details.get("category")
    return mended(said) if isinstance(said, str) else ""


def ending(
    reason: FinishReason, stop_sequence: str, detail: str, *, calls: bool, refused: bool
) -> dict[str, Any]:
    """The fields that say why an answer ended.  ``refused``: words of a refusal are in it."""
    reason = agreed(reason, calls=calls)
    if refused and reason is FinishReason.END_TURN:
        reason = FinishReason.REFUSAL
    said: dict[str, Any] = {
        "stop_reason": _WORDS[reason],
        "stop_sequence": stop_sequence if reason is FinishReason.STOP_SEQUENCE else None,
    }
    if reason is FinishReason.REFUSAL and detail:
        said["stop_details"] = {"type": "refusal", "category": None, "explanation": detail}
    return said

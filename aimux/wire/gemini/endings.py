"""``finishReason``, both ways (reference: protocols, 2.15; google-genai types 3.4)."""

from __future__ import annotations

from typing import Final

from aimux.model.loss import Losses
from aimux.model.response import FinishReason

_REFUSALS: Final = frozenset(
    {
        "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR",
        "ESCALATION", "PUP_LIMITED_DISABLED", "NO_IMAGE",
    }
)  # fmt: skip

_BROKEN: Final = frozenset(
    {
        "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE",
        "MISSING_THOUGHT_SIGNATURE", "OTHER",
    }
)  # fmt: skip
"""The model, not the client, has gone wrong: asking again may help."""

CONTINUATION: Final = "CONTINUATION"
"""The answer has reached the limit of one request and is not complete."""

_WRITTEN: Final = {
    FinishReason.MAX_TOKENS: "MAX_TOKENS",
    FinishReason.CONTEXT_WINDOW: "MAX_TOKENS",
    FinishReason.PAUSE_TURN: "MAX_TOKENS",
    FinishReason.REFUSAL: "SAFETY",
}


def is_broken(reason: str) -> bool:
    """Whether an answer that holds nothing else is no answer but a failure."""
    return reason in _BROKEN


def reason_of(said: str, lost: Losses, *, called: bool) -> FinishReason:
    """Why the answer ended.  Calls end with STOP like everything else; a word that nobody knows is
    taken for it, and reported.
    """
    if said == "MAX_TOKENS":
        return FinishReason.MAX_TOKENS
    if said == CONTINUATION:
        return FinishReason.PAUSE_TURN
    if said in _REFUSALS or said.startswith("IMAGE_"):
        return FinishReason.REFUSAL
    if not said:
        lost.add("finish.inferred")
    elif said in _BROKEN:
        lost.add("finish.broken", said)
    elif said != "STOP":
        lost.add("finish.unknown", said)
    return FinishReason.TOOL_USE if called else FinishReason.END_TURN


def word_for(reason: FinishReason) -> str:
    """The vendor's word."""
    return _WRITTEN.get(reason, "STOP")

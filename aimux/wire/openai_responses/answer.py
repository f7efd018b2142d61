"""The response object that whole answers are and that the first and last events of a stream repeat."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.response import FinishReason
from aimux.wire.openai_responses.items import item_id
from aimux.wire.target import Audience

Answer = dict[str, Any]

_UNSAID: Final[Answer] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": False,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
}
"""What is repeated of a request that does not say it."""

_INCOMPLETE: Final = {
    FinishReason.MAX_TOKENS: "max_output_tokens",
    FinishReason.CONTEXT_WINDOW: "max_output_tokens",
    FinishReason.PAUSE_TURN: "max_output_tokens",
    FinishReason.REFUSAL: "content_filter",
}


def answer_object(audience: Audience, id_: str) -> Answer:
    """The response object of an answer that has just begun."""
    return {
        "id": id_ or item_id("resp_", audience.request.model, audience.created_s),
        "object": "response",
        "created_at": audience.created_s,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": audience.request.model,
        "output": [],
        "usage": None,
        **_UNSAID,
        **audience.request.echo.get("response", {}),
    }


def ended(answer: Answer, reason: FinishReason) -> Answer:
    """The same object when the answer has ended, as its status says."""
    why = _INCOMPLETE.get(reason)
    if why is None:
        return {**answer, "status": "completed"}
    return {**answer, "status": "incomplete", "incomplete_details": {"reason": why}}

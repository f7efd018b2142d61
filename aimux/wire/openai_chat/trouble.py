"""Errors that stand inside an answer, in all the shapes of compatible vendors (reference: 3.2, 85)."""

from __future__ import annotations

from typing import Any

from aimux.wire import openai_errors
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import mapping


def trouble_in(name: str, chunk: dict[str, Any]) -> Reported | None:
    """The error that a chunk, or a whole answer, is; None where it is none.  ``name`` is its event's."""
    error = chunk.get("error") or _of_choice(chunk)
    if isinstance(error, dict):
        return openai_errors.reported(error, 200)
    if error:
        return openai_errors.reported({"message": error}, 200)
    if name == "error" or chunk.get("type") == "error" or chunk.get("object") == "error":
        return openai_errors.reported(chunk, 200)  # the last is vLLM's, before 0.11
    if chunk.get("choices"):
        return None
    base = mapping(chunk.get("base_resp"))  # MiniMax
    if base.get("status_code"):
        said = {"code": base["status_code"], "message": base.get("status_msg")}
        return openai_errors.reported(said, 200)
    if detail := chunk.get("detail"):  # FastAPI's servers
        return openai_errors.reported({"message": detail}, 200)
    return None


def _of_choice(chunk: dict[str, Any]) -> Any:
    """OpenRouter says in the choice what stopped it, next to ``finish_reason: error``."""
    choices = chunk.get("choices")
    first = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    return first.get("error")

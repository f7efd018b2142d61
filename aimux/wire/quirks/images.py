"""Images for a model that reads text only."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.quirks.bodies import objects
from aimux.wire.target import Target

NOTE: Final = "[image left out: this model takes none]"

_TEXT_OF: Final = {"image": "text", "image_url": "text", "input_image": "input_text"}
"""Types of parts that hold an image, with the type of a text beside them."""


def without_images(body: dict[str, Any], target: Target) -> list[Loss]:
    """A note stands where an image stood, wherever in the history: one that stays makes every later
    request of the conversation fail too.
    """
    losses: list[Loss] = []
    if target.can("images"):
        return losses
    for key in ("messages", "input"):
        for at, turn in objects(body.get(key)):
            for held in ("content", "output"):
                _replace(turn.get(held), f"{key}[{at}].{held}", losses)
    return losses


def _replace(parts: Any, path: str, losses: list[Loss]) -> None:
    for at, part in objects(parts):
        place = f"{path}[{at}]"
        if _noted(parts, at, part):
            losses.append(Loss("image.unsupported", place))
        elif part.get("type") == "tool_result":
            for inside, block in objects(part.get("content")):
                if _noted(part["content"], inside, block):
                    losses.append(Loss("image.unsupported", f"{place}.content[{inside}]"))


def _noted(parts: list[Any], at: int, part: dict[str, Any]) -> bool:
    kind = part.get("type")
    text = _TEXT_OF.get(kind) if isinstance(kind, str) else None
    if text is None:
        return False
    parts[at] = {"type": text, "text": NOTE}
    if "cache_control" in part:
        parts[at]["cache_control"] = part["cache_control"]
    return True

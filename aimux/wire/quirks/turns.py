"""Words put into a conversation: where the instructions stand, and at the end of the user's turn.

Chat Completions and Anthropic keep a conversation in ``messages``, Responses in ``input``, which may be
a text alone.
"""

from __future__ import annotations

from typing import Any

from aimux.wire.quirks.bodies import objects


def instruct(body: dict[str, Any], words: str) -> None:
    """Adds to the instructions at the beginning of a Chat Completions request."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return
    first = messages[0] if messages else None
    if isinstance(first, dict) and first.get("role") in ("system", "developer"):
        append(first, words, "text")
    else:
        messages.insert(0, {"role": "system", "content": words})


def urge(body: dict[str, Any], words: str) -> None:
    """Adds to the last turn of the user, which begins behind the last words of the assistant."""
    said = body.get("input")
    if isinstance(said, str):
        body["input"] = f"{said}\n\n{words}"
    elif isinstance(said, list):
        _urge(said, words, "input_text")
    elif isinstance(said := body.get("messages"), list):
        _urge(said, words, "text")


def _urge(turns: list[Any], words: str, kind: str) -> None:
    for _, turn in reversed(list(objects(turns))):
        if turn.get("role") == "user":
            append(turn, words, kind)
            return
        if turn.get("role") not in ("system", "developer"):
            break
    turns.append({"role": "user", "content": words})


def append(turn: dict[str, Any], words: str, kind: str) -> None:
    """Adds a text to a turn, whatever form its content has; ``kind`` is the type of a part of text."""
    content = turn.get("content")
    if isinstance(content, list):
        content.append({"type": kind, "text": words})
    elif isinstance(content, str) and content:
        turn["content"] = f"{content}\n\n{words}"
    else:
        turn["content"] = words

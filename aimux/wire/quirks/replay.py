"""The thinking of earlier turns, in the place from which a vendor reads it back.

As written before the accent it stands in ``reasoning_content`` of the assistant's messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.quirks.bodies import inner, objects, renamed, word
from aimux.wire.target import Target
from aimux.wire.thinktags import CLOSING, OPENING

_BESIDE_THE_TEXT: Final = re.compile(r"M3\.1-Flash")
"""MiniMax models that use no tags (platform.minimax.io: text-openai-api, 2026-09-11)."""

_THINKING: Final = ("thinking", "redacted_thinking")


def as_reasoning(body: dict[str, Any], target: Target) -> list[Loss]:
    """Groq's and Cerebras' name for it; the other one is an unknown field to them (edge 310)."""
    del target
    for message in _assistants(body):
        renamed(message, "reasoning_content", "reasoning")
    return []


def as_reasoning_content(body: dict[str, Any], target: Target) -> list[Loss]:
    """The name that most vendors use, for a client that learned the other."""
    del target
    for message in _assistants(body):
        if word(message.get("reasoning")):
            renamed(message, "reasoning", "reasoning_content")
    return []


def as_tags(body: dict[str, Any], target: Target) -> list[Loss]:
    """Back into the text, between the tags between which it came (edge 304); what came as a list of
    details goes back as that.
    """
    if _BESIDE_THE_TEXT.search(target.model):
        return []
    for message in _assistants(body):
        thought = word(message.pop("reasoning_content", None))
        if not thought or message.get("reasoning_details"):
            continue
        tagged = f"{OPENING}{thought}{CLOSING}\n\n"
        content = message.get("content")
        if isinstance(content, list):
            content.insert(0, {"type": "text", "text": tagged})
        else:
            message["content"] = tagged + (content if isinstance(content, str) else "")
    return []


def with_reasoning_content(body: dict[str, Any], target: Target) -> list[Loss]:
    """DeepSeek wants the field in every turn that called a tool, and takes it empty (edges 292, 293)."""
    del target
    if _thinks(body):
        for message in _assistants(body):
            if message.get("tool_calls") and message.get("reasoning_content") is None:
                message["reasoning_content"] = ""
    return []


def with_thinking_blocks(body: dict[str, Any], target: Target) -> list[Loss]:
    """The same at its Anthropic address, where the field is a block."""
    del target
    if not _thinks(body):
        return []
    for message in _assistants(body):
        blocks = message.get("content")
        kinds = [block.get("type") for _, block in objects(blocks)]
        if "tool_use" in kinds and not any(kind in kinds for kind in _THINKING):
            message["content"].insert(0, {"type": "thinking", "thinking": "", "signature": ""})
    return []


def _thinks(body: dict[str, Any]) -> bool:
    return inner(body.get("thinking")).get("type") != "disabled"


def _assistants(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (each for _, each in objects(body.get("messages")) if each.get("role") == "assistant")

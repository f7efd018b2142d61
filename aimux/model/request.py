"""What a client asks for, independent of how it is written on the wire."""

from __future__ import annotations

from enum import StrEnum


class WireFormat(StrEnum):
    """The four formats aimux speaks, on both sides; the values are those of the configuration."""

    ANTHROPIC = "anthropic"
    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"
    GEMINI = "gemini"

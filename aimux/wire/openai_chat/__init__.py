"""OpenAI Chat Completions."""

from aimux.wire.openai_chat.codec import OpenAIChat

__all__ = ["OpenAIChat"]

"""OpenAI Responses."""

from aimux.wire.openai_responses.codec import OpenAIResponses

__all__ = ["OpenAIResponses"]

"""Anthropic Messages."""

from aimux.wire.anthropic.codec import Anthropic

__all__ = ["Anthropic"]

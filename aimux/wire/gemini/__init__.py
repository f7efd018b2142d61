"""Google Gemini generateContent."""

from aimux.wire.gemini.codec import Gemini

__all__ = ["Gemini"]

"""The codec of each wire format."""

from __future__ import annotations

from typing import Final

from aimux.model.request import WireFormat
from aimux.wire.anthropic import Anthropic
from aimux.wire.codec import Codec
from aimux.wire.gemini import Gemini
from aimux.wire.openai_chat import OpenAIChat
from aimux.wire.openai_responses import OpenAIResponses

CODECS: Final[dict[WireFormat, Codec]] = {
    WireFormat.ANTHROPIC: Anthropic(),
    WireFormat.OPENAI_CHAT: OpenAIChat(),
    WireFormat.OPENAI_RESPONSES: OpenAIResponses(),
    WireFormat.GEMINI: Gemini(),
}

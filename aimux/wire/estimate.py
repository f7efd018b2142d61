"""How many tokens a request takes, guessed from its bytes, and the guess corrected by what was billed.

Nobody here has the vendors' tokenizers.  English and code make about four bytes a token in JSON; a body
with other scripts or escapes makes fewer characters a token but more bytes a character, which nearly
cancels out.  A medium is worth what vendors charge for one, whatever its base64 weighs.  How far that is
off depends on the model and on what one does with it: each answer tells the true figure, and the next
guess for that model is corrected by it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from itertools import repeat
from typing import Final

from aimux.model.request import WireFormat
from aimux.wire.jsontext import Document

BYTES_PER_TOKEN: Final = 3.9
OTHER_SCRIPTS_BYTES_PER_TOKEN: Final = 3.2
IMAGE_TOKENS: Final = 1500
"""What a large screenshot costs at Anthropic and OpenAI; their ceilings are near it."""
DOCUMENT_BYTES_PER_TOKEN: Final = 60
"""Of base64: a page of a PDF weighs about 100 kB and costs 1,500 to 3,000 tokens."""
FIXED_TOKENS: Final = 12
"""What stands around every prompt."""
CHARS_PER_TOKEN: Final = 3.6
"""Of an answer."""

_KEYS: Final = {
    WireFormat.ANTHROPIC: ("system", "messages", "tools"),
    WireFormat.OPENAI_CHAT: ("messages", "tools", "functions"),
    WireFormat.OPENAI_RESPONSES: ("instructions", "input", "tools"),
    WireFormat.GEMINI: (
        "contents", "systemInstruction", "system_instruction", "tools", "generateContentRequest",
    ),
}  # fmt: skip

_MEDIUM: Final = re.compile(rb'"(?:data:[^",]{0,80},)?([A-Za-z0-9+/_=-]{2000,})"')
_BLOCK: Final = re.compile(rb"[A-Za-z0-9+/_=-]{1000}")
_PDF: Final = b"JVBERi"  # "%PDF-" in base64

_WEIGHT: Final = 0.2
_LEAST, _MOST = 0.25, 4.0


def estimated_tokens(document: Document, format_: WireFormat) -> int:
    """Tokens of a request's prompt: instructions, history, tools, media and thinking."""
    sizes = sum(document.size(key) for key in _KEYS[format_])
    media_bytes, media_tokens = _media(document, format_)
    per_token = BYTES_PER_TOKEN if document.is_ascii else OTHER_SCRIPTS_BYTES_PER_TOKEN
    return FIXED_TOKENS + media_tokens + round((sizes - media_bytes) / per_token)


def _media(document: Document, format_: WireFormat) -> tuple[int, int]:
    """Bytes of base64 in the prompt and what they are worth in tokens."""
    size = tokens = 0
    for key in _KEYS[format_][:2]:
        start, end = document.span(key)
        if not _may_hold_media(document.raw, start, end):
            continue
        for found in _MEDIUM.finditer(document.raw, start, end):
            length = found.end(1) - found.start(1)
            size += length
            is_pdf = found[1].startswith(_PDF)
            tokens += round(length / DOCUMENT_BYTES_PER_TOKEN) if is_pdf else IMAGE_TOKENS
    return size, tokens


def _may_hold_media(raw: bytes, start: int, end: int) -> bool:
    """Whether some 1,000 bytes, of those that follow on each other from ``start``, are all base64: the
    2,000 of a medium cover one of these blocks wherever they stand.  Words end such a block after a few
    bytes.
    """
    return any(map(_BLOCK.match, repeat(raw), range(start, end - 999, 1000)))


def tokens_of_text(characters: int) -> int:
    """Tokens of an answer of so many characters."""
    return round(characters / CHARS_PER_TOKEN)


class Calibration:
    """By how much the guess is off, for each model that has answered."""

    __slots__ = ("_factors",)

    def __init__(self) -> None:
        self._factors: dict[Hashable, float] = {}

    def knows(self, model: Hashable) -> bool:
        """Whether a model has answered yet."""
        return model in self._factors

    def factor(self, model: Hashable) -> float:
        """What a guess must be multiplied with; 1 for a model that has not answered yet."""
        return self._factors.get(model, 1.0)

    def note(self, model: Hashable, estimated: int, billed: int) -> None:
        """An answer has said what its prompt took."""
        if estimated <= 0 or billed <= 0:
            return
        seen = min(_MOST, max(_LEAST, billed / estimated))
        before = self._factors.get(model)
        self._factors[model] = seen if before is None else before + _WEIGHT * (seen - before)

"""What a key looks like, so that it is never written where it does not belong.

Used by the configuration (a value of this shape is refused), by the log's sink (it is blotted out)
and by the command line (it is refused in argv).  Prefixes were read off the vendors' own key pages
and error texts in November 2026; an unknown vendor's key is caught by value at the sink, not here.
"""

from __future__ import annotations

import re
from typing import Final

_PREFIXED: Final = (
    r"sk-ant-[A-Za-z0-9_-]{16,}"  # Anthropic
    r"|sk-(?:proj-|svcacct-|or-v1-|cp-|kimi-)?[A-Za-z0-9_-]{20,}"  # OpenAI, OpenRouter, MiniMax, Kimi
    r"|csk-[a-z0-9]{24,}"  # Cerebras
    r"|gsk_[A-Za-z0-9]{24,}"  # Groq
    r"|xai-[A-Za-z0-9]{24,}"  # xAI
    r"|syn_[A-Za-z0-9]{24,}"  # Synthetic
    r"|AIza[A-Za-z0-9_-]{30,}"  # Google
    r"|aimux-[a-z]+-[A-Za-z0-9_-]{24,}"  # our own client and admin tokens
    r"|gh[pousr]_[A-Za-z0-9]{30,}"  # GitHub
    r"|(?<![_-])eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{8,}"  # JWT; not from its own middle
)
_ZAI: Final = r"[0-9a-f]{32}\.[A-Za-z0-9]{16}"  # Z.AI: <id>.<secret>
_BEARER: Final = r"(?i:bearer)\s+[A-Za-z0-9._~+/=-]{16,}"

KEY_SHAPE: Final = re.compile(rf"(?<![A-Za-z0-9])(?:{_PREFIXED}|{_ZAI})(?![A-Za-z0-9])")
"""Matches a key inside any text."""

REDACTABLE: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_PREFIXED}|{_ZAI}|{_BEARER})"
    r"|(?<=[?&]key=)[^&\s\"']{8,}"
)
"""Matches a key, a bearer credential, or the ``key`` of a query string."""

_ZAI_MIDDLE: Final = re.compile(r"\.(?<=[0-9a-f]{32}\.)[A-Za-z0-9]{16}")


def may_be_redactable(text: str) -> bool:
    """Whether it is worth searching the text with REDACTABLE; never False where that would match.

    Asked of every log line, so each look is one that ``str`` or a literal's search does fast.
    """
    return (
        "sk-" in text
        or "gsk_" in text
        or "xai-" in text
        or "syn_" in text
        or "AIza" in text
        or "aimux-" in text
        or "gh" in text
        or "eyJ" in text
        or "key=" in text
        or "bearer" in text.lower()
        or _ZAI_MIDDLE.search(text) is not None
    )


def looks_like_key(text: str) -> bool:
    """Whether the text holds something of a key's shape."""
    return KEY_SHAPE.search(text) is not None

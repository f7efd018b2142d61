"""What all the formats' streams are made of: events, and texts in pieces."""

from __future__ import annotations

import json
from typing import Any, Final

INPUT: Final = 1200
"""Tokens of every request, as far as this vendor counts."""


def event(data: Any, name: str = "") -> bytes:
    """One server-sent event."""
    prefix = f"event: {name}\n" if name else ""
    return (
        f"{prefix}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
    )


def pieces(text: str, size: int = 9) -> list[str]:
    """A text as a stream delivers it, cut anywhere between two characters."""
    return [text[start : start + size] for start in range(0, len(text), size)]

"""Lengths of time as vendors write them: ``6m0s``, ``20ms``, ``1.2 seconds``, or seconds alone."""

from __future__ import annotations

import math
import re
from typing import Final

_UNITS_S: Final = {
    "n": 1e-9, "u": 1e-6, "\N{MICRO SIGN}": 1e-6, "ms": 0.001, "mil": 0.001,
    "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0,
}  # fmt: skip
PIECE: Final = (
    r"\d{1,9}(?:\.\d{1,9})? ?"
    r"(?:[nu\N{MICRO SIGN}]s|ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
    r"(?![a-z])"
)
"""A number and its unit, for use in a pattern that ignores case."""

_PIECES: Final = re.compile(r"(\d+(?:\.\d+)?) ?(mil|ms|[a-z\N{MICRO SIGN}])", re.IGNORECASE)
_WHOLE: Final = re.compile(rf"\s*-?(?:{PIECE}[ ,]*)+", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s*\d{1,9}(?:\.\d{1,9})?\s*")


def seconds_of(text: str) -> float | None:
    """How long it is, in seconds; None for what is no length of time.  A bare number is seconds."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if not _WHOLE.fullmatch(text):
        return None
    if text.lstrip().startswith("-"):
        return 0.0  # a reset that has passed
    return sum(float(count) * _UNITS_S[unit.lower()] for count, unit in _PIECES.findall(text))


def duration_of(seconds: float) -> str:
    """It in OpenAI's spelling, rounded up: ``20ms`` below a second, ``1s``, ``6m0s``, ``1h0m0s``."""
    if 0 < seconds < 1:
        milliseconds = math.ceil(round(seconds * 1000, 6))
        if milliseconds < 1000:
            return f"{milliseconds}ms"
    minutes, whole = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{whole}s"
    return f"{minutes}m{whole}s" if minutes else f"{whole}s"

"""A span of time in words, the same in reasons, screens and errors."""

from __future__ import annotations


def span(seconds: float) -> str:
    """As a person says it: ``45 s``, ``12 min``, ``1 h 12 min``, ``3 d 4 h``; a second at least."""
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    if minutes:
        return f"{minutes} min"
    return f"{max(1, int(seconds))} s"

"""Code that Gemini ran by itself, and what came of it: text to everybody else."""

from __future__ import annotations

from typing import Any

from aimux.wire.errorkinds import mapping


def ran(part: dict[str, Any]) -> str:
    """What a part tells of code, as text; empty for a part that tells of none."""
    return executed(part.get("executableCode")) + outcome(part.get("codeExecutionResult"))


def executed(value: object) -> str:
    """An ``executableCode`` as text."""
    fields = mapping(value)
    language = str(fields.get("language") or "").lower()
    return _fenced(fields.get("code"), language.removesuffix("language_unspecified"))


def outcome(value: object) -> str:
    """A ``codeExecutionResult`` as text."""
    return _fenced(mapping(value).get("output"))


def _fenced(text: object, language: str = "") -> str:
    """Text between fences that are longer than any within it; empty where there is none."""
    if not isinstance(text, str) or not text:
        return ""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"\n{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}\n"

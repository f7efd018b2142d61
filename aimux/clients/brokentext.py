"""What is said of a text that is not what it should be."""

from __future__ import annotations


class BrokenText(ValueError):
    """The text is not of its form; ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {message}")


def broken_at(text: str, offset: int, message: str) -> BrokenText:
    """The fault with its line and column."""
    line = text.count("\n", 0, offset) + 1
    return BrokenText(message, line, offset - (text.rfind("\n", 0, offset) + 1) + 1)

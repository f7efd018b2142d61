"""Proxies that send with every event all that was said before (the quirk ``cumulative``)."""

from __future__ import annotations

from typing import Any


class Repeats:
    """Tells what is new in an event from what it repeats."""

    __slots__ = ("_calls", "_said")

    def __init__(self) -> None:
        self._said = {False: "", True: ""}
        """All text, and all thoughts."""
        self._calls = 0

    def fresh(self, parts: list[Any]) -> list[Any]:
        """The new parts of an event, and of those that have grown the new end."""
        calls = 0
        before = dict.fromkeys(self._said, 0)
        new: list[Any] = []
        for part in parts:
            if not isinstance(part, dict):
                continue
            text, thought = part.get("text"), bool(part.get("thought"))
            if isinstance(text, str):
                rest = self._rest(text, before[thought], thought=thought)
                before[thought] += len(text)
                new.append({**part, "text": rest})
            elif "functionCall" in part:
                calls += 1
                if calls > self._calls:
                    new.append(part)
            else:
                new.append(part)
        self._calls = max(calls, self._calls)
        return new

    def _rest(self, text: str, at: int, *, thought: bool) -> str:
        """What of a text, the part of the whole from there on, has not been said."""
        said = self._said[thought][at:]
        rest = text[len(said) :] if text.startswith(said) else "" if said.startswith(text) else text
        self._said[thought] += rest
        return rest

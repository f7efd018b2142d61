"""``reasoning_details``: the list in which OpenRouter and MiniMax give their thinking.

What comes back to them must be the list as it was, entries in their order, so the pieces of a stream are
put together by ``index`` and by nothing else (openrouter.ai, reasoning tokens, 2026-10).
"""

from __future__ import annotations

from typing import Any, Final

from aimux.model.parts import Opaque, OpaqueKind
from aimux.wire import jsontext
from aimux.wire.target import Target

_GROWING: Final = ("text", "summary", "data")
_TELLING: Final = (*_GROWING, "signature")


def shown_in(entries: list[Any]) -> str:
    """The thinking that entries let one read."""
    texts = (
        entry.get("text") or entry.get("summary") for entry in entries if isinstance(entry, dict)
    )
    return "".join(text for text in texts if isinstance(text, str))


def tells(entries: list[Any]) -> bool:
    """Whether entries hold anything at all: some servers send their empty shells."""
    return any(
        isinstance(entry, dict) and any(entry.get(field) for field in _TELLING) for entry in entries
    )


class Details:
    """The list while it grows."""

    __slots__ = ("_by_index", "_entries")

    def __init__(self) -> None:
        self._entries: list[tuple[dict[str, Any], dict[str, list[str]]]] = []
        """Each entry with the pieces of what grows in it."""
        self._by_index: dict[tuple[Any, int], int] = {}

    def add(self, entries: list[Any]) -> None:
        """Takes the entries of one chunk."""
        for entry in entries:
            if isinstance(entry, dict):
                self._add(entry)

    def _add(self, entry: dict[str, Any]) -> None:
        index, type_ = entry.get("index"), entry.get("type")
        place = None
        if isinstance(index, int) and isinstance(type_, str):
            place = self._by_index.setdefault((type_, index), len(self._entries))
        if place is None or place == len(self._entries):
            self._entries.append(({}, {}))
            place = -1
        known, growing = self._entries[place]
        for field, value in entry.items():
            if field in _GROWING and isinstance(value, str):
                growing.setdefault(field, []).append(value)
                known[field] = ""  # its place among the fields
            elif value is not None or field not in known:
                known[field] = value

    def whole(self) -> list[dict[str, Any]]:
        """The list."""
        return [
            {**known, **{field: "".join(pieces) for field, pieces in growing.items()}}
            for known, growing in self._entries
        ]

    def state(self, target: Target) -> Opaque:
        """The list as opaque state of the provider that wrote it."""
        value = jsontext.text_of(self.whole())
        return Opaque(OpaqueKind.REASONING_DETAILS, value, target.provider, target.model)


def entries_in(state: Opaque) -> list[Any]:
    """The list that a state holds; empty where it holds none."""
    try:
        value = jsontext.loads(state.value)
    except ValueError:
        return []
    return value if isinstance(value, list) else []

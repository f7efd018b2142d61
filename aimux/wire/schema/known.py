"""Schemas that come again.

An agent declares the same tools with every turn, and their schemas are most of what a translated request has
to be worked out for: two thirds of its time.  A schema that has been seen is found by its JSON, which takes
a twentieth of working it out anew.  What has not been asked for longest is forgotten first.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")

Key = tuple[str, bytes]
"""Whose dialect it is made for, and the JSON it is made of."""

MOST_BYTES: Final = 1024 * 1024
"""Of JSON, all together: the tools of a dozen agents.  What is made of it takes some five times as much."""
LONGEST_BYTES: Final = 64 * 1024
"""A schema that is longer comes once, and would push out all others."""
LEAST_BYTES: Final = 64
"""One that is shorter is worked out as quickly."""


class Known(Generic[T]):
    """What was made of schemas; nobody changes it.  For one thread, as all translating is."""

    __slots__ = ("_bytes", "_found")

    def __init__(self) -> None:
        self._found: dict[Key, T] = {}
        self._bytes = 0

    def get(self, key: Key) -> T | None:
        """What was made of this one, if that is known."""
        made = self._found.pop(key, None)
        if made is not None:
            self._found[key] = made  # the one asked for last
        return made

    def keep(self, key: Key, made: T) -> None:
        """Remembers what was made, unless the schema is too short or too long to be worth it."""
        length = len(key[1])
        if not LEAST_BYTES <= length <= LONGEST_BYTES or key in self._found:
            return
        self._found[key] = made
        self._bytes += length
        while self._bytes > MOST_BYTES:
            oldest = next(iter(self._found))
            del self._found[oldest]
            self._bytes -= len(oldest[1])

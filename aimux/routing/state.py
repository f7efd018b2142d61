"""What routing remembers between requests, behind one narrow door.

Circuits, rests of keys, quota windows, warm caches, learned speeds and spent budgets are small values
under keys, each with a time at which it is worth nothing any more.  Everything that several gateways of
a team would have to share goes through :class:`State`; the default keeps it in this process.  The door
is narrow enough for a server of keys and values: read one, read many, write with an expiry, compare and
set, add.

A key is a tuple of texts; the first names the room it belongs to (``circuit``, ``key``, ``quota``,
``warm``, ...).  A value is a tuple of numbers, texts and None, so that it can be written down as JSON.  Times
are Unix seconds and are given by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

Key = tuple[str, ...]
Value = tuple[Any, ...]
"""Numbers, texts and None only; a NamedTuple of such is one."""

HELD: Final = "held"
"""The room of what requests under way have reserved: it ends with the process and is not written down."""

LOOPS: Final = "loop"
"""The room of what sessions have asked in the last minutes: not worth the disk either."""

_PASSING: Final = frozenset({HELD, LOOPS})

MAX_ENTRIES: Final = 50_000
"""About 15 MB; what expires first goes first."""


class State(Protocol):
    """The store that several gateways may share."""

    def get(self, key: Key, now_s: float) -> Value | None:
        """A value that has not expired."""

    def read(self, keys: Iterable[Key], now_s: float) -> list[Value | None]:
        """Several values in one go."""

    def lacks(self, keys: Sequence[Key], now_s: float) -> bool:
        """Whether nothing that has not expired is there under any of the keys."""

    def put(self, key: Key, value: Value, until_s: float) -> None:
        """Writes a value that holds until a time."""

    def swap(self, key: Key, old: Value | None, new: Value, until_s: float, now_s: float) -> bool:
        """Writes a value if the one there is still ``old`` (None: there is none); whether it did."""

    def add(self, key: Key, amount: float, until_s: float, now_s: float) -> float:
        """Adds to a number, which begins at 0 and then holds until ``until_s``; the sum."""

    def drop(self, key: Key) -> None:
        """Forgets a value."""

    def room(self, name: str, now_s: float) -> dict[Key, Value]:
        """All values of a room, for people and for snapshots; not for the way of a request."""


class MemoryState:
    """The state of one process."""

    __slots__ = ("_entries", "changes")

    def __init__(self) -> None:
        self._entries: dict[Key, tuple[Value, float]] = {}
        self.changes = 0
        """Rises with every write: whoever keeps a copy on the disk sees that there is something new."""

    def get(self, key: Key, now_s: float) -> Value | None:
        """As :meth:`State.get`."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= now_s:
            del self._entries[key]
            return None
        return entry[0]

    def read(self, keys: Iterable[Key], now_s: float) -> list[Value | None]:
        """As :meth:`State.read`."""
        entry_of = self._entries.get
        return [
            None if (entry := entry_of(key)) is None or entry[1] <= now_s else entry[0]
            for key in keys
        ]

    def lacks(self, keys: Sequence[Key], now_s: float) -> bool:
        """As :meth:`State.lacks`."""
        return self._entries.keys().isdisjoint(keys) or not any(self.read(keys, now_s))

    def put(self, key: Key, value: Value, until_s: float) -> None:
        """As :meth:`State.put`."""
        self.changes += 1
        self._entries[key] = (value, until_s)
        if len(self._entries) > MAX_ENTRIES:
            self._make_room()

    def swap(self, key: Key, old: Value | None, new: Value, until_s: float, now_s: float) -> bool:
        """As :meth:`State.swap`."""
        if self.get(key, now_s) != old:
            return False
        self.put(key, new, until_s)
        return True

    def add(self, key: Key, amount: float, until_s: float, now_s: float) -> float:
        """As :meth:`State.add`."""
        entry = self._entries.get(key)
        fresh = entry is None or entry[1] <= now_s
        total: float = amount if fresh or entry is None else entry[0][0] + amount
        self.put(key, (total,), until_s if fresh or entry is None else entry[1])
        return total

    def drop(self, key: Key) -> None:
        """As :meth:`State.drop`."""
        if self._entries.pop(key, None) is not None:
            self.changes += 1

    def room(self, name: str, now_s: float) -> dict[Key, Value]:
        """As :meth:`State.room`."""
        return {
            key: value
            for key, (value, until_s) in self._entries.items()
            if key[0] == name and until_s > now_s
        }

    def copy(self) -> MemoryState:
        """Another one with the same entries, which goes its own way: values are never changed in place."""
        twin = MemoryState()
        twin._entries = dict(self._entries)
        return twin

    def _make_room(self) -> None:
        """Drops the tenth of the entries that expires first."""
        by_expiry = sorted(self._entries, key=lambda key: self._entries[key][1])
        for key in by_expiry[: len(by_expiry) // 10]:
            del self._entries[key]

    # ------------------------------------------------------------ on the disk

    def dump(self, now_s: float) -> list[list[Any]]:
        """Every entry that still holds, as JSON can hold it: ``[key, value, until]``.

        May be called in another thread: what it looks at is copied in one step.
        """
        return [
            [list(key), list(value), until_s]
            for key, (value, until_s) in list(self._entries.items())
            if until_s > now_s and key[0] not in _PASSING
        ]

    def load(self, rows: Iterable[Any], now_s: float) -> None:
        """Takes in what :meth:`dump` gave; rows that are none are passed over, they may be of a later
        version or of a file that somebody edited.
        """
        for row in rows:
            match row:
                case [[*key], [*value], int() | float() as until_s] if key and until_s > now_s:
                    if all(isinstance(part, str) for part in key):
                        self._entries[tuple(key)] = (tuple(value), float(until_s))
                case _:
                    continue

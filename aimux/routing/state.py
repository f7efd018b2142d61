"""What routing remembers between requests, behind one narrow door.

Circuits, rests of keys, quota windows, warm caches, learned speeds and spent budgets are small values
under keys, each with a time at which it is worth nothing any more.  Everything that several gateways of
a team would have to share goes through :class:`State`; the default keeps it in this process.  The door
is narrow enough for a server of keys and values: read one, read many, write with an expiry, compare and
set, add.

A key is a tuple of texts; the first names the room it belongs to (``circuit``, ``key``, ``quota``,
``warm``, ...).  Rooms are kept apart: a crowd in one drives nothing out of another, and where a room is
empty nobody has to look for anything in it.  A value is a tuple of numbers, texts and None, so that it can
be written down as JSON.  Times are Unix seconds and are given by the caller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, Protocol

Key = tuple[str, ...]
Value = tuple[Any, ...]
"""Numbers, texts and None only; a NamedTuple of such is one."""

HELD: Final = "held"
"""The room of what requests under way have reserved: it ends with the process and is not written down."""

LOOPS: Final = "loop"
"""The room of what sessions have asked in the last minutes: not worth the disk either."""

_PASSING: Final = frozenset({HELD, LOOPS})

MAX_ENTRIES: Final = 10_000
"""Of a room, about 3 MB; what expires first goes first."""

Watched = tuple[tuple[str, tuple[Key, ...]], ...]
"""Rooms, each with keys of it."""


def watched(keys: Iterable[Key]) -> Watched:
    """Keys by their rooms, each once."""
    rooms: dict[str, dict[Key, None]] = {}
    for key in keys:
        rooms.setdefault(key[0], {})[key] = None
    return tuple((name, tuple(room)) for name, room in rooms.items())


class State(Protocol):
    """The store that several gateways may share."""

    def get(self, key: Key, now_s: float) -> Value | None:
        """A value that has not expired."""

    def read(self, keys: Iterable[Key], now_s: float) -> list[Value | None]:
        """Several values in one go."""

    def lacks(self, keys: Watched, now_s: float) -> bool:
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

    __slots__ = ("_rooms", "changes")

    def __init__(self) -> None:
        self._rooms: defaultdict[str, _Room] = defaultdict(dict)
        self.changes = 0
        """Rises with every write: whoever keeps a copy on the disk sees that there is something new."""

    def get(self, key: Key, now_s: float) -> Value | None:
        """As :meth:`State.get`."""
        room = self._rooms[key[0]]
        entry = room.get(key)
        if entry is None:
            return None
        if entry[1] <= now_s:
            del room[key]
            return None
        return entry[0]

    def read(self, keys: Iterable[Key], now_s: float) -> list[Value | None]:
        """As :meth:`State.read`."""
        rooms = self._rooms
        return [
            None if (entry := rooms[key[0]].get(key)) is None or entry[1] <= now_s else entry[0]
            for key in keys
        ]

    def lacks(self, keys: Watched, now_s: float) -> bool:
        """As :meth:`State.lacks`."""
        for name, wanted in keys:
            room = self._rooms[name]
            if room and not room.keys().isdisjoint(wanted) and any(self.read(wanted, now_s)):
                return False
        return True

    def put(self, key: Key, value: Value, until_s: float) -> None:
        """As :meth:`State.put`."""
        self.changes += 1
        room = self._rooms[key[0]]
        room[key] = (value, until_s)
        if len(room) > MAX_ENTRIES:
            _thin_out(room)

    def swap(self, key: Key, old: Value | None, new: Value, until_s: float, now_s: float) -> bool:
        """As :meth:`State.swap`."""
        if self.get(key, now_s) != old:
            return False
        self.put(key, new, until_s)
        return True

    def add(self, key: Key, amount: float, until_s: float, now_s: float) -> float:
        """As :meth:`State.add`."""
        entry = self._rooms[key[0]].get(key)
        fresh = entry is None or entry[1] <= now_s
        total: float = amount if fresh or entry is None else entry[0][0] + amount
        self.put(key, (total,), until_s if fresh or entry is None else entry[1])
        return total

    def drop(self, key: Key) -> None:
        """As :meth:`State.drop`."""
        if self._rooms[key[0]].pop(key, None) is not None:
            self.changes += 1

    def room(self, name: str, now_s: float) -> dict[Key, Value]:
        """As :meth:`State.room`."""
        return {
            key: value for key, (value, until_s) in self._rooms[name].items() if until_s > now_s
        }

    def copy(self) -> MemoryState:
        """Another one with the same entries, which goes its own way: values are never changed in place."""
        twin = MemoryState()
        for name, room in self._rooms.items():
            twin._rooms[name] = dict(room)
        return twin

    # ------------------------------------------------------------ on the disk

    def dump(self, now_s: float) -> list[list[Any]]:
        """Every entry that still holds, as JSON can hold it: ``[key, value, until]``.

        May be called in another thread: each room that it looks at is copied in one step.
        """
        return [
            [list(key), list(value), until_s]
            for name, room in list(self._rooms.items())
            if name not in _PASSING
            for key, (value, until_s) in list(room.items())
            if until_s > now_s
        ]

    def load(self, rows: Iterable[Any], now_s: float) -> None:
        """Takes in what :meth:`dump` gave; rows that are none are passed over, they may be of a later
        version or of a file that somebody edited.
        """
        for row in rows:
            match row:
                case [[*key], [*value], int() | float() as until_s] if key and until_s > now_s:
                    if all(isinstance(part, str) for part in key):
                        self._rooms[key[0]][tuple(key)] = (tuple(value), float(until_s))
                case _:
                    continue


_Room = dict[Key, tuple[Value, float]]


def _thin_out(room: _Room) -> None:
    """Drops the tenth of the entries that expires first."""
    by_expiry = sorted(room, key=lambda key: room[key][1])
    for key in by_expiry[: len(by_expiry) // 10]:
        del room[key]

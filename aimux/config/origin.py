"""Where each value of a configuration came from.

The order is flag > environment > file > preset > default.  Origins are worked out when somebody asks:
a daemon that starts does not pay for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aimux.config.keypath import KeyPath, dotted
from aimux.config.positions import Positions


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a value; ``detail`` is "config.toml:12", a variable's name, a preset's name ..."""

    kind: Literal["flag", "environment", "file", "preset", "default"]
    detail: str

    def __str__(self) -> str:
        return self.detail if self.kind == "file" else f"{self.kind} {self.detail}".rstrip()


class Origins(Mapping[str, Origin]):
    """Origins by dotted key, for every value that a flag, the environment or the file set."""

    def __init__(self, find: Callable[[], dict[str, Origin]]) -> None:
        self._find = find
        self._found: dict[str, Origin] | None = None

    def _all(self) -> dict[str, Origin]:
        if self._found is None:
            self._found = self._find()
        return self._found

    def __getitem__(self, key: str) -> Origin:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def leaves(data: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value that is no table and no array of tables; an empty one of these counts as a value."""
    match data:
        case dict() if data or not path:
            for name, value in data.items():
                yield from leaves(value, (*path, name))
        case [dict(), *_]:
            for index, value in enumerate(data):
                yield from leaves(value, (*path, index))
        case _:
            yield path, data


def find_origins(
    data: Mapping[str, Any], text: str, file: str, others: Mapping[KeyPath, Origin]
) -> dict[str, Origin]:
    """Origins of every value in the layered data; ``others`` names those not of the file."""
    positions = Positions(text)
    found: dict[str, Origin] = {}
    for path, _ in leaves(data):
        above = (path[:length] for length in range(len(path), 0, -1))
        other = next((others[each] for each in above if each in others), None)
        line, _column = positions.of_value(path)
        found[dotted(path)] = other or Origin("file", f"{file}:{line}")
    return found

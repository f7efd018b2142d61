"""The sums that one batch adds: each hour's, for each name of each dimension once."""

from __future__ import annotations

from typing import Any

from aimux.telemetry.ledger_rows import Rows
from aimux.telemetry.ledger_schema import DIMENSIONS

_Key = tuple[Any, ...]


class Sums:
    """Gathers the sums of a batch.

    Exchanges of one batch are nearly all alike in all dimensions together, so they are added up by all of
    them at first, and by each of them only at the end.
    """

    __slots__ = ("_alike",)

    def __init__(self) -> None:
        self._alike: dict[_Key, list[list[float]]] = {}

    def add(self, rows: Rows) -> None:
        """One exchange more."""
        key = (rows.hour, rows.names)
        alike = self._alike.get(key)
        if alike is None:
            self._alike[key] = [rows.sums]
        else:
            alike.append(rows.sums)

    def rows(self) -> list[tuple[Any, ...]]:
        """Rows of the table ``sums``."""
        gathered: dict[_Key, list[float]] = {}
        for (hour, names), alike in self._alike.items():
            sums = [sum(column) for column in zip(*alike, strict=True)]
            for dimension, name in zip(DIMENSIONS, names, strict=True):
                _add(gathered, (dimension, hour, name), sums)
        return [(*key, *sums) for key, sums in gathered.items()]


def _add(gathered: dict[_Key, list[float]], key: _Key, sums: list[float]) -> None:
    so_far = gathered.get(key)
    if so_far is None:
        gathered[key] = sums
    else:
        gathered[key] = [one + other for one, other in zip(so_far, sums, strict=True)]

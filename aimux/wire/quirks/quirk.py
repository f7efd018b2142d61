"""What a quirk is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from aimux.model.loss import Loss
from aimux.model.request import WireFormat
from aimux.wire.target import Target

Edit = Callable[[dict[str, Any], Target], list[Loss]]
"""Changes a request's body in place and says what that costs.

A body may be any JSON that a client thinks up; numbers with a point may be opaque.  An edit never
raises, and done twice it does no more than once.
"""


@dataclass(frozen=True, slots=True)
class Quirk:
    """One accent.

    A body that has none of ``keys`` on its top level, and in whose bytes none of ``needles`` occurs,
    needs no such edit, if it is spelled as JSON is usually spelled; where neither is given every body
    has to be looked at.  ``added`` is an edit that puts in what only a translated request lacks: a
    client that speaks the provider's own format asks for it itself.  ``source`` and ``date``
    (YYYY-MM-DD) say where it was read and when.
    """

    name: str
    formats: frozenset[WireFormat]
    edit: Edit
    source: str
    date: str
    keys: tuple[str, ...] = ()
    needles: tuple[bytes, ...] = ()
    added: bool = False

    def touches(self, raw: bytes, keys: Collection[str]) -> bool:
        """Whether a body could need the edit: a look at its bytes and its top level's keys."""
        if not self.keys and not self.needles:
            return True
        return any(key in keys for key in self.keys) or any(each in raw for each in self.needles)

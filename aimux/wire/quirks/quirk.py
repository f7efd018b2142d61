"""What a quirk is, and when a look at a body's bytes says nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

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
    needs no such edit, unless it is :func:`spelled_oddly`; where neither is given every body has to be
    looked at.  ``added`` is an edit that puts in what only a translated request lacks: a
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


_ESCAPE: Final = b"\\u00"
_NEEDLESS: Final = re.compile(
    rb"\\u00(?:2[0dD]|3[0-9aA]|4[1-9a-fA-F]|5[0-9aAbBfF]|6[1-9a-fA-F]|7[0-9aAbB])"
)
"""Letters, digits and whatever else needles are made of, as escapes: no writer of JSON spells them so
by itself, unlike ``<`` and ``&`` (Go, .NET) and all that is not ASCII (Python).
"""
_SPACED: Final = b'" :'
"""White space before a colon (Apple's pretty printer): needles that hold a value have none there."""
_HEAD_BYTES: Final = 256
"""As far as one looks for it: whoever writes so does it from the first key on."""


def spelled_oddly(raw: bytes) -> bool:
    """Whether a body may hold keys or words that a look at its bytes would miss: JSON may spell every
    character as an escape.  It may say so of one that does not.
    """
    return _SPACED in raw[:_HEAD_BYTES] or (_ESCAPE in raw and _NEEDLESS.search(raw) is not None)

"""Accents: what single vendors want otherwise than their format says, as named edits of a body.

A quirk is data: its name (one of the catalogue's, see ``catalogue/providers.toml``), the formats it is
about, the bytes without which a body need not be looked at, the edit, and where it was read.  The same
edits serve a translated request and one in the provider's own format (PATCH): there, a body that none
of them touches stays the bytes it was.

Names of which this package knows nothing are passed over: a user may invent them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import WireFormat
from aimux.wire import jsontext
from aimux.wire.quirks.quirk import Edit, Quirk, spelled_oddly
from aimux.wire.quirks.table import ALL
from aimux.wire.target import Target

__all__ = ["QUIRKS", "READING_ONLY", "Edit", "Quirk", "edited", "touched", "touching"]

QUIRKS: Final[Mapping[str, Quirk]] = MappingProxyType({quirk.name: quirk for quirk in ALL})
"""All that edit a request, in the order in which they do."""

READING_ONLY: Final = frozenset(
    {
        "cumulative",
        "error-in-200",
        "implicit-think-tag",
        "no-count-tokens",
        "numeric-error-codes",
        "overflow-without-words",
        "reasoning-replay",
        "repair-leaked-calls",
        "silent-truncation",
        "split-think-tags",
        "sse-comments",
        "thought-signatures",
    }
)
"""Names that edit nothing: they are for whoever reads answers, counts tokens or, as
``reasoning-replay``, decides what of the history is written at all.
"""


def touching(
    raw: bytes,
    format_: WireFormat,
    quirks: frozenset[str],
    keys: Collection[str] | None = None,
) -> tuple[Quirk, ...]:
    """Those of a provider's quirks that a request in its own format may need, by a look at its bytes;
    when it is none, the bytes can go out as they are.

    ``keys`` are those of the body's top level, for a caller that knows them already.

    Raises:
        InvalidRequest: the body is no JSON object, and its keys were not given; the caller's fault.
    """
    looked_for = _looked_for(format_, quirks)
    if not looked_for:
        return ()
    found = jsontext.scan(raw).keys() if keys is None else keys
    odd = _any_needles(looked_for) and spelled_oddly(raw)
    return tuple(each for each in looked_for if (odd and each.needles) or each.touches(raw, found))


def touched(raw: bytes, format_: WireFormat, quirks: frozenset[str], keys: Collection[str]) -> bool:
    """Whether :func:`touching` would give any; the cheap looks come first, and one is enough."""
    looked_for = sorted(_looked_for(format_, quirks), key=_bytes_searched)
    if any(each.touches(raw, keys) for each in looked_for):
        return True
    return _any_needles(looked_for) and spelled_oddly(raw)


def edited(
    body: dict[str, Any], format_: WireFormat, target: Target, *, own: bool = False
) -> list[Loss]:
    """Puts the target's accent on a request, in place; gives what that costs.

    ``own`` tells that the body is the client's, in the provider's format: nothing is added to it then
    that its author could have asked for.
    """
    losses: list[Loss] = []
    for quirk in _spoken(format_, target.quirks):
        if not (own and quirk.added):
            losses += quirk.edit(body, target)
    return losses


@lru_cache(maxsize=256)
def _spoken(format_: WireFormat, quirks: frozenset[str]) -> tuple[Quirk, ...]:
    return tuple(each for each in ALL if each.name in quirks and format_ in each.formats)


@lru_cache(maxsize=256)
def _looked_for(format_: WireFormat, quirks: frozenset[str]) -> tuple[Quirk, ...]:
    return tuple(each for each in _spoken(format_, quirks) if not each.added)


def _any_needles(looked_for: Iterable[Quirk]) -> bool:
    return any(each.needles for each in looked_for)


def _bytes_searched(quirk: Quirk) -> int:
    return len(quirk.needles)

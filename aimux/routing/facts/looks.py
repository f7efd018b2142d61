"""Careful looks into a client's request: what has the wrong type is not there.

Nothing is refused here.  A codec refuses a malformed request with words, and a provider that gets the
bytes as they are refuses it itself; routing has only to find somewhere to send it.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.wire.gemini.fields import snake
from aimux.wire.jsontext import Document, Undecoded, loads, members, objects

Fields = dict[str, Undecoded]
"""The members of an object of the request, not decoded."""

_BEGINNING_BYTES: Final = 256
"""Enough for the head of a data URL and the mark of what it holds."""
_LONGEST_ESCAPE_BYTES: Final = 12
"""Two halves of a character, escaped."""


def value_of(document: Document, key: str) -> Any:
    """A top-level value; None for one that cannot be held."""
    try:
        return document.get(key)
    except InvalidRequest:
        return None


def table_of(document: Document, key: str) -> dict[str, Any]:
    """A top-level object; an empty one for anything else."""
    return mapping(value_of(document, key))


def mapping(value: object) -> dict[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def count(value: object) -> int | None:
    """A whole number of 0 or more."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and value >= 0 else None  # type: ignore[operator,return-value]  # an int


def spelled(document: Document, name: str) -> str:
    """A top-level key of Gemini's in the spelling that the document has."""
    return name if name in document else snake(name)


def either(fields: Fields, name: str) -> Undecoded | None:
    """A member in either of Gemini's spellings."""
    found = fields.get(name)
    return found if found is not None else fields.get(snake(name))


def items(raw: Undecoded | bytes | None) -> list[Fields]:
    """The objects of a list; a lone object counts as a list of one."""
    if raw is None:
        return []
    return [members(raw)] if bytes(memoryview(raw)[:1]) == b"{" else objects(raw)


def blocks(raw: Undecoded | None) -> list[Fields]:
    """The blocks of a message; none where there is nothing, or a text, which is not read."""
    return [] if raw is None or bytes(memoryview(raw)[:1]) == b'"' else objects(raw)


def decoded(raw: Undecoded | bytes | None) -> Any:
    """A value that was not decoded; None where there is none, or none that can be held."""
    if raw is None:
        return None
    try:
        return loads(raw)
    except ValueError:
        return None


def text_in(fields: Fields, name: str) -> str:
    """A member that is a text; empty where there is none."""
    raw = fields.get(name)
    if raw is None:
        return ""
    try:
        value = loads(raw)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""


def beginning(raw: Undecoded | None) -> str:
    """The beginning of a text, whatever its length; empty for anything else."""
    if raw is None:
        return ""
    view = memoryview(raw)
    if len(view) <= _BEGINNING_BYTES:
        value = decoded(raw)
        return value if isinstance(value, str) else ""
    if view[0] != ord('"'):
        return ""
    head = bytes(view[:_BEGINNING_BYTES])
    cuts = range(_BEGINNING_BYTES, _BEGINNING_BYTES - _LONGEST_ESCAPE_BYTES, -1)
    read = (decoded(head[:cut] + b'"') for cut in cuts)  # until no escape is cut in two
    return next((value for value in read if isinstance(value, str)), "")


def is_empty_text(raw: Undecoded | None) -> bool:
    """Whether a value is a text without characters, or not there."""
    return raw is None or bytes(memoryview(raw)[:5]) in {b'""', b"null"}

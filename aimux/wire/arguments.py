"""Arguments of a call for formats that want a JSON object, whatever text a model wrote.

Text that is an object goes out as it stands, so that numbers, escapes and the order of keys stay; only
half a character is mended, for which vendors refuse the whole request, and line ends between two tokens
become spaces, since an event has one line.  Nothing and ``null`` are the empty object, and an object
inside a JSON text is taken out of it.  Any other value is put into an object, and so is what is no JSON
at all, as a limit of the output leaves it (reference: protocols, 2.8).
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from aimux.wire import jsontext

_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\."
)
_LONE_CHARS: Final = 6
"""Of half a character: a backslash, a u and four digits.  A pair has twice as many."""


def input_of(arguments: str) -> tuple[Any, bool]:
    """The object, to be written as it is, and whether it had to be put around what is none."""
    text, wrapped = object_of(arguments)
    return jsontext.verbatim(text), wrapped


def object_of(arguments: str) -> tuple[str, bool]:
    """The same as JSON text on one line."""
    text = arguments.strip()
    if text in {"", "null"}:
        return "{}", False
    if (found := _object(text)) is not None:
        return found, False
    try:
        value = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        return jsontext.text_of({"_raw": jsontext.mended(arguments)}), True
    if isinstance(value, str) and (inner := _object(value)) is not None:
        return inner, False
    return '{"value":' + _mended(text) + "}", True


def _object(text: str) -> str | None:
    """JSON text that is an object; None for what is none."""
    found = jsontext.object_text(text)
    return None if found is None else _mended(found)


def _refused(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _mended(text: str) -> str:
    """JSON text on one line without halves of characters, written out or escaped."""
    if not text.isascii():
        text = jsontext.mended(text)
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(_whole, text)
    return text.replace("\n", " ").replace("\r", " ") if "\n" in text or "\r" in text else text


def _whole(escape: re.Match[str]) -> str:
    lone = len(escape[0]) == _LONE_CHARS
    return "\\ufffd" if lone else escape[0]

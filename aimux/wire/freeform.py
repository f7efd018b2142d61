"""Tools that take raw text, for providers whose tools take JSON objects only.

The tool is declared as a function with one text, ``input``; what a call of it says is taken out again.
While the arguments stream, the text goes on as it comes: its beginning is known (``{"input":"``), and
from there on the characters of a JSON string only have to be unescaped.  Models do not always keep to
the declaration: where the beginning is another, everything is held until it is complete, and then the
one text in it is taken, whatever its name, or all of it as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from aimux.model.request import FunctionTool
from aimux.wire import jsontext

FIELD: Final = "input"
_OTHER_FIELDS: Final = ("patch", "text", "content", "code", "diff", "command")
_BEGINNING: Final = re.compile(r'\s*\{\s*"input"\s*:\s*"')
_MAX_BEGINNING_CHARS: Final = 64
_ESCAPES: Final = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_SPECIAL: Final = re.compile(r'["\\]')


def declared(tool: FunctionTool) -> FunctionTool:
    """A free-form tool as a function with one text."""
    words = "The input is raw text, not JSON."
    if tool.grammar is not None and tool.grammar.get("definition"):
        syntax = tool.grammar.get("syntax", "")
        words += f" It must follow this {syntax} grammar:\n{tool.grammar['definition']}"
    return FunctionTool(
        name=tool.name,
        description=f"{tool.description}\n\n{words}".strip(),
        schema={
            "type": "object",
            "properties": {FIELD: {"type": "string", "description": "The raw input."}},
            "required": [FIELD],
            "additionalProperties": False,
        },
        deferred=tool.deferred,
        found=tool.found,
        namespace=tool.namespace,
    )


def wrapped(raw: str) -> str:
    """Raw input as the arguments of the function."""
    return jsontext.text_of({FIELD: raw})


def unwrapped(arguments: str) -> str:
    """The raw input in complete arguments."""
    try:
        value = jsontext.loads(arguments)
    except ValueError:
        return arguments
    if isinstance(value, str):
        return value
    return _the_text(value, arguments) if isinstance(value, dict) else arguments


def _the_text(value: Mapping[str, Any], arguments: str) -> str:
    if isinstance(value.get(FIELD), str):
        return str(value[FIELD])
    texts = [value[name] for name in _OTHER_FIELDS if isinstance(value.get(name), str)]
    return str(texts[0]) if len(texts) == 1 else arguments


class Unwrapper:
    """Takes the raw text out of arguments while they stream.  Fed pieces; ended once."""

    __slots__ = ("_done", "_held", "_inside")

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._done = False

    def feed(self, piece: str) -> str:
        """The raw text that a piece completes."""
        if self._done:
            return ""
        self._held += piece
        if not self._inside:
            begun = _BEGINNING.match(self._held)
            if begun is None:
                return ""
            self._held = self._held[begun.end() :]
            self._inside = True
        return self._unescaped()

    def _unescaped(self) -> str:
        """What of the held text is certain; the rest stays held."""
        out: list[str] = []
        position = 0
        held = self._held
        while special := _SPECIAL.search(held, position):
            start = special.start()
            out.append(held[position:start])
            position = start
            if special[0] == '"':
                self._done = True
                self._held = ""
                return "".join(out)
            character, length = _escape_at(held, start)
            if not length:
                break
            out.append(character)
            position = start + length
        else:
            out.append(held[position:])
            position = len(held)
        self._held = held[position:]
        return "".join(out)

    def end(self) -> str:
        """What is left when the arguments are complete: all of it where they were not as declared."""
        held, self._held = self._held, ""
        return "" if self._inside or self._done else unwrapped(held)


def _escape_at(text: str, start: int) -> tuple[str, int]:
    """The character that an escape stands for and the escape's length; 0 while it is not complete."""
    kind = text[start + 1 : start + 2]
    if not kind:
        return "", 0
    if kind != "u":
        return _ESCAPES.get(kind, kind), 2
    first = _unit(text, start)
    if first is None:
        return "", 0
    if not 0xD800 <= first < 0xDC00:
        return chr(first), 6
    if len(text) < start + 12 and "\\u".startswith(text[start + 6 : start + 8][:2]):
        return "", 0  # the other half of the pair may still come
    second = _unit(text, start + 6) if text[start + 6 : start + 8] == "\\u" else None
    if second is None or not 0xDC00 <= second < 0xE000:
        return "\ufffd", 6
    return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)), 12


def _unit(text: str, start: int) -> int | None:
    r"""The number of a ``\uXXXX`` escape, or None where it is not complete; no number is U+FFFD."""
    digits = text[start + 2 : start + 6]
    if len(digits) < 4:
        return None
    try:
        return int(digits, 16)
    except ValueError:
        return 0xFFFD

"""``text/event-stream`` as bytes (WHATWG HTML, 9.2 Server-sent events).

A stream is cut into *blocks*: the bytes of one event with the blank line that ends it.  A relay passes
blocks on as they came, so that whatever is put between two of them (a heartbeat, an error) is a whole
event too, and an upstream that dies in the middle of an event leaves no half of it with the client.

Lines end in LF, CRLF or CR and in nothing else: ``str.splitlines`` also splits at U+2028, which stands
unescaped in the JSON of some vendors.  A CR at the end of what has arrived waits for the next byte.
"""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.wire import jsontext

MAX_BLOCK_BYTES: Final = 64 * 2**20
"""An event larger than this is no event: 64 MiB hold an image of any size a vendor takes."""

_BLANK_LINE: Final = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
BOM: Final = b"\xef\xbb\xbf"


class BlockTooLarge(ValueError):
    """An event passed MAX_BLOCK_BYTES; the upstream is at fault."""


class BlockReader:
    """Cuts a stream into blocks, however it arrives.

    ``feed`` gives the blocks that are complete now; ``rest`` is what came behind the last of them.
    """

    __slots__ = ("_carriage_returns", "_waiting", "_waiting_bytes")

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._carriage_returns = False

    @property
    def rest(self) -> bytes:
        """The beginning of an event that is not complete yet."""
        return b"".join(self._waiting)

    def feed(self, chunk: bytes) -> list[bytes]:
        """The blocks that the chunk completes, in order, each with its blank line.

        Raises:
            BlockTooLarge: the event under way passed MAX_BLOCK_BYTES.
        """
        if not self._carriage_returns and b"\r" in chunk:
            self._carriage_returns = True
        if self._waiting and self._is_inside_line(chunk):
            self._waiting.append(chunk)
            self._waiting_bytes += len(chunk)
            blocks = []
        else:
            text = b"".join((*self._waiting, chunk)) if self._waiting else chunk
            blocks = self._cut_any(text) if self._carriage_returns else self._cut(text)
            rest = blocks.pop()
            self._waiting = [rest] if rest else []
            self._waiting_bytes = len(rest)
        if self._waiting_bytes > MAX_BLOCK_BYTES:
            raise BlockTooLarge(f"an event is larger than {MAX_BLOCK_BYTES} bytes")
        return blocks

    def _is_inside_line(self, chunk: bytes) -> bool:
        """Whether a chunk can end nothing: an image of megabytes is one line, and joining all that
        waits at every piece of it would take the square of its length.
        """
        ends = b"\n" in chunk or b"\r" in chunk or self._waiting[-1].endswith(b"\r")
        return chunk != b"" and not ends

    def _cut(self, text: bytes) -> list[bytes]:
        """Blocks and what is left, where only LF ends a line: the usual case, and the fast one."""
        if text.endswith(b"\n\n") and text.find(b"\n\n") == len(text) - 2:
            return [text, b""]
        pieces = text.split(b"\n\n")
        rest = pieces.pop()
        blocks = [piece + b"\n\n" for piece in pieces]
        blocks.append(rest)
        return blocks

    def _cut_any(self, text: bytes) -> list[bytes]:
        blocks: list[bytes] = []
        start = 0
        for blank in _BLANK_LINE.finditer(text):
            if blank.end() == len(text) and text.endswith(b"\r"):
                break
            blocks.append(text[start : blank.end()])
            start = blank.end()
        blocks.append(text[start:])
        return blocks


def fields(block: bytes) -> tuple[bytes, bytes]:
    """The ``event`` name and the joined ``data`` of a block, both empty where there is none.

    Comments and other fields are passed over.  A line that begins with a brace and no field name is
    taken as data: some servers forget the name.
    """
    name = b""
    data: list[bytes] = []
    for line in _LINE_END.split(block.removeprefix(BOM)):
        if line.startswith(b"data:"):
            data.append(line[6:] if line[5:6] == b" " else line[5:])
        elif line.startswith(b"event:"):
            name = line[6:].strip()
        elif line.startswith(b"{"):
            data.append(line)
    return name, b"\n".join(data)


def decoded(block: bytes) -> list[tuple[str, Any]]:
    """The events of a block with their data decoded, as pairs of name and value.

    Usually one.  A server that forgets the blank line between two JSON documents writes two; what is
    no JSON at all is passed over, as are ``[DONE]``, ``null`` and an event without data.
    """
    usual = _usual(block)
    if usual is not None:
        return [usual]
    name, data = fields(block)
    data = data.strip()
    if not data or data == b"[DONE]":
        return []
    said = name.decode("ascii", "replace")
    try:
        values = [jsontext.loads(data)]
    except ValueError:
        values = _one_by_line(data)
    return [(said, value) for value in values if value is not None and value != "[DONE]"]


def _usual(block: bytes) -> tuple[str, Any] | None:
    """The event of a block in the form that nearly all have: perhaps a name, then one line that is an
    object.  None for any other, which is looked at more slowly.
    """
    name = b""
    start = 0
    if block.startswith(b"event: "):
        start = block.find(b"\n") + 1
        name = block[7 : start - 1].strip()
    if not block.startswith(b"data: {", start):
        return None
    end = len(block) - 2
    if block.find(b"\n", start) != end or block[-1:] != b"\n":
        return None
    try:
        value = jsontext.loads(block[start + 6 : end])
    except ValueError:
        return None
    return name.decode("ascii", "replace") if name else "", value


def _one_by_line(data: bytes) -> list[Any]:
    """Each line that is JSON by itself; the rest, ``[DONE]`` among it, is none."""
    values = []
    for line in data.split(b"\n"):
        try:
            values.append(jsontext.loads(line))
        except ValueError:
            continue
    return values


def is_done(block: bytes) -> bool:
    """Whether a block is OpenAI's mark of the end."""
    return b"[DONE]" in block and fields(block)[1].strip(b' "') == b"[DONE]"


def event(data: bytes, name: str = "") -> bytes:
    """One event as bytes; ``data`` is one line (compact JSON has no other)."""
    head = f"event: {name}\n".encode() if name else b""
    return b"%bdata: %b\n\n" % (head, data)


class ArrayForm:
    """Events as the elements of one JSON array, which is how Gemini streams to whoever does not ask for
    events.  Fed whole events, ended once.
    """

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun = False

    def feed(self, events: bytes) -> bytes:
        """The elements that the events are."""
        pieces = []
        for block in events.split(b"\n\n"):
            data = fields(block)[1]
            if data:
                pieces += [b",\r\n" if self._begun else b"[", data]
                self._begun = True
        return b"".join(pieces)

    def end(self) -> bytes:
        """The end of the array."""
        return b"]" if self._begun else b"[]"


KEEP_ALIVE: Final = b": keep-alive\n\n"
"""A comment: activity for whoever counts bytes, nothing for whoever reads events."""

"""``text/event-stream`` as bytes (WHATWG HTML, 9.2 Server-sent events).

A stream is cut into *blocks*: the bytes of one event with the blank line that ends it.  A relay passes
blocks on as they came, so that whatever is put between two of them (a heartbeat, an error) is a whole
event too, and an upstream that dies in the middle of an event leaves no half of it with the client.

Lines end in LF, CRLF or CR and in nothing else: ``str.splitlines`` also splits at U+2028, which stands
unescaped in the JSON of some vendors.  A CR at the end of what has arrived waits for the next byte.
"""

from __future__ import annotations

import re
from typing import Final

MAX_BLOCK_BYTES: Final = 64 * 2**20
"""An event larger than this is no event: 64 MiB hold an image of any size a vendor takes."""

_BLANK_LINE: Final = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_BOM: Final = b"\xef\xbb\xbf"


class BlockTooLarge(ValueError):
    """An event passed MAX_BLOCK_BYTES; the upstream is at fault."""


class BlockReader:
    """Cuts a stream into blocks, however it arrives.

    ``feed`` gives the blocks that are complete now; ``rest`` is what came behind the last of them.
    """

    __slots__ = ("_carriage_returns", "_waiting")

    def __init__(self) -> None:
        self._waiting = b""
        self._carriage_returns = False

    @property
    def rest(self) -> bytes:
        """The beginning of an event that is not complete yet."""
        return self._waiting

    def feed(self, chunk: bytes) -> list[bytes]:
        """The blocks that the chunk completes, in order, each with its blank line.

        Raises:
            BlockTooLarge: the event under way passed MAX_BLOCK_BYTES.
        """
        text = self._waiting + chunk if self._waiting else chunk
        if not self._carriage_returns and b"\r" in chunk:
            self._carriage_returns = True
        blocks = self._cut_any(text) if self._carriage_returns else self._cut(text)
        self._waiting = blocks.pop()
        if len(self._waiting) > MAX_BLOCK_BYTES:
            raise BlockTooLarge(f"an event is larger than {MAX_BLOCK_BYTES} bytes")
        return blocks

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
    for line in _LINE_END.split(block.removeprefix(_BOM)):
        if line.startswith(b"data:"):
            data.append(line[6:] if line[5:6] == b" " else line[5:])
        elif line.startswith(b"event:"):
            name = line[6:].strip()
        elif line.startswith(b"{"):
            data.append(line)
    return name, b"\n".join(data)


def event(data: bytes, name: str = "") -> bytes:
    """One event as bytes; ``data`` is one line (compact JSON has no other)."""
    head = f"event: {name}\n".encode() if name else b""
    return b"%bdata: %b\n\n" % (head, data)


KEEP_ALIVE: Final = b": keep-alive\n\n"
"""A comment: activity for whoever counts bytes, nothing for whoever reads events."""

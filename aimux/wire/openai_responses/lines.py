"""Events of a stream that goes to a client, numbered from 0 without a gap (edge 136)."""

from __future__ import annotations

from typing import Any

from aimux.wire import jsontext, sse


class Lines:
    """Collects events; :meth:`take` empties it.  ``number`` is the next one's."""

    __slots__ = ("_out", "number")

    def __init__(self) -> None:
        self._out: list[bytes] = []
        self.number = 0

    def event(self, type_: str, **fields: Any) -> None:
        """One event of a type, which is its name too."""
        told = {"type": type_, "sequence_number": self.number, **fields}
        self._out.append(sse.event(jsontext.dumps(told), type_))
        self.number += 1

    def delta(self, kind: Growth, text: str) -> None:
        """One piece of a text that grows: the event of which there are hundreds."""
        self._out += (
            kind.head, b"%d" % self.number, kind.middle, jsontext.dumps(text), kind.tail
        )  # fmt: skip
        self.number += 1

    def take(self) -> bytes:
        """The bytes since the last time."""
        out = b"".join(self._out)
        self._out.clear()
        return out


class Growth:
    """All of a delta's event but its number and its text, which are the same for every piece."""

    __slots__ = ("head", "middle", "tail")

    def __init__(self, type_: str, *, tail: bytes = b"", **fields: Any) -> None:
        """``tail`` is what stands behind the text, with the comma before it."""
        place = jsontext.dumps(fields)[1:-1]
        self.head = f'event: {type_}\ndata: {{"type":"{type_}","sequence_number":'.encode()
        self.middle = b',%b,"delta":' % place
        self.tail = tail + b"}\n\n"

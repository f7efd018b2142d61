"""Server-sent events as they must be written, not as they may be read: one name, one line of data."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.support.grammar.check import must
from tests.support.grammar.told import Broken, loads

DONE = "[DONE]"


class Sent(NamedTuple):
    """One event: its name, empty where it has none, and its data decoded; DONE as it is."""

    name: str
    data: Any


def sent(stream: bytes) -> list[Sent]:
    """The events of a whole stream, in order.  Comments are signs of life and left out.

    Raises:
        Broken: it is not UTF-8, has other line ends than LF, an event of no or several lines of data,
            data that is no JSON, or an end inside an event.
    """
    try:
        written = stream.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Broken(f"the stream is not UTF-8: {problem}") from problem
    must("\r" not in written, "a carriage return in the stream")
    must(not written or written.endswith("\n\n"), f"the stream ends in an event: {written[-80:]!r}")
    blocks = written.removesuffix("\n\n").split("\n\n") if written else []
    return [event for event in map(_event, blocks) if event]


def _event(block: str) -> Sent | None:
    lines = block.split("\n")
    if all(line.startswith(":") for line in lines):
        return None
    name = ""
    if lines[0].startswith("event: "):
        name = lines.pop(0).removeprefix("event: ")
    must(len(lines) == 1, f"an event is not one line of data: {block!r}")
    must(lines[0].startswith("data: "), f"a line is no data: {block!r}")
    data = lines[0].removeprefix("data: ")
    if data == DONE:
        return Sent(name, DONE)
    try:
        return Sent(name, loads(data))
    except (ValueError, RecursionError) as problem:
        raise Broken(f"the data of an event is no JSON ({problem}): {data[:300]!r}") from problem

"""A piece of an answer on its way out."""

from __future__ import annotations

from typing import NamedTuple

from aimux.upstream.demo.question import JsonObject
from aimux.wire import jsontext, sse


class Frame(NamedTuple):
    """Bytes to send, and the seconds to wait before them."""

    payload: bytes
    pause_s: float = 0.0


def named_event(data: JsonObject, pause_s: float = 0.0) -> Frame:
    """A server-sent event whose name is the ``type`` of its data."""
    return Frame(sse.event(jsontext.dumps(data), data["type"]), pause_s)


def plain_event(data: JsonObject, pause_s: float = 0.0) -> Frame:
    """A server-sent event without a name."""
    return Frame(sse.event(jsontext.dumps(data)), pause_s)

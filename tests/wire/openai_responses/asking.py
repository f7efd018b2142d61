"""Short words for what the tests of this format do over and over."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from aimux.model.events import Event, collect
from aimux.model.request import Message, Request, Role
from aimux.model.response import Response
from aimux.wire.formats import CODECS
from aimux.wire.jsontext import dumps, scan
from aimux.wire.sse import BlockReader, event
from aimux.wire.target import Audience, Target
from tests.support.answers import OPENAI_RESPONSES

CODEC: Final = CODECS[OPENAI_RESPONSES]
PROVIDER: Final = Target("p", "m")
"""A provider that nothing is known of but its name."""
OWN: Final = Target("p", "gpt-5.5", vendor="openai")
ENCRYPTED: Final = "reasoning.encrypted_content"

Json = dict[str, Any]


def read(**body: Any) -> Request:
    """A request as a client sends it; without an ``input`` it asks something."""
    body = {"model": "x", "input": "?", **body}
    return CODEC.read_request(scan(json.dumps(body).encode()), "m", stream=False)


def read_input(*items: Any) -> tuple[Message, ...]:
    """The conversation of these items."""
    return read(input=list(items)).messages


def codes(request: Request) -> list[tuple[str, str]]:
    """What was left behind, and where."""
    return [(loss.code, loss.path) for loss in request.losses]


def request(*messages: Message, **fields: Any) -> Request:
    """A neutral request."""
    return Request("m", messages, **fields)


def user(*parts: Any) -> Message:
    """A turn of the user's."""
    return Message(Role.USER, parts)


def assistant(*parts: Any) -> Message:
    """A turn of the assistant's."""
    return Message(Role.ASSISTANT, parts)


def written(asked: Request, target: Target = PROVIDER) -> Json:
    """The body that a provider gets, as it is on the wire."""
    body: Json = json.loads(dumps(CODEC.write_request(asked, target).body))
    return body


def items_of(*messages: Message, target: Target = PROVIDER) -> list[Json]:
    """The items that messages become."""
    items: list[Json] = written(request(*messages), target)["input"]
    return items


def lost(asked: Request, target: Target = PROVIDER) -> list[str]:
    """What writing leaves behind."""
    return [loss.code for loss in CODEC.write_request(asked, target).losses]


def audience(**echo: Any) -> Audience:
    """A client; ``encrypted`` and ``response`` are what it asked for."""
    return Audience(Request("asked-for", (), echo=echo), created_s=7)


def told(*events: Json) -> bytes:
    """A stream of these events, named by their types."""
    return b"".join(event(json.dumps(each).encode(), each.get("type", "")) for each in events)


def heard(stream: bytes, target: Target = PROVIDER, pieces: Iterable[bytes] = ()) -> list[Event]:
    """What the reader makes of a stream, whole or in these pieces."""
    reader, blocks = CODEC.reader(target), BlockReader()
    events: list[Event] = []
    for piece in pieces or (stream,):
        for block in blocks.feed(piece):
            events += reader.read(block)
    return [*events, *reader.end()]


def answer_in(stream: bytes, target: Target = PROVIDER) -> Response:
    """The answer that a complete stream is."""
    return collect(heard(stream, target))

"""Requests and answers in Gemini's form, and the ways into and out of the codec."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from aimux.model.events import Event
from aimux.model.parts import Opaque, OpaqueKind, Part, Text
from aimux.model.request import Message, Request, Role
from aimux.wire import jsontext, sse
from aimux.wire.gemini import Gemini
from aimux.wire.target import Target, Written

CODEC: Final = Gemini()
THIRD: Final = Target("google", "gemini-3.1-pro-preview")
SECOND: Final = Target("google", "gemini-2.5-flash")
FIRST: Final = Target("google", "gemini-2.0-flash")

PNG: Final = "iVBORw0KGgpyZXN0"


def read(body: dict[str, Any]) -> Request:
    """A client's request, as it is understood."""
    return CODEC.read_request(jsontext.scan(json.dumps(body).encode()), "m", stream=False)


def read_parts(*parts: Any, role: str = "model") -> tuple[Part, ...]:
    """The parts of the one message that a content becomes."""
    (message,) = read({"contents": [{"role": role, "parts": list(parts)}]}).messages
    return message.parts


def codes(request: Request) -> list[str]:
    """The losses of reading."""
    return [loss.code for loss in request.losses]


def asked(*messages: Message, **more: Any) -> Request:
    """A neutral request; without messages one of the user's."""
    return Request("m", messages or (user("hi"),), **more)


def user(*parts: Part | str) -> Message:
    """A message of the user's."""
    return Message(Role.USER, tuple(_part(part) for part in parts))


def model(*parts: Part | str) -> Message:
    """A message of the model's."""
    return Message(Role.ASSISTANT, tuple(_part(part) for part in parts))


def _part(part: Part | str) -> Part:

    return Text(part) if isinstance(part, str) else part


def written(request: Request, target: Target = THIRD) -> Written:
    """A request for Google, its body as Google reads it."""
    said = CODEC.write_request(request, target)
    return Written(json.loads(jsontext.dumps(said.body)), said.losses, said.stop_locally)


def contents(*messages: Message, target: Target = THIRD) -> Any:
    """Its contents."""
    return written(asked(*messages), target).body["contents"]


def lost(said: Written) -> list[str]:
    """The losses of writing."""
    return [loss.code for loss in said.losses]


def signature(value: str, issuer: str = "", model_: str = "") -> Opaque:
    """Gemini's state."""
    return Opaque(OpaqueKind.GEMINI_SIGNATURE, value, issuer, model_)


def response(*parts: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One response of a stream; ``more`` are fields of its candidate."""
    candidate: dict[str, Any] = {
        "content": {"role": "model", "parts": list(parts)},
        "index": 0,
        **more,
    }
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1"}


def block(value: Any) -> bytes:
    """It as an event."""
    return sse.event(json.dumps(value).encode())


def heard(*responses: Any, target: Target = THIRD) -> list[Event]:
    """The events of a stream of these responses that ends in good order."""
    reader = CODEC.reader(target)
    events: list[Event] = []
    for each in responses:
        events += reader.read(each if isinstance(each, bytes) else block(each))
    return [*events, *reader.end()]


def told(stream: bytes) -> list[Any]:
    """The responses of a stream that we wrote."""
    return [json.loads(event.removeprefix(b"data: ")) for event in stream.split(b"\n\n") if event]


def parts_told(responses: Iterable[Any]) -> list[Any]:
    """Their parts, one after the other."""
    return [part for each in responses for part in each["candidates"][0]["content"]["parts"]]

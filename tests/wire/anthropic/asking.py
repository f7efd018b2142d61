"""Short ways to read and write requests, for the tests beside it."""

from __future__ import annotations

import json
from typing import Any, Final

from aimux.model.parts import Part
from aimux.model.request import Message, Request, Role
from aimux.wire import jsontext
from aimux.wire.adapt import adapt
from aimux.wire.anthropic import Anthropic
from aimux.wire.target import Target, Written

CODEC: Final = Anthropic()
MODEL: Final = "claude-opus-5-5"
TARGET: Final = Target("main", MODEL, max_output_tokens=128_000)


def target(model: str, limit: int | None = None, **more: Any) -> Target:
    """A model at the provider ``main``."""
    return Target("main", model, max_output_tokens=limit, **more)


def read(body: dict[str, Any], *, stream: bool = False) -> Request:
    """A client's request as it is read; a body without messages gets one."""
    whole = {"messages": [{"role": "user", "content": "hi"}], **body}
    document = jsontext.scan(json.dumps(whole).encode())
    return CODEC.read_request(document, "m", stream=stream)


def turn(*blocks: Any, role: str = "user") -> tuple[Part, ...]:
    """The parts of the one message that holds these blocks."""
    request = read({"messages": [{"role": role, "content": list(blocks)}]})
    return request.messages[0].parts


def said(*blocks: Any) -> tuple[Part, ...]:
    """The same of the assistant."""
    return turn(*blocks, role="assistant")


def codes(request: Request) -> list[tuple[str, str]]:
    """What reading has left behind: codes with their places."""
    return [(loss.code, loss.path) for loss in request.losses]


def asked(*parts: Part, **more: Any) -> Request:
    """A neutral request of one message of the user."""
    return Request("m", (Message(Role.USER, parts),), **more)


def talk(*turns: tuple[Role, tuple[Part, ...]], **more: Any) -> Request:
    """A neutral conversation."""
    return Request("m", tuple(Message(role, parts) for role, parts in turns), **more)


def write(request: Request, to: Target = TARGET) -> Written:
    """A request as it is written for a target, without any repair before."""
    return CODEC.write_request(request, to)


def adapted(request: Request, to: Target = TARGET) -> Written:
    """A request as it is written for a target once it has been made valid."""
    return CODEC.write_request(adapt(request, CODEC.rules(to), to).request, to)


def body_of(written: Written) -> dict[str, Any]:
    """The body as the provider reads it."""
    body: dict[str, Any] = json.loads(jsontext.dumps(written.body))
    return body


def lost(written: Written) -> list[str]:
    """The codes of what writing has left behind."""
    return [loss.code for loss in written.losses]

"""Requests of clients, for the tests beside it."""

from __future__ import annotations

import json
from typing import Any, Final

from aimux.model.request import Request
from aimux.wire.jsontext import scan
from aimux.wire.openai_chat import OpenAIChat

CODEC: Final = OpenAIChat()
USER: Final = {"role": "user", "content": "?"}


def read(**body: Any) -> Request:
    """A request with these fields; without messages it has one."""
    whole = {"model": "m", "messages": [USER], **body}
    return CODEC.read_request(scan(json.dumps(whole).encode()), "m", stream=False)


def lost(request: Request) -> list[tuple[str, str]]:
    """What reading has left behind: codes and places."""
    return [(loss.code, loss.path) for loss in request.losses]

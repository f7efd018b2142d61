"""A whole answer for a client: the last of the stream that it would have been."""

from __future__ import annotations

from aimux.model.events import replay
from aimux.model.response import Response
from aimux.wire import jsontext
from aimux.wire.openai_responses.writer import Writer
from aimux.wire.target import Audience


def write_response(response: Response, audience: Audience) -> bytes:
    """A whole answer for the client."""
    writer = Writer(audience)
    writer.write(replay(response))
    return jsontext.dumps(writer.answer)

"""Whole answers, both ways: each is the stream that it would have been."""

from __future__ import annotations

from typing import Any

from aimux.errors import UpstreamProtocol, UpstreamStatus
from aimux.model.events import Event, Failure, collect, replay
from aimux.model.response import Response
from aimux.wire import jsontext
from aimux.wire.errorkinds import status_of_kind
from aimux.wire.openai_responses.reader import Reader
from aimux.wire.openai_responses.writer import Writer
from aimux.wire.target import Audience, Target


def read_response(whole: Any, target: Target) -> Response:
    """A provider's whole answer.

    Raises:
        UpstreamProtocol: it is no answer of this format.
        UpstreamStatus: it says that the provider failed.
    """
    if not isinstance(whole, dict) or not (
        isinstance(whole.get("output"), list) or whole.get("error")
    ):
        raise UpstreamProtocol("its answer is no response object: there is no output")
    if whole.get("status") in ("queued", "in_progress"):
        raise UpstreamProtocol("its answer is not complete yet")
    return collect(_sound(Reader(target).whole(whole), target))


def _sound(events: list[Event], target: Target) -> list[Event]:
    last = events[-1]
    if isinstance(last, Failure):
        raise UpstreamStatus(
            last.message,
            status=status_of_kind(last.kind),
            kind=last.kind,
            provider=target.provider,
        )
    return events


def write_response(response: Response, audience: Audience) -> bytes:
    """A whole answer for the client."""
    writer = Writer(audience)
    writer.write(replay(response))
    return jsontext.dumps(writer.answer)

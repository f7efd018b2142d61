"""A client's Messages request, as what it means (platform.claude.com, SDK types 2.12, 2026-11-22).

The same body without ``max_tokens`` asks for a count of tokens.
"""

from __future__ import annotations

from aimux.errors import InvalidRequest
from aimux.model.request import Request
from aimux.wire.anthropic.fields import whole
from aimux.wire.anthropic.notes import Notes
from aimux.wire.anthropic.read_messages import read_messages
from aimux.wire.anthropic.read_settings import (
    left_behind,
    read_identity,
    read_output,
    read_reasoning,
    read_sampling,
    read_tier,
)
from aimux.wire.anthropic.read_system import read_system
from aimux.wire.anthropic.read_tools import read_choice, read_tools
from aimux.wire.jsontext import Document


def read_request(document: Document, model: str, *, stream: bool) -> Request:
    """The request.

    Raises:
        InvalidRequest: a type is wrong or something required is missing.
        UnsupportedContent: it refers to what only Anthropic keeps.
    """
    try:
        return _read(document, model, stream=stream)
    except RecursionError as problem:  # input of a tool that can just be held and not be written
        raise InvalidRequest("the request is nested too deeply") from problem


def _read(document: Document, model: str, *, stream: bool) -> Request:
    notes = Notes()
    losses = notes.losses
    texts = read_system(document.get("system"), notes)
    said = whole(document.text("messages"), document.exact("messages"))
    before, messages = read_messages(said, notes)
    user, session = read_identity(document, losses)
    return Request(
        model=model,
        messages=tuple(messages),
        system=(*texts, *before),
        tools=read_tools(whole(document.text("tools"), document.get("tools")), notes),
        tool_choice=read_choice(document.get("tool_choice")),
        sampling=read_sampling(document),
        reasoning=read_reasoning(document, notes.effort, losses),
        output=read_output(document, losses),
        stream=stream,
        user=user,
        session=session,
        tier=read_tier(document, losses),
        losses=(*losses, *left_behind(document, cached=notes.cached)),
    )

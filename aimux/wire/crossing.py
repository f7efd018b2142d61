"""How a request crosses to another format, and what its answer has to go through on the way back.

    client's request -> what its client does not keep -> adapted to the target -> written -> accent
    provider's answer -> calls put right -> the client's names and ids -> what is to be kept -> stops, length

A crossing may also lead from a format to the same: where an answer comes in the form that was not asked
for, or has to be put right.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.model.parts import ToolCall
from aimux.model.request import FunctionTool, Request, WireFormat
from aimux.wire import quirks, ranges
from aimux.wire.adapt import Adapted, adapt
from aimux.wire.estimate import estimated_tokens
from aimux.wire.formats import CODECS
from aimux.wire.inquiry import Inquiry
from aimux.wire.jsontext import body_of
from aimux.wire.leaked import LeakedCalls
from aimux.wire.limit import Limit
from aimux.wire.memory import Remembering
from aimux.wire.names import Names
from aimux.wire.restore import Restore
from aimux.wire.stops import Stops
from aimux.wire.target import Audience, Target, Written
from aimux.wire.translation import Filter, Translation, plain_audience

REPAIR_CALLS: Final = "repair-leaked-calls"
REPAIRS: Final = frozenset({REPAIR_CALLS, "implicit-think-tag", "split-think-tags"})
"""Quirks that somebody chooses for a provider of any format, whose answers must then be read."""


class Crossed(NamedTuple):
    """A request on the other side, what it left behind, and the way back."""

    body: bytes
    losses: tuple[Loss, ...]
    back: Translation


def translated(inquiry: Inquiry, format_: WireFormat, target: Target) -> Crossed:
    """A request in the provider's format.

    Raises:
        InvalidRequest: what the client sent cannot be read.
        UnsupportedContent: this provider cannot be told what the client said; another may.
    """
    codec, caller = CODECS[format_], inquiry.caller
    asked = inquiry.request
    if caller.memory is not None:
        asked = caller.memory.completed(caller.client, asked)
    adapted = adapt(asked, codec.rules(target), target)
    written = codec.write_request(adapted.request, target)
    losses = [*adapted.losses, *written.losses]
    losses += quirks.edited(written.body, format_, target)
    losses += ranges.clamped(written.body, format_, target)
    filters = _filters(inquiry, format_, target, adapted, written)
    body = body_of(written.body)
    pausing = body if written.pauses else b""
    back = _crossing(inquiry, format_, target, asked, filters, pausing=pausing)
    return Crossed(body, tuple(dict.fromkeys(losses)), back)


def _filters(
    inquiry: Inquiry, format_: WireFormat, target: Target, adapted: Adapted, written: Written
) -> list[Filter]:
    """What the answer goes through between the provider's reader and the client's writer."""
    filters: list[Filter] = []
    if REPAIR_CALLS in target.quirks:
        filters.append(LeakedCalls(adapted.names.declared))
    calls = (part for message in inquiry.request.messages for part in message.parts)
    taken = [part.id for part in calls if isinstance(part, ToolCall)]
    caller = inquiry.caller
    filters.append(Restore(inquiry.format, adapted.names, taken, caller.id))
    if caller.memory is not None:
        forgets = inquiry.format is WireFormat.OPENAI_CHAT
        signs = format_ is WireFormat.GEMINI
        if forgets or signs:
            filters.append(Remembering(caller.memory, caller.client, forgets=forgets, signs=signs))
    if written.stop_locally:
        filters.append(Stops(written.stop_locally))
    if adapted.cut_tokens is not None:
        filters.append(Limit(adapted.cut_tokens))
    return filters


def to_itself(inquiry: Inquiry) -> Translation:
    """From a format to the same: what goes in comes out, in the other of its two forms."""
    try:
        asked = inquiry.request
    except InvalidRequest:  # the provider has understood it, so it need not trouble us
        asked = plain_audience(inquiry.model, stream=inquiry.stream).request
    filters: list[Filter] = [Restore(inquiry.format, Names(), (), inquiry.caller.id)]
    return _crossing(inquiry, inquiry.format, Target("", inquiry.model), asked, filters)


def repaired(inquiry: Inquiry, target: Target) -> Translation:
    """From a format to the same, with what the model has said in the wrong place put right.

    Raises:
        InvalidRequest: what the client sent cannot be read.
    """
    asked = inquiry.request
    names = [tool.name for tool in asked.tools if isinstance(tool, FunctionTool)]
    filters: list[Filter] = [Restore(inquiry.format, Names(), (), inquiry.caller.id)]
    if REPAIR_CALLS in target.quirks:
        filters.insert(0, LeakedCalls(frozenset(names)))
    reading = Target("", target.model, quirks=target.quirks)
    return _crossing(inquiry, inquiry.format, reading, asked, filters)


def _crossing(  # noqa: PLR0913 -- the facts of a crossing
    inquiry: Inquiry,
    format_: WireFormat,
    target: Target,
    asked: Request,
    filters: list[Filter],
    *,
    pausing: bytes = b"",
) -> Translation:
    return Translation(
        (CODECS[inquiry.format], CODECS[format_]),
        target,
        Audience(asked, inquiry.caller.created_s),
        filters,
        stream=inquiry.stream,
        prompt_tokens=lambda: estimated_tokens(inquiry.document, inquiry.format),
        asked=pausing,
    )

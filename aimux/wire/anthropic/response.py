"""Whole answers to a client, and what they share with those that come in a stream."""

from __future__ import annotations

from typing import Any, TypeGuard, assert_never

from aimux.model.parts import (
    Media,
    Opaque,
    OpaqueKind,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    WebSearch,
)
from aimux.model.response import AnswerPart, Response
from aimux.wire import jsontext
from aimux.wire.anthropic.endings import ending
from aimux.wire.anthropic.served import (
    citation_object,
    search_blocks,
)
from aimux.wire.anthropic.state import Shown, redacted, shown_to, thinking_block
from aimux.wire.anthropic.usage import usage_object
from aimux.wire.arguments import input_of
from aimux.wire.target import Audience, Target

Block = dict[str, Any]


def said(value: object) -> str:
    """A text of a provider's; empty for what is none."""
    return jsontext.mended(value) if isinstance(value, str) else ""


def state_of(value: object, kind: OpaqueKind, target: Target) -> Opaque | None:
    """The state of a block of thinking, which says whose it is even where the provider signs nothing;
    None where nobody knows who the provider is, and it signs nothing.
    """
    signature = said(value)
    if signature:
        return Opaque(kind, signature, target.provider, target.model)
    if target.provider:
        return Opaque(OpaqueKind.TEXT, "", target.provider, target.model)
    return None


def write_response(response: Response, audience: Audience) -> bytes:
    """A whole answer for the client."""
    shown = shown_to(audience.request)
    parts = response.parts
    content: list[Block] = []
    for part in parts:
        content += _blocks(part, shown)
    end = ending(
        response.finish,
        response.stop_sequence,
        response.detail,
        calls=any(isinstance(part, ToolCall) for part in parts),
        refused=any(isinstance(part, Refusal) for part in parts),
    )
    searches = sum(isinstance(part, WebSearch) for part in parts)
    message = {
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": audience.request.model,
        "content": content,
        **end,
        "usage": usage_object(response.usage, searches),
    }
    return jsontext.dumps(message)


def _blocks(part: AnswerPart, shown: Shown) -> list[Block]:
    match part:
        case Text():
            return _text_blocks(part)
        case Refusal():
            return [{"type": "text", "text": part.text}] if part.text else []
        case Thinking():
            block = thinking_block(part.text, part.state, shown)
            return [] if block is None else [block]
        case ToolCall():
            value, _ = input_of(part.arguments)
            use = {**call_shell(part), "input": value}
            return [use] if part.state is None else [redacted(part.state), use]
        case WebSearch():
            return [*search_blocks(part)]
        case Media():
            return [{"type": "text", "text": words_for(part)}]
        case _:
            assert_never(part)


def _text_blocks(part: Text) -> list[Block]:
    blocks: list[Block] = []
    if part.text:
        blocks.append({"type": "text", "text": part.text})
        if part.citations:
            cited = [citation_object(each, part.text) for each in part.citations]
            blocks[0]["citations"] = cited
    if is_signed(part.state):
        blocks.append(redacted(part.state))
    return blocks


def is_signed(state: Opaque | None) -> TypeGuard[Opaque]:
    """Whether a text carries state that has to come back."""
    return state is not None and state.kind is not OpaqueKind.TEXT


def call_shell(call: ToolCall) -> Block:
    """The block of a call without its input."""
    shell: Block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
    if call.namespace:
        shell["toolset_name"] = call.namespace
    return shell


def words_for(medium: Media) -> str:
    """What stands for a medium in an answer: the format has none for it."""
    if medium.url:
        return f"[{medium.kind}]({medium.url})"
    what = " ".join(filter(None, (medium.media_type, medium.name)))
    return f"[{medium.kind} of the model, which cannot be shown here: {what or 'of no known type'}]"

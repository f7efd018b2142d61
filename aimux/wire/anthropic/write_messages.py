"""A conversation as Anthropic's messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, assert_never

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import (
    Media,
    MediaKind,
    OpaqueKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
    WebSearch,
)
from aimux.model.request import Message, Role
from aimux.wire.anthropic.families import FOREIGN, family_of
from aimux.wire.anthropic.media import media_block
from aimux.wire.anthropic.served import told
from aimux.wire.arguments import input_of
from aimux.wire.target import Target

Block = dict[str, Any]

_FILLER: Final = "."
"""For words of the user that are nothing but white space, which is refused as if it were empty."""
_SILENT: Final = "(no output)"
"""For a tool that failed without a word, which is refused."""


def write_messages(
    messages: Iterable[Message], target: Target, losses: list[Loss]
) -> list[dict[str, Any]]:
    """The messages, which are in a valid order already.

    Raises:
        UnsupportedContent: something in them cannot be said to the target.
    """
    written: list[dict[str, Any]] = []
    for message in messages:
        blocks: list[Block] = []
        for part in message.parts:
            blocks += _blocks(part, message.role, target, losses)
        _append(written, message.role, blocks)
    if written and written[-1]["role"] == "assistant":
        _trim(written[-1]["content"])
    return written


def _append(written: list[dict[str, Any]], role: Role, blocks: list[Block]) -> None:
    """Puts a message behind the others.  One of which nothing is left goes, and the messages beside it
    become one.
    """
    if any(block["type"] == "text" and not block["text"].strip() for block in blocks):
        blocks = [block for block in blocks if block["type"] != "text" or block["text"].strip()]
    if not blocks:
        if role is not Role.USER:
            return
        blocks = [_text(_FILLER)]
    if written and written[-1]["role"] == role:
        written[-1]["content"] += blocks
    else:
        written.append({"role": str(role), "content": blocks})


def _trim(content: list[Block]) -> None:
    """The beginning of an answer may not end in white space."""
    if content[-1]["type"] == "text":
        content[-1] = _text(content[-1]["text"].rstrip())


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _blocks(part: Part, role: Role, target: Target, losses: list[Loss]) -> list[Block]:
    match part:
        case Text():
            if part.citations:
                losses.append(Loss("citations.dropped"))
            return [_text(part.text)] if part.text else []
        case Refusal():
            return [_text(part.text)] if part.text else []
        case Thinking():
            return _thinking(part, target, losses)
        case ToolCall():
            return [_call(part, losses)]
        case ToolResult():
            return [_result(part, losses)]
        case Media():
            return [_medium(part, role, losses)]
        case WebSearch():
            losses.append(Loss("citations.dropped"))
            return [_text(told(part))]
        case Unsupported():
            raise UnsupportedContent(
                f"{part.what!r} cannot be said to Anthropic's models", param=part.path
            )
        case _:
            assert_never(part)


def _thinking(part: Thinking, target: Target, losses: list[Loss]) -> list[Block]:
    """Thinking with Anthropic's own state, unchanged.

    A server of another vendor that speaks this format may sign nothing; what it has thought goes back
    to it as it came.  Anthropic itself would refuse that.
    """
    state = part.state
    text = state.text or part.text if state is not None else part.text
    match state.kind if state is not None else None:
        case OpaqueKind.ANTHROPIC_SIGNATURE:
            assert state is not None  # noqa: S101 -- its kind was looked at
            return [{"type": "thinking", "thinking": text, "signature": state.value}]
        case OpaqueKind.ANTHROPIC_REDACTED:
            assert state is not None  # noqa: S101 -- its kind was looked at
            return [{"type": "redacted_thinking", "data": state.value}]
        case OpaqueKind.TEXT if text and _is_unsigned_here(part, target):
            return [{"type": "thinking", "thinking": text, "signature": ""}]
        case _:
            losses.append(Loss("thinking.dropped_foreign"))
            return []


def _is_unsigned_here(part: Thinking, target: Target) -> bool:
    issuer = part.state.issuer if part.state is not None else ""
    return issuer == target.provider != "" and family_of(target.model) is FOREIGN


def _call(call: ToolCall, losses: list[Loss]) -> Block:
    value, wrapped = input_of(call.arguments)
    if wrapped:
        losses.append(Loss("stream.repaired", detail=call.name))
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": value}


def _result(result: ToolResult, losses: list[Loss]) -> Block:
    block: Block = {"type": "tool_result", "tool_use_id": result.call_id}
    content = [
        _medium(each, Role.USER, losses) if isinstance(each, Media) else _text(each.text)
        for each in result.content
        if isinstance(each, Media) or each.text.strip()
    ]
    if not content and result.is_error:
        content = [_text(_SILENT)]
    if content:
        only = len(content) == 1 and content[0]["type"] == "text"
        block["content"] = content[0]["text"] if only else content
    if result.is_error:
        block["is_error"] = True
    return block


def _medium(medium: Media, role: Role, losses: list[Loss]) -> Block:
    if medium.detail not in {"", "auto"}:
        losses.append(Loss("unknown_field.dropped", detail=f"detail {medium.detail}"))
    if role is Role.USER:
        return media_block(medium)
    if medium.kind is MediaKind.DOCUMENT and medium.text:
        losses.append(Loss("document.textified"))
        return _text("\n\n".join(filter(None, (medium.name, medium.text))))
    raise UnsupportedContent(
        f"Anthropic's models take no {medium.kind} in a message of the role {role}",
        hint="send it in a message of the user",
    )

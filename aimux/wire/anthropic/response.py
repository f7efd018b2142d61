"""Whole answers, both ways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard, assert_never

from aimux.errors import UpstreamProtocol, UpstreamStatus
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
from aimux.wire.anthropic.arguments import input_of
from aimux.wire.anthropic.endings import detail_of, ending, reason_of
from aimux.wire.anthropic.errors import reported
from aimux.wire.anthropic.served import (
    citation_object,
    citation_of,
    search_blocks,
    web_search,
)
from aimux.wire.anthropic.state import Shown, redacted, shown_to, thinking_block
from aimux.wire.anthropic.usage import usage_object, usage_of
from aimux.wire.errorkinds import mapping, status_of_kind
from aimux.wire.target import Audience, Target

Block = dict[str, Any]

# ---------------------------------------------------------------- reading


def read_response(whole: Any, target: Target) -> Response:
    """A provider's whole answer.

    Raises:
        UpstreamProtocol: it is no message.
        UpstreamStatus: it is an error.
    """
    message = mapping(whole)
    if message.get("type") == "error" or message.get("error"):
        error = reported(mapping(message.get("error")), 200)
        raise UpstreamStatus(
            f"{target.provider}: {error.message}",
            status=status_of_kind(error.kind),
            kind=error.kind,
            provider=target.provider,
        )
    content = message.get("content")
    if not isinstance(content, list):
        raise UpstreamProtocol("it answered with JSON that is no message")
    parts = _parts(content, target)
    calls = any(isinstance(part, ToolCall) for part in parts)
    return Response(
        id=said(message.get("id")),
        model=said(message.get("model")),
        parts=tuple(parts),
        finish=reason_of(message.get("stop_reason"), calls=calls),
        usage=usage_of(mapping(message.get("usage"))),
        stop_sequence=said(message.get("stop_sequence")),
        detail=detail_of(message.get("stop_details")),
    )


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


def _parts(content: Iterable[Any], target: Target) -> list[AnswerPart]:
    parts: list[AnswerPart] = []
    queries: dict[str, str] = {}
    for each in content:
        block = mapping(each)
        match block.get("type"):
            case "text":
                parts += _text(block)
            case "thinking":
                state = state_of(block.get("signature"), OpaqueKind.ANTHROPIC_SIGNATURE, target)
                parts.append(Thinking(said(block.get("thinking")), state))
            case "redacted_thinking":
                state = state_of(block.get("data"), OpaqueKind.ANTHROPIC_REDACTED, target)
                parts.append(Thinking("", state))
            case "tool_use":
                parts += _call(block)
            case "server_tool_use":
                query = mapping(block.get("input")).get("query")
                queries[said(block.get("id"))] = said(query)
            case "web_search_tool_result":
                id_ = said(block.get("tool_use_id"))
                parts.append(web_search(id_, queries.get(id_, ""), block.get("content")))
            case "compaction":
                parts += [Text(text)] if (text := said(block.get("content"))) else []
            case _:  # other tools that the vendor ran, and what is to come
                continue
    return parts


def _text(block: Block) -> list[AnswerPart]:
    text = said(block.get("text"))
    if not text:
        return []
    citations = block.get("citations")
    known = map(citation_of, citations if isinstance(citations, list) else ())
    return [Text(text, tuple(each for each in known if each is not None))]


def _call(block: Block) -> list[AnswerPart]:
    name = said(block.get("name"))
    given = block.get("input")
    arguments = jsontext.text_of({} if given is None else given)
    toolset = said(block.get("toolset_name"))
    return [ToolCall(said(block.get("id")), name, arguments, namespace=toolset)] if name else []


# ---------------------------------------------------------------- writing


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

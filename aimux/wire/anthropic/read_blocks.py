"""A client's blocks of content, each kind with its reader: they put what a block means into its turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.parts import (
    Citation,
    Media,
    OpaqueKind,
    Part,
    Text,
    ToolCall,
    ToolResult,
    Unsupported,
)
from aimux.model.request import Role
from aimux.wire.anthropic.fields import (
    flag_at,
    items_at,
    mapping_at,
    name_at,
    said_at,
    text_at,
    wrong,
)
from aimux.wire.anthropic.media import read_document, read_image
from aimux.wire.anthropic.notes import Notes
from aimux.wire.anthropic.served import citation_of
from aimux.wire.anthropic.turn import Turn
from aimux.wire.errorkinds import mapping
from aimux.wire.jsontext import text_of

Block = dict[str, Any]
Reader = Callable[[Block, str, Turn, Notes], None]

FIELDS: Final = {
    kind: frozenset({"type", "cache_control", *names})
    for kind, names in {
        "text": ("text", "citations"),
        "image": ("source", "transformations"),
        "document": ("source", "title", "context", "citations"),
        "search_result": ("source", "title", "content", "citations"),
        "tool_use": ("id", "name", "input", "caller", "toolset_name"),
        "tool_result": ("tool_use_id", "content", "is_error", "toolset_name"),
        "thinking": ("thinking", "signature"),
        "redacted_thinking": ("data",),
    }.items()
}
"""What each kind of block may have; of the kinds that are not here nothing is looked for."""


def read_block(block: Block, where: str, role: Role, turn: Turn, notes: Notes) -> None:
    """Puts what a block means into its turn.

    Raises:
        InvalidRequest: a type is wrong, something required is missing, or the block has no place in a
            message of this role.
    """
    kind = name_at(block.get("type"), f"{where}.type")
    if "cache_control" in block:
        notes.mark(block)
    read = _READERS[role].get(kind)
    if read is None:
        if kind in _ELSEWHERE[role]:
            raise wrong(f"{where}.type", f"one that a message of the role {role} may hold")
        _other(block, where, turn, notes)
        return
    known = FIELDS.get(kind)
    if known is not None and not known.issuperset(block):
        notes.unknown(block.keys() - known, where)
    read(block, where, turn, notes)


def _other(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """A kind with no reader of its own: the result of a tool that Anthropic ran, or nobody's."""
    kind = block["type"]
    if kind.endswith("_tool_result"):
        notes.reference(mapping(block.get("content")).get("tool_references"))
        notes.lose("citations.dropped", where, kind[:80])
        turn.served(block)
    else:
        turn.add(Unsupported(kind[:80], where))


# ---------------------------------------------------------------- of both


def _text(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """Words; of what they cite only the web has an address elsewhere."""
    said = items_at(block.get("citations"), f"{where}.citations")
    citations: tuple[Citation, ...] = ()
    if said:
        citations = tuple(known for each in said if (known := citation_of(each)) is not None)
        if len(citations) < len(said):
            notes.lose("citations.dropped", f"{where}.citations")
    turn.add(Text(text_at(block.get("text"), f"{where}.text"), citations))


def _media(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    turn.add(*_CONTENT[block["type"]](block, where, notes.losses))


def _search_result(block: Block, where: str, losses: list[Loss]) -> list[Text | Media]:
    """What the client's own search has found: title, source and body as one text."""
    losses.append(Loss("citations.dropped", where))
    title = said_at(block.get("title"), f"{where}.title")
    source = said_at(block.get("source"), f"{where}.source")
    body = [
        text_at(mapping_at(each, place).get("text"), f"{place}.text")
        for place, each in _placed(block.get("content"), f"{where}.content")
    ]
    return [Text("\n".join((*filter(None, (title, source)), "", *body)).strip("\n"))]


def _placed(value: object, where: str) -> list[tuple[str, Any]]:
    return [(f"{where}[{index}]", each) for index, each in enumerate(items_at(value, where))]


_CONTENT: Final[dict[str, Callable[[Block, str, list[Loss]], list[Text | Media]]]] = {
    "image": read_image,
    "document": read_document,
    "search_result": _search_result,
}
"""What may stand in a message and in a tool's result alike."""


# ---------------------------------------------------------------- of the user


def _tool_result(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """What a tool gave back."""
    content, others = _result_content(block.get("content"), f"{where}.content", notes)
    is_error = flag_at(block.get("is_error"), f"{where}.is_error") is True
    id_ = name_at(block.get("tool_use_id"), f"{where}.tool_use_id")
    turn.add(ToolResult(id_, content, is_error=is_error), *others)


def _result_content(
    content: object, where: str, notes: Notes
) -> tuple[tuple[Text | Media, ...], list[Part]]:
    """The content, and beside it what no tool's result can hold elsewhere."""
    if isinstance(content, str):
        return (Text(text_at(content, where)),), []
    parts: list[Text | Media] = []
    others: list[Part] = []
    for place, each in _placed(content, where):
        block = mapping_at(each, place)
        notes.mark(block)
        kind = name_at(block.get("type"), f"{place}.type")
        if kind in _CONTENT:
            parts += _CONTENT[kind](block, place, notes.losses)
        elif kind in _WORDS:
            parts.append(Text(_WORDS[kind](block, place, notes)))
        else:
            others.append(Unsupported(kind[:80], place))
    return tuple(parts), others


def _said(block: Block, where: str, notes: Notes) -> str:
    del notes
    return text_at(block.get("text"), f"{where}.text")


def _loaded(block: Block, where: str, notes: Notes) -> str:
    """A deferred tool that the client's own search has found."""
    name = name_at(block.get("tool_name"), f"{where}.tool_name")
    notes.found.add(name)
    return f"Tool loaded: {name}"


def _browser(block: Block, where: str, notes: Notes) -> str:
    """The tabs of the client's browser; Anthropic's server puts them into words itself."""
    del where, notes
    state = {key: block[key] for key in ("tabs", "state_changes") if key in block}
    return f"[the browser: {text_of(state)}]"


_WORDS: Final[dict[str, Callable[[Block, str, Notes], str]]] = {
    "text": _said,
    "tool_reference": _loaded,
    "browser_state": _browser,
}
"""What becomes a text in a tool's result."""


# ---------------------------------------------------------------- of the assistant


def _tool_use(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """A call."""
    name = name_at(block.get("name"), f"{where}.name")
    notes.found.add(name)
    given = block.get("input")
    turn.add(
        ToolCall(
            id=name_at(block.get("id"), f"{where}.id"),
            name=name,
            arguments="{}" if given is None else text_of(given),
            namespace=said_at(block.get("toolset_name"), f"{where}.toolset_name"),
        )
    )


def _thinking(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """Thinking, or somebody else's state in its slot."""
    del notes
    text = text_at(block.get("thinking"), f"{where}.thinking")
    signature = said_at(block.get("signature"), f"{where}.signature")
    turn.thought(text, signature, OpaqueKind.ANTHROPIC_SIGNATURE)


def _redacted_thinking(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """State without a text."""
    del notes
    data = text_at(block.get("data"), f"{where}.data")
    turn.thought("", data, OpaqueKind.ANTHROPIC_REDACTED)


def _served(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """A call of a tool that Anthropic ran; its result tells of it."""
    del where, notes
    turn.serving(block)


def _compaction(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """What a conversation was shortened to: its words, unless only Anthropic can read them."""
    del notes
    content = said_at(block.get("content"), f"{where}.content")
    turn.add(Text(content) if content else Unsupported("compaction", where))


def _passed(block: Block, where: str, turn: Turn, notes: Notes) -> None:
    """What says nothing to a model: that another one went on, what a server's tools are."""
    del turn
    notes.lose("unknown_block.dropped", where, block["type"])


_READERS: Final[dict[Role, dict[str, Reader]]] = {
    Role.USER: {
        "text": _text,
        "tool_result": _tool_result,
        **dict.fromkeys(_CONTENT, _media),
    },
    Role.ASSISTANT: {
        "text": _text,
        "tool_use": _tool_use,
        "thinking": _thinking,
        "redacted_thinking": _redacted_thinking,
        "server_tool_use": _served,
        "mcp_tool_use": _served,
        "compaction": _compaction,
        "fallback": _passed,
        "mcp_tool_listing": _passed,
        **dict.fromkeys(_CONTENT, _media),
    },
}
_ELSEWHERE: Final = {
    Role.USER: frozenset(_READERS[Role.ASSISTANT]),
    Role.ASSISTANT: frozenset(_READERS[Role.USER]),
}
